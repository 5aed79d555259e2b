internal import Bolt
public import FileIO

extension Keyspace {
  /// Rewrites the database's file without its free pages.
  ///
  /// What is pending is committed before. Readers go on meanwhile and afterwards, each with the file
  /// that it began with; the system keeps the old one until the last of them is done.
  ///
  /// The thread that changes the keyspace calls it.
  ///
  /// - Parameter fileSystem: Where the file lies.
  /// - Throws: As ``commit()``; ``MVCCError/bolt(_:)``. If the new file cannot be opened, nothing is
  ///   changed any more.
  ///
  /// Source: etcd `server/storage/backend/backend.go`, `defrag`.
  public func defragment(in fileSystem: any FileSystem = LocalFileSystem()) throws(MVCCError) {
    try changing { () throws(MVCCError) in
      try commit()
      _ = try bolt { () throws(BoltError) in try database.replaceFile(in: fileSystem) }
      let next: RowSource
      do throws(MVCCError) {
        let path = database.path
        database = try bolt { () throws(BoltError) in try Database(path, in: fileSystem) }
        next = try RowSource(database)
      } catch {
        hasFailed = true
        throw error
      }
      lock.writing {
        shared.source = next
        shared.buffered = next.buffer.contents
      }
    }
  }
}
