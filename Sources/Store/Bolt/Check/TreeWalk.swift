/// A walk over every page that can be reached from the root, each of them once.
///
/// It needs no stack of the processor, and memory for a bit per page and for what one path holds:
/// a file can neither exhaust it nor lead it in circles.
struct TreeWalk {
  /// A page that is still to be seen.
  private struct Step {
    let place: Bucket.Root
    /// Levels above it in the tree of its bucket.
    var depth = 0
    /// Buckets around its own.
    var nesting = 0
    /// The keys that its parent gives it: from the lower one to below the upper one.
    var lower: UnsafeRawBufferPointer?
    var upper: UnsafeRawBufferPointer?
  }

  let pages: PageSpace

  /// The pages that were reached, with their overflow pages.
  private(set) var reached: PageSet

  /// Whether keys are compared with each other.
  let comparesKeys: Bool

  private var rest: [Step] = []

  init(_ transaction: ReadTransaction, comparesKeys: Bool) {
    pages = transaction.pages
    reached = PageSet(limit: transaction.pages.limit)
    self.comparesKeys = comparesKeys
    reached.insert(0)
    reached.insert(1)
  }

  /// Walks over the bucket at a page and those in it, in the order of its keys.
  ///
  /// - Parameters:
  ///   - root: Where the bucket begins.
  ///   - onLeaf: Sees each leaf.
  ///   - onFault: Sees what is wrong; the walk goes on beside it, or ends if it throws.
  /// - Throws: What `onFault` throws.
  mutating func run(
    from root: PageID,
    onLeaf: (PageView) -> Void = { _ in },
    onFault: (BoltError) throws(BoltError) -> Void
  ) throws(BoltError) {
    rest.append(Step(place: .page(root)))
    while let step = rest.popLast() {
      do throws(BoltError) {
        let page = try enter(step)
        try page.checkRoom()
        if comparesKeys { try compareKeys(of: page, step: step, onFault: onFault) }
        if page.isLeaf {
          onLeaf(page)
          try visitLeaf(page, step: step, onFault: onFault)
        } else {
          visitBranch(page, step: step)
        }
      } catch {
        try onFault(error)
      }
    }
  }

  /// Marks a page and those that overflow from it.
  private mutating func enter(_ step: Step) throws(BoltError) -> PageView {
    let id: PageID
    switch step.place {
    case .page(let page): id = page
    case .inline(let page): return page
    }
    guard step.depth < Limits.depth else { throw .treeTooDeep(page: id, limit: Limits.depth) }
    let header = try pages.header(id)
    for page in id.rawValue...id.rawValue + UInt64(header.overflow) {
      guard reached.insert(page) else { throw .pageReachedTwice(page: PageID(rawValue: page)) }
    }
    return try pages.page(id)
  }

  private mutating func visitBranch(_ page: PageView, step: Step) {
    // The last child is put on the pile first: the first one is seen first.
    var upper = step.upper
    for slot in (0..<page.count).reversed() {
      let child = page.child(at: slot)
      var next = Step(place: .page(child))
      next.depth = step.depth + 1
      next.nesting = step.nesting
      next.lower = try? page.key(at: slot)
      next.upper = upper
      rest.append(next)
      upper = next.lower
    }
  }

  private mutating func visitLeaf(
    _ page: PageView,
    step: Step,
    onFault: (BoltError) throws(BoltError) -> Void
  ) throws(BoltError) {
    // The last bucket is put on the pile first.
    for slot in (0..<page.count).reversed() {
      do throws(BoltError) {
        let element = try page.element(at: slot)
        guard element.isBucket else { continue }
        let header = try BucketHeader(element.value, on: page.place)
        guard step.nesting < Limits.nesting else { throw .bucketsTooDeep(limit: Limits.nesting) }
        var next = Step(place: header.place)
        next.nesting = step.nesting + 1
        rest.append(next)
      } catch {
        try onFault(error)
      }
    }
  }

  private func compareKeys(
    of page: PageView,
    step: Step,
    onFault: (BoltError) throws(BoltError) -> Void
  ) throws(BoltError) {
    var previous: UnsafeRawBufferPointer?
    for slot in 0..<page.count {
      do throws(BoltError) {
        // A leaf's elements that cannot be read are told of where buckets are looked for.
        guard let key = page.isLeaf ? try? page.element(at: slot).key : try page.key(at: slot)
        else {
          continue
        }
        if let previous, compareBytes(previous, key) >= 0 {
          throw .keyOrder(page: page.place, slot: slot)
        }
        if slot == 0, let lower = step.lower, compareBytes(lower, key) > 0 {
          throw .keyOutsideParent(page: page.place, slot: slot)
        }
        if slot == page.count - 1, let upper = step.upper, compareBytes(key, upper) >= 0 {
          throw .keyOutsideParent(page: page.place, slot: slot)
        }
        previous = key
      } catch {
        try onFault(error)
      }
    }
  }
}
