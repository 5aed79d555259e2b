import TestSupport
import Testing

@testable import Decode

@Suite struct CBORReaderTests {
  private func json(_ bytes: [UInt8]) throws -> String {
    var document = JSONDocument()
    try bytes.withBytes { try CBORReader.read($0, into: &document) }
    return document.sortedJSON
  }

  @Test func theIndexListsWhatIsThere() {
    #expect(Self.index.count == 49)
    #expect(Self.valid.count == 19)
    #expect(Self.hostile.count == 30)
  }

  @Test(arguments: CBORReaderTests.valid)
  func whatKubernetesReadsIsRead(_ line: [String]) throws {
    let expected = try Fixture.text("cbor/\(line[2])")
    #expect(try json(try Fixture.bytes("cbor/\(line[0])")) + "\n" == expected)
  }

  @Test(arguments: CBORReaderTests.hostile)
  func whatKubernetesRefusesIsRefused(_ line: [String]) throws {
    let bytes = try Fixture.bytes("cbor/\(line[0])")
    // The reader reads any value; that it must be an object is for others to say.
    guard line[0] != "hostile/not-a-map.cbor" else { return }
    #expect(throws: CBORReader.Fault.self) { try json(bytes) }
    #expect(throws: DecodeError.self) { try Decoder().decode(bytes, as: .json) }
  }

  @Test(arguments: CBORReaderTests.values)
  func valuesAreAsKubernetesReadsThem(bytes: String, expected: String) throws {
    #expect(try json([UInt8](hexadecimal: bytes)) == expected)
  }

