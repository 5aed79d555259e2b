import MVCC
import TestSupport
import Testing

@testable import Store

/// The index finds the targets that a key is in, and no others, whatever is added and removed.
@Suite struct WatchIndexTests {
  @Test(arguments: 0..<UInt64(8))
  func agreesWithAListAfterRandomChanges(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var index = WatchIndex()
    var targets: [KeyRange: WatchTarget] = [:]
    // In an order that follows from the seed.
    var ranges: [KeyRange] = []
    for step in 0..<2000 {
      if Int.random(in: 0..<5, using: &generator) < (step / 500 % 2 == 0 ? 3 : 2) {
        let range = randomRange(&generator)
        let target = index.target(of: range)
        if let present = targets[range] {
          #expect(target === present)
        } else {
          targets[range] = target
          ranges.append(range)
        }
      } else if !ranges.isEmpty {
        let range = ranges.remove(at: .random(in: ranges.indices, using: &generator))
        if let target = targets.removeValue(forKey: range) { index.remove(target) }
      }
      #expect(index.count == targets.count)
      let key = randomKey(&generator)
      let expected = targets.filter { $0.key.contains(key) }.map { ObjectIdentifier($0.value) }
      #expect(Set(find(key, in: index)) == Set(expected), "seed \(seed), step \(step)")
      #expect(find(key, in: index).count == expected.count)
    }
    for target in targets.values { index.remove(target) }
    #expect(index.count == 0)
  }

  @Test func manyKeysAreFoundAndGivenBack() {
    var index = WatchIndex()
    var targets = (0..<5000).map { index.target(of: KeyRange(Array("key/\($0)".utf8))) }
    for place in stride(from: 0, to: 5000, by: 2) { index.remove(targets[place]) }
    for place in 0..<5000 {
      let found = find(Array("key/\(place)".utf8), in: index)
      #expect(found == (place % 2 == 0 ? [] : [ObjectIdentifier(targets[place])]))
    }
    for place in stride(from: 1, to: 5000, by: 2) { index.remove(targets[place]) }
    targets = []
    #expect(index.count == 0)
    #expect(find(Array("key/1".utf8), in: index) == [])
  }

  private func find(_ key: [UInt8], in index: borrowing WatchIndex) -> [ObjectIdentifier] {
    var found: [Unmanaged<WatchTarget>] = []
    key.withUnsafeBytes { index.collect($0, into: &found) }
    return found.map { ObjectIdentifier($0.takeUnretainedValue()) }
  }

  private func randomKey(_ generator: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: 1...4, using: &generator)).map { _ in
      [0, 0x61, 0x62, 0xFF].randomElement(using: &generator) ?? 0
    }
  }

  private func randomRange(_ generator: inout SeededGenerator) -> KeyRange {
    let key = randomKey(&generator)
    switch Int.random(in: 0..<8, using: &generator) {
    case 0..<3: return KeyRange(key)
    case 3: return KeyRange(from: key, to: .never)
    case 4, 5: return KeyRange(prefix: key)
    default: return KeyRange(from: key, to: .before(randomKey(&generator)))
    }
  }
}
