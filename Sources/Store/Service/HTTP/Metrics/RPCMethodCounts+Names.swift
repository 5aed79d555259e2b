internal import RPC

// The names of a method in gRPC's figures.
extension RPCMethodCounts {
  /// The service, for instance `etcdserverpb.KV`.
  var service: Substring { path.dropFirst().prefix { $0 != "/" } }

  /// The method alone, for instance `Range`.
  var method: Substring { path.dropFirst(service.count + 2) }

  /// What streams in it.
  var kind: String {
    switch path {
    case "/etcdserverpb.Watch/Watch", "/etcdserverpb.Lease/LeaseKeepAlive": "bidi_stream"
    default: isStream ? "server_stream" : "unary"
    }
  }
}

extension RPCStatus.Code {
  /// All codes, in the order in which gRPC numbers them.
  static var all: [RPCStatus.Code] { (0...16).compactMap(RPCStatus.Code.init) }
}
