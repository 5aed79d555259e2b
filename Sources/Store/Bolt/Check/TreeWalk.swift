/// A walk over every page that can be reached from the root, each of them once.
///
/// It needs no stack of the processor, and memory for a bit per page and for what one path holds:
/// a file can neither exhaust it nor lead it in circles.
struct TreeWalk {
  /// A page that is still to be seen.
  private struct Step {
    let page: PageID
    let depth: Int
    let bucket: Int
    /// The keys that its parent gives it: from the lower one to below the upper one.
    let lower: UnsafeRawBufferPointer?
    let upper: UnsafeRawBufferPointer?
  }

  let pages: PageSpace

  /// The pages that were reached, with their overflow pages.
  private(set) var reached: PageSet

  /// The names of the buckets that were met, each with its parent before it: from the root, whose
  /// name is empty.
  private(set) var buckets: [[UInt8]] = [[]]

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

  /// Walks over a bucket and those in it, in the order of its keys.
  ///
  /// - Parameters:
  ///   - root: Where the bucket begins.
  ///   - onLeaf: Sees each leaf, and the number of its bucket in ``buckets``.
  ///   - onFault: Sees what is wrong; the walk goes on beside it, or ends if it throws.
  mutating func run(
    from root: Bucket.Root,
    onLeaf: (PageView, Int) -> Void = { _, _ in },
    onFault: (BoltError) throws(BoltError) -> Void
  ) throws(BoltError) {
    switch root {
    case .inline(let page):
      try visitLeaf(page, step: nil, onLeaf: onLeaf, onFault: onFault)
    case .page(let page):
      rest.append(Step(page: page, depth: 0, bucket: 0, lower: nil, upper: nil))
    }
    while let step = rest.popLast() {
      do throws(BoltError) {
        guard let page = try enter(step) else { continue }
        if page.isLeaf {
          try visitLeaf(page, step: step, onLeaf: onLeaf, onFault: onFault)
        } else {
          try visitBranch(page, step: step, onFault: onFault)
        }
      } catch {
        try onFault(error)
      }
    }
  }

  /// Marks a page and those that overflow from it.
  private mutating func enter(_ step: Step) throws(BoltError) -> PageView? {
    guard step.depth < Limits.depth else {
      throw .treeTooDeep(page: step.page, limit: Limits.depth)
    }
    let header = try pages.header(step.page)
    for page in step.page.rawValue...step.page.rawValue + UInt64(header.overflow) {
      guard reached.insert(page) else { throw .pageReachedTwice(page: PageID(rawValue: page)) }
    }
    return try pages.page(step.page)
  }

  private mutating func visitBranch(
    _ page: PageView,
    step: Step,
    onFault: (BoltError) throws(BoltError) -> Void
  ) throws(BoltError) {
    try compareKeys(of: page, step: step, onFault: onFault)
    // The last child is put on the pile first: the first one is seen first.
    var upper = step.upper
    for slot in (0..<page.count).reversed() {
      let key = try? page.key(at: slot)
      rest.append(
        Step(
          page: page.child(at: slot),
          depth: step.depth + 1,
          bucket: step.bucket,
          lower: key,
          upper: upper
        )
      )
      upper = key
    }
  }

  private mutating func visitLeaf(
    _ page: PageView,
    step: Step?,
    onLeaf: (PageView, Int) -> Void,
    onFault: (BoltError) throws(BoltError) -> Void
  ) throws(BoltError) {
    try compareKeys(of: page, step: step, onFault: onFault)
    onLeaf(page, step?.bucket ?? 0)
    // The last bucket is put on the pile first.
    for slot in (0..<page.count).reversed() {
      do throws(BoltError) {
        let element = try page.element(at: slot)
        guard element.isBucket else { continue }
        let header = try BucketHeader(element.value, on: page.id)
        let depth = (step?.depth ?? 0) + 1
        guard depth < Limits.depth else {
          throw .treeTooDeep(page: page.id, limit: Limits.depth)
        }
        buckets.append(Array(element.key))
        let bucket = buckets.count - 1
        if let inline = header.inline {
          let step = Step(page: page.id, depth: depth, bucket: bucket, lower: nil, upper: nil)
          try visitLeaf(inline, step: step, onLeaf: onLeaf, onFault: onFault)
        } else {
          rest.append(
            Step(page: header.root, depth: depth, bucket: bucket, lower: nil, upper: nil)
          )
        }
      } catch {
        try onFault(error)
      }
    }
  }

  private func compareKeys(
    of page: PageView,
    step: Step?,
    onFault: (BoltError) throws(BoltError) -> Void
  ) throws(BoltError) {
    guard comparesKeys else { return }
    var previous: UnsafeRawBufferPointer?
    for slot in 0..<page.count {
      do throws(BoltError) {
        let key = page.isLeaf ? try page.element(at: slot).key : try page.key(at: slot)
        if let previous, compareBytes(previous, key) >= 0 {
          throw .keyOrder(page: page.id, slot: slot)
        }
        if slot == 0, let lower = step?.lower, compareBytes(lower, key) > 0 {
          throw .keyOutsideParent(page: page.id, slot: slot)
        }
        if slot == page.count - 1, let upper = step?.upper, compareBytes(key, upper) >= 0 {
          throw .keyOutsideParent(page: page.id, slot: slot)
        }
        previous = key
      } catch {
        try onFault(error)
      }
    }
  }
}
