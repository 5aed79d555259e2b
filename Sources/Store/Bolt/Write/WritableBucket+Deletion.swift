/// The pages of a bucket that is about to go.
struct BucketPages {
  private(set) var runs: [(page: PageID, overflow: UInt32)] = []
  private var seen: Set<UInt64> = []

  /// Notes a page with those that overflow from it.
  mutating func add(_ page: PageID, overflow: UInt32) throws(BoltError) {
    for number in page.rawValue...page.rawValue + UInt64(overflow) {
      guard seen.insert(number).inserted else {
        throw .pageReachedTwice(page: PageID(rawValue: number))
      }
    }
    runs.append((page, overflow))
  }
}

extension WritableBucket {
  /// Finds all pages of the bucket, and those of the buckets in it.
  ///
  /// They are the pages that were there when the transaction began: what has been put since then has
  /// none yet, and what merging takes out is given back by the commit, which this bucket will not
  /// see any more. Buckets that were deleted before have given theirs back.
  func collectPages(into pages: inout BucketPages) throws(BoltError) {
    switch origin {
    case .inline(let leaf): try collectBuckets(on: leaf, into: &pages)
    case .page(let root):
      guard root.rawValue != 0 else { return }
      var rest = [(page: root, depth: 0)]
      while let (id, depth) = rest.popLast() {
        guard depth < Limits.depth else { throw .treeTooDeep(page: id, limit: Limits.depth) }
        let page = try transaction.page(id)
        try pages.add(id, overflow: page.overflow)
        if page.isLeaf {
          try collectBuckets(on: page, into: &pages)
        } else {
          for slot in 0..<page.count { rest.append((page.child(at: slot), depth + 1)) }
        }
      }
    }
  }

  private func collectBuckets(
    on leaf: PageView,
    into pages: inout BucketPages
  ) throws(BoltError) {
    try leaf.checkRoom()
    for slot in 0..<leaf.count {
      let element = try leaf.element(at: slot)
      guard element.isBucket else { continue }
      let name = Array(element.key)
      guard !deletedNames.contains(name) else { continue }
      if let bucket = buckets[name] {
        try bucket.collectPages(into: &pages)
      } else {
        try bucket(of: element.value, on: leaf.place).collectPages(into: &pages)
      }
    }
  }
}
