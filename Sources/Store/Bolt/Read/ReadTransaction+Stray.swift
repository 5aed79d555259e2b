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
