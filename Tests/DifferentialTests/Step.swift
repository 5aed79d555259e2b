import EtcdClient
import EtcdMessages
import RPC
import SwiftProtobuf

/// One request, as both servers get it.
///
/// Ids of leases that the servers chose themselves are those of the run: see ``LeaseNames``.
enum Step: Sendable {
  case range(Etcdserverpb_RangeRequest)
  case put(Etcdserverpb_PutRequest)
  case delete(Etcdserverpb_DeleteRangeRequest)
  case txn(Etcdserverpb_TxnRequest)
  case compact(Etcdserverpb_CompactionRequest)

  /// A lease; the name is what it is called if the servers choose its id.
  case grant(Etcdserverpb_LeaseGrantRequest, name: Int64)
  case revoke(Etcdserverpb_LeaseRevokeRequest)
  case keepAlive(Etcdserverpb_LeaseKeepAliveRequest)
  case timeToLive(Etcdserverpb_LeaseTimeToLiveRequest)
  case leases
  case hash(Etcdserverpb_HashKVRequest)
  case alarms
  case watch(Etcdserverpb_WatchCreateRequest)

  /// A watcher on a stream of its own, from a revision that is compacted.
  ///
  /// etcd 3.5 says nothing of its progress any more on a stream on which there was one.
  case watchCompacted(Etcdserverpb_WatchCreateRequest)
  case cancelWatch(Int64)

  /// A watcher on a stream of its own, of which only whether it is let in counts.
  case watchOnce(Etcdserverpb_WatchCreateRequest)

  /// Something about users and roles.
  case auth(AuthStep)

  /// A request of somebody.
  indirect case by(Caller, Step)

  /// Every watcher must have got everything by now; then the stream is asked for its progress.
  case progress
}

extension Step: CustomStringConvertible {
  /// The request on one line, fields by name.
  var description: String {
    switch self {
    case .auth(let step): step.description
    case .by(let caller, let step): "by \(caller.name) \(step)"
    case .cancelWatch(let id): "\(kind) \(id)"
    default: message.map { "\(kind) \($0.onOneLine)" } ?? kind
    }
  }

  /// What kind of request it is, whoever asks.
  var kind: String {
    switch self {
    case .range: "range"
    case .put: "put"
    case .delete: "delete"
    case .txn: "txn"
    case .compact: "compact"
    case .grant: "grant"
    case .revoke: "revoke"
    case .keepAlive: "keepAlive"
    case .timeToLive: "timeToLive"
    case .leases: "leases"
    case .hash: "hashKV"
    case .alarms: "alarms"
    case .watch: "watch"
    case .watchCompacted: "watchCompacted"
    case .watchOnce: "watchOnce"
    case .auth(let step): String(step.description.prefix { $0 != " " })
    case .by(_, let step): step.kind
    case .cancelWatch: "cancelWatch"
    case .progress: "progress"
    }
  }

  /// What is sent, if that is all of the step.
  private var message: (any Message)? {
    switch self {
    case .range(let request): request
    case .put(let request): request
    case .delete(let request): request
    case .txn(let request): request
    case .compact(let request): request
    case .grant(let request, _): request
    case .revoke(let request): request
    case .keepAlive(let request): request
    case .timeToLive(let request): request
    case .hash(let request): request
    case .watch(let request), .watchCompacted(let request), .watchOnce(let request): request
    case .leases, .alarms, .auth, .by, .cancelWatch, .progress: nil
    }
  }
}

extension Message {
  /// The fields by name on one line.
  var onOneLine: String {
    let lines = textFormatString().split(separator: "\n").map { $0.drop { $0 == " " } }
    return lines.joined(separator: " ")
  }
}

extension String {
  /// The beginning of what is longer.
  func shortened(to count: Int) -> String { self.count > count ? "\(prefix(count)) ..." : self }
}

/// What a server answered.
enum Answer: Sendable {
  /// A message, made comparable: ids, terms and times are gone.
  case message(any Message)

  /// An error.
  case refused(RPCStatus)

  /// No answer, for a reason that is no answer of a server.
  case failed(EtcdClientError)
}

extension Answer: CustomStringConvertible {
  var description: String {
    switch self {
    case .message(let message): message.onOneLine
    case .refused(let status): "error \(status.code): \(status.message)"
    case .failed(let error): "no answer: \(error)"
    }
  }

  /// Whether two servers agree; what is no answer agrees with nothing.
  static func agree(_ one: Answer, _ other: Answer) -> Bool {
    switch (one, other) {
    case (.message(let one), .message(let other)): one.isEqualTo(message: other)
    case (.refused(let one), .refused(let other)): one == other
    default: false
    }
  }
}
