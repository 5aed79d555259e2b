import NIOCore
import NIOHPACK
import Testing

@testable import RPC

/// What is written is read by HPACK as NIO has it.
@Suite struct AnswerHeadersTests {
  /// A client's side: takes frames of headers apart.
  private struct Client {
    var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    var blockByteCounts: [Int] = []

    mutating func fields(_ output: inout ByteBuffer) throws -> [[String]] {
      var reader = FrameReader()
      reader.append(ByteBuffer(bytes: FrameClient.preface))
      reader.append(output)
      output.clear()
      var block = ByteBuffer()
      while let frame = try reader.next() { block.writeImmutableBuffer(frame.payload) }
      blockByteCounts.append(block.readableBytes)
      return try decoder.decodeHeaders(from: &block).map { [$0.name, $0.value] }
    }
  }

  private let begin = [[":status", "200"], ["content-type", "application/grpc"]]
  private let success = [["grpc-status", "0"]]

  @Test func commonAnswersBecomeShort() throws {
    var (headers, client, output) = (AnswerHeaders(), Client(), ByteBuffer())
    for _ in 0..<3 {
      headers.writeBegin(1, to: &output)
      #expect(try client.fields(&output) == begin)
      headers.writeSuccess(1, to: &output)
      #expect(try client.fields(&output) == success)
    }
    #expect(client.blockByteCounts.suffix(4) == [2, 1, 2, 1])
  }

  /// As when calls are answered before the first has ended.
  @Test func anyOrderIsUnderstood() throws {
    var (headers, client, output) = (AnswerHeaders(), Client(), ByteBuffer())
    let failure = RPCStatus(.outOfRange, "50 %\n")
    for step in [2, 0, 0, 2, 0, 1, 0, 3, 1, 1, 0, 2, 1] {
      switch step {
      case 0:
        headers.writeBegin(1, to: &output)
        #expect(try client.fields(&output) == begin)
      case 1:
        headers.writeSuccess(1, to: &output)
        #expect(try client.fields(&output) == success)
      case 2:
        headers.write(AnswerFields(only: failure), 1, isEnd: true, to: &output)
        let trailers = [["grpc-status", "11"], ["grpc-message", "50 %25%0A"]]
        #expect(try client.fields(&output) == begin + trailers)
      default:
        headers.write(AnswerFields(status: "404", [("a", "b")]), 1, isEnd: false, to: &output)
        #expect(try client.fields(&output) == [[":status", "404"], ["a", "b"]])
      }
    }
  }

  @Test(arguments: [0, 60, 103, 104, 1_000, 4_095])
  func smallerTablesAreTold(_ byteCount: Int) throws {
    for answered in 0...2 {
      var (headers, client, output) = (AnswerHeaders(), Client(), ByteBuffer())
      for _ in 0..<answered {
        headers.writeBegin(1, to: &output)
        _ = try client.fields(&output)
        headers.writeSuccess(1, to: &output)
        _ = try client.fields(&output)
      }
      headers.limitTable(9_000)
      headers.limitTable(byteCount)
      headers.limitTable(4_096)
      client.decoder.maxDynamicTableLength = byteCount
      for _ in 0..<3 {
        headers.writeBegin(1, to: &output)
        #expect(try client.fields(&output) == begin)
        headers.writeSuccess(1, to: &output)
        #expect(try client.fields(&output) == success)
      }
    }
  }

  @Test func longFieldsTakeSeveralFrames() throws {
    var (headers, client, output) = (AnswerHeaders(), Client(), ByteBuffer())
    client.decoder.maxHeaderListSize = 1 << 20
    let long = String(repeating: "x", count: 40_000)
    headers.write(AnswerFields(RPCStatus(.internal, long)), 3, isEnd: true, to: &output)
    var reader = FrameReader()
    reader.append(ByteBuffer(bytes: FrameClient.preface))
    reader.append(output)
    var frames: [Frame] = []
    while let frame = try reader.next() { frames.append(frame) }
    #expect(frames.map(\.kind) == [1, 9, 9])
    #expect(frames.map(\.flags) == [1, 0, 4])
    #expect(frames.allSatisfy { $0.id == 3 })
    #expect(try client.fields(&output) == [["grpc-status", "13"], ["grpc-message", long]])
  }
}
