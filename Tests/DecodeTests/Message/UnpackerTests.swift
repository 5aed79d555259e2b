import Schema
import TestSupport
import Testing

@testable import Decode

/// A few bytes can claim to be a million messages, or a million levels.
///
/// Neither may take the memory or the stack of the process.
@Suite struct UnpackerTests {
  private let library = PlanLibrary(catalogue: .builtIn)

  private static let schema =
    "k8s.io.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"

  private func unpack(_ name: String, _ bytes: [UInt8]) throws {
    let style = PrintingStyle(release: nil, isExact: false)
    let plan = try #require(try library.plan(message: name, style: style))
    var unpacker = Unpacker()
    try bytes.withBytes { _ = try unpacker.unpack($0, by: plan) }
  }

  /// A schema in a schema, `not` in `not`; the deepest is empty.
  private static func nested(_ depth: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 1..<depth { bytes = Wire.field(28, bytes) }
    return bytes
  }

  @Test func nestingHasALimit() throws {
    try unpack(Self.schema, Self.nested(64))
    #expect(throws: Unpacker.Failure.tooDeep) { try unpack(Self.schema, Self.nested(20_000)) }
  }

  @Test func aSiblingOfADeepMessageIsNoDeeper() throws {
    let many = [[UInt8]](repeating: Wire.field(28, []), count: 1000).flatMap { $0 }
    try unpack(Self.schema, Self.nested(64) + many)
  }

  @Test func memoryHasALimit() throws {
    let container: [UInt8] = [0x12, 0x00]
    let few = [[UInt8]](repeating: container, count: 1000).flatMap { $0 }
    try unpack("k8s.io.api.core.v1.PodSpec", few)
    let many = [[UInt8]](repeating: container, count: 200_000).flatMap { $0 }
    #expect(throws: Unpacker.Failure.tooLarge) { try unpack("k8s.io.api.core.v1.PodSpec", many) }
  }

  @Test(arguments: ["0a", "0a05", "0a03 0a05 61", "0b", "08ffffffffffffffffffff01"])
  func damagedBytesAreMalformed(_ bytes: String) {
    #expect(throws: Unpacker.Failure.malformed) {
      try unpack("k8s.io.api.core.v1.ConfigMap", [UInt8](hexadecimal: bytes))
    }
  }

  @Test func anUnpackerCanBeUsedAfterAFailure() throws {
    let style = PrintingStyle(release: nil, isExact: false)
    let plan = try #require(try library.plan(message: "k8s.io.api.core.v1.PodSpec", style: style))
    var unpacker = Unpacker()
    let many = [[UInt8]](repeating: [0x12, 0x00], count: 200_000).flatMap { $0 }
    for _ in 0..<3 {
      #expect(throws: Unpacker.Failure.tooLarge) {
        try many.withBytes { _ = try unpacker.unpack($0, by: plan) }
      }
      let two: [UInt8] = [0x12, 0x00, 0x12, 0x00]
      let message = try two.withBytes { try unpacker.unpack($0, by: plan) }
      #expect(plan.pointee.field(numbered: 2)?.pointee.count(in: message) == 2)
    }
  }
}
