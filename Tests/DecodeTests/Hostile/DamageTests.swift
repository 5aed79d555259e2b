import Decode
import TestSupport
import Testing

/// Bytes from a disk that is going, or from someone who means harm.
///
/// The danger: a trap, an endless loop, or output that looks whole and is not. What must hold: every
/// value decodes or is refused with its kind and a place inside it, and nothing is printed half.
@Suite struct DamageTests {
  /// 50 fixtures of different kinds and forms.
  static let samples = Array(ClusterSamples.ofEachKind.prefix(50))

  @Test func thereAreFiftySamples() {
    #expect(Self.samples.count == 50)
  }

  @Test(arguments: samples)
  func everyTruncationDecodesOrIsRefused(_ sample: ClusterSamples.Sample) throws {
    let decoder = Decoder()
    for damaged in Damage.truncations(of: sample.bytes) { try check(damaged, decoder) }
  }

  @Test(arguments: samples)
  func everySingleBitFlipDecodesOrIsRefused(_ sample: ClusterSamples.Sample) throws {
    let decoder = Decoder()
    for damaged in Damage.bitFlips(of: sample.bytes) { try check(damaged, decoder) }
  }

  private func check(_ bytes: [UInt8], _ decoder: Decoder) throws {
    do throws(DecodeError) {
      let (output, _) = try decoder.decode(bytes, as: .json)
      #expect(output.last == 0x0A)
      #expect(output.firstIndex(of: 0x0A) == output.count - 1, "JSON is one line")
    } catch {
      if case .damaged(_, _, let offset, let problem) = error {
        #expect(offset >= 0 && offset <= bytes.count, "\(problem)")
        #expect(problem != .refused, "the survey found no place in \(bytes.hexadecimal)")
      }
    }
  }

  // MARK: What claims to be more than it is

  @Test(arguments: ["0a", "12", "1a", "2a"])
  func lengthsThatLieAreRefused(_ tag: String) throws {
    for length: UInt64 in [1, 0x7F, 1 << 20, 1 << 31, 1 << 32, 1 << 62, .max] {
      let field = [UInt8](hexadecimal: tag) + Wire.varint(length)
      let value = Wire.stored(apiVersion: "v1", kind: "Pod", Wire.field(1, field))
      #expect(throws: DecodeError.self) { try Decoder().decode(value, as: .yaml) }
    }
  }

  @Test func jsonAMillionLevelsDeepIsRefused() {
    for open in ["[", "{\"a\":"] {
      let text = Array(String(repeating: open, count: 1_000_000).utf8)
      #expect(throws: DecodeError.self) { try Decoder().decode(text, as: .yaml) }
      #expect(throws: DecodeError.self) { try Decoder().decode(text, as: .json) }
    }
  }

  @Test func cborAMillionLevelsDeepIsRefused() {
    let bytes: [UInt8] = [0xD9, 0xD9, 0xF7] + [UInt8](repeating: 0x81, count: 1_000_000)
    #expect(throws: DecodeError.self) { try Decoder().decode(bytes, as: .json) }
  }

  /// A message in a message in a message, each the only field of the one around it.
  private func nested(_ number: UInt32, levels: Int) -> [UInt8] {
    // The lengths from the inside out, then the bytes from the outside in.
    var heads: [[UInt8]] = []
    var byteCount = 0
    for _ in 0..<levels {
      let head = Wire.tag(number, wireType: 2) + Wire.varint(UInt64(byteCount))
      byteCount += head.count
      heads.append(head)
    }
    return Array(heads.reversed().joined())
  }

  @Test func protobufOfAnUnknownKindAMillionLevelsDeepIsShown() throws {
    let message = nested(1, levels: 1_000_000)
    let value = Wire.stored(apiVersion: "example.org/v1", kind: "Deep", message)
    #expect(!(try Decoder().decode(value, as: .yaml).bytes.isEmpty))
    #expect(!(try Decoder().decode(value, as: .raw).bytes.isEmpty))
  }

  @Test func protobufOfARecursiveTypeAMillionLevelsDeepIsRefused() {
    // Field 28 of a schema is `not`, another schema.
    let version = Wire.field(4, Wire.field(1, nested(28, levels: 1_000_000)))
    let message = Wire.field(2, Wire.field(7, version))
    let type = "apiextensions.k8s.io/v1"
    let value = Wire.stored(apiVersion: type, kind: "CustomResourceDefinition", message)
    let error = #expect(throws: DecodeError.self) { try Decoder().decode(value, as: .json) }
    guard case .damaged(_, _, _, .tooDeep) = error else {
      Issue.record("not refused for its depth: \(String(describing: error))")
      return
    }
  }

  @Test func yamlAMillionLevelsDeepIsRefused() {
    let text = "apiVersion: v1\nkind: Pod\nspec: " + String(repeating: "[", count: 1_000_000)
    #expect(throws: EncodeError.self) { try Encoder().encode(Array(text.utf8), as: .storage) }
  }

  @Test func aliasesThatBlowUpAreRefused() {
    var text = "apiVersion: example.org/v1\nkind: Bomb\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      let items = Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(items)]\n"
    }
    #expect(throws: EncodeError.self) { try Encoder().encode(Array(text.utf8), as: .storage) }
  }

  @Test(arguments: ["1e1000000000", "1e-9223372036854775808", "1E9223372036854775807", "1e5000"])
  func quantitiesWithHugeExponentsAreRefused(_ text: String) {
    let quantity = Wire.field(1, text)
    let capacity = Wire.field(1, Wire.field(1, "cpu") + Wire.field(2, quantity))
    let value = Wire.stored(apiVersion: "v1", kind: "Node", Wire.field(3, capacity))
    let error = #expect(throws: DecodeError.self) { try Decoder().decode(value, as: .json) }
    guard case .damaged(_, let path, _, let problem) = error else {
      Issue.record("not damaged: \(String(describing: error))")
      return
    }
    #expect(path == "status.capacity[cpu]")
    #expect(problem == .notQuantity(text))
  }
}
