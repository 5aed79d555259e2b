internal import EtcdMessages
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// Calls methods of the node itself in the name of whoever calls, as locks and elections do.
///
/// An inner call has the metadata and the peer of the outer one, so it may do what that may, and is
/// refused with the same texts. It goes on if the outer call is over: whoever made it cleans up.
///
/// It belongs to the event loop of the outer call.
struct InnerClient {
  /// The loop that everything happens on.
  let eventLoop: any EventLoop

  private let methods: [String: RPCMethod]
  private let metadata: RPCMetadata
  private let peer: RPCPeer

  /// A client for a call.
  ///
  /// - Parameters:
  ///   - methods: What is done for every method, by its full name.
  ///   - call: The outer call.
  init(_ methods: [String: RPCMethod], for call: RPCCall) {
    self.methods = methods
    eventLoop = call.eventLoop
    metadata = call.metadata
    peer = call.peer
  }

  // MARK: One answer

  func txn(
    _ request: Etcdserverpb_TxnRequest,
    _ complete: @escaping (Result<Etcdserverpb_TxnResponse, RPCStatus>) -> Void
  ) { call("/etcdserverpb.KV/Txn", request, complete) }

  func range(
    _ request: Etcdserverpb_RangeRequest,
    _ complete: @escaping (Result<Etcdserverpb_RangeResponse, RPCStatus>) -> Void
  ) { call("/etcdserverpb.KV/Range", request, complete) }

  func delete(
    _ request: Etcdserverpb_DeleteRangeRequest,
    _ complete: @escaping (Result<Etcdserverpb_DeleteRangeResponse, RPCStatus>) -> Void
  ) { call("/etcdserverpb.KV/DeleteRange", request, complete) }

  func grant(
    _ request: Etcdserverpb_LeaseGrantRequest,
    _ complete: @escaping (Result<Etcdserverpb_LeaseGrantResponse, RPCStatus>) -> Void
  ) { call("/etcdserverpb.Lease/LeaseGrant", request, complete) }

  func revoke(
    _ request: Etcdserverpb_LeaseRevokeRequest,
    _ complete: @escaping (Result<Etcdserverpb_LeaseRevokeResponse, RPCStatus>) -> Void
  ) { call("/etcdserverpb.Lease/LeaseRevoke", request, complete) }

  private func call<Request: Message, Response: Message>(
    _ path: String,
    _ request: Request,
    _ complete: @escaping (Result<Response, RPCStatus>) -> Void
  ) {
    guard case .unary(let handle) = methods[path] else {
      return complete(.failure(.unknownMethod(path)))
    }
    // A message without required fields can always be serialized.
    guard let bytes: [UInt8] = try? request.serializedBytes() else { return }
    let sink = InnerAnswer { result in
      complete(
        result.flatMap { bytes in
          do {
            return .success(try Response(serializedBytes: Array(bytes.readableBytesView)))
          } catch {
            return .failure(RPCStatus(.internal, "\(error)"))
          }
        }
      )
    }
    handle(makeCall(path, sink), ByteBuffer(bytes: bytes))
  }

  private func makeCall(_ path: String, _ sink: any RPCCall.Sink) -> RPCCall {
    RPCCall(path: path, metadata: metadata, peer: peer, eventLoop: eventLoop, sink: sink)
  }

  // MARK: Streams

  /// Renews a lease once; nobody is told whether it was there.
  func renew(_ lease: Int64) {
    let request = Etcdserverpb_LeaseKeepAliveRequest.with { $0.id = lease }
    let stream: InnerStream<Etcdserverpb_LeaseKeepAliveResponse>? = open(
      "/etcdserverpb.Lease/LeaseKeepAlive",
      request
    ) { _ in }
    stream?.end()
  }

