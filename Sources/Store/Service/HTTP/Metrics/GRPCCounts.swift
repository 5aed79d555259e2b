internal import RPC

/// How often a method was called, and how that ended.
struct GRPCCounts: Sendable {
  /// The full method, for instance `/etcdserverpb.KV/Range`.
  var path: String

  /// How many calls began.
  var started = 0

  /// How many ended, by their codes.
  var handled: [RPCStatus.Code: Int] = [:]

  /// How many messages came.
  var received = 0

  /// How many messages were sent.
  var sent = 0

  /// The service, for instance `etcdserverpb.KV`.
  var service: Substring { path.dropFirst().prefix { $0 != "/" } }

  /// The method alone, for instance `Range`.
  var method: Substring { path.dropFirst(service.count + 2) }

  /// What streams in it, in the words of gRPC's figures.
  var kind: String {
    switch path {
    case "/etcdserverpb.Watch/Watch", "/etcdserverpb.Lease/LeaseKeepAlive": "bidi_stream"
    case "/etcdserverpb.Maintenance/Snapshot", "/v3electionpb.Election/Observe",
      "/grpc.health.v1.Health/Watch", "/etcdserverpb.KV/RangeStream":
      "server_stream"
    default: "unary"
    }
  }
}

/// What is watched.
struct WatchCounts: Sendable {
  /// How many streams there are.
  var streams = 0

  /// How many watchers there are.
  var watchers = 0

  /// How many of them are behind the current revision.
  var slowWatchers = 0

  /// How many events were sent.
  var events = 0

  /// How many events wait to be sent.
  var pendingEvents = 0
}

extension RPCStatus.Code {
  /// All codes, in the order in which gRPC numbers them.
  static var all: [RPCStatus.Code] { (0...16).compactMap(RPCStatus.Code.init) }

  /// The name in Go's library of gRPC, which figures and texts use.
  ///
  /// Source: grpc-go, `codes/code_string.go`.
  var text: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "Canceled"
    case .unknown: "Unknown"
    case .invalidArgument: "InvalidArgument"
    case .deadlineExceeded: "DeadlineExceeded"
    case .notFound: "NotFound"
    case .alreadyExists: "AlreadyExists"
    case .permissionDenied: "PermissionDenied"
    case .resourceExhausted: "ResourceExhausted"
    case .failedPrecondition: "FailedPrecondition"
    case .aborted: "Aborted"
    case .outOfRange: "OutOfRange"
    case .unimplemented: "Unimplemented"
    case .internal: "Internal"
    case .unavailable: "Unavailable"
    case .dataLoss: "DataLoss"
    case .unauthenticated: "Unauthenticated"
    }
  }
}
