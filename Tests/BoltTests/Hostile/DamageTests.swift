@testable import Bolt

import FileIO
import Foundation
import TestSupport
import Testing

/// A file that was cut off, or of which a bit has changed.
///
/// The danger: a trap, an endless loop, memory without bound; and a writer that makes it worse.
@Suite struct DamageTests {
  @Test(arguments: [true, false]) func theSmallDatabaseIsSound(storesFreelist: Bool) {
    let file = GuardedFile(SmallDatabase.image(storesFreelist: storesFreelist).bytes)
    let reading = HostileReading(file)
    #expect(reading.faults == [])
    #expect(reading.isWhole)
    // Both ways.
    #expect(reading.elementCount == 2 * (3 + 2 + 1 + 8 + 2 + 1))
  }

  @Test func everyTruncationIsReadOrRefused() {
    let sound = SmallDatabase.image().bytes
    for count in 0..<sound.count {
      let file = GuardedFile(Array(sound[..<count]))
      let reading = HostileReading(file)
      #expect(!reading.isWhole)
      #expect(reading.elementCount == 0)
      let fault = reading.faults.first
      if count < 80 {
        guard case .noMeta = fault else {
          Issue.record("\(count) bytes: \(String(describing: fault))")
          continue
        }
      } else {
        #expect(fault == .fileTooShort(byteCount: count, expected: 11264))
      }
    }
  }

  @Test func whatATruncationLeavesIsReadOnRequest() {
    let sound = SmallDatabase.image().bytes
    var counts: Set<Int> = []
    for count in stride(from: 80, to: sound.count, by: 3) {
      let reading = HostileReading(GuardedFile(Array(sound[..<count])), acceptsTruncation: true)
      // A freelist that is gone is a fault as well.
      #expect(!reading.faults.isEmpty || count >= 10 * 1024)
      counts.insert(reading.elementCount)
    }
    // More and more of it: the root, its inline bucket, the leaves.
    #expect(counts.count > 4)
    #expect(counts.contains(0) && counts.contains(2 * 17))
  }

  /// The bits of a file: all of what its pages hold, and one in some of what they have no use for.
  ///
  /// With EXPLORER_TORTURE_SECONDS set, all of them.
  private static func bits(of image: BoltImage, oneIn step: Int = 1) -> [Int] {
    let isLong = ProcessInfo.processInfo.environment["EXPLORER_TORTURE_SECONDS"] != nil
    if isLong { return Array(0..<image.bytes.count * 8) }
    var bits: [Int] = []
    for start in stride(from: 0, to: image.bytes.count, by: image.pageByteCount) {
      let page = image.bytes[start..<start + image.pageByteCount]
      let end = page.lastIndex { $0 != 0 }.map { $0 + 9 } ?? start
      bits += stride(from: start * 8, to: min(end, page.endIndex) * 8, by: step)
      bits += stride(from: end * 8, to: page.endIndex * 8, by: 61 * step)
    }
    return bits
  }

  @Test func everyBitFlipIsReadOrRefused() {
    let image = SmallDatabase.image()
    let file = GuardedFile(image.bytes)
    var faultCount = 0
    for bit in Self.bits(of: image) {
      file.bytes[bit / 8] ^= 1 << (bit % 8)
      let reading = HostileReading(file)
      // What the check has nothing to say against can be read whole.
      if reading.faults.isEmpty && !reading.isWhole {
        Issue.record("bit \(bit): without a fault, but not whole")
      }
      faultCount += reading.faults.isEmpty ? 0 : 1
      file.bytes[bit / 8] ^= 1 << (bit % 8)
    }
    // Headers, elements, pointers and meta pages are a few hundred bytes of it.
    #expect(faultCount > 2000)
    #expect(Array(file.bytes) == image.bytes)
  }

  @Test(arguments: [true, false])
  func aWriterOfADamagedFileDoesWhatItCan(storesFreelist: Bool) throws {
    let sound = SmallDatabase.image(storesFreelist: storesFreelist)
    var (refusedCount, soundCount) = (0, 0)
    for bit in Self.bits(of: sound, oneIn: 11) {
      var damaged = sound
      damaged.bytes[bit / 8] ^= 1 << (bit % 8)
      let wasSound = HostileReading(GuardedFile(damaged.bytes)).faults.isEmpty
      let writing = try HostileWriting(damaged, storesFreelist: storesFreelist)
      if wasSound {
        soundCount += 1
        if let refusal = writing.refusal { Issue.record("bit \(bit): \(refusal)") }
        if writing.faultsAfter != [] { Issue.record("bit \(bit): \(writing.faultsAfter)") }
      } else if writing.refusal != nil {
        refusedCount += 1
      }
    }
    #expect(refusedCount > 10)
    #expect(soundCount > 300)
  }

  @Test func aWriterOfATruncatedFileChangesNothing() throws {
    let sound = SmallDatabase.image().bytes
    for count in stride(from: 1, to: sound.count, by: 37) {
      let image = BoltImage(Array(sound[..<count]), pageByteCount: 1024)
      let disk = try image.disk()
      #expect(throws: BoltError.self) {
        try Database("/db", .writing(pageByteCount: 1024), in: disk)
      }
      #expect(try disk.contents(of: "/db") == image.bytes)
    }
  }
}
