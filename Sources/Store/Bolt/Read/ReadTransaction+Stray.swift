// What is left of a damaged file: which leaves are reached all the same, and which are not.

/// The leaves of a bucket that can still be reached where its tree is damaged.
public struct ReachableLeaves: Equatable, Sendable {
  /// The leaves, in the order of the bucket's keys.
  public internal(set) var pages: [PageID] = []

  /// Before which places in ``pages`` leaves are missing, ascending: `pages.count` if they are missing
  /// behind the last one.
  public internal(set) var gaps: [Int] = []

  /// No leaves, and no gaps.
  public init() {}
}

extension Bucket {
  /// The leaf pages that can still be reached where the tree is damaged.
  ///
  /// Unlike ``leafPages(onFault:)`` it reads every page: a branch that passes for a leaf is told by its
  /// depth, and what is not there leaves a gap.
  ///
  /// - Parameter onFault: Sees what is wrong with a page.
  /// - Returns: The leaves; none for a bucket inline in its parent.
  public func reachableLeafPages(onFault: (BoltError) -> Void) -> ReachableLeaves {
    guard case .page(let root) = root else { return ReachableLeaves() }
    let pages = transaction.pages
    var reached = PageSet(limit: pages.limit)
    // A page that is no leaf stands for what is missing there.
    var found: [(page: PageID?, depth: Int)] = []
    var leafCounts = [Int](repeating: 0, count: Limits.depth)
    var rest: [(page: PageID, depth: Int)] = [(root, 0)]
    while let (id, depth) = rest.popLast() {
      do throws(BoltError) {
        guard depth < Limits.depth else { throw .treeTooDeep(page: id, limit: Limits.depth) }
        let page = try pages.page(id)
        for part in id.rawValue...id.rawValue + UInt64(page.byteCount / pages.pageByteCount - 1) {
          guard reached.insert(part) else { throw .pageReachedTwice(page: id) }
        }
        if page.isLeaf {
          leafCounts[depth] += 1
          found.append((id, depth))
        } else {
          for slot in (0..<page.count).reversed() { rest.append((page.child(at: slot), depth + 1)) }
        }
      } catch {
        if found.last?.page != nil || found.isEmpty { found.append((nil, depth)) }
        onFault(error)
      }
    }
    // All leaves of a sound tree are equally deep.
    let leafDepth = leafCounts.indices.max { leafCounts[$0] < leafCounts[$1] } ?? 0
    var result = ReachableLeaves()
    for (page, depth) in found {
      if let page, depth == leafDepth {
        result.pages.append(page)
      } else if result.gaps.last != result.pages.count {
        result.gaps.append(result.pages.count)
      }
    }
    return result
  }
}

extension Meta {
  /// A meta in place of those that are lost: without a root, and of the page size at which most pages
  /// are where they say that they are.
  ///
  /// - Returns: Nothing if no size has such pages.
  init?(guessedFrom file: UnsafeRawBufferPointer) {
    var best: (pageByteCount: Int, soundCount: Int)?
    var pageByteCount = Meta.pageByteCounts.lowerBound
    while pageByteCount <= Meta.pageByteCounts.upperBound {
      let soundCount = Meta.soundPageCount(of: file, pageByteCount)
      if soundCount > best?.soundCount ?? 0 { best = (pageByteCount, soundCount) }
      pageByteCount *= 2
    }
    guard let best else { return nil }
    self.init(
      pageByteCount: best.pageByteCount,
      // No bucket begins on a meta page.
      root: PageID(rawValue: 0),
      sequence: 0,
      freelist: Meta.freelistNotStored,
      highWaterMark: PageID(
        rawValue: min(UInt64(file.count / best.pageByteCount), Limits.pageCount)
      ),
      transaction: TransactionID(rawValue: 0)
    )
  }

  /// How many pages are leaves or branches and have the number of their place.
  private static func soundPageCount(
    of file: UnsafeRawBufferPointer,
    _ pageByteCount: Int
  ) -> Int {
    guard let base = file.baseAddress else { return 0 }
    var count = 0
    for number in 2..<max(2, file.count / pageByteCount) {
      let start = base + number * pageByteCount
      let flags = PageFlags(rawValue: start.number(at: 8))
      if start.number(at: 0, as: UInt64.self) == UInt64(number), flags == .leaf || flags == .branch
      {
        count += 1
      }
    }
    return count
  }
}

extension ReadTransaction {
  /// The leaf pages that no branch leads to any more, but that are whole: what is left to find where
  /// branches are lost.
  ///
  /// Free pages are among them, whose content may be older than the state.
  ///
  /// - Parameter known: Pages that were reached.
  /// - Returns: The pages, in the order of the file.
  public func strayLeaves(besides known: [PageID]) -> [PageID] {
    var reached = PageSet(limit: pages.limit)
    for page in known { reached.insert(page.rawValue) }
    var stray: [PageID] = []
    for number in 2..<max(2, pages.limit) where !reached.contains(number) {
      let id = PageID(rawValue: number)
      if let page = try? pages.page(id), page.isLeaf, page.count > 0 { stray.append(id) }
    }
    return stray
  }

  /// A leaf page by its number.
  public func leaf(_ id: PageID) throws(BoltError) -> PageView {
    let page = try pages.page(id)
    guard page.isLeaf else { throw .pageKind(page: id, found: .branch, expected: "leaf") }
    return page
  }
}
