extension Bucket {
  /// The leaf pages of the bucket, in the order of its keys.
  ///
  /// Only branch pages are read for this, about one in a hundred: what lies on the leaves can then
  /// be read in any order and by several threads.
  ///
  /// - Parameter onFault: Sees what is wrong with a branch. If it throws, the search ends; else what
  ///   is below the branch is left out.
  /// - Returns: The pages, each once; none for a bucket inline in its parent, whose page is
  ///   ``inlineLeaf``.
  /// - Throws: What `onFault` throws.
  public func leafPages(
    onFault: (BoltError) throws(BoltError) -> Void = { fault throws(BoltError) in throw fault }
  ) throws(BoltError) -> [PageID] {
    guard case .page(let root) = root else { return [] }
    let pages = transaction.pages
    var reached = PageSet(limit: pages.limit)
    var leaves: [PageID] = []
    var rest: [(page: PageID, depth: Int)] = [(root, 0)]
    // All leaves are equally deep. Once the first is found, pages at its depth are not read here:
    // what is wrong with them is found by whoever reads them.
    var leafDepth: Int?
    while let (id, depth) = rest.popLast() {
      do throws(BoltError) {
        guard depth < Limits.depth else { throw .treeTooDeep(page: id, limit: Limits.depth) }
        guard id.rawValue < pages.limit else {
          throw .pageOutOfRange(page: id, limit: pages.limit)
        }
        guard reached.insert(id.rawValue) else { throw .pageReachedTwice(page: id) }
        if depth == leafDepth {
          leaves.append(id)
          continue
        }
        let page = try pages.page(id)
        if page.isLeaf {
          leafDepth = leafDepth ?? depth
          leaves.append(id)
        } else {
          for slot in (0..<page.count).reversed() { rest.append((page.child(at: slot), depth + 1)) }
        }
      } catch {
        try onFault(error)
      }
    }
    return leaves
  }

  /// The leaf of a bucket inline in its parent.
  public var inlineLeaf: PageView? {
    if case .inline(let page) = root { page } else { nil }
  }
}
