import SwiftProtobuf
import TestSupport
import Testing

/// Decodes what a real program wrote, and checks that encoding it again gives the same bytes.
func recorded<Message: SwiftProtobuf.Message>(
  _ hexadecimal: String,
  as type: Message.Type = Message.self,
  sourceLocation: SourceLocation = #_sourceLocation
) throws -> Message {
  let bytes = [UInt8](hexadecimal: hexadecimal)
  let message = try Message(serializedBytes: bytes)
  let written: [UInt8] = try message.serializedBytes()
  #expect(written == bytes, sourceLocation: sourceLocation)
  return message
}
