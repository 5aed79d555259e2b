/// A row of the bucket `key`, where it lies in memory.
///
/// Whoever gave it says how long the memory lasts.
public struct Row {
  /// When it was written, and whether it is a tombstone.
  public let key: RowKey

  /// Its value: the message `mvccpb.KeyValue` as it is stored.
  public let bytes: UnsafeRawBufferPointer

  /// Reads the value.
  ///
  /// - Throws: ``MVCCError/keyValue(revision:fault:)``.
  public func keyValue() throws(MVCCError) -> KeyValueView {
    try KeyValueView(bytes, at: key.revision)
  }
}

/// Rows, and a hold on the memory that they lie in: what is read of them lasts as long as the list.
public struct RowList: Sendable {
  private let source: RowSource?
  // Memory that nobody writes to as long as the source lives.
  nonisolated(unsafe) private let rows: [Row]

  init(_ rows: [Row], in source: RowSource?) {
    self.rows = rows
    self.source = source
  }

  /// No rows.
  static var none: RowList { RowList([], in: nil) }

  /// How many there are.
  public var count: Int { rows.count }

  /// Whether there are none.
  public var isEmpty: Bool { rows.isEmpty }

  /// A row, by its place.
  public subscript(place: Int) -> Row { rows[place] }

  /// Calls something with every row.
  public func forEach<Failure: Error>(_ body: (Row) throws(Failure) -> Void) throws(Failure) {
    for row in rows { try body(row) }
  }
}
