import TestSupport
import Testing

@testable import MVCC

/// The index says which rows are read, deleted and hashed: it must agree with etcd's own.
///
/// A plain model follows each of many random changes, and both are asked the same.
@Suite struct KeyIndexTests {
  @Test(arguments: 0..<UInt64(5))
  func agreesWithTheModelAfterRandomChanges(seed: UInt64) throws {
    var script = IndexScript(seed: seed)
    for step in 0..<2100 {
      try script.change()
      try script.compareSome()
      if step % 300 == 0 { try script.compareAll() }
    }
    try script.compareAll()
  }

  @Test func versionsAndGenerationsAreThoseOfTheExampleInEtcd() throws {
    let index = KeyIndex()
    let key = Array("foo".utf8)
    try index.put(key, 1)
    try index.put(key, 2)
    try index.delete(key, 3)
    try index.put(key, 4)
    try index.delete(key, 5)
    #expect(index.find(key, at: 0) == nil)
    #expect(index.find(key, at: 1)?.version == 1)
    #expect(index.find(key, at: 2)?.version == 2)
    #expect(index.find(key, at: 2)?.createRevision == 1)
    #expect(index.find(key, at: 3) == nil)
    #expect(index.find(key, at: 4)?.version == 1)
    #expect(index.find(key, at: 4)?.createRevision == 4)
    #expect(index.find(key, at: 5) == nil)
    var dropped: [RowKey] = []
    #expect(try index.compact(to: 2, from: [], limit: 100, dropped: &dropped) == nil)
    #expect(index.rows(of: key).map(\.revision.main) == [2, 3, 4, 5])
    #expect(index.find(key, at: 2)?.version == 2)
    #expect(try index.compact(to: 4, from: [], limit: 100, dropped: &dropped) == nil)
    #expect(index.rows(of: key).map(\.revision.main) == [4, 5])
    #expect(try index.compact(to: 5, from: [], limit: 100, dropped: &dropped) == nil)
    #expect(index.rows(of: key).map(\.revision.main) == [5])
    #expect(index.count == 1)
    #expect(try index.compact(to: 6, from: [], limit: 100, dropped: &dropped) == nil)
    #expect(index.count == 0)
    #expect(dropped.map(\.revision.main) == [1, 2, 3, 4, 5])
    #expect(dropped.map(\.isTombstone) == [false, false, true, false, true])
  }

  @Test func aKeyDeletedAndPutByOneRequestHasBothRevisions() throws {
    let index = KeyIndex()
    let key = Array("foo".utf8)
    try index.put(key, 2)
    try index.delete(key, 3, sub: 0)
    try index.put(key, 3, sub: 1)
    #expect(index.find(key, at: 3)?.modified == Revision(main: 3, sub: 1))
    #expect(index.find(key, at: 3)?.version == 1)
    #expect(index.find(key, at: 2)?.version == 1)
    var dropped: [RowKey] = []
    _ = try index.compact(to: 3, from: [], limit: 100, dropped: &dropped)
    #expect(dropped == [RowKey(Revision(main: 2))])
    #expect(index.rows(of: key).count == 2)
  }

