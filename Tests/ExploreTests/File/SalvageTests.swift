import Bolt
@testable import Explore
import FileIO
import MVCC
import TestSupport
import Testing

/// Whoever has a damaged backup has no other one.
///
/// An error has to say what is wrong; with salvage,
/// what lies on sound pages has to be shown, and what was lost has to be told.
@Suite struct SalvageTests {
  static let pageByteCount = 1024

  /// A thousand rows on a tree of three levels, committed at once: no older pages lie about.
  let sample = SampleFile.large()
  let image: [UInt8]
  let source: FileSource

  /// The number of the root page of bucket `key`, and the branches below it.
  let root: UInt64
  let branches: [UInt64]

  init() throws {
    image = try sample.image()
    source = try FileSource(bytes: image)
    let size = Self.pageByteCount
    let image = image
    let branchPages = (2..<image.count / size).filter { image[$0 * size + 8] == 1 }
    // A branch that another one leads to is below it.
    let children = Set(
      branchPages.flatMap { page in
        (0..<Int(image[page * size + 10])).map { slot in
          Int(image[page * size + 16 + 16 * slot + 8])
            + Int(image[page * size + 16 + 16 * slot + 9]) << 8
        }
      }
    )
    root = UInt64(try #require(branchPages.first { !children.contains($0) }))
    branches = branchPages.filter { children.contains($0) }.map { UInt64($0) }
    try #require(branches.count > 1)
  }

  /// The file with pages that were written over.
  private func image(without pages: [UInt64], byte: UInt8 = 0xFF) -> [UInt8] {
    var bytes = image
    for page in pages {
      let start = Int(page) * Self.pageByteCount
      for offset in start..<start + Self.pageByteCount { bytes[offset] = byte }
    }
    return bytes
  }

  /// The rows of the sample that do not lie on some leaves.
  private func rows(notOn pages: [PageID]) throws -> [SampleFile.Row] {
    var lost: Set<Revision> = []
    for place in 0..<source.leafCount where pages.contains(source.leaves[place]) {
      try source.forEachRow(on: place) { row throws(SourceError) in
        lost.insert(row.revision)
        return true
      }
    }
    return sample.rows.filter { !lost.contains($0.revision) }
  }

  private func live(_ rows: [SampleFile.Row]) -> [EtcdFixture.KeyValue] {
    var newest: [[UInt8]: SampleFile.Row] = [:]
    for row in rows { newest[row.key] = row }
    return newest.values.filter { $0.value != nil }.map { EtcdFixture.KeyValue($0) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  /// That an opened file says what is wrong with it unless it salvages, and with it shows these rows.
  private func expect(
    _ bytes: [UInt8],
    toKeep rows: [SampleFile.Row],
    saying error: SourceError,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = #expect(throws: SourceError.self, sourceLocation: sourceLocation) {
      try FileSource(bytes: bytes).keys()
    }
    #expect(found == error, sourceLocation: sourceLocation)
    let salvaging = try FileSource(bytes: bytes, .salvaging)
    let stored = try salvaging.storedRows().map(\.revision)
    #expect(stored.sorted() == rows.map(\.revision), sourceLocation: sourceLocation)
    #expect(try salvaging.keys() == live(rows), sourceLocation: sourceLocation)
    for row in rows.suffix(3) + rows.prefix(3) {
      let history = try salvaging.history(of: row.key).map(\.revision)
      let expected = rows.filter { $0.key == row.key }.map(\.revision).reversed()
      #expect(history == Array(expected), sourceLocation: sourceLocation)
    }
    #expect(salvaging.foundLosses.first.contains(error), sourceLocation: sourceLocation)
  }

  private func fault(_ fault: BoltError) -> SourceError { .database(path: "/db", fault) }

  // MARK: Pages

  @Test func aSoundFileLosesNothing() throws {
    let salvaging = try FileSource(bytes: image, .salvaging)
    #expect(salvaging.leaves == source.leaves)
    #expect(salvaging.strayLeaves == [])
    #expect(!salvaging.readsStrayRows)
    #expect(try salvaging.keys() == source.keys())
    #expect(salvaging.foundLosses.count == 0)
  }

  @Test(arguments: [0, 1, 17, -1])
  func aLostLeafLosesItsRowsOnly(place: Int) throws {
    let leaf = source.leaves[place < 0 ? source.leaves.count - 1 : place]
    try expect(
      image(without: [leaf.rawValue]),
      toKeep: rows(notOn: [leaf]),
      saying: fault(.pageNumber(page: leaf, found: PageID(rawValue: .max)))
    )
  }

  @Test func aLostBranchLosesNoRow() throws {
    for branch in branches {
      try expect(
        image(without: [branch]),
        toKeep: sample.rows,
        saying: fault(
          .pageNumber(page: PageID(rawValue: branch), found: PageID(rawValue: .max))
        )
      )
    }
  }

  @Test func aLostRootLosesNoRow() throws {
    try expect(
      image(without: [root]),
      toKeep: sample.rows,
      saying: fault(.pageNumber(page: PageID(rawValue: root), found: PageID(rawValue: .max)))
    )
    // With all branches only leaves are left.
    let leaf = source.leaves[3]
    let bytes = image(without: [root, leaf.rawValue] + branches, byte: 0)
    try expect(
      bytes,
      toKeep: rows(notOn: [leaf]),
      saying: fault(
        .pageNumber(page: PageID(rawValue: root), found: PageID(rawValue: 0))
      )
    )
  }

  @Test func aBranchThatPassesForALeafLosesNoRow() throws {
    let page = Int(branches[0]) * Self.pageByteCount
    var bytes = image
    bytes[page + 8] = 2
    let salvaging = try FileSource(bytes: bytes, .salvaging)
    #expect(Set(try salvaging.storedRows().map(\.revision)) == Set(sample.rows.map(\.revision)))
    #expect(try salvaging.keys() == source.keys())
    #expect(salvaging.readsStrayRows)
    #expect(throws: SourceError.self) { try FileSource(bytes: bytes).keys() }
  }

  @Test func aPointerToAnotherPageLosesNoRow() throws {
    for target in [UInt8(0), 2, 200] {
      var bytes = image
      // The child of the second element.
      let offset = Int(branches[0]) * Self.pageByteCount + 16 + 16 + 8
      bytes[offset] = target
      bytes[offset + 1] = target == 200 ? 255 : 0
      let salvaging = try FileSource(bytes: bytes, .salvaging)
      let stored = Set(try salvaging.storedRows().map(\.revision))
      #expect(stored == Set(sample.rows.map(\.revision)), "page \(target)")
      #expect(try salvaging.keys() == source.keys(), "page \(target)")
      #expect(salvaging.foundLosses.count > 0, "page \(target)")
    }
  }

  /// The page that names all buckets.
  @Test func aLostListOfBucketsLosesNoRow() throws {
    let size = Self.pageByteCount
    let named = (2..<image.count / size).filter { page in
      let bytes = Array(image[page * size..<(page + 1) * size])
      return bytes[8] == 2
        && bytes.indices.dropLast(5).contains { bytes[$0..<$0 + 5] == Array("alarm".utf8)[...] }
    }
    let list = UInt64(try #require(named.first))
    try expect(
      image(without: [list]),
      toKeep: sample.rows,
      saying: fault(.pageNumber(page: PageID(rawValue: list), found: PageID(rawValue: .max)))
    )
    // One bit of the name is enough.
    var bytes = image
    let name = Array(bytes.indices.dropLast(3)).first { offset in
      offset / size == Int(list) && bytes[offset..<offset + 3] == Array("key".utf8)[...]
    }
    bytes[try #require(name)] ^= 4
    try expect(bytes, toKeep: sample.rows, saying: .notEtcd(path: "/db", missingBucket: "key"))
    // And so is the one that makes it a bucket.
    let slot = try #require(
      (0..<Int(image[Int(list) * size + 10])).first { slot in
        let element = Int(list) * size + 16 + 16 * slot
        let key = element + Int(image[element + 4]) + Int(image[element + 5]) << 8
        return image[key..<key + 3] == Array("key".utf8)[...]
      }
    )
    bytes = image
    bytes[Int(list) * size + 16 + 16 * slot] ^= 1
    let fault = fault(.bucketAndValue(key: Array("key".utf8)))
    try expect(bytes, toKeep: sample.rows, saying: fault)
  }

  // MARK: Beginning and end

  @Test func withOneLostMetaTheOtherStateIsRead() throws {
    var sample = sample
    sample.rowsPerCommit = 400
    let image = try sample.image()
    let sound = try FileSource(bytes: image)
    var revisions: [Int64] = []
    for page in 0...1 {
      var bytes = image
      bytes[page * Self.pageByteCount + 40] ^= 1
      let left = try FileSource(bytes: bytes)
      revisions.append(left.currentRevision)
      #expect(try left.keys() == sound.keys(at: left.currentRevision))
    }
    // That of the last commit, and that of the one before.
    #expect(revisions.sorted() == [801, 1001])
  }

  @Test(arguments: [1024, 2048, 4096, 8192, 65536])
  func withoutMetaPagesTheLeavesAreGoneThrough(pageByteCount: Int) throws {
    var sample = sample
    sample.pageByteCount = pageByteCount
    var bytes = try sample.image()
    for offset in 0..<2 * pageByteCount { bytes[offset] = UInt8(truncatingIfNeeded: offset) }
    let error = #expect(throws: SourceError.self) { try FileSource(bytes: bytes) }
    guard case .database("/db", .noMeta) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let salvaging = try FileSource(bytes: bytes, .salvaging)
    #expect(salvaging.pageByteCount == pageByteCount)
    #expect(try salvaging.keys() == live(sample.rows))
    #expect(salvaging.currentRevision == sample.revision)
    #expect(salvaging.compactRevision == nil)
    #expect(salvaging.foundLosses.first == [try #require(error)])
    #expect(salvaging.readsStrayRows)
  }

  @Test func aMetaThatLeadsNowhereIsLost() throws {
    var bytes = image
    // Only the magic of one is wrong: the other one counts. Both: none.
    for page in [0, 1] { bytes[page * Self.pageByteCount + 16] ^= 1 }
    try expect(
      bytes,
      toKeep: sample.rows,
      saying: fault(.noMeta(first: .magic(found: 0xED0C_DAEC), second: .magic(found: 0)))
    )
  }

  @Test func aFileThatIsCutOffKeepsWhatIsThere() throws {
    let expected = UInt64(image.count)
    for pageCount in [3, 10, 40, image.count / Self.pageByteCount - 1] {
      let byteCount = pageCount * Self.pageByteCount + 100
      let bytes = Array(image[..<byteCount])
      #expect(throws: fault(.fileTooShort(byteCount: byteCount, expected: expected))) {
        try FileSource(bytes: bytes)
      }
      let there = source.leaves.filter { $0.rawValue >= UInt64(pageCount) }
      let rows = try rows(notOn: there)
      let salvaging = try? FileSource(bytes: bytes, .salvaging)
      guard let salvaging else {
        // Nothing of bucket `key` is left: neither its name nor a row.
        #expect(rows.isEmpty)
        continue
      }
      #expect(try salvaging.storedRows().map(\.revision).sorted() == rows.map(\.revision))
      #expect(salvaging.foundLosses.count > 0)
    }
  }

  // MARK: What lies on free pages

  /// etcd leaves older pages behind whenever it commits: what was deleted since is still there.
  @Test func rowsOfOlderPagesCountOnlyWhereSomeAreMissing() throws {
    var sample = sample
    sample.rowsPerCommit = 7
    let disk = try sample.write()
    // As a compaction does: the older half goes, except for what lives.
    let before = sample.rows
    sample.compact(at: 500)
    let kept = Set(sample.rows.map(\.revision))
    try disk.changeRows("/db") { bucket in
      for row in before where !kept.contains(row.revision) { try bucket.delete(row.name) }
    }
    let bytes = try disk.contents(of: "/db")
    let source = try FileSource(bytes: bytes)
    #expect(try source.keys() == live(sample.rows))
    // The freed pages do hold deleted rows.
    let stray = source.transaction.strayLeaves(besides: source.leaves)
    #expect(!stray.isEmpty)

    for place in [0, source.leaves.count / 2, source.leaves.count - 1] {
      let leaf = source.leaves[place]
      var damaged = bytes
      for offset in 0..<16 { damaged[Int(leaf.rawValue) * Self.pageByteCount + offset] = 0xEE }
      let salvaging = try FileSource(bytes: damaged, .salvaging)
      let found = Set(try salvaging.storedRows().map(\.revision))
      let onLeaf = try rows(of: source, on: place)
      let (first, last) = (try #require(onLeaf.first), try #require(onLeaf.last))
      // Beside the lost leaf everything is as it was.
      let others = kept.filter { $0 < first || $0 > last }
      #expect(others.isSubset(of: found))
      let gap = (
        after: place == 0 ? nil : try rows(of: source, on: place - 1).last,
        before: place == source.leaves.count - 1 ? nil : try rows(of: source, on: place + 1).first
      )
      for revision in found where !kept.contains(revision) {
        #expect(gap.after.map { $0 < revision } ?? true, "\(revision)")
        #expect(gap.before.map { revision < $0 } ?? true, "\(revision)")
      }
    }
  }

  private func rows(of source: FileSource, on place: Int) throws -> [Revision] {
    var revisions: [Revision] = []
    try source.forEachRow(on: place, newestFirst: false) { row throws(SourceError) in
      revisions.append(row.revision)
      return true
    }
    return revisions
  }
}
