import Schema
import TestSupport
import Testing

@testable import Decode

@Suite struct DecoderTests {
  private static let files =
    ["configmap", "widget", "pod-min", "pod-web"].map { "etcdctl/values/\($0).bin" }
    + [
      "odd/masterlease.bin", "odd/serviceips-cluster.bin", "cbor/crontab.cbor",
      "calico/values/17.bin",
    ]

  /// A decoder keeps plans and memory between calls; threads must not meet in either.
  @Test func manyThreadsShareOneDecoder() async throws {
    let values = try Self.files.map { try Fixture.bytes($0) }
    let forms: [OutputForm] = [.yaml, .json, .prettyJSON, .raw]
    let expected = try values.map { value in
      try forms.map { form in try Decoder().decode(value, as: form).bytes }
    }
    let decoder = Decoder()
    await withTaskGroup(of: Int.self) { group in
      for task in 0..<16 {
        group.addTask {
          var mismatches = 0
          for round in 0..<100 {
            let value = (task + round) % values.count
            let form = (task * 7 + round) % forms.count
            let bytes = try? decoder.decode(values[value], as: forms[form]).bytes
            if bytes != expected[value][form] { mismatches += 1 }
          }
          return mismatches
        }
      }
      for await mismatches in group { #expect(mismatches == 0) }
    }
  }

  @Test(arguments: DecoderTests.files)
  func everyDamageIsAnErrorOrAnotherObject(_ file: String) throws {
    let bytes = Array(try Fixture.bytes(file).prefix(700))
    let decoder = Decoder()
    var output = OutputBuffer()
    var notes: [Note] = []
    for damaged in Damage.truncations(of: bytes) {
      _ = try? decoder.decode(damaged, as: .yaml, into: &output, notes: &notes)
      output.removeAll()
    }
    for damaged in Damage.bitFlips(of: bytes) {
      _ = try? decoder.decode(damaged, as: .json, into: &output, notes: &notes)
      output.removeAll()
    }
  }

  @Test func aFailureLeavesTheOutputAsItWas() throws {
    let decoder = Decoder()
    // An object whose last part cannot be printed, after much that can.
    let quota = Wire.field(
      2,
      Wire.field(1, Wire.field(1, "cpu") + Wire.field(2, Wire.field(1, "much")))
    )
    let value = Wire.stored(
      apiVersion: "v1",
      kind: "ResourceQuota",
      Wire.field(1, Wire.field(1, "name")) + quota
    )
    let object = DecodeError.ObjectType(apiVersion: "v1", kind: "ResourceQuota")
    let offset = value.count - 8
    for form in [OutputForm.yaml, .json, .prettyJSON] {
      var output = OutputBuffer()
      output.append("before")
      var notes: [Note] = []
      let error = DecodeError.damaged(
        object: object,
        path: "spec.hard[cpu]",
        offset: offset,
        problem: .notQuantity("much")
      )
      #expect(throws: error) { try decoder.decode(value, as: form, into: &output, notes: &notes) }
      let text = String(decoding: output.bytes, as: UTF8.self)
      #expect(text == "before")
      #expect(notes.isEmpty)
    }
  }

  @Test(arguments: [
    ("odd/masterlease.bin", OutputForm.protobuf), ("etcdctl/values/pod-web.bin", .protobuf),
  ])
  func theInnerMessageDecodesWithItsType(file: String, form: OutputForm) throws {
    let value = try Fixture.bytes(file)
    let summary = try Decoder().summary(of: value)
    let inner = try Decoder().decode(value, as: form).bytes
    var options = Decoder.Options()
    options.assumedType = DecodeError.ObjectType(apiVersion: summary.apiVersion, kind: summary.kind)
    let typed = try Decoder(options: options).decode(inner, as: .yaml).bytes
    #expect(typed == (try Decoder().decode(value, as: .yaml).bytes))
  }

  @Test func aKindThatTheCatalogueLacksIsShownByNumbers() throws {
    let value = Wire.stored(
      apiVersion: "example.org/v1",
      kind: "Widget",
      Wire.field(1, Wire.field(1, "w")) + Wire.field(2, varint: 3)
    )
    let (bytes, notes) = try Decoder().decode(value, as: .json)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"1":{"1":"w"},"2":3,"apiVersion":"example.org/v1","kind":"Widget"}"# + "\n"
    )
    #expect(notes == [.unknownKind(.init(apiVersion: "example.org/v1", kind: "Widget"))])
  }

  @Test func numbersThatAreNotFiniteAreRefused() {
    let nan: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF8, 0x7F]
    let schema = Wire.field(1, Wire.tag(9, wireType: 1) + nan)
    let message = Wire.field(2, Wire.field(7, Wire.field(4, schema)))
    let type = DecodeError.ObjectType(
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition"
    )
    let value = Wire.stored(apiVersion: type.apiVersion, kind: type.kind, message)
    for form in [OutputForm.json, .yaml] {
      let error = #expect(throws: DecodeError.self) { try Decoder().decode(value, as: form) }
      guard case .damaged(_, let path, _, .notFinite) = error else {
        Issue.record("not refused: \(String(describing: error))")
        continue
      }
      #expect(path == "spec.versions[0].schema.openAPIV3Schema.maximum")
    }
  }

  @Test func descriptionsAreOneLineWhateverIsStored() {
    let value = Array("k8s\0".utf8) + Wire.field(1, Wire.field(2, "x\nOK|forged")) + [0x12, 0x7F]
    let error = #expect(throws: DecodeError.self) { try Decoder().decode(value, as: .json) }
    #expect(error?.description.contains("\n") == false)
    #expect(error?.description.hasPrefix("x\\u{a}OK|forged: envelope: byte ") == true)
  }

  @Test func nestingBeyondTheLimitIsSaid() throws {
    var schema: [UInt8] = []
    for _ in 0..<2000 { schema = Wire.field(28, schema) }
    let version = Wire.field(4, Wire.field(1, schema))
    let value = Wire.stored(
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      Wire.field(2, Wire.field(7, version))
    )
    let object = DecodeError.ObjectType(
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition"
    )
    let error = #expect(throws: DecodeError.self) { try Decoder().decode(value, as: .yaml) }
    guard case .damaged(let found, let path, let offset, let problem) = error else {
      Issue.record("not damaged: \(String(describing: error))")
      return
    }
    #expect(problem == .tooDeep)
    #expect(found == object)
    #expect(path.hasPrefix("spec.versions[0].schema.openAPIV3Schema.not.not"))
    #expect(path.contains("...") && path.count < 200)
    #expect(value.indices.contains(offset))
  }

  @Test func moreMemoryThanTheLimitIsSaid() throws {
    let spec = [[UInt8]](repeating: [0x12, 0x00], count: 200_000).flatMap { $0 }
    let message = Wire.field(2, spec)
    let value = Wire.stored(apiVersion: "v1", kind: "Pod", message)
    let object = DecodeError.ObjectType(apiVersion: "v1", kind: "Pod")
    #expect(
      throws: DecodeError.tooLarge(object: object, limit: Arena.limit(forInputOf: message.count))
    ) {
      try Decoder().decode(value, as: .yaml)
    }
  }

  @Test(arguments: [
    ("odd/empty.bin", DecodeError.empty),
    (
      "odd/random.bin",
      .unrecognised(firstBytes: [0x89, 0x74, 0x13, 0x32, 0xD4, 0x8F, 0x51, 0xBB], byteCount: 512)
    ),
  ])
  func whatIsNoValueIsAnError(file: String, expected: DecodeError) throws {
    let bytes = try Fixture.bytes(file)
    guard case .unrecognised(let firstBytes, _) = expected else {
      #expect(throws: expected) { try Decoder().decode(bytes, as: .yaml) }
      return
    }
    #expect(throws: DecodeError.unrecognised(firstBytes: firstBytes, byteCount: bytes.count)) {
      try Decoder().decode(bytes, as: .yaml)
    }
  }

  @Test(arguments: [OutputForm.protobuf]) func onlyProtobufHasAnInnerMessage(_ form: OutputForm) {
    #expect(throws: DecodeError.noProtobuf(.json)) {
      try Decoder().decode(Array("{}".utf8), as: form)
    }
    #expect(throws: DecodeError.noProtobuf(.text)) {
      try Decoder().decode(Array("a b".utf8), as: form)
    }
    #expect(throws: DecodeError.noProtobuf(.cbor)) {
      try Decoder().decode([0xD9, 0xD9, 0xF7, 0xA0], as: form)
    }
  }

  @Test func summariesNameTheObject() throws {
    let index = Fixture.table("etcdctl/values/index.tsv")
    try #require(index.count == 5)
    for line in index where line[0] != "text.bin" {
      let bytes = try Fixture.bytes("etcdctl/values/\(line[0])")
      let summary = try Decoder().summary(of: bytes)
      #expect(line[1].hasSuffix("/\(summary.name)"))
      #expect(summary.byteCount == bytes.count)
      #expect(!summary.kind.isEmpty)
      #expect(!summary.apiVersion.isEmpty)
    }
  }

  @Test func aSummarySaysWhenItsObjectWasCreated() throws {
    func pod(_ metadata: [UInt8]) -> [UInt8] {
      Wire.stored(
        apiVersion: "v1",
        kind: "Pod",
        Wire.field(1, Wire.field(1, "a") + metadata)
      )
    }
    func seconds(_ metadata: [UInt8]) throws -> Int64? {
      try Decoder().summary(of: pod(metadata)).creationSeconds
    }
    let time = Wire.field(1, varint: 1_767_225_600) + Wire.field(2, varint: 0)
    #expect(try seconds(Wire.field(8, time)) == 1_767_225_600)
    // The zero time has no bytes; what has bytes but no seconds is 1970.
    #expect(try seconds([]) == nil)
    #expect(try seconds(Wire.field(8, "")) == nil)
    #expect(try seconds(Wire.field(8, Wire.field(2, varint: 0))) == 0)
    #expect(try seconds(Wire.field(8, Wire.field(1, varint: .max))) == -1)
    // A time that is cut off is damage.
    #expect(throws: DecodeError.self) { try seconds(Wire.field(8, [0x08])) }
    let json =
      #"{"kind":"A","apiVersion":"b/v1","metadata":{"creationTimestamp":"\#("2026-01-01T00:00:00Z")"}}"#
    #expect(try Decoder().summary(of: Array(json.utf8)).creationSeconds == 1_767_225_600)
    let odd = json.replacing("2026-01", with: "2026-13")
    #expect(try Decoder().summary(of: Array(odd.utf8)).creationSeconds == nil)
  }
}
