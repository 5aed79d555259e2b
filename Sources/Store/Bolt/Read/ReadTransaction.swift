internal import FileIO

/// One committed state of a database, for as long as somebody refers to it.
///
/// Keys and values that come out of it lie in the mapped file: they stay there while the
/// transaction lives, and whoever keeps one longer copies it. A local variable lives to its last use
/// only, which may be before the last use of a value: whoever reads in place holds the transaction
/// in a property, or wraps the reading into `withExtendedLifetime`. ``Bucket/copy(of:)`` needs
/// neither. Any thread may read.
public final class ReadTransaction: Sendable {
  /// The database that it reads.
  public let database: Database
  let meta: Meta
  private let mapping: Mapping
  nonisolated(unsafe) let pages: PageSpace

  init(of database: Database, meta: Meta, mapping: Mapping) {
    self.database = database
    self.meta = meta
    self.mapping = mapping
    // A meta was read from the mapping: it is not empty.
    let bytes = mapping.bytes
    guard let base = bytes.baseAddress else { fatalError("a database without a first page") }
    pages = PageSpace(
      base: base,
      byteCount: bytes.count,
      pageByteCount: meta.pageByteCount,
      highWaterMark: meta.highWaterMark
    )
  }

  deinit { database.endReading(meta.transaction) }

  /// The transaction that committed this state.
  public var id: TransactionID { meta.transaction }

  /// How many bytes the allocated pages take, free ones among them.
  ///
  /// The file may be longer, and shorter if it was opened although it has been cut off.
  public var byteCount: Int { Int(meta.highWaterMark.rawValue) * meta.pageByteCount }

  /// The first page number that was never allocated.
  public var highWaterMark: PageID { meta.highWaterMark }

  /// The bucket that holds all others.
  public var root: Bucket {
    Bucket(transaction: self, root: .page(meta.root), sequence: meta.sequence)
  }

  /// A bucket of the root.
  ///
  /// - Parameter name: Its name.
  /// - Returns: The bucket, or nothing if there is none of that name.
  /// - Throws: The fault of a page on the way; ``BoltError/bucketAndValue(key:)`` if a value has
  ///   that name.
  public func bucket(_ name: [UInt8]) throws(BoltError) -> Bucket? {
    try root.bucket(name)
  }

  /// A bucket of the root, by a name in ASCII.
  public func bucket(_ name: StaticString) throws(BoltError) -> Bucket? {
    try bucket(name.withUTF8Buffer { Array($0) })
  }
}
