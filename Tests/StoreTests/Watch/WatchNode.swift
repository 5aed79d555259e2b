import Bolt
import EtcdMessages
import MVCC
import NIOCore
import NIOEmbedded
import RPC
import Synchronization
import TestSupport

@testable import Store

/// A keyspace and the watches of one loop, whose time the test moves.
final class WatchNode {
  static let identity = WatchIdentity(clusterID: 0xCDF8_18EE_8A1B_3E5F, memberID: 7, raftTerm: 2)

  let keyspace: Keyspace
  let loop = EmbeddedEventLoop()
  let service: WatchService
  private let faultList = FaultList()
  private var views: [KeyspaceView] = []

  init(_ options: WatchOptions = WatchOptions()) throws {
    keyspace = try Keyspace(try Database("/db", in: SimulatedDisk()))
    var options = options
    options.onFault = { [faultList] in faultList.add($0) }
    service = WatchService(on: [loop], of: keyspace, identity: Self.identity, options)
  }

  /// What the watches have met that they should not.
  var faults: [MVCCError] { faultList.faults }

  var shard: WatchShard { service.shards[0] }

  func client(window: Int = .max, metadata: [(String, String)] = []) -> WatchClient {
    let client = WatchClient(window: window)
    client.open(service, on: loop, metadata: metadata)
    return client
  }

  /// Notes that something was applied, which the loop has not been told yet.
  func publish() { views.append(keyspace.view()) }

  /// Tells the loop what was published, the oldest first.
  func advance(limit: Int = .max) {
    for view in views.prefix(limit) { shard.advance(to: view) }
    views.removeFirst(min(limit, views.count))
  }

  /// Lets the loop do what it has to do.
  func run() { loop.advanceTime(by: .milliseconds(1)) }

  @discardableResult
  func put(_ key: String, _ value: String = "v") throws -> Int64 {
    let revision = try keyspace.put(PutRequest(Array(key.utf8), Array(value.utf8))).revision
    publish()
    advance()
    return revision
  }

  @discardableResult
  func delete(_ key: String, upTo end: String = "") throws -> Int64 {
    let range = KeyRange(key: Array(key.utf8), rangeEnd: Array(end.utf8))
    let revision = try keyspace.delete(DeleteRequest(range)).revision
    publish()
    advance()
    return revision
  }

  @discardableResult
  func apply(_ operations: [TransactionRequest.Operation]) throws -> Int64 {
    let revision = try keyspace.apply(TransactionRequest(then: operations)).revision
    publish()
    advance()
    return revision
  }

  func compact(to revision: Int64) throws {
    try keyspace.compact(to: revision)
    while try keyspace.continueCompaction() {}
  }
}

private final class FaultList: Sendable {
  private let list = Mutex<[MVCCError]>([])

  var faults: [MVCCError] { list.withLock { $0 } }

  func add(_ fault: MVCCError) { list.withLock { $0.append(fault) } }
}

extension Etcdserverpb_WatchResponse {
  /// A line for each event and what else is said, to compare with.
  var lines: [String] {
    var lines: [String] = []
    if created { lines.append("\(watchID) created at \(header.revision)") }
    if canceled {
      let compacted = compactRevision != 0 ? " compacted \(compactRevision)" : ""
      let reason = cancelReason.isEmpty ? "" : ": \(cancelReason)"
      lines.append("\(watchID) canceled at \(header.revision)\(compacted)\(reason)")
    }
    if !created, !canceled, events.isEmpty { lines.append("\(watchID) is at \(header.revision)") }
    for event in events {
      let previous = event.hasPrevKv ? " was \(event.prevKv.line)" : ""
      let word = event.type == .put ? "put" : "delete"
      lines.append("\(watchID) \(word) \(event.kv.line)\(previous)")
    }
    if fragment { lines.append("\(watchID) fragment") }
    return lines
  }
}

extension Mvccpb_KeyValue {
  var line: String {
    let key = String(decoding: key, as: UTF8.self)
    guard version > 0 else { return "\(key)@\(modRevision)" }
    return
      "\(key)=\(String(decoding: value, as: UTF8.self))@\(createRevision)/\(modRevision)/\(version)"
  }
}

extension WatchClient {
  /// What came since the last time, a line each.
  func lines() throws -> [String] { try read().flatMap(\.lines) }
}