  @Test func aRevisionThatIsNotLaterIsRefused() throws {
    let index = KeyIndex()
    let key = Array("foo".utf8)
    try index.put(key, 5)
    #expect(
      throws: MVCCError.revisionOutOfOrder(found: Revision(main: 5), after: Revision(main: 5))
    ) { try index.put(key, 5) }
    #expect(
      throws: MVCCError.revisionOutOfOrder(found: Revision(main: 4), after: Revision(main: 5))
    ) { try index.delete(key, 4) }
    #expect(throws: MVCCError.subRevision(Revision(main: 6, sub: 1 << 31))) {
      try index.put(key, 6, sub: 1 << 31)
    }
    #expect(index.rows(of: key).count == 1)
  }

  @Test func keysInAnyOrderAreFoundAndCounted() throws {
    // Ascending, descending and shuffled keys split nodes in different ways.
    let keys = (0..<2500).map { Array("/registry/pods/namespace-\($0 % 7)/pod-\($0)".utf8) }
    var generator = SeededGenerator(seed: 1)
    let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }
    for order in [sorted, sorted.reversed(), keys.shuffled(using: &generator)] {
      let index = KeyIndex()
      for (place, key) in order.enumerated() { try index.put(key, Int64(place) + 2) }
      #expect(index.count == 2500)
      #expect(
        order.enumerated().allSatisfy { index.find($1, at: 6000)?.modified.main == Int64($0) + 2 }
      )
      #expect(index.range(from: [], to: nil, at: 6000) == sorted)
      let (start, end) = (
        Array("/registry/pods/namespace-3/".utf8), Array("/registry/pods/namespace-30".utf8)
      )
      let expected = sorted.filter {
        !$0.lexicographicallyPrecedes(start) && $0.lexicographicallyPrecedes(end)
      }
      #expect(index.range(from: start, to: end, at: 6000) == expected)
      #expect(index.count(start, end, at: 6000) == expected.count)
      #expect(index.count([], nil, at: 1251) == 1250)
      #expect(index.count([], nil, at: 1) == 0)
      index.checkInvariants()
    }
  }

  @Test func everythingDeletedAndCompactedLeavesAnEmptyIndex() throws {
    for isBackwards in [false, true] {
      let index = KeyIndex()
      let keys = (0..<1500).map { Array("key-\($0)".utf8) }
      for (place, key) in keys.enumerated() { try index.put(key, Int64(place) + 2) }
      let order = isBackwards ? Array(keys.reversed()) : keys
      var main: Int64 = 1502
      for batch in stride(from: 0, to: 1500, by: 100) {
        for key in order[batch..<batch + 100] {
          try index.delete(key, main)
          main += 1
        }
        var dropped: [RowKey] = []
        #expect(try index.compact(to: main, from: [], limit: .max, dropped: &dropped) == nil)
        #expect(dropped.count == 200)
        index.checkInvariants()
      }
      #expect(index.count == 0)
      #expect(index.count([], nil, at: .max) == 0)
    }
  }

  @Test func longKeysAndLongHistoriesHaveBlocksOfTheirOwn() throws {
    let index = KeyIndex()
    let long = [UInt8](repeating: 7, count: 1_500_000)
    try index.put(long, 2)
    try index.put(long + [1], 3)
    let hot = Array("hot".utf8)
    for main in 4..<Int64(30_000) { try index.put(hot, main) }
    #expect(index.find(long, at: 2)?.version == 1)
    #expect(index.find(long + [1], at: 2) == nil)
    #expect(index.find(hot, at: 20_000)?.version == 19_997)
    var dropped: [RowKey] = []
    #expect(try index.compact(to: 29_999, from: [], limit: .max, dropped: &dropped) == nil)
    #expect(dropped.count == 29_995)
    #expect(index.find(hot, at: 30_000)?.version == 29_996)
    try index.delete(long, 30_000)
    try index.delete(long + [1], 30_001)
    #expect(try index.compact(to: 30_002, from: [], limit: .max, dropped: &dropped) == nil)
    #expect(index.count == 1)
    // What was given back is used again.
    let byteCount = index.byteCount
    try index.put(long, 30_003)
    try index.put(long + [1], 30_004)
    #expect(index.byteCount - byteCount < 5_000_000)
  }
}

/// Random changes to an index and to a model of it.
struct IndexScript {
  private var generator: SeededGenerator
  private var index = KeyIndex()
  private var model = ModelIndex()
  private var main: Int64 = 1
  private var compacted: Int64 = 0
  private let keys: [[UInt8]]

  /// Whether a request may delete a key and put it again, of which the releases of etcd differ.
  private let putsWhatItDeleted: Bool

  init(seed: UInt64) {
    putsWhatItDeleted = seed % 2 == 1
    generator = SeededGenerator(seed: seed)
    // Keys that are prefixes of each other, with long common prefixes, and with bytes at both ends.
    let words = [
      "", "a", "b", "a/", "registry/pods/default/", "registry/pods/kube-system/", "\0", "~",
    ]
    var keys: [[UInt8]] = [[0], [0, 0], [255], [255, 255]]
    for word in words {
      for number in 0..<(seed < 3 ? 12 : 60) { keys.append(Array("\(word)\(number)".utf8)) }
    }
    self.keys = keys
  }

  private mutating func key() -> [UInt8] {
    // Some keys are used much more often than others.
    let slot = Int.random(in: 0..<keys.count, using: &generator)
    return keys[Bool.random(using: &generator) ? slot : slot % 8]
  }

  mutating func change() throws {
    switch Int.random(in: 0..<100, using: &generator) {
    case 0..<3: try compact()
    case 3..<5: try rebuild()
    default:
      main += Int64.random(in: 1...3, using: &generator)
      var deleted: Set<[UInt8]> = []
      for sub in 0..<Int64.random(in: 1...4, using: &generator) {
        let key = key()
        if !putsWhatItDeleted, deleted.contains(key) { continue }
        let revision = Revision(main: main, sub: sub)
        if Int.random(in: 0..<10, using: &generator) < 6 {
          model.put(key, at: revision)
          let change = try withBytes(of: key) { bytes throws(MVCCError) in
            try index.put(bytes, at: revision)
          }
          #expect(change.state == model.find(key, at: main))
        } else {
          let isDeleted = model.delete(key, at: revision)
          let change = try withBytes(of: key) { bytes throws(MVCCError) in
            try index.delete(bytes, at: revision)
          }
          #expect((change != nil) == isDeleted)
          deleted.insert(key)
        }
      }
    }
  }

