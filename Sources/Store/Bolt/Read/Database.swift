public import FileIO
internal import Synchronization

/// An open bolt database: many readers beside one writer.
///
/// Every read transaction sees one committed state, however long it lasts and whatever is committed
/// meanwhile. A write transaction changes nothing that any of them, or a crash, could fall back on:
/// it writes to free pages, syncs, and then makes its state the current one with a meta page.
///
/// Readers may live on any thread. Write transactions follow one another, each on one thread.
///
/// Source: bbolt `db.go`.
public final class Database: Sendable {
  /// How a database is opened.
  public struct Options: Sendable {
    /// Whether it is only read: nothing is written then, not even when it is closed.
    public var isReadOnly = false

    /// Whether the file's lock is taken: shared for reading, exclusive for writing.
    ///
    /// Without it, what a running writer does meanwhile may be seen half done.
    public var takesLock = true

    /// Whether commits write the free pages down, as bbolt does unless told otherwise.
    ///
    /// etcd does not. Here, whoever opens the file for writing finds them by a walk over all pages,
    /// stored or not.
    public var storesFreelist = false

    /// Whether a file is opened for reading that is shorter than its meta page says, to save what is
    /// left.
    public var acceptsTruncation = false

    /// Whether a file without a sound meta page is opened for reading, to save what is left: it has no
    /// root then, and its pages can only be gone through one by one.
    public var acceptsLostMeta = false

    /// The page size of a new database, in bytes: a power of two from 1 KiB to 64 KiB.
    public var newPageByteCount = 4096

    /// The options that etcd opens its database with.
    public init() {}

    /// For reading only.
    public static var reading: Options {
      var options = Options()
      options.isReadOnly = true
      return options
    }
  }

  /// What the threads share: guarded by `state`'s lock.
  struct State {
    var meta: Meta
    var mapping: Mapping
    /// The transactions of open readers: how many have each.
    var readers: [TransactionID: Int] = [:]
    /// How many pages are free or will be, as the last commit left them.
    var freePageCount = 0
    /// Whether a commit failed between its two writes.
    var commitFailed = false
  }

  /// The file's path.
  public let path: String

  /// The size of a page, in bytes.
  public let pageByteCount: Int

  /// Why the meta pages could not be used, if the database was opened all the same: then no bucket
  /// can be reached, and ``ReadTransaction/strayLeaves(besides:)`` are all there is.
  public let metaFault: BoltError?

  let options: Options
  let file: File
  let state: Mutex<State>

  /// What is free.
  ///
  /// The one write transaction takes it out and puts it back when it ends.
  let freelist: Mutex<Freelist?>

  /// Opens a database, or makes one.
  ///
  /// - Parameters:
  ///   - path: The file; made unless `options` say that it is only read.
  ///   - options: How.
  ///   - fileSystem: Where it lies.
  /// - Throws: ``BoltError/file(_:)`` with `.locked` if another process holds the file;
  ///   ``BoltError/noMeta(first:second:)`` if it is no bolt database; what is wrong with its meta
  ///   page, or the fault of a page that the search for free pages met.
  public init(
    _ path: String,
    _ options: Options = Options(),
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(BoltError) {
    self.path = path
    self.options = options
    let access: FileAccess = options.isReadOnly ? .read : .updateOrCreate
    let found: (meta: Meta, mapping: Mapping, fault: BoltError?)
    do throws(FileIOError) {
      file = try File(path, access, in: fileSystem)
      if options.takesLock {
        try file.lock(options.isReadOnly ? .sharedWithoutWaiting : .exclusiveWithoutWaiting)
      }
      if !options.isReadOnly {
        try Database.initialiseIfNew(file, pageByteCount: options.newPageByteCount)
      }
    } catch {
      throw .file(error)
    }
    found = try Database.findMeta(file, options: options)
    pageByteCount = found.meta.pageByteCount
    metaFault = found.fault
    freelist = Mutex(nil)
    state = Mutex(State(meta: found.meta, mapping: found.mapping))
    if !options.isReadOnly {
      let found = try read().findFreePages()
      state.withLock { $0.freePageCount = found.all.count }
      freelist.withLock { $0 = found }
    }
  }

  /// Begins to change the database.
  ///
  /// - Returns: The transaction, which changes nothing unless it is committed.
  /// - Throws: ``BoltError/openedForReading``, ``BoltError/commitFailedBefore``,
  ///   ``BoltError/writerActive`` while another write transaction has not ended, or
  ///   ``BoltError/lastTransaction(_:)``: a larger id there is not, and with any other the state
  ///   that is current now would remain so.
  public func write() throws(BoltError) -> WriteTransaction {
    guard !options.isReadOnly else { throw .openedForReading }
    let (current, commitFailed) = state.withLock { ($0.meta.transaction, $0.commitFailed) }
    guard !commitFailed else { throw .commitFailedBefore }
    guard current.rawValue < .max else { throw .lastTransaction(current) }
    let taken = freelist.withLock { freelist in
      let taken = freelist
      freelist = nil
      return taken
    }
    guard var taken else { throw .writerActive }
    let (meta, mapping, oldest) = state.withLock { state in
      (state.meta, state.mapping, state.readers.keys.min() ?? state.meta.transaction)
    }
    taken.settle(oldest: oldest)
    return WriteTransaction(of: self, meta: meta, mapping: mapping, freelist: taken)
  }

  /// Begins to read the state that is current now.
  ///
  /// - Returns: The transaction, which ends with its last reference.
  public func read() -> ReadTransaction {
    let (meta, mapping) = state.withLock { state in
      state.readers[state.meta.transaction, default: 0] += 1
      return (state.meta, state.mapping)
    }
    return ReadTransaction(of: self, meta: meta, mapping: mapping)
  }

  func endReading(_ transaction: TransactionID) {
    state.withLock { state in
      let count = state.readers[transaction, default: 0] - 1
      state.readers[transaction] = count > 0 ? count : nil
    }
  }

  /// The length of the file in bytes: what etcd calls the database's size, free pages and all.
  public func byteCount() throws(BoltError) -> Int {
    do { return try file.byteCount() } catch { throw .file(error) }
  }

  /// Whether the file ends with the 32 bytes of checksum that a saved snapshot has: pages end on
  /// sectors of 512 bytes.
  public func hasSnapshotTrailer() throws(BoltError) -> Bool {
    try byteCount() % 512 == 32
  }

  /// How many read transactions have not ended.
  public var readerCount: Int { state.withLock { $0.readers.values.reduce(0, +) } }

  /// Lets go of the pages that were read, after much was that will not be needed soon.
  public func forgetPages() { state.withLock { $0.mapping }.forgetPages() }

  /// How many bytes of the allocated pages are free, as the last commit left them; known to whoever
  /// has the database open for writing.
  public var freeByteCount: Int {
    state.withLock { $0.freePageCount } * pageByteCount
  }

  /// Whether a writer in another process has committed since the database was opened: with a lock
  /// taken, never.
  ///
  /// Pages that this state needs may then have been written anew.
  public func hasChangedOnDisk() -> Bool {
    let (meta, mapping) = state.withLock { ($0.meta, $0.mapping) }
    return withExtendedLifetime(mapping) {
      (0...1).contains { slot in
        // A file that was cut off may have no second page.
        let page = mapping.bytes.dropFirst(slot * pageByteCount).prefix(Meta.endOffset)
        guard case .success(let now) = Meta.read(UnsafeRawBufferPointer(rebasing: page)) else {
          return false
        }
        return now.transaction > meta.transaction
      }
    }
  }
}

extension Database {
  /// The smallest and the next place where bbolt looks for a second meta page: page sizes from 1 KiB
  /// to 16 MiB.
  private static let metaOffsets = (0..<15).map { 1024 << $0 }

