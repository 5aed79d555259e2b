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
    case .range(let request): line("range", request)
    case .put(let request): line("put", request)
    case .delete(let request): line("delete", request)
    case .txn(let request): line("txn", request)
    case .compact(let request): line("compact", request)
    case .grant(let request, _): line("grant", request)
    case .revoke(let request): line("revoke", request)
    case .keepAlive(let request): line("keepAlive", request)
    case .timeToLive(let request): line("timeToLive", request)
    case .leases: "leases"
    case .hash(let request): line("hashKV", request)
    case .alarms: "alarms"
    case .watch(let request): line("watch", request)
    case .watchCompacted(let request): line("watchCompacted", request)
    case .watchOnce(let request): line("watchOnce", request)
    case .auth(let step): step.description
    case .by(let caller, let step): "by \(caller.name) \(step)"
    case .cancelWatch(let id): "cancelWatch \(id)"
    case .progress: "progress"
    }
  }

  /// What kind of request it is, whoever asks.
  var kind: Substring {
    if case .by(_, let step) = self { step.kind } else { description.prefix { $0 != " " } }
  }

  private func line(_ name: String, _ request: any Message) -> String {
    "\(name) \(request.onOneLine)"
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
