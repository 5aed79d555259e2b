public import EtcdClient
internal import EtcdMessages
internal import Foundation
internal import MVCC
internal import RPC
internal import SwiftProtobuf

/// The keys and values of a living cluster.
///
/// What one question reads is read at one revision, in pages that are fetched while those before are
/// looked at. It never writes. Questions are asked by one thread at a time.
public final class LiveSource: Source {
  /// How a cluster is asked.
  public struct Options: Sendable {
    /// Whether answers may come from a member that does not know what the others know by now.
    public var isSerializable = false

    /// How large an answer is meant to be, in bytes.
    public var pageByteCount = 7 << 19

    /// How many revisions of the past a server is asked to look through at most for one key: it
    /// reads all their values into memory at once.
    public var pastRevisionLimit: Int64 = 1_000_000

    /// What is usual.
    public init() {}
  }

  /// The endpoints.
  public let name: String

  /// Keys are counted: how large the values are is not known before.
  public var progressUnit: ProgressMeter.Unit { .keys }

  /// The revision that was compacted last; known only after a question that had to know.
  public internal(set) var compactRevision: Int64?

  /// Whether a member of a cluster of etcd answers, as far as is known.
  var isMember = true

  /// Whether of everything that was asked for only what begins with a slash can be told: whoever is no
  /// member of etcd has no other way to ask for it.
  public private(set) var tellsPathsOnly = false

  /// Revisions that earlier lives of a key were not sought in, because they are too many.
  public internal(set) var unsoughtRevisions: ClosedRange<Int64>?

  let client: EtcdClient
  let options: Options

  /// Rows that were found, for as long as the source.
  private var heldRows: [HeldRow] = []

  /// A cluster.
  ///
  /// - Parameters:
  ///   - client: Calls its members.
  ///   - name: What the cluster is called in messages.
  ///   - options: How it is asked.
  public init(_ client: EtcdClient, name: String, options: Options = Options()) {
    self.client = client
    self.name = name
    self.options = options
  }

  /// Shows the rows of the keys that lived at a revision, in order.
  @discardableResult
  public func forEachLiveRow(
    _ question: RowQuestion,
    progress: SourceProgress?,
    _ body: (StoredRow) throws(SourceError) -> Void
  ) throws(SourceError) -> RowAnswer {
    let reader = RangeReader(self, question)
    let filter = question.selection.isFiltered ? question.selection : nil
    var shownCount = 0
    while shownCount < question.limit ?? .max, let page = try reader.next() {
      try page.forEachRow(of: name) { row throws(SourceError) in
        guard shownCount < question.limit ?? .max, filter?.contains(row.key) != false else {
          return
        }
        shownCount += 1
        try body(row)
      }
      progress?(reader.rowCount, max(reader.rowCount, reader.knownCount))
    }
    let count = filter == nil ? try reader.count() : nil
    return RowAnswer(revision: reader.revision ?? 0, count: count)
  }

  /// How many keys lived at a revision: the server counts them, where it can.
  public func count(
    _ question: RowQuestion,
    progress: SourceProgress?
  ) throws(SourceError) -> Int {
    guard question.selection.isFiltered else { return try RangeReader(self, question).count() }
    var question = question
    question.detail = .keys
    var count = 0
    try forEachLiveRow(question, progress: progress) { _ throws(SourceError) in count += 1 }
    return count
  }

  /// Fails: of what a server answers nothing is passed over.
  public func note(_ loss: SourceError) throws(SourceError) { throw loss }

  /// Finds a key.
  public func find(
    _ key: [UInt8],
    at revision: Int64?,
    progress: SourceProgress?
  ) throws(SourceError) -> KeyFate {
    if let row = try row(of: key, at: revision) { return .live(row) }
    // It may have lived since the last compaction.
    var tombstone: StoredRow?
    var last: StoredRow?
    try forEachRevision(of: key, upTo: revision, progress: progress) { row throws(SourceError) in
      let held = HeldRow(row)
      heldRows.append(held)
      if row.isTombstone { tombstone = held.row } else { last = held.row }
      return tombstone == nil || last == nil
    }
    guard let tombstone else { return .unknown }
    return .deleted(tombstone: tombstone, last: last)
  }

