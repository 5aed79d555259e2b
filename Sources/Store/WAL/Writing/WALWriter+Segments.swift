internal import FileIO

extension WALWriter {
  /// The segments whose locks are held, oldest first: those that may still be needed.
  public var heldSegments: [Segment] { segments.compactMap(\.segment) }

  /// Gives back the locks of segments that no start needs any more.
  ///
  /// - Parameter index: The last entry in the snapshot that a start would begin from. The newest
  ///   segment that begins before it is still held, since entries behind it may be there.
  public func release(upTo index: LogIndex) {
    // The last segment is kept whatever it begins with.
    let slot = segments.firstIndex { ($0.segment?.index ?? .zero) >= index } ?? segments.count
    segments.removeFirst(max(0, slot - 1))
  }

  /// Removes the oldest segments, those at most whose locks have been given back.
  ///
  /// A segment that another process has locked stays, with all that are newer.
  ///
  /// - Parameter count: How many segments are kept, those that are held included.
  /// - Returns: The segments that were removed.
  /// - Throws: ``WALError/file(_:)`` with what the system refused. Appending goes on.
  @discardableResult
  public func purge(keeping count: Int) throws(WALError) -> [Segment] {
    guard let oldestHeld = heldSegments.first else { return [] }
    let all = try SegmentList.segments(in: directory, fileSystem)
    var removed: [Segment] = []
    for segment in all.dropLast(max(0, count)) where segment < oldestHeld {
      let path = join(directory, segment.name)
      do throws(FileIOError) {
        let file = try File(path, .update, in: fileSystem)
        try file.lock(.exclusiveWithoutWaiting)
        try fileSystem.remove(path)
      } catch {
        if case .locked = error { break }
        throw .file(error)
      }
      removed.append(segment)
    }
    if !removed.isEmpty {
      try throwingWALError { () throws(FileIOError) in try fileSystem.syncDirectory(directory) }
    }
    return removed
  }

  /// Ends the last segment where it is, and begins another one.
  ///
  /// The order is what makes a power failure harmless at any point: what was appended is durable
  /// before there is a new segment; the new one has its head before it has its name; it has its
  /// name before anything is appended to it. So only the very last segment can be torn.
  func beginNextSegment() throws(WALError) {
    let end = offset
    try tail.throwingWALError { file throws(FileIOError) in try file.truncate(to: end) }
    try syncData()
    let next = try nextSegment.take()
    let sequence = (tail.segment?.sequence ?? 0) &+ 1
    let path = join(directory, Segment(sequence: sequence, index: lastIndex.next).name)
    encoder.appendChecksum()
    encoder.append(.metadata, metadata)
    if !hardState.isEmpty { encoder.append(.hardState, hardState) }
    try next.throwingWALError { file throws(FileIOError) in
      try encoder.batch.withBytes { (head) throws(FileIOError) in try file.write(head, at: 0) }
      try file.sync()
    }
    try throwingWALError { () throws(FileIOError) in
      try fileSystem.rename(next.path, to: path)
      try fileSystem.syncDirectory(directory)
    }
    segments.append(SegmentFile(next.file, at: path))
    offset = encoder.batch.count
    encoder.batch.removeAll()
    prepareNextSegment()
  }

  /// Has the file of the next segment made in the background.
  func prepareNextSegment() {
    guard options.preparesNextSegment else { return }
    let nextSegment = nextSegment
    // If this fails, the append that needs the file tries again and says why.
    Task.detached(priority: .utility) { try? nextSegment.prepare() }
  }
}
