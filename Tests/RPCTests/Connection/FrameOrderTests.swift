import NIOCore
import TestSupport
import Testing

@testable import RPC

/// What a client must not do: each ends the connection or the stream, with the code that is due.
///
/// Source: RFC 9113, sections 5.1 and 6.
@Suite struct FrameOrderTests {
  private typealias Code = FrameErrorCode

  /// The code of the GOAWAY that some bytes behind the first settings are answered with.
  private func goAway(_ bytes: [UInt8], hasSettings: Bool = true) throws -> Code? {
    let server = try EmbeddedServer()
    defer { server.close() }
    let settings = hasSettings ? FrameClient.bytes(.settings, stream: 0) : []
    server.receive(FrameClient.preface + settings + bytes)
    return Self.frames(server.sent()).first { $0.kind == FrameKind.goAway.rawValue }
      .flatMap { $0.payload.getInteger(at: $0.payload.readerIndex + 4, as: UInt32.self) }
      .flatMap(Code.init)
  }

  private static func frames(_ bytes: [UInt8]) -> [Frame] {
    var reader = FrameReader()
    reader.append(ByteBuffer(bytes: FrameClient.preface + bytes))
    var frames: [Frame] = []
    while let frame = try? reader.next() { frames.append(frame) }
    return frames
  }

  /// Headers of a call, out of no table: method, scheme, path `/`, and no more.
  private static let block: [UInt8] = [0x83, 0x86, 0x84]

  @Test func settingsComeFirst() throws {
    #expect(
      try goAway(FrameClient.bytes(.ping, stream: 0, Array(1...8)), hasSettings: false)
        == .protocolError
    )
    let acknowledgement = FrameClient.bytes(.settings, flags: 1, stream: 0)
    #expect(try goAway(acknowledgement, hasSettings: false) == .protocolError)
    #expect(try goAway([]) == nil)
  }

  @Test func framesHaveTheirLengths() throws {
    let wrong: [(FrameClient.Kind, Int, Int)] = [
      (.ping, 0, 7), (.ping, 0, 9), (.settings, 0, 5), (.windowUpdate, 0, 3), (.windowUpdate, 0, 5),
      (.reset, 1, 3),
    ]
    for (kind, stream, count) in wrong {
      let bytes = FrameClient.bytes(kind, stream: stream, Array(repeating: 1, count: count))
      #expect(try goAway(bytes) == .frameSizeError, "\(kind) of \(count)")
    }
    #expect(
      try goAway(FrameClient.bytes(.settings, flags: 1, stream: 0, [0, 4, 0, 0, 0, 0]))
        == .frameSizeError
    )
  }

  @Test func streamsBeginWithHeaders() throws {
    for kind in [FrameClient.Kind.data, .reset, .windowUpdate] {
      #expect(
        try goAway(FrameClient.bytes(kind, stream: 1, [0, 0, 0, 1])) == .protocolError,
        "\(kind)"
      )
    }
    #expect(try goAway(FrameClient.bytes(.data, stream: 0, [1])) == .protocolError)
    #expect(
      try goAway(FrameClient.bytes(.headers, flags: 4, stream: 0, Self.block)) == .protocolError
    )
    #expect(
      try goAway(FrameClient.bytes(.headers, flags: 4, stream: 2, Self.block)) == .protocolError
    )
    #expect(try goAway(FrameClient.bytes(.settings, stream: 1)) == .protocolError)
    #expect(
      try goAway(FrameClient.bytes(.pushPromise, flags: 4, stream: 1, [0, 0, 0, 2]))
        == .protocolError
    )
    #expect(
      try goAway(FrameClient.bytes(.continuation, flags: 4, stream: 1, Self.block))
        == .protocolError
    )
  }

  @Test func nothingComesBetweenHeaders() throws {
    let open = FrameClient.bytes(.headers, stream: 1, [0x83])
    for other in [
      FrameClient.bytes(.ping, stream: 0, Array(1...8)),
      FrameClient.bytes(.headers, flags: 4, stream: 3, Self.block),
      FrameClient.bytes(.continuation, flags: 4, stream: 3, [0x86, 0x84]),
    ] {
      #expect(try goAway(open + other) == .protocolError)
    }
    #expect(
      try goAway(open + FrameClient.bytes(.continuation, flags: 4, stream: 1, [0x86, 0x84])) == nil
    )
  }

  @Test func settingsHaveTheirValues() throws {
    func setting(_ name: UInt8, _ value: [UInt8]) throws -> Code? {
      try goAway(FrameClient.bytes(.settings, stream: 0, [0, name] + value))
    }
    #expect(try setting(2, [0, 0, 0, 2]) == .protocolError)
    #expect(try setting(4, [0x80, 0, 0, 0]) == .flowControlError)
    #expect(try setting(5, [0, 0, 0x3f, 0xff]) == .protocolError)
    #expect(try setting(5, [1, 0, 0, 0]) == .protocolError)
    #expect(try setting(99, [1, 0, 0, 0]) == nil)
  }

  @Test func windowsHaveTheirBounds() throws {
    #expect(
      try goAway(FrameClient.bytes(.windowUpdate, stream: 0, [0, 0, 0, 0])) == .protocolError
    )
    let most = FrameClient.bytes(.windowUpdate, stream: 0, [0x7f, 0xff, 0xff, 0xff])
    #expect(try goAway(most) == .flowControlError)
  }

  @Test func unknownFramesAreIgnored() throws {
    #expect(try goAway([0, 0, 2, 0xee, 0xff, 0, 0, 0, 9, 1, 2]) == nil)
  }

  @Test func messagesOfOneTurnShareAFrame() throws {
    let server = try EmbeddedServer()
    defer { server.close() }
    server.receive(FrameClient.preface + FrameClient.bytes(.settings, stream: 0))
    let path = Array("/test.Echo/Stream".utf8)
    let type = Array("application/grpc".utf8)
    let block =
      [0x83, 0x86, 0x04, UInt8(path.count)] + path + [0x0f, 0x10, UInt8(type.count)] + type
    let messages = (1...3).flatMap { FrameClient.framed([$0]) }
    _ = server.sent()
    server.receive(
      FrameClient.bytes(.headers, flags: 4, stream: 1, block)
        + FrameClient.bytes(.data, stream: 1, messages)
    )
    let data = Self.frames(server.sent()).filter { $0.kind == FrameKind.data.rawValue }
    #expect(data.map { Array($0.payload.readableBytesView) } == [messages])
  }
}
