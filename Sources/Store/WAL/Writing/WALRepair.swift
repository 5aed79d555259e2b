public import FileIO

/// Cuts off what an interrupted write has left at the end of a log.
///
/// Nothing that was acknowledged is there. This is never done unasked: whoever opens the log gets
/// ``WALError/torn(path:offset:)`` and decides. Any other damage is left as it is.
///
/// Source: etcd 3.4, `wal/repair.go`.
public enum WALRepair {
  /// What was cut off.
  public struct Cut: Hashable, Sendable {
    /// The segment.
    public var path: String

    /// How long the segment is now, in bytes.
    public var offset: Int

    /// Where the segment lies as it was before.
    public var copyPath: String
  }

  /// Repairs the last segment of a log.
  ///
  /// The segment is copied to `SEGMENT.broken` first, in place of an earlier copy.
  ///
  /// - Parameters:
  ///   - directory: Where the log lies.
  ///   - fileSystem: Where the directory lies.
  /// - Returns: What was cut off; nil if the last segment is whole, and nothing was changed.
  /// - Throws: ``WALError/damaged(path:offset:_:)`` for what no interrupted write explains,
  ///   ``WALError/noSegments(path:)``, and what the system refuses: `.file(.locked)` if another
  ///   process writes the log.
  public static func repair(
    _ directory: String,
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(WALError) -> Cut? {
    guard let last = try SegmentList.segments(in: directory, fileSystem).last else {
      throw .noSegments(path: directory)
    }
    let path = join(directory, last.name)
    let file = try throwingWALError { () throws(FileIOError) in
      let file = try File(path, .update, in: fileSystem)
      try file.lock(.exclusiveWithoutWaiting)
      return file
    }
    let reader = WALReader([SegmentFile(file, at: path)])
    while try reader.next() != nil {}
    guard let end = reader.end, end.isTorn else { return nil }
    let copyPath = path + ".broken"
    try throwingWALError { () throws(FileIOError) in
      try copy(file, to: copyPath, fileSystem)
      try fileSystem.syncDirectory(directory)
      try file.truncate(to: end.offset)
      try file.sync()
    }
    return Cut(path: path, offset: end.offset, copyPath: copyPath)
  }

  private static func copy(
    _ file: File,
    to path: String,
    _ fileSystem: any FileSystem
  ) throws(FileIOError) {
    let copy = try File(path, .updateOrCreate, in: fileSystem)
    try copy.truncate(to: 0)
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: WALLimits.readByteCount,
      alignment: 8
    )
    defer { buffer.deallocate() }
    var offset = 0
    while true {
      let count = try file.read(into: buffer, at: offset)
      guard count > 0 else { break }
      try copy.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
      offset += count
    }
    try copy.sync()
  }
}
