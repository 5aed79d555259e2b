internal import EtcdMessages
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// The service `grpc.health.v1.Health`, which load balancers and probes ask.
///
/// The one service that it knows is the whole server, by the empty name. It serves unless the log or
/// the database has failed.
///
/// Source: gRPC, `doc/health-checking.md`; grpc-go, `health/server.go`.
struct GRPCHealth: Sendable {
  let node: Node

  /// Its methods by their paths.
  var methods: [String: RPCMethod] {
    [
      "/grpc.health.v1.Health/Check": .unary(Grpc_Health_V1_HealthCheckRequest.self, check),
      "/grpc.health.v1.Health/Watch": .stream { call in HealthWatch(call, node) },
    ]
  }

  private func check(_ call: RPCCall, _ request: Grpc_Health_V1_HealthCheckRequest) {
    guard request.service.isEmpty else { return call.fail(.unknownService) }
    call.answer(Grpc_Health_V1_HealthCheckResponse.with { $0.status = node.servingStatus })
  }
}

extension Node {
  fileprivate var servingStatus: Grpc_Health_V1_HealthCheckResponse.ServingStatus {
    status.failure == nil ? .serving : .notServing
  }
}

/// Tells a client of the status, and again when it changes.
private final class HealthWatch: RPCStreamHandler {
  /// How often it is looked for a change, which comes once at most.
  private static let interval = TimeAmount.seconds(5)

  private let call: RPCCall
  private let node: Node
  private var last: Grpc_Health_V1_HealthCheckResponse.ServingStatus?
  private var task: Repetition?

  init(_ call: RPCCall, _ node: Node) {
    self.call = call
    self.node = node
  }

  func receive(_ message: ByteBuffer) {
    guard last == nil, let request: Grpc_Health_V1_HealthCheckRequest = call.read(message) else {
      return
    }
    // A service may be known later, says gRPC: the call goes on.
    guard request.service.isEmpty else { return send(.serviceUnknown) }
    send(node.servingStatus)
    task = Repetition(every: HealthWatch.interval, on: call.eventLoop) { [self] in
      let status = node.servingStatus
      if status != last { send(status) }
    }
  }

  private func send(_ status: Grpc_Health_V1_HealthCheckResponse.ServingStatus) {
    last = status
    call.send(Grpc_Health_V1_HealthCheckResponse.with { $0.status = status })
  }

  func receiveEnd() {}

  func cancel(_ reason: RPCCancellation) {
    task?.cancel()
    task = nil
  }

  func becomeWritable() {}
}