  /// Finds the current meta of a file, and maps the file.
  private static func findMeta(
    _ file: File,
    options: Options
  ) throws(BoltError) -> (meta: Meta, mapping: Mapping, fault: BoltError?) {
    let byteCount: Int
    let mapping: Mapping
    do throws(FileIOError) {
      byteCount = try file.byteCount()
      mapping = try file.map(
        options.isReadOnly ? byteCount : Database.mappedByteCount(for: byteCount)
      )
    } catch {
      throw .file(error)
    }
    let bytes = UnsafeRawBufferPointer(rebasing: mapping.bytes[..<byteCount])
    do throws(BoltError) {
      let meta = try chooseMeta(in: bytes)
      try checkRange(
        of: meta,
        fileByteCount: byteCount,
        acceptsTruncation: options.isReadOnly && options.acceptsTruncation
      )
      return (meta, mapping, nil)
    } catch {
      guard options.isReadOnly, options.acceptsLostMeta, let meta = Meta(guessedFrom: bytes) else {
        throw error
      }
      return (meta, mapping, error)
    }
  }

  /// Checks the page numbers of a meta page against each other and against the length of the file.
  private static func checkRange(
    of meta: Meta,
    fileByteCount: Int,
    acceptsTruncation: Bool
  ) throws(BoltError) {
    let count = meta.highWaterMark.rawValue
    guard count <= Limits.pageCount else {
      throw .tooManyPages(count: count, limit: Limits.pageCount)
    }
    for page in [meta.root, meta.freelist] where page != Meta.freelistNotStored {
      guard page.rawValue > 1 else { throw .metaPageReached(page: page) }
      guard page < meta.highWaterMark else { throw .pageOutOfRange(page: page, limit: count) }
    }
    let expected = count * UInt64(meta.pageByteCount)
    guard acceptsTruncation || expected <= fileByteCount else {
      throw .fileTooShort(byteCount: fileByteCount, expected: expected)
    }
  }

  /// The meta with the larger transaction id of those that are sound.
  ///
  /// The page size is the first meta's, or is found by looking for the second one where it would lie.
  static func chooseMeta(in file: UnsafeRawBufferPointer) throws(BoltError) -> Meta {
    func meta(at offset: Int) -> Result<Meta, MetaFault> {
      let start = min(offset, file.count)
      return Meta.read(UnsafeRawBufferPointer(rebasing: file[start...].prefix(Meta.endOffset)))
    }
    let zero: Meta
    switch meta(at: 0) {
    case .success(let meta): zero = meta
    case .failure(let fault):
      for offset in metaOffsets {
        if case .success(let one) = meta(at: offset), one.pageByteCount == offset { return one }
      }
      let second = meta(at: 4096)
      guard case .failure(let secondFault) = second else {
        throw .noMeta(first: fault, second: .pageSize(found: 4096))
      }
      throw .noMeta(first: fault, second: secondFault)
    }
    guard
      case .success(let one) = meta(at: zero.pageByteCount),
      one.pageByteCount == zero.pageByteCount, one.transaction > zero.transaction
    else { return zero }
    return one
  }
}
