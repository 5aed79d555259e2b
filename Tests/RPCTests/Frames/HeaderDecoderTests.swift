import NIOCore
import NIOHPACK
import TestSupport
import Testing

@testable import RPC

@Suite struct HeaderDecoderTests {
  private func block(_ encoder: inout HPACKEncoder, _ fields: [(String, String)]) throws
    -> ByteBuffer
  {
    var block = ByteBuffer()
    try encoder.encode(headers: HPACKHeaders(fields), to: &block)
    return block
  }

  @Test func headersThatComeAgainAreTheSameObject() throws {
    var decoder = HeaderDecoder(limit: 65_536)
    var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    let fields = FrameClient.headers("/a/b")
    let first = try decoder.decode(block(&encoder, fields))
    let second = try decoder.decode(block(&encoder, fields))
    let third = try decoder.decode(block(&encoder, fields))
    #expect(first !== second)
    #expect(second === third)
    #expect(third.path == "/a/b")
  }

  /// A place in the table means something else as soon as something enters it.
  @Test func rememberedHeadersAreAsGoodAsDecompressedOnes() throws {
    var decoder = HeaderDecoder(limit: 65_536)
    var encoder = HPACKEncoder(allocator: ByteBufferAllocator())
    var generator = SeededGenerator(seed: 3)
    for round in 0..<5_000 {
      let method = Int.random(in: 0..<12, using: &generator)
      var fields = FrameClient.headers("/service/\(method)")
      // Rarely, so that there are times in which nothing enters the table.
      if Int.random(in: 0..<20, using: &generator) == 0 {
        fields.append(("round", String(repeating: "\(round)", count: method * 10)))
      }
      let headers = try decoder.decode(block(&encoder, fields))
      #expect(headers.fields.map(\.name) == fields.map(\.0))
      #expect(headers.fields.map(\.value) == fields.map(\.1))
    }
  }

  /// As clients say paths that do not want to crowd the table.
  @Test func fieldsThatAreSpelledOutAreRememberedToo() throws {
    var decoder = HeaderDecoder(limit: 65_536)
    func block(_ path: String) -> ByteBuffer {
      ByteBuffer(
        bytes: [0x83, 0x86, 0x04, UInt8(path.utf8.count)] + path.utf8 + [0x00, 1, 0x78, 0]
      )
    }
    let first = try decoder.decode(block("/a/b"))
    #expect(try decoder.decode(block("/a/b")) === first)
    let other = try decoder.decode(block("/a/c"))
    #expect(other.path == "/a/c")
    #expect(try decoder.decode(block("/a/b")) === first)
    // A field that enters the table.
    _ = try decoder.decode(ByteBuffer(bytes: [0x83, 0x86, 0x84, 0x40, 1, 0x79, 1, 0x7a]))
    let again = try decoder.decode(block("/a/b"))
    #expect(again !== first)
    #expect(again.path == "/a/b")
    for cut in 1..<10 {
      var block = block("/a/b")
      block.moveWriterIndex(to: block.writerIndex - cut)
      _ = try? decoder.decode(block)
    }
    #expect(try decoder.decode(block("/a/b")).path == "/a/b")
  }

  @Test func whatCannotBeDecompressedEndsTheConnection() {
    var decoder = HeaderDecoder(limit: 1_000)
    let unknown = #expect(throws: ConnectionFault.self) {
      _ = try decoder.decode(ByteBuffer(bytes: [0xfe]))
    }
    #expect(unknown?.code == .compressionError)
    let long = [0, 1, 0x61, 0x7f, 0xf0, 0x10] + Array(repeating: 0x61 as UInt8, count: 2_000)
    #expect(throws: ConnectionFault.self) { _ = try decoder.decode(ByteBuffer(bytes: long)) }
  }

  @Test func headersHaveToBeThoseOfARequest() {
    let legal = FrameClient.headers("/a/b")
    func isLegal(_ fields: [(String, String)]) -> Bool {
      RequestHeaders(HPACKHeaders(fields)).isLegal
    }
    #expect(isLegal(legal))
    #expect(isLegal(legal + [("x-1_.!~", "a b\u{e4}\tc"), ("cookie", "")]))
    for name in [":method", ":scheme", ":path"] {
      #expect(!isLegal(legal.filter { $0.0 != name }), "without \(name)")
    }
    #expect(isLegal(legal.filter { $0.0 != ":authority" }))
    for field in [
      ("Upper", "a"), ("", "a"), ("a b", "a"), ("a:b", "a"), ("\u{e4}", "a"), ("a", "b\n"),
      ("a", "b\0c"), ("a", " b"), ("a", "b\t"), ("connection", "close"), ("te", "gzip"),
      ("transfer-encoding", "chunked"), ("upgrade", "x"), (":path", "/late"), (":status", "200"),
    ] {
      #expect(!isLegal(legal + [field]), "\(field)")
    }
    #expect(!isLegal([(":path", "/twice")] + legal))
    #expect(!isLegal([(":other", "a")] + legal))
    #expect(!isLegal(legal.map { $0.0 == ":path" ? (":path", "") : $0 }))
  }
}