  @Test(
    arguments: [
      ("", .endsEarly, 0), ("18", .endsEarly, 1),
      ("4261", .lengthBeyondEnd(length: 2, available: 1), 1),
      ("82 01", .lengthBeyondEnd(length: 2, available: 1), 0), ("82 81 80", .endsEarly, 3),
      ("9b ffffffffffffffff", .lengthBeyondEnd(length: .max, available: 0), 0),
      ("bb 0000000000000001 40", .lengthBeyondEnd(length: 1, available: 1), 0),
      ("5b 7fffffffffffffff 00", .lengthBeyondEnd(length: UInt64(Int64.max), available: 1), 9),
      ("1b 8000000000000000", .integerTooLarge, 0), ("3b 8000000000000000", .integerTooLarge, 0),
      ("f9 7c00", .notFinite, 0), ("f9 7e00", .notFinite, 0), ("a1 01 02", .keyNotString, 1),
      ("a2 4161 01 4161 02", .duplicateKey, 4), ("a2 4161 01 6161 02", .duplicateKey, 4),
      ("61 ff", .notUTF8, 0), ("00 00", .trailingBytes, 1),
      ("f7", .unsupported(initialByte: 0xF7), 0),
      ("1c", .unsupported(initialByte: 0x1C), 0), ("c2 41 01", .unsupported(initialByte: 0xC2), 0),
      ("ff", .unsupported(initialByte: 0xFF), 0),
      ("5f 6161 ff", .unsupported(initialByte: 0x61), 1),
      ("9f 01", .endsEarly, 2), ("1f", .unsupported(initialByte: 0x1F), 0),
    ] as [(String, CBORReader.Fault.Problem, Int)]
  )
  func faultsHaveTheirPlace(bytes: String, problem: CBORReader.Fault.Problem, offset: Int) {
    #expect(throws: CBORReader.Fault(problem: problem, offset: offset)) {
      try json([UInt8](hexadecimal: bytes))
    }
  }

  @Test func nestingHasALimit() throws {
    let limit = JSONSyntax.maximumDepth
    let deep = [UInt8](repeating: 0x81, count: limit - 1) + [0]
    #expect(try json(deep).hasPrefix("[["))
    #expect(throws: CBORReader.Fault(problem: .tooDeep, offset: limit)) { try json([0x81] + deep) }
    // Tags nest too: a million of them must not overflow the stack.
    #expect(throws: CBORReader.Fault.self) {
      try json([UInt8](repeating: 0xC1, count: 1_000_000) + [0])
    }
  }

  @Test(arguments: ["crontab.cbor", "numbers.cbor", "binary.cbor", "unusual/indefinite-map.cbor"])
  func everyDamageIsAnErrorOrAnotherValue(_ file: String) throws {
    let bytes = try Fixture.bytes("cbor/\(file)")
    for damaged in Damage.truncations(of: bytes) {
      #expect(throws: CBORReader.Fault.self) { try json(damaged) }
    }
    for damaged in Damage.bitFlips(of: bytes) { _ = try? json(damaged) }
  }

  @Test func theLengthOfAValueIsFoundWithMoreBehindIt() throws {
    let bytes = try Fixture.bytes("cbor/crontab.cbor")
    #expect((bytes + [0x0A, 0x00]).withBytes { CBORReader.byteCount(of: $0) } == bytes.count)
    #expect(bytes.dropLast().withUnsafeBytes { CBORReader.byteCount(of: $0) } == nil)
  }

  static let index = Fixture.table("cbor/index.tsv")
  static let valid = index.filter { $0[1] == "decodes" }
  static let hostile = index.filter { $0[1] == "fails" }

  /// Read by Kubernetes' cbor/direct into an interface and written by encoding/json.
  static let values: [(bytes: String, expected: String)] = [
    ("00", "0"),
    ("17", "23"),
    ("1818", "24"),
    ("18ff", "255"),
    ("190100", "256"),
    ("19ffff", "65535"),
    ("1a00010000", "65536"),
    ("1b0000000100000000", "4294967296"),
    ("1b7fffffffffffffff", "9223372036854775807"),
    ("20", "-1"),
    ("37", "-24"),
    ("3818", "-25"),
    ("38ff", "-256"),
    ("390100", "-257"),
    ("3b7fffffffffffffff", "-9223372036854775808"),
    ("f93e00", "1.5"),
    ("fb3fb999999999999a", "0.1"),
    ("fb7e37e43c8800759c", "1e+300"),
    ("f9b800", "-0.5"),
    ("fa477fe080", "65504.5"),
    ("fb3e7ad7f29abcaf48", "1e-7"),
    ("f5", "true"),
    ("f6", "null"),
    ("4161", "\"a\""),
    ("40", "\"\""),
    ("82018102", "[1,[2]]"),
    ("a341610241620142616103", "{\"a\":2,\"aa\":3,\"b\":1}"),
    ("fa7f7fffff", "3.4028234663852886e+38"),
    ("f90001", "5.960464477539063e-8"),
    ("f90400", "0.00006103515625"),
    ("f903ff", "0.00006097555160522461"),
    ("f97bff", "65504"),
    ("f98000", "-0"),
    ("f93c00", "1"),
    ("fa7f7fffff", "3.4028234663852886e+38"),
    ("fb0000000000000001", "5e-324"),
    ("fa3f800000", "1"),
    ("fb3ff0000000000000", "1"),
    ("fb41dfffffffc00000", "2147483647"),
    ("fb43e0000000000000", "9223372036854776000"),
    ("fb444b1ae4d6e2ef50", "1e+21"),
    ("1b7fffffffffffffff", "9223372036854775807"),
    ("3b7fffffffffffffff", "-9223372036854775808"),
    ("1800", "0"),
    ("190000", "0"),
    ("d9d9f700", "0"),
    ("5f42010243030405ff", "\"\\u0001\\u0002\\u0003\\u0004\\u0005\""),
    ("7f6161616260ff", "\"ab\""),
    ("9fff", "[]"),
    ("bfff", "{}"),
    ("80", "[]"),
    ("a0", "{}"),
    ("60", "\"\""),
    ("40", "\"\""),
  ]
}
