/// The pages that nobody needs, and those that nobody will need once readers have ended.
///
/// A page that transaction N took out of the tree is still read by readers of earlier states: it is
/// pending until every open reader sees N or a later one. Only then can it be allocated again.
///
/// Invariant: a page is free, or pending for one transaction, or in use; never two of these.
///
/// Source: bbolt `internal/freelist/shared.go`.
struct Freelist: Sendable {
  /// What can be allocated now.
  private(set) var free: PageSet

  /// What the transactions freed, in the order of their ids.
  private(set) var pending: [(transaction: TransactionID, pages: [UInt64])] = []

  /// Everything free or pending, as it is written down: whoever opens the file has no readers.
  private(set) var all: PageSet

  /// A list on which all of `pages` are free.
  init(free pages: PageSet = PageSet()) {
    free = pages
    all = pages
  }

  /// Takes `count` pages that follow each other, the first such run of the file.
  mutating func allocate(_ count: Int) -> PageID? {
    guard let start = free.firstRun(count) else { return nil }
    for page in start..<start + UInt64(count) {
      free.remove(page)
      all.remove(page)
    }
    return PageID(rawValue: start)
  }

  /// Notes that a transaction needs pages no more.
  ///
  /// - Throws: ``BoltError/pageInUseIsFree(page:)``, and notes nothing, if one of them was free
  ///   or pending: two places of the tree lead to it, or the freelist was wrong.
  mutating func release(
    _ page: PageID,
    count: Int,
    by transaction: TransactionID
  ) throws(BoltError) {
    let run = page.rawValue..<page.rawValue + UInt64(count)
    for page in run where all.contains(page) {
      throw .pageInUseIsFree(page: PageID(rawValue: page))
    }
    for page in run { all.insert(page) }
    if pending.last?.transaction != transaction { pending.append((transaction, [])) }
    pending[pending.count - 1].pages.append(contentsOf: run)
  }

  /// Frees what is pending for transactions that every open reader sees.
  ///
  /// - Parameter oldest: The oldest state that a reader sees, or the current one.
  mutating func settle(oldest: TransactionID) {
    let count = pending.prefix { $0.transaction <= oldest }.count
    for entry in pending.prefix(count) {
      for page in entry.pages { free.insert(page) }
    }
    pending.removeFirst(count)
  }

  /// Forgets a transaction that came to nothing.
  ///
  /// - Parameters:
  ///   - transaction: The one that ended.
  ///   - allocated: The runs that it took from the free pages.
  mutating func rollBack(_ transaction: TransactionID, allocated: [(page: PageID, count: Int)]) {
    if let last = pending.last, last.transaction == transaction {
      for page in last.pages { all.remove(page) }
      pending.removeLast()
    }
    for run in allocated {
      for page in run.page.rawValue..<run.page.rawValue + UInt64(run.count) {
        free.insert(page)
        all.insert(page)
      }
    }
  }
}
