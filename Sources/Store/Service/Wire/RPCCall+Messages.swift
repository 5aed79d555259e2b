internal import NIOCore
internal import RPC
internal import SwiftProtobuf

extension RPCMethod {
  /// A unary method whose requests are read as they are generated.
  ///
  /// - Parameters:
  ///   - type: What a request is.
  ///   - handle: Takes the request; answers at once or later.
  /// - Returns: The method.
  static func unary<Request: Message>(
    _ type: Request.Type,
    _ handle: @escaping @Sendable (RPCCall, Request) -> Void
  ) -> RPCMethod {
    .unary { call, bytes in
      guard let request: Request = call.read(bytes) else { return }
      handle(call, request)
    }
  }
}

extension RPCMethod {
  /// A unary method whose requests are read as they are generated, and go on as they came.
  ///
  /// - Parameters:
  ///   - type: What a request is.
  ///   - handle: Takes the request, and its bytes; answers at once or later.
  /// - Returns: The method.
  static func unary<Request: Message>(
    _ type: Request.Type,
    _ handle: @escaping @Sendable (RPCCall, Request, ByteBuffer) -> Void
  ) -> RPCMethod {
    .unary { call, bytes in
      guard let request: Request = call.read(bytes) else { return }
      handle(call, request, bytes)
    }
  }
}

extension RPCCall {
  /// Reads a message, or fails the call.
  ///
  /// - Returns: The message; nil if it is none, and the client has been told so.
  func read<Request: Message>(_ bytes: ByteBuffer) -> Request? {
    do {
      return try Request(serializedBytes: Array(bytes.readableBytesView))
    } catch {
      fail(RPCStatus(.internal, "grpc: error unmarshalling request: \(error)"))
      return nil
    }
  }

  /// Sends a message.
  func send(_ message: some Message) {
    // A message without required fields can always be serialized.
    guard let bytes: [UInt8] = try? message.serializedBytes() else { return }
    send(ByteBuffer(bytes: bytes))
  }

  /// Sends the one message of a unary call and ends it.
  func answer(_ message: some Message) {
    send(message)
    finish()
  }
}

extension RPCCall {
  /// What an admission says, or nothing if the call has been refused.
  func admitted<Result>(by admit: () throws(RPCStatus) -> Result) -> Result? {
    do throws(RPCStatus) {
      return try admit()
    } catch {
      fail(error)
      return nil
    }
  }
}
