import FileIO
import TestSupport

/// A file system seen from one of its folders, so that the same test runs on several: paths are
/// those within the folder, in arguments and in errors.
struct PlacedFileSystem: FileSystem {
  /// Which file system it is.
  enum Kind: CaseIterable, Sendable {
    case local
    case simulated
    /// With an idle ``FaultyFileSystem`` around it.
    case wrapped
  }

  let base: any FileSystem
  let root: String

  /// Removed with the last copy of this.
  private let folder: TemporaryFolder?

  init(_ kind: Kind) throws {
    switch kind {
    case .local:
      let folder = try TemporaryFolder()
      self.folder = folder
      base = LocalFileSystem()
      root = folder.path
    case .simulated, .wrapped:
      folder = nil
      let disk = SimulatedDisk()
      try disk.makeDirectory("/place")
      disk.syncAll()
      base = kind == .wrapped ? FaultyFileSystem(disk) : disk
      root = "/place"
    }
  }

  func open(_ path: String, _ access: FileAccess) throws(FileIOError) -> any FileHandle {
    PlacedHandle(try within { () throws(FileIOError) in try base.open(full(path), access) }, self)
  }

  func rename(_ path: String, to target: String) throws(FileIOError) {
    try within { () throws(FileIOError) in try base.rename(full(path), to: full(target)) }
  }

  func remove(_ path: String) throws(FileIOError) {
    try within { () throws(FileIOError) in try base.remove(full(path)) }
  }

  func makeDirectory(_ path: String) throws(FileIOError) {
    try within { () throws(FileIOError) in try base.makeDirectory(full(path)) }
  }

  func list(_ path: String) throws(FileIOError) -> [String] {
    try within { () throws(FileIOError) in try base.list(full(path)) }
  }

  func kind(of path: String) throws(FileIOError) -> FileKind? {
    try within { () throws(FileIOError) in try base.kind(of: full(path)) }
  }

  func syncDirectory(_ path: String) throws(FileIOError) {
    try within { () throws(FileIOError) in try base.syncDirectory(full(path)) }
  }

  private func full(_ path: String) -> String { "\(root)/\(path)" }

  fileprivate func within<Result>(
    _ body: () throws(FileIOError) -> Result
  ) throws(FileIOError) -> Result {
    do throws(FileIOError) {
      return try body()
    } catch {
      guard case .failed(let operation, let path, let code) = error else { throw error }
      let short = path.hasPrefix(full("")) ? String(path.dropFirst(root.utf8.count + 1)) : path
      throw .failed(operation: operation, path: short, code: code)
    }
  }
}

private final class PlacedHandle: FileHandle {
  private let base: any FileHandle
  private let place: PlacedFileSystem

  init(_ base: any FileHandle, _ place: PlacedFileSystem) {
    self.base = base
    self.place = place
  }

  var path: String { String(base.path.dropFirst(place.root.utf8.count + 1)) }

  func byteCount() throws(FileIOError) -> Int {
    try place.within { () throws(FileIOError) in try base.byteCount() }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileIOError) -> Int {
    try place.within { () throws(FileIOError) in try base.read(into: buffer, at: offset) }
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileIOError) {
    try place.within { () throws(FileIOError) in try base.write(bytes, at: offset) }
  }

  func syncData() throws(FileIOError) {
    try place.within { () throws(FileIOError) in try base.syncData() }
  }

  func sync() throws(FileIOError) {
    try place.within { () throws(FileIOError) in try base.sync() }
  }

  func truncate(to byteCount: Int) throws(FileIOError) {
    try place.within { () throws(FileIOError) in try base.truncate(to: byteCount) }
  }

  func allocate(_ byteCount: Int) throws(FileIOError) {
    try place.within { () throws(FileIOError) in try base.allocate(byteCount) }
  }

  func lock(_ mode: LockMode) throws(FileIOError) -> Bool {
    try place.within { () throws(FileIOError) in try base.lock(mode) }
  }

  func map(_ byteCount: Int) throws(FileIOError) -> Mapping {
    try place.within { () throws(FileIOError) in try base.map(byteCount) }
  }
}
