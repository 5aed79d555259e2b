import TestSupport
import Testing

@testable import Decode

@Suite struct ValueFinderTests {
  private struct Line {
    var file: String
    var values: [String]
  }

  private static func fixture(_ file: String) throws -> [UInt8] {
    try Fixture.bytes("etcdctl/\(file)")
  }

  private func expected(_ file: String, hasKeys: Bool) throws -> [FoundValue] {
    let line = try #require(Fixture.table("etcdctl/index.tsv").first { $0[0] == file })
    let keys = Dictionary(
      uniqueKeysWithValues: Fixture.table("etcdctl/values/index.tsv").map { ($0[0], $0[1]) }
    )
    return try line[2].split(separator: ",").map { name in
      FoundValue(
        key: hasKeys ? keys[String(name)] : nil,
        bytes: try Self.fixture("values/\(name)")
      )
    }
  }

  @Test(arguments: [
    ("get-one.txt", true), ("get-prefix.json", true), ("get-prefix.fields", true),
    ("get-prefix.hex", true), ("value-only-one.txt", false), ("value-only-one.hex", false),
    ("get-one.protobuf", true),
  ])
  func everyValueOfAnOutputIsFound(file: String, hasKeys: Bool) throws {
    let found = try ValueFinder.values(in: try Self.fixture(file))
    let expected = try expected(file, hasKeys: hasKeys)
    #expect(found == expected)
    #expect(!expected.isEmpty)
  }

  /// The last value is text that holds a line with another key: no length says where it ends.
  @Test(arguments: ["get-prefix.txt", "value-only-many.txt"])
  func valuesThatEndThemselvesAreFoundBeforeText(_ file: String) throws {
    let found = try ValueFinder.values(in: try Self.fixture(file))
    let expected = try expected(file, hasKeys: file == "get-prefix.txt")
    try #require(found.count >= 4)
    #expect(Array(found.prefix(3)) == Array(expected.prefix(3)))
  }

  @Test(arguments: ["get-one.crlf", "get-prefix.crlf"])
  func carriageReturnsOfATerminalAreReported(_ file: String) throws {
    let bytes = try Self.fixture(file)
    let offset = try #require(bytes.firstIndex(of: 0x0D))
    #expect(throws: InputError.mangledByTerminal(offset: offset)) {
      try ValueFinder.values(in: bytes)
    }
  }

  @Test func keysAloneAreReported() throws {
    #expect(throws: InputError.keysOnly) {
      try ValueFinder.values(in: try Self.fixture("keys-only.txt"))
    }
    #expect(throws: InputError.keysOnly) {
      try ValueFinder.values(in: Array("/registry/a/b\n".utf8))
    }
  }

  @Test(arguments: [
    ("", InputError.empty), ("\n", .empty), ("\r\n\n", .empty),
    ("{\"header\":{\"cluster_id\":1,\"revision\":6}}\n", .noValues),
    ("\"ClusterID\" : 1\n\"Count\" : 0\n", .noValues),
    ("\"ClusterID\" : 1\n\"Key\" : \"a\n", .damaged(form: "etcdctl -w fields", line: 2)),
    (
      "\"ClusterID\" : 1\n\"Key\" : \"a\"\n\"Value\" : x\n",
      .damaged(form: "etcdctl -w fields", line: 3)
    ),
    ("\\x41\\x4\n", .damaged(form: "etcdctl --hex", line: 1)),
    ("\\x41\n\\xzz\n", .damaged(form: "etcdctl --hex", line: 2)),
    (
      "apiVersion: v1\nkind: Pod\n",
      .notStored(hint: "it is YAML (explorer encode makes a stored value of it)")
    ),
    ("two lines\nof text\n", .notStored(hint: "")),
  ])
  func whatHoldsNoValueSaysWhy(text: String, expected: InputError) {
    #expect(throws: expected) { try ValueFinder.values(in: Array(text.utf8)) }
  }

  @Test func aValueAloneIsFoundWithAndWithoutALineFeed() throws {
    let object = Wire.field(1, Wire.field(1, "name"))
    let stored = Wire.stored(apiVersion: "v1", kind: "Pod", object)
    for value in [stored, try Fixture.bytes("cbor/crontab.cbor"), Array(#"{"kind":"X"}"#.utf8)] {
      #expect(try ValueFinder.values(in: value) == [FoundValue(key: nil, bytes: value)])
      #expect(try ValueFinder.values(in: value + [0x0A]) == [FoundValue(key: nil, bytes: value)])
    }
  }

  @Test func valuesOfEveryFormFollowEachOther() throws {
    let values = [
      Wire.stored(apiVersion: "v1", kind: "Pod", Wire.field(1, Wire.field(1, "/registry/x\n"))),
      try Fixture.bytes("cbor/crontab.cbor"),
      Array("{\"kind\":\"X\",\n\"a\":\"b\"}".utf8),
      try Fixture.bytes("encrypted/aesgcm.bin"),
      Wire.stored(apiVersion: "v1", kind: "Pod", []),
      [],
      Array("48213".utf8),
    ]
    var output: [UInt8] = []
    var expected: [FoundValue] = []
    for (number, value) in values.enumerated() {
      output += Array("/registry/things/\(number)\n".utf8) + value + [0x0A]
      expected.append(FoundValue(key: "/registry/things/\(number)", bytes: value))
    }
    #expect(try ValueFinder.values(in: output) == expected)
  }

  @Test func everyDamageIsAnErrorOrOtherValues() throws {
    for file in ["get-one.txt", "get-one.protobuf", "get-prefix.hex", "get-prefix.fields"] {
      let bytes = try Self.fixture(file).prefix(600)
      for damaged in Damage.truncations(of: Array(bytes)) {
        _ = try? ValueFinder.values(in: damaged)
      }
      for damaged in Damage.bitFlips(of: Array(bytes.prefix(200))) {
        _ = try? ValueFinder.values(in: damaged)
      }
    }
  }

  @Test func aKeyThatEndsTheInputHasNoValue() throws {
    let pod = try Fixture.bytes("etcdctl/values/pod-min.bin")
    let input = Array("/registry/p\n".utf8) + pod + Array("\n/registry/q\n".utf8)
    #expect(
      try ValueFinder.values(in: input) == [
        FoundValue(key: "/registry/p", bytes: pod), FoundValue(key: "/registry/q", bytes: []),
      ]
    )
  }
}
