internal import Checksum
public import FileIO

extension WALWriter {
  /// Makes a log in a directory that does not exist yet, or is empty.
  ///
  /// It is made under the name `DIRECTORY.tmp` and renamed when it is durable: there never is half
  /// a log. What an earlier attempt left under that name is removed.
  ///
  /// - Parameters:
  ///   - directory: Where the log is to lie; the directory around it exists.
  ///   - metadata: Whose log it is.
  ///   - options: What may be chosen.
  ///   - fileSystem: Where the directory lies.
  /// - Returns: A writer at the end of the new log.
  /// - Throws: ``WALError/alreadyExists(path:)``, and what the system refuses.
  public static func create(
    _ directory: String,
    metadata: WALMetadata,
    options: Options = Options(),
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(WALError) -> WALWriter {
    try makeRoom(for: directory, fileSystem)
    let temporary = withoutSlash(directory) + ".tmp"
    let segment = Segment(sequence: 0, index: .zero)
    let encoder = RecordEncoder(continuing: CRC32C())
    encoder.appendChecksum()
    encoder.append(.metadata, metadata)
    encoder.append(.snapshot, WALSnapshot.beginning)
    let file = try throwingWALError { () throws(FileIOError) in
      try fileSystem.makeDirectory(temporary)
      let file = try File(join(temporary, segment.name), .create, in: fileSystem)
      try file.lock(.exclusiveWithoutWaiting)
      try file.allocate(options.segmentByteCount)
      try encoder.batch.withBytes { (head) throws(FileIOError) in try file.write(head, at: 0) }
      try file.sync()
      try fileSystem.syncDirectory(temporary)
      try fileSystem.rename(temporary, to: directory)
      try fileSystem.syncDirectory(parent(of: directory))
      return file
    }
    let segments = [SegmentFile(file, at: join(directory, segment.name))]
    let writer = WALWriter(segments, in: directory, metadata, encoder, options, fileSystem)
    writer.offset = encoder.batch.count
    encoder.batch.removeAll()
    writer.prepareNextSegment()
    return writer
  }

  /// Opens a log for appending behind its last record.
  ///
  /// Everything is read and checked before. What lies behind the last record is overwritten with
  /// zeros: the rest of an interrupted write must not be taken for records when it stands behind
  /// new ones.
  ///
  /// - Parameters:
  ///   - directory: Where the log lies.
  ///   - snapshot: Where to begin; segments before are neither read nor held.
  ///   - options: What may be chosen.
  ///   - fileSystem: Where the directory lies.
  /// - Returns: A writer, and the entries behind the snapshot; those that the writer appends do not
  ///   come.
  /// - Throws: What ``LogReplay`` throws, ``WALError/torn(path:offset:)`` for a log to be repaired
  ///   first, and `.file(.locked)` if another process writes the log.
  public static func open(
    _ directory: String,
    from snapshot: WALSnapshot = .beginning,
    options: Options = Options(),
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(WALError) -> (writer: WALWriter, replay: LogReplay) {
    let kind = try throwingWALError { () throws(FileIOError) in
      try fileSystem.kind(of: directory)
    }
    guard kind == .directory else { throw .noSegments(path: directory) }
    let segments = try SegmentList.open(directory, from: snapshot.index, .update, fileSystem)
    for segment in segments {
      try segment.throwingWALError { file throws(FileIOError) in
        try file.lock(.exclusiveWithoutWaiting)
      }
    }
    // By descriptors of its own: else it would hold the locks after the writer is closed.
    var read: [SegmentFile] = []
    for segment in segments {
      let file = try throwingWALError { () throws(FileIOError) in
        try File(segment.path, .read, in: fileSystem)
      }
      read.append(SegmentFile(file, at: segment.path))
    }
    let replay = try LogReplay(WALReader(read), directory, from: snapshot)
    guard let tail = segments.last, let metadata = replay.state.metadata else {
      preconditionFailure("a log that was read has a segment, and each segment metadata")
    }
    let end = replay.end.offset
    guard !replay.end.isTorn else { throw .torn(path: tail.path, offset: end) }
    try tail.throwingWALError { file throws(FileIOError) in
      try file.truncate(to: end)
      try file.allocate(max(options.segmentByteCount, end))
      // Before anything is appended: else a power failure could keep what is new and bring back
      // what was cut off.
      try file.sync()
    }
    let encoder = RecordEncoder(continuing: replay.checksum)
    let writer = WALWriter(segments, in: directory, metadata, encoder, options, fileSystem)
    writer.hardState = replay.state.hardState
    writer.lastIndex = replay.state.lastIndex
    writer.lastTerm = replay.state.lastTerm
    writer.offset = end
    writer.prepareNextSegment()
    return (writer, replay)
  }

  /// Sees to it that a directory can be renamed to this one.
  private static func makeRoom(
    for directory: String,
    _ fileSystem: any FileSystem
  ) throws(WALError) {
    let temporary = withoutSlash(directory) + ".tmp"
    let kind = try throwingWALError { () throws(FileIOError) in
      try fileSystem.kind(of: directory)
    }
    if kind == .directory {
      guard try SegmentList.segments(in: directory, fileSystem).isEmpty else {
        throw .alreadyExists(path: directory)
      }
    }
    try throwingWALError { () throws(FileIOError) in
      // Refused if there are other people's files in it.
      if kind == .directory { try fileSystem.remove(directory) }
      guard try fileSystem.kind(of: temporary) == .directory else { return }
      for name in try fileSystem.list(temporary) { try fileSystem.remove(join(temporary, name)) }
      try fileSystem.remove(temporary)
    }
  }

  private static func withoutSlash(_ path: String) -> String {
    var path = path[...]
    while path.count > 1 && path.hasSuffix("/") { path = path.dropLast() }
    return String(path)
  }
}
