internal import FileIO
internal import Synchronization

/// The file that becomes the next segment, allocated before it is needed.
///
/// Allocating 64 MB takes some file systems a second; so it is done beside the thread that appends.
/// All methods may be called from any thread.
///
/// The files are called `0.tmp` and `1.tmp` in turn, as etcd has it, so that one can be made while
/// the other is being renamed. What an earlier process left under these names is overwritten.
///
/// Source: etcd 3.4, `wal/file_pipeline.go`.
final class NextSegment: Sendable {
  private struct State {
    var file: SegmentFile?
    var count = 0
    var isClosed = false
  }

  private let directory: String
  private let byteCount: Int
  private let fileSystem: any FileSystem
  private let state = Mutex(State())

  init(in directory: String, byteCount: Int, _ fileSystem: any FileSystem) {
    self.directory = directory
    self.byteCount = byteCount
    self.fileSystem = fileSystem
  }

  /// Makes the file, unless there is one.
  func prepare() throws(WALError) {
    try state.withLock { state throws(WALError) in
      if !state.isClosed && state.file == nil { state.file = try make(&state) }
    }
  }

  /// Hands out the file, which is locked, full of zeros, and has yet to be renamed.
  func take() throws(WALError) -> SegmentFile {
    try state.withLock { state throws(WALError) in
      guard let file = state.file else { return try make(&state) }
      state.file = nil
      return file
    }
  }

  /// Removes the file, and makes no other one.
  func close() {
    state.withLock { state in
      state.isClosed = true
      // What stays is overwritten by the next process; so nothing depends on this.
      if let file = state.file { try? fileSystem.remove(file.path) }
      state.file = nil
    }
  }

  private func make(_ state: inout State) throws(WALError) -> SegmentFile {
    let path = join(directory, "\(state.count % 2).tmp")
    let byteCount = byteCount
    let file = try throwingWALError { () throws(FileIOError) in
      let file = try File(path, .updateOrCreate, in: fileSystem)
      try file.lock(.exclusiveWithoutWaiting)
      try file.truncate(to: 0)
      try file.allocate(byteCount)
      return file
    }
    state.count += 1
    return SegmentFile(file, at: path)
  }
}
