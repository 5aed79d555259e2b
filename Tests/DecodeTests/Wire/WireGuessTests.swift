import Schema
import TestSupport
import Testing

@testable import Decode

@Suite struct WireGuessTests {
  private func text(_ bytes: [UInt8]) throws -> String {
    try rendered { output in
      try bytes.withBytes {
        try WireGuess.writeText($0, range: 0..<bytes.count, plan: nil, to: &output)
      }
    }
  }

  private func json(_ bytes: [UInt8]) throws -> String {
    var document = JSONDocument()
    document.open(.object, at: 0)
    try bytes.withBytes { try WireGuess.append($0, range: 0..<bytes.count, to: &document) }
    document.close()
    return document.sortedJSON
  }

  private static let message =
    Wire.field(1, Wire.field(1, "web-0") + Wire.field(3, varint: 7)) + Wire.field(2, [0x00, 0xFF])
    + Wire.field(3, varint: .max) + Wire.tag(4, wireType: 1) + [1, 0, 0, 0, 0, 0, 0, 0]
    + Wire.tag(5, wireType: 5) + [0xFF, 0, 0, 0] + Wire.field(6, "") + Wire.field(6, "b\"c")

  @Test func fieldsAreShownByTheirNumbers() throws {
    #expect(
      try text(Self.message) == """
        1 {
          1: "web-0"
          3: 7
        }
        2: 0x00ff
        3: -1
        4: 0x0000000000000001
        5: 0x000000ff
        6: ""
        6: "b\\"c"

        """
    )
  }

  @Test func fieldsBecomeKeysOfAnObject() throws {
    #expect(
      try json(Self.message)
        == #"{"1":{"1":"web-0","3":7},"2":"AP8=","3":-1,"4":1,"5":255,"6":["","b\"c"]}"#
    )
  }

  @Test func textIsTextThoughItReadsAsAMessage() throws {
    // "(a" is the field 5 with the number 97; a line feed and what fits behind it is a message.
    #expect(try text(Wire.field(1, "(a")) == "1: \"(a\"\n")
    #expect(try text(Wire.field(1, "\n\u{1}x")) == "1 {\n  1: \"x\"\n}\n")
    #expect(try text(Wire.field(1, "\nxyz")) == "1: \"\\nxyz\"\n")
  }

  @Test func depthIsBounded() throws {
    var bytes = Wire.field(1, varint: 1)
    for _ in 0..<500 { bytes = Wire.field(1, bytes) }
    #expect(try text(bytes).contains("{\n"))
    #expect(try json(bytes).hasPrefix(#"{"1":{"1":{"1":"#))
  }

  @Test func damageHasItsPlace() {
    #expect(throws: WireReader.Fault.lengthBeyondEnd(offset: 1, length: 9, available: 0)) {
      try text([0x0A, 0x09])
    }
    #expect(throws: WireReader.Fault.truncated(offset: 1)) { try json([0x08]) }
  }

  @Test func everyDamageIsAnErrorOrOtherFields() {
    for damaged in Damage.truncations(of: Self.message) {
      _ = try? text(damaged)
      _ = try? json(damaged)
    }
    for damaged in Damage.bitFlips(of: Self.message) {
      _ = try? text(damaged)
      _ = try? json(damaged)
    }
  }
}
