internal import FileIO
internal import Synchronization

/// Changes to a database that become its state all at once, or not at all.
///
/// It is used on one thread. Unless ``commit()`` is called, the end of its last reference leaves
/// everything as it was.
///
/// Source: bbolt `tx.go`.
public final class WriteTransaction {
  /// A page or a run of pages that a commit will write.
  private struct DirtyPages {
    let page: PageID
    let bytes: UnsafeRawBufferPointer
  }

  let database: Database
  let memory = TransactionMemory()
  private(set) var pages: PageSpace
  private let mapping: Mapping
  private var meta: Meta
  private var freelist: Freelist
  private var allocated: [(page: PageID, count: Int)] = []
  private var dirty: [DirtyPages] = []
  private var hasEnded = false

  /// A page was met that is in use and free: what can be written to is not known any more.
  private var freelistFault: BoltError?

  /// The bucket that holds all others.
  private var rootBucket: WritableBucket?

  init(of database: Database, meta: Meta, mapping: Mapping, freelist: Freelist) {
    self.database = database
    self.mapping = mapping
    self.meta = meta
    self.meta.transaction = meta.transaction.next
    self.freelist = freelist
    let bytes = mapping.bytes
    guard let base = bytes.baseAddress else { fatalError("a database without a first page") }
    pages = PageSpace(
      base: base,
      byteCount: bytes.count,
      pageByteCount: meta.pageByteCount,
      highWaterMark: meta.highWaterMark
    )
  }

  deinit { rollback() }

  /// The id that the state will have.
  public var id: TransactionID { meta.transaction }

  /// The bucket that holds all others, and takes nothing else.
  public var root: WritableBucket {
    if let rootBucket { return rootBucket }
    let bucket = WritableBucket(
      in: self,
      root: .page(meta.root),
      sequence: meta.sequence,
      nesting: 0
    )
    rootBucket = bucket
    return bucket
  }

  /// A bucket of the root.
  public func bucket(_ name: [UInt8]) throws(BoltError) -> WritableBucket? {
    try root.bucket(name)
  }

  /// A bucket of the root, made if there is none.
  public func bucketOrNew(_ name: [UInt8]) throws(BoltError) -> WritableBucket {
    try root.bucketOrNew(name)
  }

  /// Takes a bucket of the root out, with all that is in it.
  ///
  /// - Throws: ``BoltError/bucketMissing(name:)`` if there is none of that name.
  public func deleteBucket(_ name: [UInt8]) throws(BoltError) {
    try root.deleteBucket(name)
  }

  /// Gives up what was changed.
  public func rollback() {
    guard !hasEnded else { return }
    hasEnded = true
    freelist.rollBack(meta.transaction, allocated: allocated)
    returnFreelist()
  }

  /// Makes the changes durable and current.
  ///
  /// The pages are written and synced before the meta page that refers to them is written and
  /// synced: at every moment one of the two meta pages is sound and refers to nothing unfinished.
  ///
  /// - Returns: How long its parts took.
  /// - Throws: ``BoltError/file(_:)``, or the fault of a page. Nothing has changed then, unless the
  ///   meta page could not be written or synced: whether the file holds the old state or the new one is
  ///   then unknown until it is opened anew, readers see the old one, and nothing more is written.
  @discardableResult
  public func commit() throws(BoltError) -> CommitTimes {
    precondition(!hasEnded, "a transaction is committed once")
    defer { rollback() }
    if let freelistFault { throw freelistFault }
    let start = ContinuousClock.now
    try rootBucket?.rebalance()
    let rebalanced = ContinuousClock.now
    if let rootBucket {
      if let page = try rootBucket.spill() { meta.root = page }
      meta.sequence = rootBucket.sequence
    }
    let spilt = ContinuousClock.now
    try writeFreelist()
    do throws(FileIOError) {
      try grow()
      try writePages()
      try database.file.syncData()
    } catch {
      throw .file(error)
    }
    do throws(FileIOError) {
      try writeMeta()
      try database.file.syncData()
    } catch {
      database.state.withLock { $0.commitFailed = true }
      throw .file(error)
    }
    try publish()
    return CommitTimes(
      rebalancing: start.duration(to: rebalanced),
      spilling: rebalanced.duration(to: spilt),
      writing: spilt.duration(to: .now)
    )
  }

  /// Finds room for pages that follow each other.
  ///
  /// - Returns: The first page, and its memory, which is zero.
  func allocate(_ byteCount: Int) -> (
    page: PageID, memory: UnsafeMutableRawPointer, overflow: UInt32
  ) {
    let count = max(1, (byteCount + meta.pageByteCount - 1) / meta.pageByteCount)
    let memory = self.memory.zeros(count * meta.pageByteCount)
    let page: PageID
    if let free = freelist.allocate(count) {
      page = free
      allocated.append((free, count))
    } else {
      page = meta.highWaterMark
      meta.highWaterMark.rawValue += UInt64(count)
    }
    let bytes = UnsafeRawBufferPointer(start: memory, count: count * meta.pageByteCount)
    dirty.append(DirtyPages(page: page, bytes: bytes))
    return (page, memory, UInt32(count - 1))
  }

