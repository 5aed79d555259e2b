import Schema
import TestSupport
import Testing

@testable import Decode

/// A path that leads elsewhere, or an offset that is off by one, sends whoever repairs a backup to
/// the wrong byte.
@Suite struct WireSurveyTests {
  private let library = PlanLibrary(catalogue: .builtIn)

  private func survey(_ kind: String, _ bytes: [UInt8], offset: Int = 0) throws -> WireSurvey {
    let name = "k8s.io.api.\(kind)"
    let style = PrintingStyle(release: nil, isExact: false)
    let plan = try #require(try library.plan(message: name, style: style))
    let padded = [UInt8](repeating: 0xFF, count: offset) + bytes
    return padded.withBytes { WireSurvey($0, range: offset..<padded.count, plan: plan) }
  }

  private func fault(_ kind: String, _ bytes: [UInt8]) throws -> WireSurvey.Finding? {
    let found = try survey(kind, bytes)
    // The same message further on in its value has its faults as much further on.
    let moved = try survey(kind, bytes, offset: 100).fault
    #expect(moved?.offset == found.fault.map { $0.offset + 100 })
    #expect(moved?.path == found.fault?.path)
    #expect(moved?.problem == found.fault?.problem)
    return found.fault
  }

  @Test func aWholeMessageHasNoFindings() throws {
    let bytes = Wire.field(
      1,
      Wire.field(1, "name") + Wire.field(11, Wire.field(1, "a") + Wire.field(2, "b"))
    )
    let found = try survey("core.v1.ConfigMap", bytes)
    #expect(found.fault == nil)
    #expect(found.unknownFields.isEmpty)
    #expect(found.unknownFieldCount == 0)
    #expect(found.invalidTexts.isEmpty)
  }

  @Test(
    arguments: [
      // The name claims five bytes, of which there is one.
      ("0a 03 0a 05 61", "metadata.name", 3, .lengthBeyondEnd(length: 5, available: 1)),
      // The name is a number.
      ("0a 02 08 05", "metadata.name", 2, .wrongWireType(found: 0, expected: 2)),
      // The generation is text.
      ("0a 03 3a 01 61", "metadata.generation", 2, .wrongWireType(found: 2, expected: 0)),
      // The metadata claims more than there is.
      ("0a 7f", "metadata", 1, .lengthBeyondEnd(length: 127, available: 0)),
      ("00", "", 0, .badFieldNumber),
      ("0b", "", 0, .badWireType(3)),
      ("0a 01 0c", "metadata", 2, .badWireType(4)),
      ("0a 02 08 ff", "metadata.name", 4, .endsEarly),
      ("0a", "metadata", 1, .endsEarly),
      ("ff", "", 1, .endsEarly),
      ("80 80 80 80 80 80 80 80 80 80 80", "", 0, .varintTooLong),
      // A label whose value is a number: the entry has key and number.
      (
        "0a 07 5a 05 0a 01 78 10 01", "metadata.labels[x]", 7, .wrongWireType(found: 0, expected: 2)
      ),
      // The second entry of the data.
      (
        "12 06 0a 01 61 12 01 62 12 05 0a 01 63 12 09", "data[c]", 14,
        .lengthBeyondEnd(length: 9, available: 0)
      ),
    ] as [(String, String, Int, DecodeError.Problem)]
  )
  func damageHasItsPathAndItsOffset(
    bytes: String,
    path: String,
    offset: Int,
    problem: DecodeError.Problem
  ) throws {
    let found = try #require(try fault("core.v1.ConfigMap", [UInt8](hexadecimal: bytes)))
    #expect(found == WireSurvey.Finding(path: path, offset: offset, problem: problem))
  }

  @Test func listsCountFromZero() throws {
    let container = Wire.field(1, "c")
    let bad = Wire.field(6, Wire.field(3, "80"))
    let spec = Wire.field(2, container) + Wire.field(2, container + bad)
    let found = try #require(try fault("core.v1.Pod", Wire.field(2, spec)))
    #expect(found.path == "spec.containers[1].ports[0].containerPort")
    #expect(found.problem == .wrongWireType(found: 2, expected: 0))
    #expect(found.offset == 14)
  }

