import NIOCore
import Testing

@testable import RPC

@Suite struct MessageReaderTests {
  private func read(_ pieces: [[UInt8]], limit: Int = 100) throws -> [[UInt8]] {
    var reader = MessageReader(limit: limit)
    var messages: [[UInt8]] = []
    for piece in pieces {
      reader.append(ByteBuffer(bytes: piece))
      while let message = try reader.next() { messages.append(Array(message.readableBytesView)) }
    }
    return messages
  }

  @Test func messagesComeOutHoweverTheyAreCut() throws {
    let messages: [[UInt8]] = [[1, 2, 3], [], [4], Array(repeating: 5, count: 20)]
    let bytes = Array(messages.map { FrameClient.framed($0) }.joined())
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let pieces = [bytes[..<first], bytes[first..<second], bytes[second...]].map(Array.init)
        #expect(try read(pieces) == messages)
      }
    }
    #expect(try read(bytes.map { [$0] }) == messages)
  }

  @Test func everyTruncationWaitsForTheRest() throws {
    let bytes = FrameClient.framed([1, 2, 3])
    for count in 0..<bytes.count {
      var reader = MessageReader(limit: 100)
      reader.append(ByteBuffer(bytes: bytes[..<count]))
      #expect(try reader.next() == nil)
      #expect(reader.pendingByteCount == count)
    }
  }

  @Test func lengthBeyondTheLimitIsRefusedAtOnce() {
    for count in [101, 65_536, Int(UInt32.max)] {
      #expect(throws: MessageReader.Failure.tooLarge(byteCount: count, limit: 100)) {
        try read([[0] + FrameClient.big(count, 4)])
      }
    }
  }

  @Test func flagsAreRefused() {
    for flag: UInt8 in 1...255 {
      #expect(throws: MessageReader.Failure.flag(flag)) { try read([[flag, 0, 0, 0, 0]]) }
    }
  }
}
