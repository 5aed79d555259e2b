import EtcdMessages
import Foundation
import NIOCore
import RPC
import SwiftProtobuf

@testable import Store

/// The other end of a stream of watches: it keeps what it is sent until it is read.
final class WatchClient: RPCCall.Sink {
  /// How many bytes wait before the stream takes nothing more.
  let window: Int

  private(set) var status: RPCStatus?
  private(set) var mostUnreadByteCount = 0
  private(set) var unreadByteCount = 0
  private var unread: [ByteBuffer] = []
  private var wasRefused = false
  private var handler: (any RPCStreamHandler)?
  private var call: RPCCall?

  init(window: Int = .max) { self.window = window }

  /// Begins a call.
  func open(_ service: WatchService, on loop: any EventLoop, metadata: [(String, String)] = []) {
    let call = RPCCall(
      path: "/etcdserverpb.Watch/Watch",
      metadata: RPCMetadata(metadata.map { (name: $0.0, value: $0.1) }),
      peer: RPCPeer(address: "test"),
      eventLoop: loop,
      sink: self
    )
    self.call = call
    guard case .stream(let make) = service.method else { return }
    handler = make(call)
  }

  // MARK: The stream's side

  var isWritable: Bool {
    if unreadByteCount < window { return true }
    wasRefused = true
    return false
  }

  func send(_ message: ByteBuffer) {
    unread.append(message)
    unreadByteCount += message.readableBytes
    mostUnreadByteCount = max(mostUnreadByteCount, unreadByteCount)
  }

  func finish(_ status: RPCStatus) { self.status = status }

  // MARK: The client's side

  func send(_ request: Etcdserverpb_WatchRequest) throws {
    receive(try request.serializedBytes() as [UInt8])
  }

  func receive(_ bytes: [UInt8]) { handler?.receive(ByteBuffer(bytes: bytes)) }

  func create(_ build: (inout Etcdserverpb_WatchCreateRequest) -> Void) throws {
    var request = Etcdserverpb_WatchCreateRequest()
    build(&request)
    try send(.with { $0.createRequest = request })
  }

  func create(
    _ key: String,
    upTo end: String = "",
    from revision: Int64 = 0,
    id: Int64 = 0,
    _ build: (inout Etcdserverpb_WatchCreateRequest) -> Void = { _ in }
  ) throws {
    try create {
      $0.key = Data(key.utf8)
      $0.rangeEnd = Data(end.utf8)
      $0.startRevision = revision
      $0.watchID = id
      build(&$0)
    }
  }

  func cancel(_ id: Int64) throws { try send(.with { $0.cancelRequest.watchID = id }) }

  func requestProgress() throws { try send(.with { $0.progressRequest = .init() }) }

  func endRequests() { handler?.receiveEnd() }

  /// Takes the call back.
  func close() {
    call?.cancel(.byClient)
    handler?.cancel(.byClient)
    handler = nil
  }

  /// The messages that came since the last time, as they came.
  func readMessages(limit: Int = .max) -> [ByteBuffer] {
    let taken = Array(unread.prefix(limit))
    unread.removeFirst(taken.count)
    for message in taken { unreadByteCount -= message.readableBytes }
    if wasRefused, unreadByteCount < window {
      wasRefused = false
      handler?.becomeWritable()
    }
    return taken
  }

  /// The responses that came since the last time.
  func read(limit: Int = .max) throws -> [Etcdserverpb_WatchResponse] {
    try readMessages(limit: limit).map {
      try Etcdserverpb_WatchResponse(serializedBytes: Array($0.readableBytesView))
    }
  }
}
