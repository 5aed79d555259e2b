internal import Checksum

/// A meta page: the root of one committed state.
///
/// Format: little-endian, 64 bytes from byte 16 of pages 0 and 1.
///
///     OFFSET  SIZE  FIELD
///     16      4     magic 0xED0CDAED
///     20      4     version 2
///     24      4     page size in bytes
///     28      4     flags, 0
///     32      8     root bucket: page id of its root
///     40      8     root bucket: sequence
///     48      8     page id of the freelist; all ones: not stored
///     56      8     high-water mark: the first page number never allocated
///     64      8     transaction id
///     72      8     FNV-1a of bytes 16 to 71
///
/// Source: bbolt `internal/common/meta.go`.
struct Meta: Equatable {
  static let magic: UInt32 = 0xED0C_DAED
  static let version: UInt32 = 2
  /// Where the fields end in the page.
  static let endOffset = 80
  static let freelistNotStored = PageID(rawValue: .max)
  /// What a page size can be: bbolt looks for a second meta page up to 16 MiB from the start.
  static let pageByteCounts = 1024...(1 << 24)

  var pageByteCount: Int
  var root: PageID
  var sequence: UInt64
  var freelist: PageID
  var highWaterMark: PageID
  var transaction: TransactionID

  /// Reads the meta on a page.
  ///
  /// - Parameter page: The page from its start, at least ``endOffset`` bytes of it.
  /// - Returns: The meta, or what makes the page not be one.
  static func read(_ page: UnsafeRawBufferPointer) -> Result<Meta, MetaFault> {
    guard let base = page.baseAddress, page.count >= endOffset else {
      return .failure(.tooShort(byteCount: page.count))
    }
    let magic: UInt32 = base.number(at: 16)
    guard magic == Meta.magic else { return .failure(.magic(found: magic)) }
    let version: UInt32 = base.number(at: 20)
    guard version == Meta.version else { return .failure(.version(found: version)) }
    let expected = FNV1a.hash(UnsafeRawBufferPointer(rebasing: page[16..<72]))
    let found: UInt64 = base.number(at: 72)
    guard found == expected else {
      return .failure(.checksum(found: found, expected: expected))
    }
    let pageByteCount = Int(base.number(at: 24, as: UInt32.self))
    guard pageByteCounts.contains(pageByteCount), pageByteCount & (pageByteCount - 1) == 0 else {
      return .failure(.pageSize(found: pageByteCount))
    }
    return .success(
      Meta(
        pageByteCount: pageByteCount,
        root: PageID(rawValue: base.number(at: 32)),
        sequence: base.number(at: 40),
        freelist: PageID(rawValue: base.number(at: 48)),
        highWaterMark: PageID(rawValue: base.number(at: 56)),
        transaction: TransactionID(rawValue: base.number(at: 64))
      )
    )
  }

  /// Writes the whole meta page, which is zero so far, as page `id`.
  func write(to page: UnsafeMutableRawBufferPointer, as id: PageID) {
    precondition(page.count >= Meta.endOffset)
    guard let base = page.baseAddress else { return }
    base.store(id.rawValue, at: 0)
    base.store(PageFlags.meta.rawValue, at: 8)
    base.store(Meta.magic, at: 16)
    base.store(Meta.version, at: 20)
    base.store(UInt32(pageByteCount), at: 24)
    base.store(UInt32(0), at: 28)
    base.store(root.rawValue, at: 32)
    base.store(sequence, at: 40)
    base.store(freelist.rawValue, at: 48)
    base.store(highWaterMark.rawValue, at: 56)
    base.store(transaction.rawValue, at: 64)
    base.store(FNV1a.hash(UnsafeRawBufferPointer(rebasing: page[16..<72])), at: 72)
  }
}

/// What makes a page not be a meta page.
public enum MetaFault: Error, Equatable, Sendable {
  /// The file ends before it.
  case tooShort(byteCount: Int)

  /// It does not begin as one.
  case magic(found: UInt32)

  /// It is of another version of the format.
  case version(found: UInt32)

  /// Its bytes have changed since they were written.
  case checksum(found: UInt64, expected: UInt64)

  /// Its page size is no power of two from 1 KiB to 16 MiB.
  case pageSize(found: Int)
}

extension MetaFault: CustomStringConvertible {
  /// What was found and what was expected.
  public var description: String {
    switch self {
    case .tooShort(let byteCount): "only \(byteCount) bytes"
    case .magic(let found):
      "magic 0x\(String(found, radix: 16)), expected 0x\(String(Meta.magic, radix: 16))"
    case .version(let found): "version \(found), expected \(Meta.version)"
    case .checksum(let found, let expected):
      "checksum 0x\(String(found, radix: 16)), expected 0x\(String(expected, radix: 16))"
    case .pageSize(let found): "page size \(found), expected a power of two"
    }
  }
}
