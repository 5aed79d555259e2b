import NIOCore
import NIOHPACK
import NIOSSL

/// A client that sends and takes single frames of HTTP/2, right or wrong.
final class FrameClient {
  let wire: Wire
  private var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
  private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
  private var bytes = ByteBuffer()
  private var early: [Frame] = []

  /// Kinds of frames.
  enum Kind: UInt8 {
    case data = 0
    case headers = 1
    case priority = 2
    case reset = 3
    case settings = 4
    case pushPromise = 5
    case ping = 6
    case goAway = 7
    case windowUpdate = 8
    case continuation = 9
  }

  /// A frame as it came.
  struct Frame {
    var kind: Kind
    var flags: UInt8
    var stream: Int
    var payload: [UInt8]

    var isEnd: Bool { (kind == .data || kind == .headers) && flags & 1 != 0 }
    var isAcknowledgement: Bool { flags & 1 != 0 }

    /// A number of the payload.
    func number(at offset: Int) -> Int {
      payload[offset..<min(offset + 4, payload.count)].reduce(0) { $0 << 8 | Int($1) }
    }
  }

  static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// A client that has said what it speaks.
  ///
  /// - Parameters:
  ///   - wire: The connection.
  ///   - settings: Settings that it begins with, by their numbers.
  ///   - acknowledges: Whether it waits for the server's settings and says that it has them.
  init(_ wire: Wire, settings: [(Int, Int)] = [], acknowledges: Bool = true) {
    self.wire = wire
    wire.send(Self.preface)
    send(settings: settings)
    guard acknowledges else { return }
    // What the server allows holds only when the client has said that it knows.
    while let frame = takeOrRead(within: 10) {
      early.append(frame)
      if frame.kind == .settings {
        send(.settings, flags: 1, stream: 0)
        return
      }
    }
  }

  // MARK: Sending

  func send(_ kind: Kind, flags: UInt8 = 0, stream: Int, _ payload: [UInt8] = []) {
    wire.send(Self.bytes(kind, flags: flags, stream: stream, payload))
  }

  static func bytes(
    _ kind: Kind,
    flags: UInt8 = 0,
    stream: Int,
    _ payload: [UInt8] = []
  ) -> [UInt8] {
    var bytes = big(payload.count, 3)
    bytes += [kind.rawValue, flags]
    bytes += big(stream, 4)
    return bytes + payload
  }

  func send(settings: [(Int, Int)]) {
    send(.settings, stream: 0, settings.flatMap { Self.big($0.0, 2) + Self.big($0.1, 4) })
  }

  func send(window increment: Int, stream: Int) {
    send(.windowUpdate, stream: stream, Self.big(increment, 4))
  }

  func send(headers: [(String, String)], stream: Int, isEnd: Bool = false) {
    wire.send(headerBytes(headers, stream: stream, isEnd: isEnd))
  }

  func headerBytes(_ headers: [(String, String)], stream: Int, isEnd: Bool = false) -> [UInt8] {
    var block = ByteBuffer()
    try? encoder.encode(headers: HPACKHeaders(headers), to: &block)
    let flags: UInt8 = isEnd ? 5 : 4
    return Self.bytes(.headers, flags: flags, stream: stream, Array(block.readableBytesView))
  }

  /// Headers of a call.
  static func headers(_ path: String, _ more: [(String, String)] = []) -> [(String, String)] {
    [
      (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "test"),
      ("content-type", "application/grpc"), ("te", "trailers"),
    ] + more
  }

  /// Begins a call.
  func begin(_ path: String, _ more: [(String, String)] = [], stream: Int, isEnd: Bool = false) {
    send(headers: Self.headers(path, more), stream: stream, isEnd: isEnd)
  }

  /// Sends a message of a call.
  func send(message: [UInt8], stream: Int, isEnd: Bool = false) {
    var rest = Self.framed(message)[...]
    var bytes: [UInt8] = []
    while !rest.isEmpty {
      let piece = rest.prefix(16_384)
      rest = rest.dropFirst(piece.count)
      let flags: UInt8 = isEnd && rest.isEmpty ? 1 : 0
      bytes += Self.bytes(.data, flags: flags, stream: stream, Array(piece))
    }
    wire.send(bytes)
  }

  static func framed(_ message: [UInt8], flag: UInt8 = 0) -> [UInt8] {
    [flag] + big(message.count, 4) + message
  }

  static func big(_ number: Int, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
  }

  // MARK: Taking

  /// The next frame, or nil if none comes in time or at all.
  func next(within seconds: Double = 10) -> Frame? {
    if !early.isEmpty { return early.removeFirst() }
    return takeOrRead(within: seconds)
  }

