public import FileIO

extension Database {
  /// How many keys one transaction of a copy holds, as etcd has it.
  private static let keysPerCommit = 10_000

  /// How many bytes one transaction of a copy holds at most: large values would else take memory
  /// without bound.
  private static let bytesPerCommit = 64 << 20

  /// Rewrites a database file without its free pages, in place of what it was.
  ///
  /// The copy is made beside the file and takes its name once it is durable: whenever power fails,
  /// one of the two is there as a whole.
  ///
  /// - Parameters:
  ///   - path: The file. No other process may hold it.
  ///   - fileSystem: Where it lies.
  ///   - onProgress: Is told now and then how many bytes of keys and values of at most how many have
  ///     been copied.
  /// - Returns: The length of the file in bytes, before and after.
  /// - Throws: ``BoltError/snapshotTrailer`` for a saved snapshot, whose checksum would be wrong; the
  ///   fault of a page; or what the system refused.
  public static func defragment(
    _ path: String,
    in fileSystem: any FileSystem = LocalFileSystem(),
    onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(BoltError) -> (before: Int, after: Int) {
    let before: Int
    do throws(FileIOError) {
      // Opening for writing would make a file that is not there.
      before = try File(path, .update, in: fileSystem).byteCount()
    } catch {
      throw .file(error)
    }
    guard before % 512 != 32 else { throw .snapshotTrailer }
    let database = try Database(path, in: fileSystem)
    let after = try database.replaceFile(in: fileSystem) { done in onProgress(done, before) }
    return (before, after)
  }

  /// Rewrites the file without its free pages: a new file takes its name.
  ///
  /// This database stays as it was, over a file without a name: readers go on, and nobody should
  /// write to it any more. The new file is not locked; whoever goes on with it opens it.
  ///
  /// - Parameters:
  ///   - fileSystem: Where the file lies.
  ///   - onProgress: Is told now and then how many bytes of keys and values have been copied.
  /// - Returns: The length of the new file in bytes.
  /// - Throws: The fault of a page; or what the system refused. The old file has its name then.
  public func replaceFile(
    in fileSystem: any FileSystem = LocalFileSystem(),
    onProgress: (Int) -> Void = { _ in }
  ) throws(BoltError) -> Int {
    let copyPath = "\(path).tmp.\(UInt32.random(in: .min ... .max))"
    do throws(BoltError) {
      var options = Options()
      options.newPageByteCount = pageByteCount
      let copy = try Database(copyPath, options, in: fileSystem)
      try self.copy(into: copy, onProgress: onProgress)
    } catch {
      try? fileSystem.remove(copyPath)
      throw error
    }
    do throws(FileIOError) {
      let after = try File(copyPath, .read, in: fileSystem).byteCount()
      try fileSystem.rename(copyPath, to: path)
      let slash = path.lastIndex(of: "/")
      let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
      try fileSystem.syncDirectory(directory)
      return after
    } catch {
      try? fileSystem.remove(copyPath)
      throw .file(error)
    }
  }

  /// Copies all buckets into an empty database, whose pages are then full and follow each other.
  ///
  /// - Parameters:
  ///   - target: The database to fill; it should be new.
  ///   - fillPercent: How full its pages are made.
  ///   - onProgress: Is told now and then, and at the end, how many bytes of keys and values have
  ///     been copied.
  /// - Throws: The fault of a page of either database, ``BoltError/copyTooLarge(byteCount:limit:)``
  ///   if buckets lead in circles or elements share their bytes, or what the system refused.
  ///
  /// Source: etcd `server/storage/backend/backend.go`, `defragdb`; bbolt `compact.go`.
  public func copy(
    into target: Database,
    fillPercent: Double = 0.9,
    onProgress: (Int) -> Void = { _ in }
  ) throws(BoltError) {
    let source = read()
    var copy = try DatabaseCopy(of: source, target: target, fillPercent: fillPercent)
    try copy.add(source.root, path: [], onProgress: onProgress)
    try copy.commit(onProgress)
  }

  /// A copy under way.
  private struct DatabaseCopy {
    let target: Database
    let fillPercent: Double
    var transaction: WriteTransaction
    var keyCount = 0
    var byteCount = 0
    var total = 0

    /// What all elements take on pages, and what they can take at most.
    var elementByteCount = 0
    let elementByteLimit: Int

    init(
      of source: ReadTransaction,
      target: Database,
      fillPercent: Double
    ) throws(BoltError) {
      elementByteLimit = source.byteCount
      self.target = target
      self.fillPercent = fillPercent
      transaction = try target.write()
    }

    mutating func commit(_ onProgress: (Int) -> Void) throws(BoltError) {
      try transaction.commit()
      total += byteCount
      (keyCount, byteCount) = (0, 0)
      onProgress(total)
    }

    /// The bucket at a path, in the transaction that is open now.
    func bucket(_ path: [[UInt8]]) throws(BoltError) -> WritableBucket {
      var bucket = transaction.root
      for name in path { bucket = try bucket.bucketOrNew(name) }
      bucket.fillPercent = fillPercent
      return bucket
    }

    /// Counts an element; of a bucket the name only, for what is in it is counted by itself.
    mutating func count(_ element: Element) throws(BoltError) {
      elementByteCount += PageView.elementByteCount + element.key.count
      if !element.isBucket { elementByteCount += element.value.count }
      guard elementByteCount <= elementByteLimit else {
        throw .copyTooLarge(byteCount: elementByteCount, limit: elementByteLimit)
      }
    }

    mutating func add(
      _ source: Bucket,
      path: [[UInt8]],
      onProgress: (Int) -> Void
    ) throws(BoltError) {
      var place = try bucket(path)
      if source.sequence != 0 { try place.setSequence(source.sequence) }
      var cursor = source.cursor()
      var next = try cursor.first()
      while let element = next {
        try count(element)
        if element.isBucket {
          let inner = try source.bucket(of: element, on: cursor.page)
          try add(inner, path: path + [Array(element.key)], onProgress: onProgress)
          place = try bucket(path)
        } else {
          try place.put(element.value, for: element.key)
          keyCount += 1
          byteCount += element.key.count + element.value.count
        }
        if keyCount >= Database.keysPerCommit || byteCount >= Database.bytesPerCommit {
          try commit(onProgress)
          transaction = try target.write()
          place = try bucket(path)
        }
        next = try cursor.next()
      }
    }
  }
}
