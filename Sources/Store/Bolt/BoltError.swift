public import FileIO

/// What is wrong with a bolt file, or with what was asked of it.
///
/// Pages are named by their numbers; whoever opened the file names the file.
public enum BoltError: Error, Equatable, Sendable {
  /// The system refused.
  case file(FileIOError)

  /// Neither meta page is sound: not a bolt file, or one whose beginning is lost.
  case noMeta(first: MetaFault, second: MetaFault)

  /// The meta page says that the file has more pages than can be kept account of.
  case tooManyPages(count: UInt64, limit: UInt64)

  /// The file ends before what the meta page says is in it.
  case fileTooShort(byteCount: Int, expected: UInt64)

  /// A page number that the file does not reach to.
  case pageOutOfRange(page: PageID, limit: UInt64)

  /// A meta page, where another is expected.
  case metaPageReached(page: PageID)

  /// A page that says to be another one.
  case pageNumber(page: PageID, found: PageID)

  /// A page of another kind than where it stands.
  case pageKind(page: PageID, found: PageFlags, expected: String)

  /// A page whose overflow pages pass the end of the file.
  case overflowOutOfRange(page: PageID, overflow: UInt32, limit: UInt64)

  /// A page with more elements than it has room for.
  case tooManyElements(page: PageID, count: Int, byteCount: Int)

  /// An element that reaches beyond its page.
  case elementOutsidePage(page: PageID, slot: Int, end: Int, byteCount: Int)

  /// Elements that together take more bytes than their page has: some share their bytes.
  case elementsOverlap(page: PageID, byteCount: Int, limit: Int)

  /// A key that is not above the one before it on its page.
  case keyOrder(page: PageID, slot: Int)

  /// A key that is not between those that its parent gives the page.
  case keyOutsideParent(page: PageID, slot: Int)

  /// A branch page with nothing below it.
  case emptyBranch(page: PageID)

  /// A page that is reached a second time: the tree is none.
  case pageReachedTwice(page: PageID)

  /// More levels than a tree of this format can have.
  case treeTooDeep(page: PageID, limit: Int)

  /// More buckets within buckets than are followed.
  case bucketsTooDeep(limit: Int)

  /// A bucket whose value has no room for its header or its inline page.
  case bucketTooShort(page: PageID, byteCount: Int)

  /// A free page that is in use, or free twice, or beyond the file.
  case freePage(page: PageID, on: PageID)

  /// A page that the tree leads to, and that is free at the same time.
  case pageInUseIsFree(page: PageID)

  /// A page below the high-water mark that is neither in use nor on the stored freelist.
  case pageLost(page: PageID)

  /// No bucket has this name.
  case bucketMissing(name: [UInt8])

  /// A key with a value where a bucket was expected, or the other way round.
  case bucketAndValue(key: [UInt8])

  /// A key without bytes.
  case keyEmpty

  /// A key or value that the format has no room for.
  case tooLarge(byteCount: Int, limit: Int)

  /// A saved snapshot, with a checksum behind it, where a database is wanted that may change.
  case snapshotTrailer

  /// A bucket with more in it than one copy of it can have.
  case copyTooLarge(byteCount: Int, limit: Int)

  /// The counter of transactions has come to its end.
  case lastTransaction(TransactionID)

  /// The database was opened for reading.
  case openedForReading

  /// Another write transaction has not ended.
  case writerActive

  /// An earlier commit failed between its two writes: which state the file holds is unknown until it
  /// is opened anew.
  case commitFailedBefore
}

extension BoltError: CustomStringConvertible {
  /// One line: the page and what is wrong with it, found and expected.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .noMeta(let first, let second):
      "not a bolt database: meta page 0: \(first); meta page 1: \(second)"
    case .tooManyPages(let count, let limit): "\(count) pages, the limit is \(limit)"
    case .fileTooShort(let byteCount, let expected):
      "the file has \(byteCount) bytes, its meta page expects \(expected)"
    case .pageOutOfRange(let page, let limit):
      "page \(page): out of range, the file has \(limit) pages"
    case .metaPageReached(let page): "page \(page): a meta page, expected another kind"
    case .pageNumber(let page, let found): "page \(page): says to be page \(found)"
    case .pageKind(let page, let found, let expected):
      "page \(page): kind \(found), expected \(expected)"
    case .overflowOutOfRange(let page, let overflow, let limit):
      "page \(page): \(overflow) overflow pages, the file has \(limit) pages"
    case .tooManyElements(let page, let count, let byteCount):
      "page \(page): \(count) elements do not fit into \(byteCount) bytes"
    case .elementOutsidePage(let page, let slot, let end, let byteCount):
      "page \(page): element \(slot) ends at byte \(end), the page at \(byteCount)"
    case .elementsOverlap(let page, let byteCount, let limit):
      "page \(page): elements of \(byteCount) bytes, the page has \(limit)"
    case .keyOrder(let page, let slot):
      "page \(page): the key of element \(slot) is not above the one before it"
    case .keyOutsideParent(let page, let slot):
      "page \(page): the key of element \(slot) is not between those of its parent"
    case .emptyBranch(let page): "page \(page): branch without elements"
    case .pageReachedTwice(let page): "page \(page): reached a second time"
    case .treeTooDeep(let page, let limit): "page \(page): deeper than \(limit) levels"
    case .bucketsTooDeep(let limit): "buckets in buckets: deeper than \(limit) levels"
    case .bucketTooShort(let page, let byteCount):
      "page \(page): a bucket of \(byteCount) bytes has no room for its header or page"
    case .freePage(let page, let list):
      "page \(page): free on page \(list), but in use, free twice or out of range"
    case .pageInUseIsFree(let page): "page \(page): in use, but free"
    case .pageLost(let page): "page \(page): neither in use nor free"
    case .bucketMissing(let name): "no bucket \(quoted(name))"
    case .bucketAndValue(let key): "\(quoted(key)): a bucket and a value do not mix"
    case .keyEmpty: "a key must not be empty"
    case .tooLarge(let byteCount, let limit): "\(byteCount) bytes, the limit is \(limit)"
    case .snapshotTrailer: "a saved snapshot, with a checksum behind it: restore it first"
    case .copyTooLarge(let byteCount, let limit):
      "a copy of \(byteCount) bytes, the original has \(limit)"
    case .lastTransaction(let transaction): "transaction \(transaction): there is none after it"
    case .openedForReading: "opened for reading"
    case .writerActive: "another write transaction has not ended"
    case .commitFailedBefore: "not written, since an earlier commit failed half-way"
    }
  }

  private func quoted(_ bytes: [UInt8]) -> String {
    let printable = bytes.allSatisfy { (0x20..<0x7F).contains($0) }
    if printable { return "\"\(String(decoding: bytes, as: UTF8.self))\"" }
    return "0x"
      + bytes.map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
  }
}
