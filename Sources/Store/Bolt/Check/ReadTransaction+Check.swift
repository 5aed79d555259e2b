/// What a check of a whole file found.
public struct CheckReport: Equatable, Sendable {
  /// How many faults are kept.
  public static let faultLimit = 1000

  /// The faults, in the order in which they were met; the first ``faultLimit`` of them.
  public internal(set) var faults: [BoltError] = []

  /// How many there are.
  public internal(set) var faultCount = 0

  /// Pages in use, meta pages and the stored freelist among them.
  public internal(set) var usedPageCount = 0

  /// Pages below the high-water mark that are free.
  public internal(set) var freePageCount = 0

  /// A report of nothing yet.
  public init() {}

  mutating func add(_ fault: BoltError) {
    faultCount += 1
    if faults.count < CheckReport.faultLimit { faults.append(fault) }
  }
}

extension ReadTransaction {
  /// Checks the structure of the whole state.
  ///
  /// Every page below the high-water mark is reached from the root exactly once, or is free, and
  /// never both; the keys of every page ascend and are between those of its parent; every element
  /// lies within its page; the meta pages say that they are, whatever else stands on the one that
  /// does not count. Without a stored freelist, what is not reached is free.
  ///
  /// - Parameter onLeaf: Sees each leaf of each bucket once, in no order that could be relied on.
  /// - Returns: What was found; a sound file has no faults.
  ///
  /// Source: bbolt `tx_check.go`.
  public func check(onLeaf: (PageView) -> Void = { _ in }) -> CheckReport {
    var report = CheckReport()
    checkMetaPages(&report)
    var walk = TreeWalk(self, comparesKeys: true)
    // The closure never throws: the walk goes to the end.
    try? walk.run(
      from: meta.root,
      onLeaf: onLeaf,
      onFault: { fault throws(BoltError) in report.add(fault) }
    )
    var reached = walk.reached
    checkFreelist(&reached, &report)
    report.usedPageCount = reached.count
    return report
  }

  /// The checksum of a meta page is not over the page's header.
  private func checkMetaPages(_ report: inout CheckReport) {
    for number: UInt64 in [0, 1] {
      do { try pages.checkMetaHeader(PageID(rawValue: number)) } catch { report.add(error) }
    }
  }

  private func checkFreelist(_ reached: inout PageSet, _ report: inout CheckReport) {
    guard meta.freelist != Meta.freelistNotStored else {
      report.freePageCount = reached.complement(below: pages.limit).count
      return
    }
    do {
      for page in try freelistPages() where !reached.insert(page) {
        report.add(.pageReachedTwice(page: PageID(rawValue: page)))
      }
      var free = PageSet(limit: pages.limit)
      for page in try readFreelist() {
        if page >= pages.limit || reached.contains(page) || !free.insert(page) {
          report.add(.freePage(page: PageID(rawValue: page), on: meta.freelist))
        }
      }
      report.freePageCount = free.count
      var known = reached
      known.formUnion(free)
      addLost(known.complement(below: pages.limit), to: &report)
    } catch {
      report.add(error)
    }
  }

  private func addLost(_ lost: PageSet, to report: inout CheckReport) {
    let room = CheckReport.faultLimit - report.faults.count
    report.faultCount += lost.count
    guard room > 0 else { return }
    lost.forEach { page in
      report.faults.append(.pageLost(page: PageID(rawValue: page)))
      return report.faults.count < CheckReport.faultLimit
    }
  }

  /// The numbers on the stored freelist, in the order in which they stand there.
  ///
  /// Format: little-endian. `count` page numbers of 8 bytes after the page header; if the header's
  /// count is 0xFFFF, the first of them is the true count. Source: bbolt `internal/common/page.go`.
  private func readFreelist() throws(BoltError) -> [UInt64] {
    let header = try pages.header(meta.freelist)
    let room = (header.byteCount - PageView.headerByteCount) / 8
    var count = header.count
    var start = PageView.headerByteCount
    if count == 0xFFFF {
      let stored: UInt64 = header.start.number(at: start)
      count = Int(clamping: stored)
      start += 8
    }
    guard count <= room - (start > PageView.headerByteCount ? 1 : 0) else {
      throw .tooManyElements(page: meta.freelist, count: count, byteCount: header.byteCount)
    }
    return (0..<count).map { header.start.number(at: start + 8 * $0) }
  }

  /// The pages that a writer may use: those that a walk over the whole file does not reach.
  ///
  /// A stored freelist is not asked: a page on it that is in use all the same would be written over.
  /// So a file that is open for writing has a tree and not a net of pages, whoever wrote it.
  func findFreePages() throws(BoltError) -> Freelist {
    var walk = TreeWalk(self, comparesKeys: false)
    try walk.run(from: meta.root) { fault throws(BoltError) in throw fault }
    var used = walk.reached
    if meta.freelist != Meta.freelistNotStored {
      for page in try freelistPages() where !used.insert(page) {
        throw .pageReachedTwice(page: PageID(rawValue: page))
      }
    }
    return Freelist(free: used.complement(below: pages.limit))
  }

  /// The pages that the stored freelist takes.
  private func freelistPages() throws(BoltError) -> ClosedRange<UInt64> {
    let header = try pages.header(meta.freelist)
    guard header.flags == .freelist else {
      throw .pageKind(page: meta.freelist, found: header.flags, expected: "freelist")
    }
    return meta.freelist.rawValue...meta.freelist.rawValue + UInt64(header.overflow)
  }
}