  /// The row of a key at a revision; its memory is that of the source.
  func row(of key: [UInt8], at revision: Int64?) throws(SourceError) -> StoredRow? {
    var request = request(for: KeyRange(key: key), at: revision)
    request.limit = 1
    let page = try page(request)
    var found: StoredRow?
    try page.forEachRow(of: name) { row throws(SourceError) in
      let held = HeldRow(row)
      heldRows.append(held)
      found = held.row
    }
    return found
  }

  // MARK: Calls

  /// The request for all keys of a range.
  func request(
    for range: KeyRange,
    at revision: Int64?,
    detail: RowQuestion.Detail = .values
  ) -> Etcdserverpb_RangeRequest {
    .with { request in
      (request.key, request.rangeEnd) = bounds(of: range)
      request.revision = revision ?? 0
      request.keysOnly = detail == .keys
      request.serializable = options.isSerializable
    }
  }

  /// How a request names a range.
  func bounds(of range: KeyRange) -> (key: Data, rangeEnd: Data) {
    guard !isMember, range.upperBound == nil else { return range.requestBounds }
    tellsPathsOnly = true
    let paths = KeyRange(prefix: "/".utf8)
    let lowerBound = range.lowerBound.isEmpty ? paths.lowerBound : range.lowerBound
    return KeyRange(lowerBound: lowerBound, upperBound: paths.upperBound).requestBounds
  }

  /// Makes a range request, and waits for the answer.
  func page(_ request: Etcdserverpb_RangeRequest) throws(SourceError) -> RangePage {
    do {
      let page = try fetch(request).get()
      guard !page.isFromMember, isMember else { return page }
      isMember = false
      var request = request
      (request.key, request.rangeEnd) = bounds(of: KeyRange(request))
      return try fetch(request).get()
    } catch {
      throw explained(error, range: KeyRange(request), revision: request.revision)
    }
  }

  /// Begins a range request.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - whenDone: Is called when the answer can be had.
  /// - Returns: The answer.
  func fetch(
    _ request: Etcdserverpb_RangeRequest,
    whenDone: @escaping @Sendable () -> Void = {}
  ) -> Awaited<RangePage, SourceError> {
    Awaited(whenDone: whenDone) { [client, name] in
      do throws(EtcdClientError) {
        let answer = try await client.callRaw(.range, request)
        do throws(MessageFault) {
          return .success(try RangePage(answer))
        } catch {
          return .failure(.answer(source: name, fault: "\(error)"))
        }
      } catch {
        return .failure(.call(error))
      }
    }
  }

  /// What an error means, where it is about a revision.
  func explained(_ error: SourceError, range: KeyRange, revision: Int64) -> SourceError {
    guard case .call(let failure) = error, let message = failure.status?.message else {
      return error
    }
    switch message {
    case EtcdText.compacted:
      return .compacted(revision: revision, compactRevision: findCompactRevision(for: range))
    case EtcdText.futureRevision:
      guard let current = try? currentRevision(for: range) else { return error }
      return .future(revision: revision, currentRevision: current)
    default: return error
    }
  }

  /// The revision of the newest change.
  func currentRevision(for range: KeyRange) throws(SourceError) -> Int64 {
    var request = request(for: range, at: nil)
    request.countOnly = true
    return try page(request).revision
  }
}

/// Texts by which a server says what is wrong.
///
/// Source: etcd, `api/v3rpc/rpctypes/error.go`.
enum EtcdText {
  static let compacted = "etcdserver: mvcc: required revision has been compacted"
  static let futureRevision = "etcdserver: mvcc: required revision is a future revision"
}

extension KeyRange {
  /// How a request names the range.
  ///
  /// Source: etcd, `rpc.proto`, `RangeRequest.range_end`.
  var requestBounds: (key: Data, rangeEnd: Data) {
    if let singleKey { return (Data(singleKey), Data()) }
    return (Data(lowerBound.isEmpty ? [0] : lowerBound), Data(upperBound ?? [0]))
  }

  init(_ request: Etcdserverpb_RangeRequest) {
    if request.rangeEnd.isEmpty {
      self.init(key: request.key)
    } else if request.rangeEnd == Data([0]) {
      self.init(lowerBound: request.key == Data([0]) ? [] : Array(request.key), upperBound: nil)
    } else {
      self.init(lowerBound: Array(request.key), upperBound: Array(request.rangeEnd))
    }
  }
}
