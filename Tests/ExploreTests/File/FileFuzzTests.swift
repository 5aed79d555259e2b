import Bolt
import Schema
import Decode
import Explore
import FileIO
import TestSupport
import Testing

/// Nothing in a file may trap, hang or take memory without bound.
///
/// These tests end, or they do not.
@Suite struct FileFuzzTests {
  private static let decoder = Decoder(catalogue: .builtIn)

  /// Asks all that can be asked.
  ///
  /// - Returns: Whether the file could be opened, and all was answered.
  @discardableResult
  private func ask(
    _ disk: SimulatedDisk,
    _ options: FileSource.Options,
    key: [UInt8]
  ) throws -> Bool {
    do throws(SourceError) {
      let source = try FileSource("/db", options, in: disk)
      let rows = try source.liveRows(in: .all)
      for place in 0..<rows.count { _ = try rows[place].value(in: source) }
      _ = try source.find(key)
      _ = try source.history(of: key)
      let oldest = source.compactRevision ?? 1
      _ = try source.liveRows(
        in: .prefix("/registry/"),
        at: max(oldest, source.currentRevision / 2)
      )
      try source.forEachStoredRow(in: .all) { _ in }
      _ = try source.checkRows(with: Self.decoder)
      if options.salvages {
        let losses = source.foundLosses
        #expect(losses.count >= losses.first.count)
      } else {
        _ = try source.liveChecksum()
        _ = try source.status().status.get()
      }
      return true
    } catch {
      // A message that names the file.
      let description = error.description
      let isAnswer = description.contains("revision") || description.hasPrefix("/db: ")
      #expect(isAnswer, "\(description)")
      return false
    }
  }

  private func disk(_ bytes: [UInt8]) throws -> SimulatedDisk {
    let disk = SimulatedDisk()
    try disk.setContents(of: "/db", to: bytes)
    return disk
  }

  private let small: SampleFile = {
    var sample = SampleFile.large(rowCount: 80, keyCount: 20, seed: 7)
    sample.rowsPerCommit = 15
    return sample
  }()

  private let key = Array("/registry/things/default/thing-3".utf8)

  @Test func theSampleItselfAnswersEverything() throws {
    let disk = try small.write()
    #expect(try ask(disk, FileSource.Options(), key: key))
    #expect(try ask(disk, .salvaging, key: key))
  }

  @Test func everyTruncationEndsWithAnAnswerOrAnError() throws {
    let image = try small.image()
    var openedCount = 0
    for byteCount in stride(from: 0, to: image.count, by: 512) {
      let disk = try disk(Array(image[..<byteCount]))
      #expect(try !ask(disk, FileSource.Options(), key: key), "\(byteCount) bytes")
      if try ask(disk, .salvaging, key: key) { openedCount += 1 }
    }
    #expect(openedCount > image.count / 512 / 2)
  }

  /// Where damage is likely to be noticed: in headers and elements, not in values.
  private func places(in image: [UInt8], pageByteCount: Int) -> [Int] {
    image.indices.filter { $0 % pageByteCount < 128 }
  }

  @Test func flippedBitsEndWithAnAnswerOrAnError() throws {
    let image = try small.image()
    let places = places(in: image, pageByteCount: small.pageByteCount)
    var random = SeededGenerator(seed: Fuzz.seed &+ 11)
    let disk = SimulatedDisk()
    try disk.setContents(of: "/db", to: image)
    let file = try File("/db", .update, in: disk)
    for _ in Fuzz.rounds(1500) {
      // One to three bits, put right again afterwards.
      let offsets = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Bool.random(using: &random)
          ? Int.random(in: image.indices, using: &random)
          : places.randomElement(using: &random) ?? 0
      }
      for offset in offsets {
        try file.write([image[offset] ^ (1 << UInt8.random(in: 0..<8, using: &random))], at: offset)
      }
      try ask(disk, FileSource.Options(), key: key)
      try ask(disk, .salvaging, key: key)
      for offset in offsets { try file.write([image[offset]], at: offset) }
    }
  }

  @Test func pagesInOtherPlacesEndWithAnAnswerOrAnError() throws {
    let image = try small.image()
    let size = small.pageByteCount
    var random = SeededGenerator(seed: Fuzz.seed &+ 12)
    for round in Fuzz.rounds(150) {
      var bytes = image
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let from = Int.random(in: 0..<image.count / size, using: &random) * size
        let to = Int.random(in: 0..<image.count / size, using: &random) * size
        bytes.replaceSubrange(to..<to + size, with: image[from..<from + size])
        // As if it had been written there: a page that says to be where it is.
        if round % 2 == 0 {
          bytes.replaceSubrange(
            to..<to + 8,
            with: withUnsafeBytes(of: UInt64(to / size).littleEndian) { Array($0) }
          )
        }
      }
      let disk = try disk(bytes)
      try ask(disk, FileSource.Options(), key: key)
      try ask(disk, .salvaging, key: key)
    }
  }

  /// Fields that say as much as they can: counts, sizes, overflow, places.
  @Test func fieldsThatLieEndWithAnAnswerOrAnError() throws {
    let image = try small.image()
    let size = small.pageByteCount
    var random = SeededGenerator(seed: Fuzz.seed &+ 13)
    let lies: [[UInt8]] = [
      [0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80],
      [0, 0, 0, 0],
      [UInt8](repeating: 0xFF, count: 8), [0, 0, 0, 0, 0, 0, 0, 0x80],
    ]
    for _ in Fuzz.rounds(400) {
      var bytes = image
      let page = Int.random(in: 2..<image.count / size, using: &random) * size
      let lie = lies.randomElement(using: &random) ?? []
      let offset = page + 2 * Int.random(in: 4..<30, using: &random)
      bytes.replaceSubrange(offset..<offset + lie.count, with: lie)
      let disk = try disk(bytes)
      try ask(disk, FileSource.Options(), key: key)
      try ask(disk, .salvaging, key: key)
    }
  }

  @Test(arguments: EtcdVersion.allCases)
  func aDamagedFileOfEtcdEndsWithAnAnswerOrAnError(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "plain")
    let byteCount = try FileSource(fixture.databasePath).transaction.byteCount
    let image = Array(try LocalFileSystem().contents(of: fixture.databasePath).prefix(byteCount))
    let key = Array("/lives".utf8)
    for byteCount in stride(from: 0, to: image.count, by: 4096) {
      let disk = try disk(Array(image[..<byteCount]))
      try ask(disk, FileSource.Options(), key: key)
      try ask(disk, .salvaging, key: key)
    }
    var random = SeededGenerator(seed: Fuzz.seed &+ 14)
    let places = places(in: image, pageByteCount: 4096)
    let disk = try disk(image)
    let file = try File("/db", .update, in: disk)
    for _ in Fuzz.rounds(300) {
      let offset = places.randomElement(using: &random) ?? 0
      try file.write([image[offset] ^ (1 << UInt8.random(in: 0..<8, using: &random))], at: offset)
      try ask(disk, FileSource.Options(), key: key)
      try ask(disk, .salvaging, key: key)
      try file.write([image[offset]], at: offset)
    }
  }
}
