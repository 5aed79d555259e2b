/// What the log may grow to, and what is believed of files.
public enum WALLimits {
  /// How long a segment gets before the next one is begun, in bytes; it is allocated at this size.
  ///
  /// Source: etcd 3.4, `wal/wal.go`, `SegmentSizeBytes`.
  public static let segmentByteCount = 64_000_000

  /// The longest record that is read or written, in bytes.
  ///
  /// A request to etcd has 1.5 MiB unless its operator allows more. What claims to be longer than
  /// this is not worth the memory.
  public static let recordByteCount = 256 << 20

  /// The longest snapshot file that is read, in bytes; real ones have some kilobytes.
  public static let snapshotFileByteCount = 512 << 20

  /// The most members that a configuration is believed to have; real ones have up to nine.
  public static let memberCount = 10_000

  /// The most snapshot records that a log is believed to have: one is written in 10,000 entries or
  /// more, and segments that lie before the last few snapshots are removed.
  public static let snapshotRecordCount = 100_000

  /// How often entries may be overwritten in one log: this happens when a leader was replaced, and
  /// each time takes 24 bytes of memory.
  public static let overwriteCount = 100_000

  /// The unit that a disk writes as a whole or not at all, in bytes.
  ///
  /// Source: etcd 3.4, `wal/decoder.go`, `minSectorSize`.
  static let sectorByteCount = 512

  /// How much of a segment is read at a time, in bytes.
  static let readByteCount = 1 << 20

  /// How large a buffer may stay once it is no longer needed, in bytes.
  static let retainedByteCount = 8 << 20
}