  private mutating func compact() throws {
    compacted = Int64.random(in: compacted...main, using: &generator)
    let before = model.rows
    let kept = model.compact(to: compacted, .new)
    var dropped: [RowKey] = []
    var next: [UInt8]? = []
    // In steps, as when others are let in between.
    while let start = next {
      next = try index.compact(to: compacted, from: start, limit: 20, dropped: &dropped)
    }
    #expect(before.subtracting(model.rows).symmetricDifference(dropped).isEmpty)
    #expect(Set(dropped).count == dropped.count)
    guard !putsWhatItDeleted else { return }
    // What is dropped is what etcd does not find among those it keeps.
    let gone = Set(before.map(\.revision).filter { $0.main <= compacted && !kept.contains($0) })
    #expect(gone.symmetricDifference(dropped.map(\.revision)).isEmpty)
  }

  /// Builds both anew from the rows, as when a file is opened.
  private mutating func rebuild() throws {
    let rows = model.keys.keys.flatMap { key in model.rows(of: key).map { (key, $0) } }
      .sorted { $0.1.revision < $1.1.revision }
    let old = model
    model = ModelIndex()
    index = KeyIndex()
    for (key, row) in rows {
      let state = old.find(key, at: row.revision.main)
      // What a row of the file says of the key; of a key that the same request put twice, the last.
      let created = state?.createRevision ?? 0
      let version = state?.version ?? 0
      model.restore(key, row, created: created, version: version)
      let message =
        Wire.field(1, key) + Wire.field(2, varint: UInt64(bitPattern: created))
        + Wire.field(4, varint: UInt64(bitPattern: version))
      let slot = try withBytes(of: message) { bytes throws(MVCCError) in
        try index.restore(row, try KeyValueView(bytes, at: row.revision))
      }
      #expect(slot != 0)
    }
  }

  mutating func compareSome() throws {
    let key = key()
    let at = Int64.random(in: compacted...main + 1, using: &generator)
    #expect(index.find(key, at: at) == model.find(key, at: at))
    #expect(index.rows(of: key) == model.rows(of: key))
    let since = Int64.random(in: 0...main + 1, using: &generator)
    let expected = model.rows(of: key).filter { $0.revision.main >= since }
    #expect(withBytes(of: key) { index.rows(of: $0, since: since) } == expected)
  }

  mutating func compareAll() throws {
    index.checkInvariants()
    #expect(index.count == model.keys.count)
    #expect(index.liveCount == model.range(from: [], to: nil, at: .max).count)
    for at in compacted...main + 1 where at % 7 == 0 || at >= main - 2 {
      for key in keys { #expect(index.find(key, at: at) == model.find(key, at: at)) }
      let (start, end) = (key(), Bool.random(using: &generator) ? key() : nil)
      let expected = model.range(from: start, to: end, at: at)
      #expect(index.range(from: start, to: end, at: at) == expected)
      #expect(index.count(start, end, at: at) == expected.count)
      let kept = model.kept(compactingTo: at, .new)
      #expect(index.kept(compactingTo: at).symmetricDifference(kept).isEmpty)
      guard !putsWhatItDeleted else { continue }
      let keptBefore = model.kept(compactingTo: at, .old)
      #expect(kept.symmetricDifference(keptBefore).isEmpty, "all releases keep the same")
    }
  }
}

/// With arrays, as tests have them.
extension KeyIndex {
  func put(_ key: [UInt8], _ main: Int64, sub: Int64 = 0) throws {
    try withBytes(of: key) { bytes throws(MVCCError) in
      _ = try put(bytes, at: Revision(main: main, sub: sub))
    }
  }

  func delete(_ key: [UInt8], _ main: Int64, sub: Int64 = 0) throws {
    try withBytes(of: key) { bytes throws(MVCCError) in
      _ = try delete(bytes, at: Revision(main: main, sub: sub))
    }
  }

  func find(_ key: [UInt8], at main: Int64) -> KeyState? {
    withBytes(of: key) { find($0, at: main) }
  }

  func rows(of key: [UInt8]) -> [RowKey] { withBytes(of: key) { rows(of: $0) } }

  func count(_ start: [UInt8], _ end: [UInt8]?, at main: Int64) -> Int {
    withBytes(of: start) { start in
      guard let end else { return count(from: start, to: nil, at: main) }
      return withBytes(of: end) { count(from: start, to: $0, at: main) }
    }
  }

  func range(from start: [UInt8], to end: [UInt8]?, at main: Int64) -> [[UInt8]] {
    var keys: [[UInt8]] = []
    func add(_ slot: Slot) -> Bool {
      let card = tree.card(slot)
      if let state = state(of: card, at: main) {
        keys.append(Array(card.key))
        #expect(modified(card, at: main)?.revision == state.modified)
      } else {
        #expect(!isLive(card, at: main))
      }
      return true
    }
    withBytes(of: start) { start in
      if let end {
        withBytes(of: end) { tree.visit(from: start, to: $0, add) }
      } else {
        tree.visit(from: start, to: nil, add)
      }
    }
    return keys
  }

  func kept(compactingTo main: Int64) -> Set<Revision> {
    var revisions: Set<Revision> = []
    withBytes(of: []) { start in
      tree.visit(from: start, to: nil) { slot in
        if let revision = kept(tree.card(slot), compactingTo: main) { revisions.insert(revision) }
        return true
      }
    }
    return revisions
  }
}
