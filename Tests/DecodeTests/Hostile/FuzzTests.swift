import Decode
import TestSupport
import Testing

/// Seeded random damage to real values and texts: `make fuzz` runs it at length.
///
/// The danger is the same as in ``DamageTests``; here the damage is of every kind and piles up. On a
/// failure the seed and the bytes are printed.
@Suite struct FuzzTests {
  private static let texts: [[UInt8]] = [
    "etcdctl/get-prefix.txt", "etcdctl/get-prefix.json", "etcdctl/get-prefix.fields",
    "etcdctl/get-prefix.hex", "etcdctl/get-one.protobuf", "encrypted/encryption-config.yaml",
    "encrypted/aesgcm.bin", "encrypted/kmsv2-seed.bin", "cbor/shapes.cbor", "cbor/numbers.cbor",
  ].compactMap { try? Fixture.bytes($0) }

  @Test func damagedValuesNeverTrap() {
    var generator = SeededGenerator(seed: Fuzz.seed)
    let corpus = ClusterSamples.ofEachKind.map(\.bytes) + Self.texts
    let decoder = Decoder()
    var count = 0
    for _ in Fuzz.rounds(3000) {
      let bytes = damaged(corpus, &generator)
      let form = OutputForm.allCases.randomElement(using: &generator) ?? .yaml
      _ = try? decoder.decode(bytes, as: form, key: "/registry/x")
      _ = try? decoder.summary(of: bytes)
      _ = EncryptedValue(bytes)
      count += 1
    }
    print("fuzz: \(count) values with seed \(Fuzz.seed)")
    #expect(count > 0)
  }

  @Test func damagedInputsNeverTrap() {
    var generator = SeededGenerator(seed: Fuzz.seed &+ 1)
    var count = 0
    for _ in Fuzz.rounds(500) {
      _ = try? ValueFinder.values(in: damaged(Self.texts, &generator))
      count += 1
    }
    #expect(count > 0)
  }

  @Test func damagedTextsNeverTrapTheEncoder() {
    var generator = SeededGenerator(seed: Fuzz.seed &+ 2)
    let decoder = Decoder()
    let corpus = ClusterSamples.ofEachKind.prefix(60).flatMap { sample in
      [OutputForm.yaml, .json].compactMap { try? decoder.decode(sample.bytes, as: $0).bytes }
    }
    let encoder = Encoder()
    var count = 0
    for _ in Fuzz.rounds(1000) {
      let text = damaged(corpus, &generator)
      if let values = try? encoder.encode(text, as: .storage) {
        // What was encoded can be decoded.
        for value in values {
          #expect(throws: Never.self, "\(text.hexadecimal)") {
            try decoder.decode(value.bytes, as: .yaml)
          }
        }
      }
      _ = try? EncryptionConfiguration(yaml: text, source: "fuzz")
      count += 1
    }
    #expect(count > 0)
  }

  /// A member of the corpus with one to eight things done to it.
  private func damaged(_ corpus: [[UInt8]], _ generator: inout SeededGenerator) -> [UInt8] {
    var bytes = corpus.randomElement(using: &generator) ?? []
    for _ in 0..<Int.random(in: 1...8, using: &generator) where !bytes.isEmpty {
      let offset = Int.random(in: 0..<bytes.count, using: &generator)
      let length = min(Int.random(in: 1...64, using: &generator), bytes.count - offset)
      switch Int.random(in: 0..<7, using: &generator) {
      case 0: bytes[offset] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
      case 1: bytes[offset] = UInt8.random(in: .min ... .max, using: &generator)
      case 2: bytes.removeSubrange(offset..<(offset + length))
      case 3: bytes.insert(contentsOf: bytes[offset..<(offset + length)], at: offset)
      case 4: bytes.removeSubrange(offset...)
      case 5:
        let other = corpus.randomElement(using: &generator) ?? []
        bytes.insert(contentsOf: other.prefix(length), at: offset)
      default:
        let value: UInt8 =
          [0, 0x7F, 0x80, 0xFF, 0x0A, 0x22, 0x7B].randomElement(using: &generator) ?? 0
        bytes[offset] = value
      }
    }
    return bytes
  }
}
