internal import Bolt
internal import MVCC

/// Where the rows of bucket `key` lie.
struct RowTree {
  /// The leaves that the tree leads to, in the order of revisions.
  private(set) var leaves: [PageID] = []

  /// Leaves that are read as well because parts of the tree are lost, in no order.
  ///
  /// Of their rows those in ``gaps`` count.
  private(set) var strayLeaves: [PageID] = []

  /// What the tree does not lead to any more.
  private(set) var gaps = RevisionGaps()

  /// The bucket's only leaf where it is small enough to lie inline.
  private(set) var inlineLeaf: PageView?

  /// The main revision of the newest row, or 0.
  private(set) var newestRevision: Int64 = 0

  /// Finds the leaves of a sound database.
  ///
  /// - Parameters:
  ///   - transaction: The state that is read.
  ///   - path: The file, for errors.
  /// - Throws: ``SourceError/notEtcd(path:missingBucket:)``, or the first damage.
  init(_ transaction: ReadTransaction, path: String) throws(SourceError) {
    var isThere = false
    do throws(BoltError) {
      if let bucket = try transaction.bucket("key") {
        isThere = true
        inlineLeaf = bucket.inlineLeaf
        leaves = try bucket.leafPages()
      }
    } catch {
      throw .database(path: path, error)
    }
    guard isThere else { throw .notEtcd(path: path, missingBucket: "key") }
    newestRevision = newest(transaction)
  }

  /// Finds what can be found of a damaged database.
  ///
  /// - Parameters:
  ///   - database: The database, and the state of it that is read.
  ///   - losses: Where what is damaged is noted.
  /// - Throws: ``SourceError/notEtcd(path:missingBucket:)`` if there is neither a bucket nor a row.
  init(
    salvaging database: (database: Database, transaction: ReadTransaction),
    losses: LossLog
  ) throws(SourceError) {
    let (database, transaction) = database
    let path = database.path
    var missing: SourceError?
    if let fault = database.metaFault {
      losses.add(.database(path: path, fault))
      gaps.addAll()
    } else {
      do throws(BoltError) {
        if let bucket = try transaction.bucket("key") {
          inlineLeaf = bucket.inlineLeaf
          let reachable = bucket.reachableLeafPages { losses.add(.database(path: path, $0)) }
          leaves = reachable.pages
          findGaps(reachable, transaction)
        } else {
          missing = .notEtcd(path: path, missingBucket: "key")
          gaps.addAll()
        }
      } catch {
        losses.add(.database(path: path, error))
        gaps.addAll()
      }
    }
    if !gaps.isEmpty {
      strayLeaves = transaction.strayLeaves(besides: leaves).filter { id in
        guard let page = try? transaction.leaf(id) else { return false }
        return page.rows.contains { gaps.contains($0.revision) }
      }
    }
    if let missing {
      guard !strayLeaves.isEmpty else { throw missing }
      losses.add(missing)
    }
    newestRevision = newest(transaction)
  }

  /// Finds which revisions the tree does not lead to.
  private mutating func findGaps(_ reachable: ReachableLeaves, _ transaction: ReadTransaction) {
    var gapPlaces = reachable.gaps[...]
    var isOpen = false
    var last: Revision?
    for (place, id) in leaves.enumerated() {
      if gapPlaces.first == place {
        gapPlaces.removeFirst()
        isOpen = true
      }
      guard let page = try? transaction.leaf(id), let first = page.rows.first(where: { _ in true })
      else {
        // Nothing on it can be read: what belongs there may lie elsewhere.
        isOpen = true
        continue
      }
      if isOpen { gaps.add(after: last, before: first.revision) }
      isOpen = false
      last = page.rowsNewestFirst.first { _ in true }?.revision
    }
    if isOpen || !gapPlaces.isEmpty { gaps.add(after: last, before: nil) }
  }

  /// The main revision of the newest row that can be read.
  private func newest(_ transaction: ReadTransaction) -> Int64 {
    func newest(of page: PageView) -> Int64? {
      page.rowsNewestFirst.first { _ in true }?.revision.main
    }
    var result: Int64 = 0
    if let inlineLeaf { result = newest(of: inlineLeaf) ?? 0 }
    for id in leaves.reversed() {
      guard let page = try? transaction.leaf(id), let revision = newest(of: page) else { continue }
      result = revision
      break
    }
    for id in strayLeaves {
      guard let page = try? transaction.leaf(id) else { continue }
      for row in page.rows where gaps.contains(row.revision) {
        result = max(result, row.revision.main)
      }
    }
    return result
  }
}

extension PageView {
  /// The rows that can be read.
  fileprivate var rows: some Sequence<StoredRow> { (0..<count).lazy.compactMap { row(at: $0) } }

  /// The same from the end.
  fileprivate var rowsNewestFirst: some Sequence<StoredRow> {
    (0..<count).reversed().lazy.compactMap { row(at: $0) }
  }

  private func row(at slot: Int) -> StoredRow? {
    (try? element(at: slot)).flatMap { StoredRow($0) }
  }
}

/// Revisions that the tree of a damaged database does not lead to.
struct RevisionGaps: Sendable {
  /// From behind one revision to before another.
  private struct Gap {
    let after: Revision
    let before: Revision
  }

  /// Ascending, without overlaps.
  private var gaps: [Gap] = []

  var isEmpty: Bool { gaps.isEmpty }

  /// Adds what lies between two rows, or before or behind all of them.
  mutating func add(after lower: Revision?, before upper: Revision?) {
    let gap = Gap(
      after: lower ?? Revision(main: -1),
      before: upper ?? Revision(main: .max, sub: .max)
    )
    // Rows that do not ascend: there is no telling what lies between them.
    guard gap.after < gap.before, gaps.last.map({ $0.before <= gap.after }) ?? true else {
      return addAll()
    }
    gaps.append(gap)
  }

  /// Adds everything.
  mutating func addAll() {
    gaps = []
    gaps = [Gap(after: Revision(main: -1), before: Revision(main: .max, sub: .max))]
  }

  /// Whether a revision is one of them.
  func contains(_ revision: Revision) -> Bool {
    var low = 0
    var high = gaps.count
    while low < high {
      let middle = (low + high) / 2
      if gaps[middle].after < revision { low = middle + 1 } else { high = middle }
    }
    return low > 0 && revision < gaps[low - 1].before
  }
}
