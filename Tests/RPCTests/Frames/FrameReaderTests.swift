import NIOCore
import TestSupport
import Testing

@testable import RPC

@Suite struct FrameReaderTests {
  private static let stream =
    FrameClient.preface + FrameClient.bytes(.settings, stream: 0, [0, 4, 0, 0, 0, 1])
    + FrameClient.bytes(.data, flags: 1, stream: 5, Array(0..<200))
    + FrameClient.bytes(.ping, stream: 0, Array(1...8))

  /// What a reader finds in pieces of some lengths.
  private func frames(_ bytes: [UInt8], pieces: () -> Int) throws(ConnectionFault) -> [Frame] {
    var reader = FrameReader()
    var frames: [Frame] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(pieces())
      rest = rest.dropFirst(piece.count)
      reader.append(ByteBuffer(bytes: piece))
      while let frame = try reader.next() { frames.append(frame) }
    }
    return frames
  }

  @Test func framesAreFoundHoweverTheyAreCut() throws {
    var generator = SeededGenerator(seed: 1)
    for most in [1, 2, 9, 10, 100, 1_000] {
      let frames = try frames(Self.stream) { Int.random(in: 1...most, using: &generator) }
      #expect(frames.map(\.kind) == [4, 0, 6])
      #expect(frames.map(\.flags) == [0, 1, 0])
      #expect(frames.map(\.id) == [0, 5, 0])
      #expect(frames.map(\.payload.readableBytes) == [6, 200, 8])
      #expect(Array(frames[1].payload.readableBytesView) == Array(0..<200))
    }
  }

  @Test func highestBitOfAStreamsNumberMeansNothing() throws {
    let bytes = FrameClient.preface + [0, 0, 0, 0, 0, 0x80, 0, 0, 7]
    #expect(try frames(bytes) { 100 }.map(\.id) == [7])
  }

  @Test func longFramesAreRefusedBeforeTheyHaveCome() throws {
    let longest = FrameClient.preface + [0, 0x40, 0, 0, 0, 0, 0, 0, 1]
    #expect(try frames(longest) { 100 }.isEmpty)
    let fault = #expect(throws: ConnectionFault.self) {
      _ = try frames(FrameClient.preface + [0, 0x40, 1, 0, 0, 0, 0, 0, 1]) { 100 }
    }
    #expect(fault == ConnectionFault(.frameSizeError, "frame of 16385 bytes"))
  }

  @Test func paddingAndPriorityAreTakenAway() throws {
    func payload(_ kind: FrameKind, _ flags: UInt8, _ bytes: [UInt8]) throws -> [UInt8] {
      var frame = Frame(
        kind: kind.rawValue,
        flags: flags,
        id: 1,
        payload: ByteBuffer(bytes: bytes)
      )
      try frame.removePadding()
      return Array(frame.payload.readableBytesView)
    }
    #expect(try payload(.data, 0x8, [2, 7, 8, 0, 0]) == [7, 8])
    #expect(try payload(.data, 0x8, [0, 7]) == [7])
    #expect(try payload(.data, 0x28, [0, 7]) == [7])
    #expect(try payload(.headers, 0x20, [1, 2, 3, 4, 5, 6]) == [6])
    #expect(try payload(.headers, 0x28, [1, 1, 2, 3, 4, 5, 6, 0]) == [6])
    for (flags, bytes): (UInt8, [UInt8]) in [
      (0x8, []), (0x8, [1]), (0x8, [9, 1, 2]), (0x20, [1, 2, 3, 4]), (0x28, [1, 1, 2, 3, 4, 5]),
    ] {
      #expect(throws: ConnectionFault.self) { _ = try payload(.headers, flags, bytes) }
    }
  }
}