  /// Watches keys.
  ///
  /// - Parameters:
  ///   - request: What is watched.
  ///   - receive: Takes what is sent, never while the call to this function lasts, and at the end
  ///     why it ended; not called any more once the stream is cancelled.
  /// - Returns: The stream, which whoever watches keeps and cancels; nil if nothing can be watched.
  func watch(
    _ request: Etcdserverpb_WatchCreateRequest,
    _ receive: @escaping (Result<Etcdserverpb_WatchResponse, RPCStatus>) -> Void
  ) -> InnerStream<Etcdserverpb_WatchResponse>? {
    open(
      "/etcdserverpb.Watch/Watch",
      Etcdserverpb_WatchRequest.with { $0.createRequest = request },
      receive
    )
  }

  private func open<Response: Message>(
    _ path: String,
    _ request: some Message,
    _ receive: @escaping (Result<Response, RPCStatus>) -> Void
  ) -> InnerStream<Response>? {
    guard case .stream(let makeHandler) = methods[path],
      let bytes: [UInt8] = try? request.serializedBytes()
    else {
      receive(.failure(.unknownMethod(path)))
      return nil
    }
    let stream = InnerStream(on: eventLoop, receive)
    let call = makeCall(path, stream)
    stream.begin(call, makeHandler(call), ByteBuffer(bytes: bytes))
    return stream
  }
}

/// Takes the answer of an inner call.
private final class InnerAnswer: RPCCall.Sink {
  private let complete: (Result<ByteBuffer, RPCStatus>) -> Void
  private var response = ByteBuffer()

  init(_ complete: @escaping (Result<ByteBuffer, RPCStatus>) -> Void) { self.complete = complete }

  var isWritable: Bool { true }

  func send(_ message: ByteBuffer) { response = message }

  func finish(_ status: RPCStatus) {
    complete(status.code == .ok ? .success(response) : .failure(status))
  }
}

/// An inner call whose answers stream.
final class InnerStream<Response: Message>: RPCCall.Sink {
  /// Whether more may be sent without piling up: whoever hands the answers on says so, and calls
  /// ``becomeWritable()`` when they may be again.
  var canTake: () -> Bool = { true }

  private let eventLoop: any EventLoop

  // Invariant: all three are nil as soon as the stream has ended or was cancelled.
  private var receive: ((Result<Response, RPCStatus>) -> Void)?
  private var call: RPCCall?
  private var handler: (any RPCStreamHandler)?

  fileprivate init(
    on eventLoop: any EventLoop,
    _ receive: @escaping (Result<Response, RPCStatus>) -> Void
  ) {
    self.eventLoop = eventLoop
    self.receive = receive
  }

  fileprivate func begin(
    _ call: RPCCall,
    _ handler: any RPCStreamHandler,
    _ request: ByteBuffer
  ) {
    self.call = call
    self.handler = handler
    handler.receive(request)
  }

  /// Says that no more requests will come.
  func end() { handler?.receiveEnd() }

  /// Ends the stream; nothing is received any more.
  func cancel() {
    let (call, handler) = (call, handler)
    forget()
    call?.cancel(.byClient)
    handler?.cancel(.byClient)
  }

  /// Says that answers may be sent again.
  func becomeWritable() { handler?.becomeWritable() }

  private func forget() {
    receive = nil
    call = nil
    handler = nil
  }

  // MARK: RPCCall.Sink

  var isWritable: Bool { canTake() }

  func send(_ message: ByteBuffer) {
    do {
      let response = try Response(serializedBytes: Array(message.readableBytesView))
      deliver(.success(response))
    } catch {
      deliver(.failure(RPCStatus(.internal, "\(error)")))
    }
  }

  func finish(_ status: RPCStatus) { deliver(.failure(status)) }

  /// Hands an answer on when whoever has sent it is done: it may be cancelled then.
  private func deliver(_ result: Result<Response, RPCStatus>) {
    eventLoop.assumeIsolated().execute { [self] in
      let receive = receive
      if case .failure = result { forget() }
      receive?(result)
    }
  }
}