  @Test func quantitiesThatAreNoneAreFound() throws {
    let bytes = Wire.field(
      2,
      Wire.field(1, Wire.field(1, "cpu") + Wire.field(2, Wire.field(1, "much")))
    )
    let found = try #require(try fault("core.v1.ResourceQuota", bytes))
    #expect(
      found == WireSurvey.Finding(path: "spec.hard[cpu]", offset: 13, problem: .notQuantity("much"))
    )
  }

  @Test func whatIsNeitherNumberNorStringIsFound() throws {
    let port = Wire.field(3, varint: 80) + Wire.field(4, Wire.field(1, varint: 2))
    let found = try #require(try fault("core.v1.Service", Wire.field(2, Wire.field(1, port))))
    #expect(
      found
        == WireSurvey.Finding(
          path: "spec.ports[0].targetPort",
          offset: 8,
          problem: .notIntOrString(type: 2)
        )
    )
  }

  @Test(arguments: [
    ("{x", DecodeError.Problem.notJSON(description: "unexpected \"x\""), 5),
    ("{}}", .notJSON(description: "more bytes behind the value"), 6),
    ("\"\u{1}\"", .notJSON(description: "control character 0x1 in a string"), 5),
  ])
  func embeddedJSONIsChecked(text: String, problem: DecodeError.Problem, offset: Int) throws {
    let found = try #require(
      try fault("apps.v1.ControllerRevision", Wire.field(2, Wire.field(1, text)))
    )
    #expect(found == WireSurvey.Finding(path: "data", offset: offset, problem: problem))
  }

  @Test func embeddedCBORIsChecked() throws {
    let raw: [UInt8] = [0xD9, 0xD9, 0xF7, 0xA1, 0x01, 0x02]
    let found = try #require(
      try fault("apps.v1.ControllerRevision", Wire.field(2, Wire.field(1, raw)))
    )
    let problem = DecodeError.Problem.notCBOR(description: "key that is not a string")
    #expect(found == WireSurvey.Finding(path: "data", offset: 8, problem: problem))
  }

  @Test func unknownFieldsHaveTheirPathAndTheirBytes() throws {
    let container = Wire.field(1, "c") + Wire.field(99, "hi")
    let pod =
      Wire.field(1, Wire.field(1, "p") + Wire.field(200, varint: 1))
      + Wire.field(2, Wire.field(2, container))
      + Wire.tag(77, wireType: 5) + [1, 2, 3, 4]
    let found = try survey("core.v1.Pod", pod)
    #expect(found.fault == nil)
    #expect(found.unknownFieldCount == 3)
    #expect(
      found.unknownFields == [
        .init(path: "metadata", number: 200, wireType: 0, bytes: 5..<8),
        .init(path: "spec.containers[0]", number: 99, wireType: 2, bytes: 15..<20),
        .init(path: "", number: 77, wireType: 5, bytes: 20..<26),
      ]
    )
  }

  @Test func unknownFieldsBeyondReasonAreCountedOnly() throws {
    let found = try survey(
      "core.v1.ConfigMap",
      [[UInt8]](repeating: Wire.field(99, varint: 1), count: 5000).flatMap { $0 }
    )
    #expect(found.unknownFieldCount == 5000)
    #expect(found.unknownFields.count == 1000)
  }

  @Test func textThatIsNotUTF8IsFound() throws {
    let labels = Wire.field(11, Wire.field(1, "k") + Wire.field(2, [0x61, 0xFF]))
    let metadata = Wire.field(1, [0xC3]) + Wire.field(14, [0x62, 0x80]) + labels
    let found = try survey("core.v1.ConfigMap", Wire.field(1, metadata))
    #expect(found.fault == nil)
    #expect(
      found.invalidTexts == [
        .init(path: "metadata.name", offset: 4, problem: .notUTF8),
        .init(path: "metadata.finalizers[0]", offset: 8, problem: .notUTF8),
        .init(path: "metadata.labels[k]", offset: 17, problem: .notUTF8),
      ]
    )
  }
}
