import NIOCore
import Testing

@testable import RPC

@Suite struct ProtocolDetectorTests {
  private func spoken(_ bytes: [UInt8]) -> ProtocolDetector.Spoken? {
    ProtocolDetector.spoken(ByteBuffer(bytes: bytes).readableBytesView)
  }

  @Test func prefaceIsAwaitedToItsEnd() {
    for count in 0..<FrameClient.preface.count {
      #expect(spoken(Array(FrameClient.preface[..<count])) == nil)
    }
    #expect(spoken(FrameClient.preface) == .http2)
    #expect(spoken(FrameClient.preface + [0]) == .http2)
  }

  @Test func anyDifferenceFromThePrefaceIsHTTP1() {
    for place in FrameClient.preface.indices {
      var bytes = FrameClient.preface
      bytes[place] = UInt8(ascii: "x")
      #expect(spoken(bytes) == .http1)
      #expect(spoken(Array(bytes[...place])) == .http1)
    }
    #expect(spoken(Array("GET /".utf8)) == .http1)
    #expect(spoken(Array("P".utf8)) == nil)
    #expect(spoken(Array("PO".utf8)) == .http1)
  }

  @Test func handshakeIsTLS() { #expect(spoken([0x16]) == .tls) }
}
