import NIOCore
import TestSupport
import Testing

@testable import Store

@Suite struct JSONValuesTests {
  private func values(_ text: String) throws -> [String] {
    var values = JSONValues(ByteBuffer(string: text))
    var found: [String] = []
    while let value = try values.next() { found.append(String(decoding: value, as: UTF8.self)) }
    return found
  }

  @Test func objectsAreTakenOneByOne() throws {
    #expect(try values("") == [])
    #expect(try values(" \n\t\r") == [])
    #expect(try values("{}{} {\"a\":[{}]}\n") == ["{}", "{}", "{\"a\":[{}]}"])
    #expect(try values(#"{"}":"{\"}"}{"\\":1}"#) == [#"{"}":"{\"}"}"#, #"{"\\":1}"#])
  }

  @Test func whatIsCutOffOrNoObjectIsAFault() {
    #expect(throws: JSONValues.Fault.notObject) { try values("{} 1") }
    #expect(throws: JSONValues.Fault.notObject) { try values("}") }
    for text in ["{", "{\"", "{\"\\", "{\"a\":{}", "{} {["] {
      #expect(throws: JSONValues.Fault.cutOff) { try values(text) }
    }
  }

  @Test func anyBytesEndInValuesOrAFault() {
    var generator = SeededGenerator(seed: 7)
    let alphabet = Array("{}[]\"\\ a1,:".utf8) + [0xFF]
    for _ in 0..<20_000 {
      let count = Int.random(in: 0..<24, using: &generator)
      let bytes = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
      var values = JSONValues(ByteBuffer(bytes: bytes))
      var taken = 0
      while let value = try? values.next() {
        taken += value.count
        #expect(value.count >= 2)
      }
      #expect(taken <= count)
    }
  }
}
