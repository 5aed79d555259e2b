import EtcdMessages
import Foundation
import NIOCore
import NIOPosix
import RPC
import SwiftProtobuf
import Synchronization

/// A server that speaks as much of etcd's protocol as Kubernetes needs, in the way of kine's first
/// releases.
///
/// * Its answers name no member.
/// * The end of a range is taken for that of a prefix, which ends with a slash.
/// * Sorted and serializable reads, filters, and limits for one key are refused.
/// * Watchers are numbered through for all streams, and tell of changes some time after they happened.
/// * Rows have no version.
///
/// Source: k3s-io/kine, `pkg/server/` (`list.go`, `get.go`, `kv.go`, `watch.go`).
final class KineLikeServer: Sendable {
  /// A change of a key.
  struct Change {
    var row: Mvccpb_KeyValue
    var previous: Mvccpb_KeyValue?
    var isDeletion: Bool
  }

  /// What it has, and has been asked.
  final class Store: Sendable {
    private struct State {
      var changes: [Change] = []
      var revision: Int64 = 0
      var watcherCount: Int64 = 0
      var refusals: [String] = []
    }

    private let state = Mutex(State())

    /// What was refused.
    var refusals: [String] { state.withLock { $0.refusals } }

    var revision: Int64 { state.withLock { $0.revision } }

    /// Puts a key, or deletes it.
    func change(_ key: String, _ value: [UInt8]?) {
      state.withLock { state in
        state.revision += 1
        let before = state.changes.last { $0.row.key == Data(key.utf8) }
        let previous = before.flatMap { $0.isDeletion ? nil : $0.row }
        let row = Mvccpb_KeyValue.with {
          $0.key = Data(key.utf8)
          $0.value = value.map { Data($0) } ?? previous?.value ?? Data()
          $0.createRevision = previous?.createRevision ?? state.revision
          $0.modRevision = state.revision
        }
        state.changes.append(Change(row: row, previous: previous, isDeletion: value == nil))
      }
    }

    func changes(of range: (Data) -> Bool, from revision: Int64) -> [Change] {
      state.withLock { state in
        state.changes.filter { $0.row.modRevision >= revision && range($0.row.key) }
      }
    }

    func nextWatcher() -> Int64 {
      state.withLock { state in
        state.watcherCount += 1
        return state.watcherCount
      }
    }

    fileprivate func refuse(_ what: String) -> RPCStatus {
      state.withLock { $0.refusals.append(what) }
      return RPCStatus(.unimplemented, "\(what) is not implemented by kine")
    }

    /// Which keys a range has, in the server's eyes.
    static func range(_ key: Data, _ end: Data) -> (Data) -> Bool {
      guard var prefix = Optional(Array(end)), let last = prefix.last else { return { $0 == key } }
      prefix[prefix.count - 1] = last &- 1
      if prefix.last != UInt8(ascii: "/") { prefix.append(UInt8(ascii: "/")) }
      return { $0.starts(with: prefix) && !$0.lexicographicallyPrecedes(key) }
    }

    func rows(_ range: (Data) -> Bool, at revision: Int64) -> [Mvccpb_KeyValue] {
      state.withLock { state in
        var rows: [Data: Mvccpb_KeyValue] = [:]
        for change in state.changes where range(change.row.key) {
          guard revision == 0 || change.row.modRevision <= revision else { break }
          rows[change.row.key] = change.isDeletion ? nil : change.row
        }
        return rows.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      }
    }
  }

  let store = Store()
  let endpoint: String
  private let server: RPCServer

  init() async throws {
    let store = store
    server = RPCServer(
      RPCConfiguration(listeners: [RPCListener(.tcp(host: "127.0.0.1", port: 0))]),
      methods: [
        "/etcdserverpb.KV/Range": .unary { call, message in
          KineLikeServer.answer(call, message) { try KineLikeServer.range(store, $0) }
        },
        "/etcdserverpb.Maintenance/Status": .unary { call, message in
          KineLikeServer.answer(call, message) { (_: Etcdserverpb_StatusRequest) in
            Etcdserverpb_StatusResponse.with {
              ($0.header, $0.version, $0.dbSize) = (.init(), "3.5.13", 4096)
            }
          }
        },
        "/etcdserverpb.Watch/Watch": .stream { Watchers($0, store) },
      ],
      group: MultiThreadedEventLoopGroup.singleton,
      http: { $0.end() }
    )
    let addresses = try await server.start()
    endpoint = "http://127.0.0.1:\(addresses[0].port ?? 0)"
  }

