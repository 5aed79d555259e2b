internal import Checksum
internal import MVCC

/// A checksum of the keys and values that lived at a revision.
public struct LiveChecksum: Equatable, Sendable {
  /// CRC-32C over "key" and then each live key and its value, in the order of the keys.
  public var checksum: UInt32

  /// The revision of the newest of these keys, or the compacted one if that is later.
  public var revision: Int64

  /// The revision that was compacted last; 0 if none was.
  public var compactRevision: Int64
}

extension FileSource {
  /// The checksum that `auger checksum` prints: the same for two files with the same live keys,
  /// however much history each still has.
  ///
  /// It is none of etcd's hashes, which are over rows.
  ///
  /// Source: auger `pkg/data/data.go`, `HashByRevision`.
  ///
  /// - Parameters:
  ///   - revision: As of when; the current revision if nothing.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: The checksum.
  /// - Throws: ``SourceError``.
  public func liveChecksum(
    at revision: Int64? = nil,
    progress: ((_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(SourceError) -> LiveChecksum {
    let revision = try resolve(revision)
    let rows = try newestRows(in: nil, at: revision, progress: progress).sorted()
    var sum = CRC32C()
    sum.update(Array("key".utf8))
    var newest = compactRevision ?? 0
    for place in 0..<rows.count {
      let row = rows[place]
      sum.update(row.key)
      sum.update(try row.keyValue(in: self).value)
      newest = max(newest, row.revision.main)
    }
    return LiveChecksum(
      checksum: sum.value,
      revision: newest,
      compactRevision: compactRevision ?? 0
    )
  }
}
