internal import Bolt
public import MVCC

/// A row of bucket `key`: one revision of one key, where it lies in the file.
///
/// The memory stays as long as the ``FileSource`` that the row came from.
public struct StoredRow {
  /// The place of the row in time.
  public let revision: Revision

  /// Whether the row says that the key was deleted.
  public let isTombstone: Bool

  /// The key that the row is about; empty in a row that a restore with `--mark-compacted` wrote.
  public let key: UnsafeRawBufferPointer

  /// The whole row: an `mvccpb.KeyValue`.
  let message: UnsafeRawBufferPointer

  /// The row's fields; of a tombstone only the key.
  public func keyValue() throws(MVCCError) -> KeyValueView {
    try KeyValueView(message, at: revision)
  }

  /// Reads an element of bucket `key`.
  ///
  /// - Returns: Nothing if the element is no row: its key is no revision, or its value does not
  ///   begin as a KeyValue does.
  @inline(__always)
  init?(_ element: Element) {
    guard !element.isBucket, let rowKey = element.key.baseAddress else { return nil }
    let count = element.key.count
    guard count == 17 || (count == 18 && element.key[17] == UInt8(ascii: "t")),
      element.key[8] == UInt8(ascii: "_")
    else { return nil }
    let main = UInt64(bigEndian: rowKey.loadUnaligned(as: UInt64.self))
    let sub = UInt64(bigEndian: rowKey.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
    guard let main = Int64(exactly: main), let sub = Int64(exactly: sub) else { return nil }
    guard let key = StoredRow.key(of: element.value) else { return nil }
    revision = Revision(main: main, sub: sub)
    isTombstone = count == 18
    self.key = key
    message = element.value
  }

  init(revision: Revision, isTombstone: Bool, message: UnsafeRawBufferPointer) {
    self.revision = revision
    self.isTombstone = isTombstone
    self.message = message
    key = StoredRow.key(of: message) ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// The key of a KeyValue: its first field, wherever Go wrote it.
  @inline(__always)
  static func key(of message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard message.count > 2 else {
      return message.isEmpty ? UnsafeRawBufferPointer(rebasing: message[0..<0]) : nil
    }
    if message[0] == 0x0A {
      var count = Int(message[1])
      var start = 2
      if count >= 0x80 {
        let next = Int(message[2])
        if next >= 0x80 { return longKey(of: message) }
        count = count & 0x7F | next << 7
        start = 3
      }
      guard start + count <= message.count else { return nil }
      return UnsafeRawBufferPointer(rebasing: message[start..<start + count])
    }
    return longKey(of: message)
  }

  /// The key where it is long, or not the first field.
  private static func longKey(of message: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    guard let view = try? KeyValueView(message, at: Revision(main: 0)) else { return nil }
    return view.key
  }
}

extension StoredRow {
  /// The order of two rows' keys: below 0, 0 or above 0.
  public static func compareKeys(_ left: StoredRow, _ right: StoredRow) -> Int {
    KeyOrder.compare(left.key, right.key)
  }

  /// The row's fields, where what is wrong is an error of the source.
  public func keyValue(in source: any Source) throws(SourceError) -> KeyValueView {
    do {
      return try keyValue()
    } catch {
      throw .content(path: source.name, error)
    }
  }

  /// The value; nothing for a damaged row that is passed over.
  public func value(in source: any Source) throws(SourceError) -> UnsafeRawBufferPointer? {
    do throws(SourceError) {
      return try keyValue(in: source).value
    } catch {
      try source.note(error)
      return nil
    }
  }

  /// How long the value is; 0 for a tombstone, and for a damaged row that is passed over.
  public func valueByteCount(in source: any Source) throws(SourceError) -> Int {
    try value(in: source)?.count ?? 0
  }
}