  private func takeOrRead(within seconds: Double) -> Frame? {
    while true {
      if let frame = take() { return frame }
      guard let more = wire.read(within: seconds) else { return nil }
      bytes.writeImmutableBuffer(more)
    }
  }

  /// The next frame of a kind; others before it are dropped.
  func next(_ kind: Kind, stream: Int? = nil, within seconds: Double = 10) -> Frame? {
    while let frame = next(within: seconds) {
      if frame.kind == kind, stream == nil || frame.stream == stream { return frame }
      if frame.kind == .headers { _ = fields(frame) }
    }
    return nil
  }

  private func take() -> Frame? {
    guard bytes.readableBytes >= 9 else { return nil }
    let start = bytes.readerIndex
    guard let high = bytes.getInteger(at: start, as: UInt16.self),
      let low = bytes.getInteger(at: start + 2, as: UInt8.self)
    else { return nil }
    let byteCount = Int(high) << 8 | Int(low)
    guard bytes.readableBytes >= 9 + byteCount,
      let kind = bytes.getInteger(at: start + 3, as: UInt8.self).flatMap(Kind.init),
      let flags = bytes.getInteger(at: start + 4, as: UInt8.self),
      let stream = bytes.getInteger(at: start + 5, as: UInt32.self),
      let payload = bytes.getBytes(at: start + 9, length: byteCount)
    else { return nil }
    bytes.moveReaderIndex(forwardBy: 9 + byteCount)
    bytes.discardReadBytes()
    return Frame(kind: kind, flags: flags, stream: Int(stream & 0x7fff_ffff), payload: payload)
  }

  /// The headers of a frame, in the order in which frames came.
  func fields(_ frame: Frame) -> [String: String] {
    var block = ByteBuffer(bytes: frame.payload)
    guard let headers = try? decoder.decodeHeaders(from: &block) else { return [:] }
    return Dictionary(headers.map { ($0.name, $0.value) }) { first, _ in first }
  }

  // MARK: Calls

  /// How a call ended.
  struct Answer {
    var headers: [String: String] = [:]
    var messages: [[UInt8]] = []
    var trailers: [String: String] = [:]

    /// The code of a reset, if that was the end.
    var reset: Int?

    var code: Int? { trailers["grpc-status"].flatMap { Int($0) } }
    var text: String { trailers["grpc-message"] ?? "" }
  }

  /// Takes the answer of a stream to its end; windows are opened again, other streams' frames dropped.
  func answer(of stream: Int, within seconds: Double = 10) -> Answer? {
    var answer = Answer()
    var body: [UInt8] = []
    while let frame = next(within: seconds) {
      let fields = frame.kind == .headers ? fields(frame) : [:]
      guard frame.stream == stream else { continue }
      switch frame.kind {
      case .headers:
        if answer.headers.isEmpty { answer.headers = fields }
        if frame.isEnd { answer.trailers = fields }
      case .data:
        body += frame.payload
        if !frame.payload.isEmpty {
          send(window: frame.payload.count, stream: 0)
          if !frame.isEnd { send(window: frame.payload.count, stream: stream) }
        }
      case .reset:
        answer.reset = frame.number(at: 0)
        return answer
      default: break
      }
      if frame.isEnd {
        answer.messages = Self.messages(body)
        return answer
      }
    }
    return nil
  }

  private static func messages(_ body: [UInt8]) -> [[UInt8]] {
    var messages: [[UInt8]] = []
    var rest = body[...]
    while rest.count >= 5 {
      let byteCount = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
      messages.append(Array(rest.dropFirst(5).prefix(byteCount)))
      rest = rest.dropFirst(5 + byteCount)
    }
    return messages
  }

  /// Makes a unary call.
  func call(
    _ path: String,
    _ message: [UInt8] = [],
    _ more: [(String, String)] = [],
    stream: Int
  ) -> Answer? {
    begin(path, more, stream: stream)
    send(message: message, stream: stream, isEnd: true)
    return answer(of: stream)
  }
}

extension FrameClient {
  /// Puts frames together for a client that is no more than a socket.
  struct Script {
    /// The frame of a call's headers, as the first of its connection.
    func headers(_ headers: [(String, String)], stream: Int) -> [UInt8] {
      var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
      var block = ByteBuffer()
      try? encoder.encode(headers: HPACKHeaders(headers), to: &block)
      return FrameClient.bytes(.headers, flags: 4, stream: stream, Array(block.readableBytesView))
    }
  }
}
