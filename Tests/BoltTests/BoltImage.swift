@testable import Bolt

import FileIO
import TestSupport

/// The bytes of a database made by hand: sound, or with what no writer would leave.
struct BoltImage {
  /// An element of a leaf.
  struct Item {
    var key: [UInt8]
    var value: [UInt8]
    var isBucket = false

    static func pair(_ key: String, _ value: String) -> Item {
      Item(key: Array(key.utf8), value: Array(value.utf8))
    }

    /// A bucket whose root is a page.
    static func bucket(_ name: String, root: UInt64, sequence: UInt64 = 0) -> Item {
      Item(
        key: Array(name.utf8),
        value: littleEndian(root) + littleEndian(sequence),
        isBucket: true
      )
    }

    /// A bucket inline in its parent.
    static func inline(_ name: String, _ items: [Item]) -> Item {
      let page = BoltImage.page(0, .leaf, items.map { ($0.isBucket ? 1 : 0, $0) })
      return Item(
        key: Array(name.utf8),
        value: [UInt8](repeating: 0, count: 16) + page,
        isBucket: true
      )
    }
  }

  var bytes: [UInt8]
  let pageByteCount: Int

  /// Pages of zeros, with meta pages that lead to a root at page 3 and a freelist on page 2.
  init(pageCount: Int, pageByteCount: Int = 1024) {
    bytes = [UInt8](repeating: 0, count: pageCount * pageByteCount)
    self.pageByteCount = pageByteCount
    setMeta()
    setFreelist(2, [])
  }

  /// The file of a database.
  init(_ bytes: [UInt8], pageByteCount: Int) {
    self.bytes = bytes
    self.pageByteCount = pageByteCount
  }

  var pageCount: Int { bytes.count / pageByteCount }

  /// Writes both meta pages, the second one with the larger transaction.
  mutating func setMeta(
    root: UInt64 = 3,
    freelist: UInt64? = 2,
    highWaterMark: UInt64? = nil,
    transaction: UInt64 = 7,
    sequence: UInt64 = 0
  ) {
    let meta = Meta(
      pageByteCount: pageByteCount,
      root: PageID(rawValue: root),
      sequence: sequence,
      freelist: freelist.map { PageID(rawValue: $0) } ?? Meta.freelistNotStored,
      highWaterMark: PageID(rawValue: highWaterMark ?? UInt64(pageCount)),
      transaction: TransactionID(rawValue: transaction)
    )
    var older = meta
    older.transaction.rawValue -= min(transaction, 1)
    let even = transaction % 2 == 0
    setMeta(0, even ? meta : older)
    setMeta(1, even ? older : meta)
  }

  /// Writes one meta page.
  mutating func setMeta(_ page: Int, _ meta: Meta) {
    let (start, size) = (page * pageByteCount, pageByteCount)
    bytes.withUnsafeMutableBytes { bytes in
      let page = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + size])
      page.initializeMemory(as: UInt8.self, repeating: 0)
      meta.write(to: page, as: PageID(rawValue: UInt64(start / size)))
    }
  }

  mutating func setLeaf(_ page: UInt64, _ items: [Item], overflow: UInt32 = 0) {
    setPage(page, BoltImage.page(page, .leaf, items.map { ($0.isBucket ? 1 : 0, $0) }, overflow))
  }

  mutating func setBranch(_ page: UInt64, _ items: [(key: String, child: UInt64)]) {
    setPage(
      page,
      BoltImage.page(page, .branch, items.map { ($0.child, .pair($0.key, "")) })
    )
  }

  mutating func setFreelist(_ page: UInt64, _ pages: [UInt64]) {
    var content = BoltImage.header(page, .freelist, UInt16(pages.count))
    for page in pages { content += littleEndian(page) }
    setPage(page, content)
  }

  private mutating func setPage(_ page: UInt64, _ content: [UInt8]) {
    let start = Int(page) * pageByteCount
    precondition(start + content.count <= bytes.count, "the file is too short for the page")
    bytes.replaceSubrange(start..<start + content.count, with: content)
  }

  /// Overwrites bytes of a page.
  mutating func set<Number: FixedWidthInteger>(_ page: UInt64, _ offset: Int, _ number: Number) {
    let start = Int(page) * pageByteCount + offset
    let content = littleEndian(number)
    bytes.replaceSubrange(start..<start + content.count, with: content)
  }

  private static func header(
    _ page: UInt64,
    _ flags: PageFlags,
    _ count: UInt16,
    _ overflow: UInt32 = 0
  ) -> [UInt8] {
    littleEndian(page) + littleEndian(flags.rawValue) + littleEndian(count) + littleEndian(overflow)
  }

  /// A leaf, where the number of an item is its flags, or a branch, where it is its child.
  private static func page(
    _ page: UInt64,
    _ flags: PageFlags,
    _ items: [(number: UInt64, item: Item)],
    _ overflow: UInt32 = 0
  ) -> [UInt8] {
    var elements: [UInt8] = []
    var content: [UInt8] = []
    for (number, item) in items {
      let position = UInt32(items.count * 16 - elements.count + content.count)
      let keyCount = littleEndian(UInt32(item.key.count))
      if flags == .leaf {
        elements += littleEndian(UInt32(number)) + littleEndian(position) + keyCount
        elements += littleEndian(UInt32(item.value.count))
      } else {
        elements += littleEndian(position) + keyCount + littleEndian(number)
      }
      content += item.key + item.value
    }
    return header(page, flags, UInt16(items.count), overflow) + elements + content
  }

  /// Opens the file, on a disk of its own.
  func open(_ options: Database.Options = .reading) throws -> Database {
    try Database("/db", options, in: try disk())
  }

  /// A disk with the file on it, durable.
  func disk() throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    try disk.setContents(of: "/db", to: bytes)
    disk.syncAll()
    return disk
  }
}

/// The bytes of a number as bolt stores it.
func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

extension Database.Options {
  /// For writing, with pages of a size.
  static func writing(pageByteCount: Int = 4096, storesFreelist: Bool = false) -> Self {
    var options = Database.Options()
    options.newPageByteCount = pageByteCount
    options.storesFreelist = storesFreelist
    return options
  }
}

extension Bucket {
  /// All keys, as a cursor finds them going forward.
  func keys() throws -> [String] {
    var keys: [String] = []
    var cursor = cursor()
    var next = try cursor.first()
    while let element = next {
      keys.append(String(decoding: element.key, as: UTF8.self))
      next = try cursor.next()
    }
    withExtendedLifetime(self) {}
    return keys
  }

  /// The value of a key, as text.
  func text(_ key: String) throws -> String? {
    try copy(of: Array(key.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }
}

extension WritableBucket {
  func put(_ value: String, for key: String) throws {
    try put(Array(value.utf8), for: Array(key.utf8))
  }

  func put(_ value: [UInt8], for key: String) throws {
    try put(value, for: Array(key.utf8))
  }

  /// The value of a key, as text.
  func text(_ key: String) throws -> String? {
    try value(for: Array(key.utf8)).map { String(decoding: $0, as: UTF8.self) }
  }
}

extension Database {
  /// Changes something in a transaction and commits it.
  func update(_ body: (WriteTransaction) throws -> Void) throws {
    let transaction = try write()
    try body(transaction)
    try transaction.commit()
  }
}

/// What has to last as long as a test: elements lie in memory that goes with its transaction, and a
/// local variable may go after its last use.
final class Keeper {
  private var kept: [AnyObject] = []

  /// Keeps an object, and returns it.
  func keep<Object: AnyObject>(_ object: Object) -> Object {
    kept.append(object)
    return object
  }
}
