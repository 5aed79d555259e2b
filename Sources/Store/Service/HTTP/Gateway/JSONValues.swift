internal import NIOCore

/// The values of a body, one after the other: the messages that a client sends to a stream.
struct JSONValues {
  /// Why there is no next value.
  enum Fault: Error {
    /// The body ends within a value.
    case cutOff

    /// Something that is not an object, and whose end is not known.
    case notObject
  }

  private let bytes: ByteBufferView
  private var place: Int

  /// The values of a body.
  init(_ body: ByteBuffer) {
    bytes = body.readableBytesView
    place = bytes.startIndex
  }

  /// Takes the next value.
  ///
  /// - Returns: The bytes of an object; nil if there is nothing left.
  /// - Throws: ``Fault``; what is within an object is not looked at.
  mutating func next() throws(Fault) -> [UInt8]? {
    while place < bytes.endIndex, JSONValues.isSpace(bytes[place]) { place += 1 }
    guard place < bytes.endIndex else { return nil }
    guard bytes[place] == UInt8(ascii: "{") else { throw .notObject }
    let start = place
    var depth = 0
    var isInString = false
    while place < bytes.endIndex {
      let byte = bytes[place]
      place += 1
      if isInString {
        switch byte {
        case UInt8(ascii: "\\"): place += 1
        case UInt8(ascii: "\""): isInString = false
        default: break
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { return Array(bytes[start..<place]) }
      default: break
      }
    }
    throw .cutOff
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || (9...10).contains(byte) || byte == 13
  }
}
