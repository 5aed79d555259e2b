@testable import Bolt

import FileIO
import Foundation
import TestSupport
import Testing

/// Seeded damage of the worst kind to small databases: `make fuzz` runs it at length.
///
/// The danger is that of ``DamageTests``. Here several things are wrong at once, the meta pages have
/// sound checksums all the same, and pages lead to each other in every way.
@Suite struct BoltFuzzTests {
  private static let seed =
    ProcessInfo.processInfo.environment["EXPLORER_FUZZ_SEED"].flatMap { UInt64($0) } ?? 7

  /// The seeds to run: a count by default, so that a test does the same each time.
  private static func seeds(_ count: UInt64) -> AnySequence<UInt64> {
    let environment = ProcessInfo.processInfo.environment
    guard let seconds = environment["EXPLORER_FUZZ_SECONDS"].flatMap({ Double($0) }) else {
      return AnySequence(seed..<seed + count)
    }
    let end = ContinuousClock.now + .seconds(seconds)
    var next = seed
    return AnySequence(
      AnyIterator {
        next += 1
        return ContinuousClock.now < end ? next : nil
      }
    )
  }

  @Test func damagedDatabasesAreReadOrRefused() {
    for seed in Self.seeds(1500) {
      var generator = SeededGenerator(seed: seed)
      let image = damaged(&generator)
      let reading = HostileReading(GuardedFile(image.bytes))
      if reading.faults.isEmpty && !reading.isWhole { Issue.record("seed \(seed)") }
      _ = HostileReading(GuardedFile(image.bytes), acceptsTruncation: true)
    }
  }

  @Test func writersOfDamagedDatabasesDoWhatTheyCan() throws {
    for seed in Self.seeds(300) {
      var generator = SeededGenerator(seed: seed)
      let image = damaged(&generator)
      let wasSound = HostileReading(GuardedFile(image.bytes)).faults.isEmpty
      let writing = try HostileWriting(image, storesFreelist: seed % 2 == 0)
      if wasSound && writing.faultsAfter != [] { Issue.record("seed \(seed)") }
    }
  }

  /// Another program writes into the file while it is open.
  @Test func writersOfFilesThatChangeDoWhatTheyCan() throws {
    for seed in Self.seeds(300) {
      var generator = SeededGenerator(seed: seed)
      _ = try HostileWriting(
        SmallDatabase.image(),
        storesFreelist: seed % 2 == 0,
        overwrittenWith: damaged(&generator)
      )
    }
  }

  @Test func damagedDatabasesAreCopiedOrRefused() throws {
    for seed in Self.seeds(150) {
      var generator = SeededGenerator(seed: seed)
      guard let source = try? damaged(&generator).open() else { continue }
      let target = try Database("/db", .writing(pageByteCount: 1024), in: SimulatedDisk())
      try? source.copy(into: target)
      let report = target.read().check()
      #expect(report.faults == [], "seed \(seed)")
      #expect(target.read().byteCount < 20 * source.read().byteCount, "seed \(seed)")
    }
  }

  // MARK: Damage

  private static let odd: [UInt64] =
    (0..<14).map { $0 } + [
      16, 63, 64, 0xFF, 0x100, 0x3F0, 0x400, 0xFFFE, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
      1 << 32, 1 << 53, 1 << 54, 1 << 62, 1 << 63, .max - 1, .max,
    ]

  private func damaged(_ generator: inout SeededGenerator) -> BoltImage {
    var image = SmallDatabase.image(storesFreelist: Bool.random(using: &generator))
    for _ in 0..<Int.random(in: 1...5, using: &generator) { damage(&image, &generator) }
    return image
  }

  private func damage(_ image: inout BoltImage, _ generator: inout SeededGenerator) {
    let odd = Self.odd.randomElement(using: &generator) ?? 0
    let page = UInt64.random(in: 0..<11, using: &generator)
    let inner = UInt64.random(in: 2..<11, using: &generator)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:
      image.set(
        page,
        [0, 8, 10, 12].randomElement(using: &generator) ?? 0,
        UInt16(truncatingIfNeeded: odd)
      )
    case 1, 2, 3:
      // A field of an element, or a byte of a key that looks like one.
      let slot = Int.random(in: 0..<8, using: &generator)
      let field = Int.random(in: 0..<4, using: &generator)
      image.set(inner, 16 + 16 * slot + 4 * field, UInt32(truncatingIfNeeded: odd))
    case 4:
      image.set(inner, 16 + 8 * Int.random(in: 0..<30, using: &generator), odd)
    case 5: changeMeta(&image, odd, &generator)
    case 6:
      // A page in the place of another, which says to be that one.
      let start = Int(inner) * 1024
      let other = Int.random(in: 2..<11, using: &generator) * 1024
      image.bytes.replaceSubrange(other..<other + 1024, with: image.bytes[start..<start + 1024])
      image.set(UInt64(other / 1024), 0, UInt64(other / 1024))
    case 7:
      image.setBranch(
        inner,
        (0..<Int.random(in: 0..<5, using: &generator)).map {
          ("\($0)", UInt64.random(in: 0..<12, using: &generator))
        }
      )
    case 8:
      image.setLeaf(
        inner,
        (0..<Int.random(in: 0..<5, using: &generator)).map {
          .bucket("\($0)", root: UInt64.random(in: 0..<12, using: &generator))
        }
      )
    default:
      let place = Int.random(in: 0..<image.bytes.count, using: &generator)
      image.bytes[place] = UInt8.random(in: 0...255, using: &generator)
    }
  }

  private func changeMeta(
    _ image: inout BoltImage,
    _ odd: UInt64,
    _ generator: inout SeededGenerator
  ) {
    let found = image.bytes.withUnsafeBytes { bytes in
      try? Meta.read(UnsafeRawBufferPointer(rebasing: bytes[1024...])).get()
    }
    guard var meta = found else { return }
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: meta.root.rawValue = odd
    case 1: meta.freelist.rawValue = odd
    case 2: meta.highWaterMark.rawValue = odd
    case 3: meta.transaction.rawValue = odd
    case 4: meta.pageByteCount = 1 << Int.random(in: 9..<18, using: &generator)
    default: meta.sequence = odd
    }
    image.setMeta(0, meta)
    if Bool.random(using: &generator) { image.setMeta(1, meta) }
  }
}
