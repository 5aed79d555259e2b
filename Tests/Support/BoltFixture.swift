/// A database that bbolt wrote, and what bbolt reads in it: `fixtures/bolt`.
public final class BoltFixture: Sendable {
  /// What is known of a page.
  public struct Page: Equatable, Sendable {
    /// Its number.
    public let id: UInt64

    /// Its type: meta, freelist, branch, leaf.
    public let type: String

    /// How many elements it has.
    public let count: Int

    /// How many pages follow that belong to it.
    public let overflowCount: Int
  }

  /// What a cursor comes to, in its order; a bucket is followed by what is in it.
  public enum Row: Equatable, Sendable {
    /// A bucket, by the names from the outermost inwards.
    case bucket(path: [[UInt8]], sequence: UInt64, isInline: Bool)

    /// A pair, with the CRC-32C of its value.
    case pair(path: [[UInt8]], key: [UInt8], byteCount: Int, checksum: UInt32)
  }

  /// The names of all of them: arguments for tests.
  public static let names = UnpackedArchive.names(in: "bolt")

  /// The path of the database.
  public var path: String { "\(archive.folder)/db" }

  /// The page size in bytes.
  public let pageSize: Int

  /// The transaction of the newer meta page.
  public let transactionID: UInt64

  /// The first page number that was never allocated.
  public let highWaterMark: UInt64

  /// Whether the list of free pages is in the file.
  public let storesFreelist: Bool

  /// The pages that are in use, in order.
  public let pages: [Page]

  /// The pages that are free, in order.
  public let freePages: [UInt64]

  /// Buckets and pairs.
  public let rows: [Row]

  private let archive: UnpackedArchive

  /// What is wrong with a fixture.
  public enum Failure: Error {
    /// A row that is none of those that the README names.
    case row([String])

    /// A fact that is missing.
    case fact(String)
  }

  /// Unpacks one.
  public init(_ name: String) throws {
    archive = try UnpackedArchive("bolt/\(name).tar.xz")
    var facts: [String: String] = [:]
    var pages: [Page] = []
    var free: [UInt64] = []
    var rows: [Row] = []
    for columns in try archive.rows("expected.tsv") {
      switch columns[0] {
      case "fact": facts[columns[1]] = columns[2]
      case "page": pages.append(try Self.page(columns))
      case "free":
        guard let first = UInt64(columns[1]), let last = UInt64(columns[2]) else {
          throw Failure.row(columns)
        }
        free += first...last
      default: rows.append(try Self.row(columns))
      }
    }
    func number<Number: FixedWidthInteger>(_ name: String) throws -> Number {
      guard let number = facts[name].flatMap({ Number($0) }) else { throw Failure.fact(name) }
      return number
    }
    pageSize = try number("pageSize")
    transactionID = try number("transactionID")
    highWaterMark = try number("highWaterMark")
    storesFreelist = facts["storesFreelist"] == "true"
    self.pages = pages
    freePages = free
    self.rows = rows
  }

  private static func page(_ columns: [String]) throws -> Page {
    guard columns.count == 5, let id = UInt64(columns[1]), let count = Int(columns[3]),
      let overflowCount = Int(columns[4])
    else { throw Failure.row(columns) }
    return Page(id: id, type: columns[2], count: count, overflowCount: overflowCount)
  }

  private static func row(_ columns: [String]) throws -> Row {
    let path = columns[1].split(separator: "/", omittingEmptySubsequences: false)
      .map { [UInt8](hexadecimal: String($0)) }
    if columns[0] == "bucket", columns.count == 4, let sequence = UInt64(columns[2]) {
      return .bucket(path: path, sequence: sequence, isInline: columns[3] == "true")
    }
    if columns[0] == "pair", columns.count == 5, let byteCount = Int(columns[3]),
      let checksum = UInt32(columns[4], radix: 16)
    {
      let key = [UInt8](hexadecimal: columns[2])
      return .pair(path: path, key: key, byteCount: byteCount, checksum: checksum)
    }
    throw Failure.row(columns)
  }
}
