internal import FileIO

/// An open file of the log.
struct SegmentFile {
  /// Where it lies now; the file may have been opened under another name.
  let path: String

  /// What its name says; nil if it was given by a name that no segment has.
  let segment: Segment?

  let file: File

  /// The file with what its name says.
  init(_ file: File, at path: String) {
    self.file = file
    self.path = path
    segment = Segment(name: String(path.split(separator: "/").last ?? ""))
  }

  /// Runs what asks the file system about this file; what it throws names the file's present path.
  func throwingWALError<Result>(
    _ body: (File) throws(FileIOError) -> Result
  ) throws(WALError) -> Result {
    do throws(FileIOError) {
      return try body(file)
    } catch {
      throw .file(error.about(path))
    }
  }
}

extension FileIOError {
  /// The same error of the same file, which was renamed since it was opened.
  func about(_ path: String) -> FileIOError {
    switch self {
    case .failed(let operation, _, let code):
      .failed(operation: operation, path: path, code: code)
    case .locked: .locked(path: path)
    case .syncFailedBefore: .syncFailedBefore(path: path)
    }
  }
}

/// Finds the segments that a log is read from.
enum SegmentList {
  /// The names of all segments in a directory, oldest first; other files are passed over.
  static func segments(
    in directory: String,
    _ fileSystem: any FileSystem
  ) throws(WALError) -> [Segment] {
    try throwingWALError { () throws(FileIOError) in try fileSystem.list(directory) }
      .compactMap(Segment.init(name:))
      .sorted()
  }

  /// The segments that hold what comes behind an index.
  ///
  /// - Parameters:
  ///   - directory: Where the log lies.
  ///   - index: The index; nil for everything that is there.
  ///   - fileSystem: Where the directory lies.
  /// - Returns: One segment or more, oldest first and contiguous.
  /// - Throws: `noSegments`, `beginsLater`, `sequenceBroken`, and what the system refuses.
  static func select(
    in directory: String,
    from index: LogIndex?,
    _ fileSystem: any FileSystem
  ) throws(WALError) -> [Segment] {
    let all = try segments(in: directory, fileSystem)
    guard let oldest = all.first else { throw .noSegments(path: directory) }
    var start = 0
    if let index {
      guard let last = all.lastIndex(where: { $0.index <= index }) else {
        throw .beginsLater(path: directory, found: oldest.index, wanted: index)
      }
      start = last
    }
    for slot in (start + 1)..<max(all.count, start + 1) {
      let expected = all[slot - 1].sequence &+ 1
      guard all[slot].sequence == expected else {
        throw .sequenceBroken(path: directory, found: all[slot].sequence, expected: expected)
      }
    }
    return Array(all[start...])
  }

  /// Opens the segments of a log, all of them before any is read.
  ///
  /// So nothing is missed while another process removes old segments: if one goes between listing
  /// and opening, the directory is listed again.
  ///
  /// - Parameters:
  ///   - path: A directory, or one segment by any name.
  ///   - index: As for `select`.
  ///   - access: How the files are opened.
  ///   - fileSystem: Where they lie.
  /// - Returns: One open segment or more, oldest first.
  /// - Throws: What `select` throws.
  static func open(
    _ path: String,
    from index: LogIndex?,
    _ access: FileAccess,
    _ fileSystem: any FileSystem
  ) throws(WALError) -> [SegmentFile] {
    let kind = try throwingWALError { () throws(FileIOError) in try fileSystem.kind(of: path) }
    guard kind == .directory else {
      let file = try throwingWALError { () throws(FileIOError) in
        try File(path, access, in: fileSystem)
      }
      return [SegmentFile(file, at: path)]
    }
    var attempt = 1
    while true {
      let segments = try select(in: path, from: index, fileSystem)
      do throws(FileIOError) {
        var files: [SegmentFile] = []
        for segment in segments {
          let name = join(path, segment.name)
          files.append(SegmentFile(try File(name, access, in: fileSystem), at: name))
        }
        return files
      } catch {
        guard error.isNotFound, attempt < 3 else { throw .file(error) }
        attempt += 1
      }
    }
  }
}
