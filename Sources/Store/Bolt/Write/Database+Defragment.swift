extension Database {
  /// How many keys one transaction of a copy holds, as etcd has it.
  private static let keysPerCommit = 10_000

  /// How many bytes one transaction of a copy holds at most: large values would else take memory
  /// without bound.
  private static let bytesPerCommit = 64 << 20

  /// Copies all buckets into an empty database, whose pages are then full and follow each other.
  ///
  /// - Parameters:
  ///   - target: The database to fill; it should be new.
  ///   - fillPercent: How full its pages are made.
  ///   - onProgress: Is told now and then how many bytes of keys and values have been copied.
  /// - Throws: The fault of a page of either database, or what the system refused.
  ///
  /// Source: etcd `server/storage/backend/backend.go`, `defragdb`; bbolt `compact.go`.
  public func copy(
    into target: Database,
    fillPercent: Double = 0.9,
    onProgress: (Int) -> Void = { _ in }
  ) throws(BoltError) {
    let source = read()
    var copy = try DatabaseCopy(target: target, fillPercent: fillPercent)
    try copy.add(source.root, path: [], onProgress: onProgress)
    try copy.commit()
  }

  /// A copy under way.
  private struct DatabaseCopy {
    let target: Database
    let fillPercent: Double
    var transaction: WriteTransaction
    var keyCount = 0
    var byteCount = 0
    var total = 0

    init(target: Database, fillPercent: Double) throws(BoltError) {
      self.target = target
      self.fillPercent = fillPercent
      transaction = try target.write()
    }

    mutating func commit() throws(BoltError) {
      try transaction.commit()
    }

    /// The bucket at a path, in the transaction that is open now.
    func bucket(_ path: [[UInt8]]) throws(BoltError) -> WritableBucket {
      var bucket = transaction.root
      for name in path { bucket = try bucket.bucketOrNew(name) }
      bucket.fillPercent = fillPercent
      return bucket
    }

    mutating func add(
      _ source: Bucket,
      path: [[UInt8]],
      onProgress: (Int) -> Void
    ) throws(BoltError) {
      guard path.count < Limits.depth else {
        throw .treeTooDeep(page: PageID(rawValue: 0), limit: Limits.depth)
      }
      var place = try bucket(path)
      if source.sequence != 0 { try place.setSequence(source.sequence) }
      var cursor = source.cursor()
      var next = try cursor.first()
      while let element = next {
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
          total += byteCount
          onProgress(total)
          try transaction.commit()
          transaction = try target.write()
          (keyCount, byteCount) = (0, 0)
          place = try bucket(path)
        }
        next = try cursor.next()
      }
    }
  }
}
