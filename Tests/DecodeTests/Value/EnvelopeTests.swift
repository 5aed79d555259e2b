import Schema
import TestSupport
import Testing

@testable import Decode

@Suite struct EnvelopeTests {
  private func parts(_ value: [UInt8]) throws -> [String] {
    try value.withBytes { bytes in
      let envelope = Envelope(bytes)
      if let fault = envelope.fault { throw fault }
      return [
        envelope.apiVersion, envelope.kind, envelope.object, envelope.contentEncoding,
        envelope.contentType,
      ].map { String(decoding: bytes[$0], as: UTF8.self) }
    }
  }

  @Test func partsAreFoundWhereTheyLie() throws {
    let value = Wire.stored(apiVersion: "apps/v1", kind: "Deployment", Array("object".utf8))
    #expect(try parts(value) == ["apps/v1", "Deployment", "object", "", ""])
  }

  @Test func partsMayBeAbsentOrInAnyOrder() throws {
    let magic = Array("k8s\0".utf8)
    #expect(try parts(magic) == ["", "", "", "", ""])
    let value =
      magic + Wire.field(4, "type") + Wire.field(3, "encoding") + Wire.field(2, "object")
      + Wire.field(1, Wire.field(2, "Pod") + Wire.field(9, varint: 1) + Wire.field(1, "v1"))
      + Wire.field(77, "unknown") + Wire.field(78, varint: 300)
    #expect(try parts(value) == ["v1", "Pod", "object", "encoding", "type"])
  }

  @Test func damageHasItsPlace() {
    let value = Array("k8s\0".utf8) + [0x0A, 0x05, 0x0A]
    #expect(throws: WireReader.Fault.lengthBeyondEnd(offset: 5, length: 5, available: 1)) {
      try parts(value)
    }
    // The length of the API version goes beyond its message, not beyond the value.
    let inner = Array("k8s\0".utf8) + Wire.field(1, [0x0A, 0x03, 0x76]) + Wire.field(2, "object")
    #expect(throws: WireReader.Fault.lengthBeyondEnd(offset: 7, length: 3, available: 1)) {
      try parts(inner)
    }
  }
}