  func close() async { await server.close() }

  private static func answer<Request: Message, Response: Message>(
    _ call: RPCCall,
    _ message: ByteBuffer,
    _ body: (Request) throws -> Response
  ) {
    do {
      let response = try body(Request(serializedBytes: Array(message.readableBytesView)))
      call.answer(ByteBuffer(bytes: try response.serializedBytes() as [UInt8]))
    } catch {
      call.fail(error as? RPCStatus ?? RPCStatus(.unknown, "\(error)"))
    }
  }

  private static func range(
    _ store: Store,
    _ request: Etcdserverpb_RangeRequest
  ) throws -> Etcdserverpb_RangeResponse {
    let isSorted = request.sortOrder != .none || request.sortTarget != .key
    for (isAsked, name) in [
      (isSorted, "sortOrder"), (request.serializable, "serializable"),
      (request.minModRevision != 0, "minModRevision"),
      (request.rangeEnd.isEmpty && request.limit > 1, "limit"),
    ] where isAsked {
      throw store.refuse(name)
    }
    let rows = store.rows(Store.range(request.key, request.rangeEnd), at: request.revision)
    let limit = request.limit > 0 ? Int(request.limit) : .max
    return .with { response in
      response.header = .with { $0.revision = store.revision }
      response.count = Int64(rows.count)
      response.more = rows.count > limit
      guard !request.countOnly else { return }
      response.kvs = rows.prefix(limit).map { row in
        request.keysOnly ? row.with { $0.value = Data() } : row
      }
    }
  }
}

extension Mvccpb_KeyValue {
  fileprivate func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }
}

/// The watchers of one stream, which look for changes now and then.
private final class Watchers: RPCStreamHandler {
  private struct Watcher {
    var id: Int64
    var range: (Data) -> Bool
    var next: Int64
  }

  private let call: RPCCall
  private let store: KineLikeServer.Store
  private var watchers: [Watcher] = []
  private var task: RepeatedTask?

  init(_ call: RPCCall, _ store: KineLikeServer.Store) {
    self.call = call
    self.store = store
    let box = NIOLoopBound(self, eventLoop: call.eventLoop)
    task = call.eventLoop.scheduleRepeatedTask(
      initialDelay: .milliseconds(10),
      delay: .milliseconds(10)
    ) { _ in box.value.look() }
  }

  func receive(_ message: ByteBuffer) {
    let bytes = Array(message.readableBytesView)
    guard let request = try? Etcdserverpb_WatchRequest(serializedBytes: bytes) else { return }
    switch request.requestUnion {
    case .createRequest(let create):
      guard create.watchID == 0 else {
        return call.fail(RPCStatus(.invalidArgument, "unsupported options in watch request"))
      }
      let watcher = Watcher(
        id: store.nextWatcher(),
        range: KineLikeServer.Store.range(create.key, create.rangeEnd),
        next: create.startRevision > 0 ? create.startRevision : store.revision + 1
      )
      watchers.append(watcher)
      send { ($0.header, $0.created, $0.watchID) = (.init(), true, watcher.id) }
    case .progressRequest:
      send { ($0.header.revision, $0.watchID) = (store.revision, -1) }
    default: break
    }
  }

  func receiveEnd() { cancel(.byClient) }

  func cancel(_ reason: RPCCancellation) { task?.cancel() }

  func becomeWritable() {}

  private func look() {
    for place in watchers.indices {
      let changes = store.changes(of: watchers[place].range, from: watchers[place].next)
      guard let last = changes.last else { continue }
      watchers[place].next = last.row.modRevision + 1
      send { response in
        response.header.revision = last.row.modRevision
        response.watchID = watchers[place].id
        response.events = changes.map { change in
          .with {
            $0.type = change.isDeletion ? .delete : .put
            $0.kv = change.row
            if let previous = change.previous { $0.prevKv = previous }
          }
        }
      }
    }
  }

  private func send(_ fill: (inout Etcdserverpb_WatchResponse) -> Void) {
    var response = Etcdserverpb_WatchResponse()
    fill(&response)
    guard let bytes: [UInt8] = try? response.serializedBytes() else { return }
    call.send(ByteBuffer(bytes: bytes))
  }
}
