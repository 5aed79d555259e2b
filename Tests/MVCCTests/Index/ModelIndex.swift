@testable import MVCC

/// The key index in the plainest form: a dictionary of generations, asked by looking at all of them.
struct ModelIndex {
  struct Generation: Equatable {
    var created: Revision
    /// The version at the last revision.
    var version: Int64
    var revisions: [Revision] = []
  }

  /// Which releases' compaction is meant.
  enum Rule: CaseIterable {
    /// To 3.4.33 and 3.5.15: the tombstone of the compaction's own revision goes.
    case old
    /// From 3.4.34, 3.5.16 and 3.6.0 on: it stays.
    case new
  }

  /// The generations of each key; the last one is empty if the key is deleted.
  var keys: [[UInt8]: [Generation]] = [:]

  mutating func put(_ key: [UInt8], at revision: Revision) {
    var generations = keys[key] ?? [Generation(created: revision, version: 0)]
    if generations[generations.count - 1].revisions.isEmpty {
      generations[generations.count - 1] = Generation(created: revision, version: 0)
    }
    generations[generations.count - 1].revisions.append(revision)
    generations[generations.count - 1].version += 1
    keys[key] = generations
  }

  mutating func delete(_ key: [UInt8], at revision: Revision) -> Bool {
    guard var generations = keys[key], let last = generations.last, !last.revisions.isEmpty else {
      return false
    }
    generations[generations.count - 1].revisions.append(revision)
    generations[generations.count - 1].version += 1
    generations.append(Generation(created: Revision(main: 0), version: 0))
    keys[key] = generations
    return true
  }

  mutating func restore(_ key: [UInt8], _ row: RowKey, created: Int64, version: Int64) {
    if keys[key] != nil {
      if row.isTombstone { _ = delete(key, at: row.revision) } else { put(key, at: row.revision) }
    } else if row.isTombstone {
      keys[key] = [
        Generation(created: Revision(main: 0), version: 1, revisions: [row.revision]),
        Generation(created: Revision(main: 0), version: 0),
      ]
    } else {
      keys[key] = [
        Generation(
          created: Revision(main: created),
          version: version,
          revisions: [row.revision]
        )
      ]
    }
  }

  func find(_ key: [UInt8], at main: Int64) -> KeyState? {
    guard let generations = keys[key] else { return nil }
    // The newest generation that had begun.
    for (place, generation) in generations.enumerated().reversed() {
      guard let first = generation.revisions.first, let last = generation.revisions.last else {
        continue
      }
      let isLast = place == generations.count - 1
      if !isLast, last.main <= main { return nil }
      guard first.main <= main else { continue }
      guard let at = generation.revisions.lastIndex(where: { $0.main <= main }) else { return nil }
      let later = generation.revisions.count - at - 1
      return KeyState(
        modified: generation.revisions[at],
        createRevision: generation.created.main,
        version: generation.version - Int64(later)
      )
    }
    return nil
  }

  /// The live keys of a range in their order.
  func range(from start: [UInt8], to end: [UInt8]?, at main: Int64) -> [[UInt8]] {
    keys.keys.filter { key in
      !key.lexicographicallyPrecedes(start) && end.map { key.lexicographicallyPrecedes($0) } ?? true
        && find(key, at: main) != nil
    }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  func rows(of key: [UInt8]) -> [RowKey] {
    guard let generations = keys[key] else { return [] }
    return generations.enumerated().flatMap { place, generation in
      generation.revisions.enumerated().map { at, revision in
        RowKey(
          revision,
          isTombstone: place < generations.count - 1 && at == generation.revisions.count - 1
        )
      }
    }
  }

  var rows: Set<RowKey> { Set(keys.keys.flatMap { rows(of: $0) }) }

  /// The generation that a compaction goes to, the first revision of it that stays, and whether
  /// that is one of those up to the compaction.
  private static func compaction(
    of generations: [Generation],
    to main: Int64,
    _ rule: Rule
  ) -> (generation: Int, kept: Int?) {
    var place = 0
    while place < generations.count - 1 {
      guard let tombstone = generations[place].revisions.last else { break }
      if rule == .new ? tombstone.main >= main : tombstone.main > main { break }
      place += 1
    }
    return (place, generations[place].revisions.lastIndex { $0.main <= main })
  }

  /// Compacts, and tells which revisions up to it stay.
  mutating func compact(to main: Int64, _ rule: Rule) -> Set<Revision> {
    var available: Set<Revision> = []
    for (key, all) in keys {
      var generations = all
      var (place, kept) = ModelIndex.compaction(of: generations, to: main, rule)
      if let kept {
        available.insert(generations[place].revisions[kept])
        generations[place].revisions.removeFirst(kept)
      }
      if rule == .old, generations[place].revisions.count == 1, place < generations.count - 1 {
        available.remove(generations[place].revisions[0])
        place += 1
      }
      generations.removeFirst(place)
      keys[key] = generations.count == 1 && generations[0].revisions.isEmpty ? nil : generations
    }
    return available
  }

  /// Which revisions up to a compaction would stay, but for tombstones.
  func kept(compactingTo main: Int64, _ rule: Rule) -> Set<Revision> {
    var available: Set<Revision> = []
    for generations in keys.values {
      let (place, kept) = ModelIndex.compaction(of: generations, to: main, rule)
      guard let kept else { continue }
      let isTombstone =
        kept == generations[place].revisions.count - 1 && place != generations.count - 1
      if !isTombstone { available.insert(generations[place].revisions[kept]) }
    }
    return available
  }
}
