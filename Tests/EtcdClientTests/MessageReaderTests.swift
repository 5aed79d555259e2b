import NIOCore
import Testing

@testable import EtcdClient

/// Bytes of a stream cut into messages.
@Suite struct MessageReaderTests {
  static let messages: [[UInt8]] = [[], [1], Array(repeating: 7, count: 300), [], [2, 3]]

  static let bytes: [UInt8] = messages.flatMap { Array(buffer: MessageReader.frame($0)) }

  @Test(arguments: [1, 2, 3, 5, 7, 64, 1_000])
  func messagesAreWholeHoweverTheyAreCut(pieceByteCount: Int) throws {
    var reader = MessageReader(limit: 300)
    var found: [[UInt8]] = []
    for start in stride(from: 0, to: Self.bytes.count, by: pieceByteCount) {
      let piece = Self.bytes[start..<min(start + pieceByteCount, Self.bytes.count)]
      reader.append(ByteBuffer(bytes: piece))
      while let message = try reader.next() { found.append(Array(buffer: message)) }
    }
    #expect(found == Self.messages)
    #expect(reader.isAtEnd)
  }

  @Test func cutOffMessageIsNotAtItsEnd() throws {
    for count in 1..<6 {
      var reader = MessageReader(limit: 10)
      reader.append(ByteBuffer(bytes: Array(buffer: MessageReader.frame([9, 9])).prefix(count)))
      #expect(try reader.next() == nil)
      #expect(!reader.isAtEnd)
    }
  }

  @Test func messageLargerThanTheLimitIsRefusedBeforeItComes() {
    var reader = MessageReader(limit: 10)
    reader.append(ByteBuffer(bytes: [0, 0xff, 0xff, 0xff, 0xff]))
    #expect {
      try reader.next()
    } throws: { error in
      guard case .tooLarge(4_294_967_295) = error as? MessageReader.Failure else { return false }
      return true
    }
  }

  @Test func compressedMessageIsRefused() {
    var reader = MessageReader(limit: 10)
    reader.append(ByteBuffer(bytes: [1, 0, 0, 0, 1, 1]))
    #expect(throws: MessageReader.Failure.self) { try reader.next() }
  }
}
