import EtcdMessages
import Foundation
import RPC
import SwiftProtobuf
import Synchronization

/// Differences that one side of a run is given, to see that each is noticed.
final class Plants: Sendable {
  /// A change of one answer; nil if it cannot be made to this one.
  typealias Change = @Sendable (Answer) -> Answer?

  private struct State {
    var waiting: [(name: String, change: Change)]
    var answerCount = 0
    var done: [String] = []
    var watchWaiting: [String]
    var responseCount = 0
    var watchDone: [String] = []
  }

  private let state: Mutex<State>

  init() {
    state = Mutex(
      State(
        waiting: Self.changes,
        watchWaiting: ["lost", "twice", "swapped", "value", "previous", "split", "header"]
      )
    )
  }

  /// What was planted among the answers and the events.
  var done: (answers: [String], events: [String]) {
    state.withLock { ($0.done, $0.watchDone) }
  }

  /// What was not, because nothing fitted.
  var left: [String] {
    state.withLock { $0.waiting.map(\.name) + $0.watchWaiting }
  }

  var edits: Side.Edits {
    Side.Edits(
      answer: { [self] _, answer in edit(answer) },
      watch: { [self] in edit($0) },
      patience: .seconds(5)
    )
  }

  private func edit(_ answer: Answer) -> Answer {
    state.withLock { state in
      state.answerCount += 1
      // One in ten, so that each stands alone.
      guard state.answerCount % 10 == 0 else { return answer }
      for (index, plant) in state.waiting.enumerated() {
        guard let changed = plant.change(answer) else { continue }
        state.waiting.remove(at: index)
        state.done.append(plant.name)
        return changed
      }
      return answer
    }
  }

  /// Changes what the watcher of all keys gets, no two changes in less than thirty responses: the
  /// run looks in between.
  private func edit(_ response: Etcdserverpb_WatchResponse) -> Etcdserverpb_WatchResponse? {
    guard response.watchID == 0, !response.events.isEmpty else { return response }
    return state.withLock { state in
      state.responseCount += 1
      guard state.responseCount % 60 < 30, state.watchDone.count < state.responseCount / 60,
        let plant = state.watchWaiting.first, let changed = Self.change(response, plant)
      else { return response }
      state.watchWaiting.removeFirst()
      state.watchDone.append(plant)
      return changed
    }
  }

  private static func change(
    _ response: Etcdserverpb_WatchResponse,
    _ plant: String
  ) -> Etcdserverpb_WatchResponse? {
    var response = response
    let last = response.events.count - 1
    switch plant {
    case "lost" where last > 0: response.events.removeFirst()
    case "twice": response.events.append(response.events[last])
    case "swapped" where last > 0: response.events.swapAt(0, last)
    case "value": response.events[0].kv.value.append(1)
    case "previous" where response.events[0].hasPrevKv: response.events[0].clearPrevKv()
    case "split": response.events[0].kv.modRevision -= 1
    case "header": response.header.revision = 1
    default: return nil
    }
    return response
  }

  private static let changes: [(name: String, change: Change)] = [
    ("value of a row", rows { $0.kvs[0].value.append(1) }),
    ("version of a row", rows { $0.kvs[0].version += 1 }),
    ("create revision of a row", rows { $0.kvs[0].createRevision -= 1 }),
    ("mod revision of a row", rows { $0.kvs[0].modRevision += 1 }),
    ("lease of a row", rows { $0.kvs[0].lease += 1 }),
    ("a row too few", rows { $0.kvs.removeLast() }),
    ("count", rows { $0.count += 1 }),
    ("more", rows { $0.more.toggle() }),
    ("revision in a header", rows { $0.header.revision += 1 }),
    ("order of rows", rows { $0.kvs.count > 1 ? $0.kvs.swapAt(0, $0.kvs.count - 1) : nil }),
    (
      "previous row of a put",
      message(Etcdserverpb_PutResponse.self) { $0.hasPrevKv ? $0.clearPrevKv() : nil }
    ),
    (
      "count of a deletion",
      message(Etcdserverpb_DeleteRangeResponse.self) { $0.deleted += 1 }
    ),
    ("branch of a transaction", message(Etcdserverpb_TxnResponse.self) { $0.succeeded.toggle() }),
    (
      "answers of a transaction",
      message(Etcdserverpb_TxnResponse.self) {
        $0.responses.isEmpty ? nil : $0.responses.removeLast(1)
      }
    ),
    ("time of a lease", message(Etcdserverpb_LeaseKeepAliveResponse.self) { $0.ttl += 1 }),
    (
      "keys of a lease",
      message(Etcdserverpb_LeaseTimeToLiveResponse.self) { $0.keys.append(Data([1])) }
    ),
    ("hash", message(Etcdserverpb_HashKVResponse.self) { $0.hash ^= 1 }),
    ("id of a watcher", message(Etcdserverpb_WatchResponse.self) { $0.watchID += 1 }),
    (
      "text of an error",
      { if case .refused(let status) = $0 { .refused(RPCStatus(status.code, "no")) } else { nil } }
    ),
    (
      "code of an error",
      {
        guard case .refused(let status) = $0 else { return nil }
        return .refused(RPCStatus(.aborted, status.message))
      }
    ),
    (
      "error instead of an answer",
      { if case .message = $0 { .refused(RPCStatus(.unknown, "no")) } else { nil } }
    ),
    (
      "answer instead of an error",
      {
        if case .refused = $0 { .message(Etcdserverpb_RangeResponse()) } else { nil }
      }
    ),
  ]

  private static func rows(
    _ body: @escaping @Sendable (inout Etcdserverpb_RangeResponse) -> Void?
  ) -> Change {
    message(Etcdserverpb_RangeResponse.self) { $0.kvs.isEmpty ? nil : body(&$0) }
  }

  private static func message<M: Message>(
    _ type: M.Type,
    _ body: @escaping @Sendable (inout M) -> Void?
  ) -> Change {
    { answer in
      guard case .message(let message) = answer, var changed = message as? M,
        body(&changed) != nil
      else { return nil }
      return .message(changed)
    }
  }
}
