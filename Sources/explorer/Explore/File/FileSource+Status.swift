public import Bolt
internal import Checksum
internal import Dispatch
internal import Synchronization

/// What `etcdutl snapshot status` tells of a file.
public struct SnapshotStatus: Equatable, Sendable {
  /// CRC-32C over the names of all buckets and all their keys and values.
  public var hash: UInt32 = 0

  /// The main revision of the newest row.
  public var revision: Int64 = 0

  /// How many rows there are in all buckets.
  public var totalKey = 0

  /// How many bytes the allocated pages take.
  public var totalSize = 0
}

extension FileSource {
  /// Checks the structure of the file, and computes what a snapshot's status tells.
  ///
  /// The structure is checked on one thread and the rows are read on another: each has to see every
  /// page, and the two see them at about the same time.
  ///
  /// - Parameter progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: The report of the check, and the status; without a status if a fault of the structure
  ///   kept the rows from being read.
  ///
  /// Source: etcd `etcdutl/snapshot/v3_snapshot.go`, `Status`.
  public func status(
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) -> (report: CheckReport, status: Result<SnapshotStatus, SourceError>) {
    let report = Mutex(CheckReport())
    let status = Mutex(Result<SnapshotStatus, SourceError>.success(SnapshotStatus()))
    DispatchQueue.concurrentPerform(iterations: 2) { half in
      if half == 0 {
        let found = self.transaction.check()
        report.withLock { $0 = found }
      } else {
        let found = Result { () throws(SourceError) in try self.readStatus(progress) }
        status.withLock { $0 = found }
      }
    }
    return (report.withLock { $0 }, status.withLock { $0 })
  }

  private func readStatus(
    _ progress: ((_ done: Int, _ total: Int) -> Void)?
  ) throws(SourceError) -> SnapshotStatus {
    var status = SnapshotStatus(totalSize: transaction.byteCount)
    do throws(BoltError) {
      var hash = CRC32C()
      var cursor = transaction.root.cursor()
      var next = try cursor.first()
      while let element = next {
        hash.update(element.key)
        // A value among the buckets has no rows of its own; etcd's files have none.
        if element.isBucket {
          let bucket = try transaction.root.bucket(of: element, on: cursor.page)
          status.totalKey += try read(bucket, into: &hash, progress)
        }
        next = try cursor.next()
      }
      status.hash = hash.value
    } catch {
      throw .database(path: databasePath, error)
    }
    status.revision = newestRowRevision
    return status
  }

  /// Adds the rows of a bucket to a hash.
  private func read(
    _ bucket: Bucket,
    into hash: inout CRC32C,
    _ progress: ((_ done: Int, _ total: Int) -> Void)?
  ) throws(BoltError) -> Int {
    var count = 0
    func read(_ page: PageView) throws(BoltError) {
      for slot in 0..<page.count {
        let element = try page.element(at: slot)
        hash.update(element.key)
        // What is a bucket has no value of its own.
        if !element.isBucket { hash.update(element.value) }
      }
      count += page.count
    }
    if let page = bucket.inlineLeaf { try read(page) }
    let leaves = try bucket.leafPages()
    for (place, id) in leaves.enumerated() {
      if place % 1024 == 0 {
        progress?(place * database.pageByteCount, leaves.count * database.pageByteCount)
      }
      try read(transaction.leaf(id))
    }
    return count
  }
}