  /// A branch or leaf page of the state that is being changed.
  ///
  /// - Throws: Its fault; ``BoltError/pageInUseIsFree(page:)`` if it could be written anew any time:
  ///   the transaction cannot be committed any more.
  func page(_ id: PageID) throws(BoltError) -> PageView {
    let page = try pages.page(id)
    for number in id.rawValue...id.rawValue + UInt64(page.overflow)
    where freelist.all.contains(number) {
      throw noteFreelistFault(.pageInUseIsFree(page: PageID(rawValue: number)))
    }
    return page
  }

  /// Notes that a page is no part of the tree any more.
  ///
  /// - Throws: ``BoltError/pageInUseIsFree(page:)``; the transaction cannot be committed any more.
  func release(_ page: PageID, overflow: UInt32) throws(BoltError) {
    do throws(BoltError) {
      try freelist.release(page, count: Int(overflow) + 1, by: meta.transaction)
    } catch {
      throw noteFreelistFault(error)
    }
  }

  private func noteFreelistFault(_ fault: BoltError) -> BoltError {
    freelistFault = freelistFault ?? fault
    return fault
  }

  private func writeFreelist() throws(BoltError) {
    if meta.freelist != Meta.freelistNotStored {
      try release(meta.freelist, overflow: try pages.header(meta.freelist).overflow)
    }
    guard database.options.storesFreelist else {
      meta.freelist = Meta.freelistNotStored
      return
    }
    // The room is measured before it is taken from the list: it can only become too large.
    let wanted = PageView.headerByteCount + 8 * (freelist.all.count + 1)
    let (page, memory, overflow) = allocate(wanted)
    let free = freelist.all.ascending
    memory.store(page.rawValue, at: 0)
    memory.store(PageFlags.freelist.rawValue, at: 8)
    memory.store(overflow, at: 12)
    var offset = PageView.headerByteCount
    if free.count < 0xFFFF {
      memory.store(UInt16(free.count), at: 10)
    } else {
      memory.store(UInt16(0xFFFF), at: 10)
      memory.store(UInt64(free.count), at: offset)
      offset += 8
    }
    for number in free {
      memory.store(number, at: offset)
      offset += 8
    }
    meta.freelist = page
  }

  private func grow() throws(FileIOError) {
    // One page more than is used, as bbolt asks for.
    let needed = (Int(meta.highWaterMark.rawValue) + 1) * meta.pageByteCount
    guard try database.file.byteCount() < needed else { return }
    try database.file.truncate(to: Database.grownByteCount(for: needed))
    try database.file.sync()
  }

  /// Writes the pages in the order of the file, and those that lie one after the other both in the
  /// file and in memory at once.
  private func writePages() throws(FileIOError) {
    dirty.sort { $0.page < $1.page }
    var slot = 0
    while slot < dirty.count {
      let first = dirty[slot]
      var byteCount = first.bytes.count
      slot += 1
      while slot < dirty.count, let start = first.bytes.baseAddress,
        dirty[slot].bytes.baseAddress == start + byteCount,
        Int(dirty[slot].page.rawValue - first.page.rawValue) * meta.pageByteCount == byteCount
      {
        byteCount += dirty[slot].bytes.count
        slot += 1
      }
      try database.file.write(
        UnsafeRawBufferPointer(start: first.bytes.baseAddress, count: byteCount),
        at: Int(first.page.rawValue) * meta.pageByteCount
      )
    }
  }

  private func writeMeta() throws(FileIOError) {
    let id = PageID(rawValue: meta.transaction.rawValue % 2)
    let page = UnsafeMutableRawBufferPointer(
      start: memory.zeros(meta.pageByteCount),
      count: meta.pageByteCount
    )
    meta.write(to: page, as: id)
    try database.file.write(UnsafeRawBufferPointer(page), at: Int(id.rawValue) * meta.pageByteCount)
  }

  /// Lets new readers see the state.
  private func publish() throws(BoltError) {
    hasEnded = true
    let needed = Int(meta.highWaterMark.rawValue) * meta.pageByteCount
    var mapping = self.mapping
    if needed > mapping.bytes.count {
      do {
        mapping = try database.file.map(Database.mappedByteCount(for: needed))
      } catch {
        // What is on the disk is sound, but nobody here could read it.
        database.state.withLock { $0.commitFailed = true }
        throw .file(error)
      }
    }
    let count = freelist.all.count
    let meta = self.meta
    database.state.withLock { state in
      state.meta = meta
      state.mapping = mapping
      state.freePageCount = count
    }
    returnFreelist()
  }

  /// Gives the freelist to the next transaction, and keeps no reference: it is changed in place.
  private func returnFreelist() {
    let freelist = self.freelist
    self.freelist = Freelist()
    database.freelist.withLock { $0 = freelist }
  }
}

/// How long the parts of a commit took.
public struct CommitTimes: Sendable {
  /// Joining pages that have become too empty.
  public var rebalancing = Duration.zero

  /// Making pages out of what has changed.
  public var spilling = Duration.zero

  /// Writing the pages and syncing them.
  public var writing = Duration.zero

  /// No time.
  public init() {}

  init(rebalancing: Duration, spilling: Duration, writing: Duration) {
    self.rebalancing = rebalancing
    self.spilling = spilling
    self.writing = writing
  }
}
