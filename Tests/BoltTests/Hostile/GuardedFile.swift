import FileIO
import Glibc

/// A file of fixed bytes in memory, for reading: its last byte is followed by memory that nobody may
/// touch.
///
/// Opening it costs no call of the system: a hundred thousand damaged files take seconds.
final class GuardedFile: FileSystem, FileHandle {
  let path = "/db"
  private nonisolated(unsafe) let region: UnsafeMutableRawBufferPointer
  /// The bytes, which the tests change between openings.
  nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

  init(_ contents: [UInt8]) {
    let pageByteCount = sysconf(Int32(_SC_PAGESIZE))
    let used = (contents.count + pageByteCount - 1) / pageByteCount * pageByteCount
    let count = used + pageByteCount
    let start = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start, start != MAP_FAILED, mprotect(start + used, pageByteCount, PROT_NONE) == 0
    else {
      fatalError("no memory for a file")
    }
    region = UnsafeMutableRawBufferPointer(start: start, count: count)
    bytes = UnsafeMutableRawBufferPointer(rebasing: region[(used - contents.count)..<used])
    bytes.copyBytes(from: contents)
  }

  deinit { munmap(region.baseAddress, region.count) }

  func open(_ path: String, _ access: FileAccess) throws(FileIOError) -> any FileHandle { self }
  func byteCount() throws(FileIOError) -> Int { bytes.count }
  func lock(_ mode: LockMode) throws(FileIOError) -> Bool { true }

  func map(_ byteCount: Int) throws(FileIOError) -> Mapping {
    Mapping(UnsafeRawBufferPointer(rebasing: bytes[..<byteCount])) { _ in }
  }

  // What a reader does not ask for.
  private var refused: FileIOError { .failed(operation: .examine, path: path, code: ENOTSUP) }
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileIOError) -> Int {
    throw refused
  }
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileIOError) { throw refused }
  func syncData() throws(FileIOError) { throw refused }
  func sync() throws(FileIOError) { throw refused }
  func truncate(to byteCount: Int) throws(FileIOError) { throw refused }
  func allocate(_ byteCount: Int) throws(FileIOError) { throw refused }
  func rename(_ path: String, to target: String) throws(FileIOError) { throw refused }
  func remove(_ path: String) throws(FileIOError) { throw refused }
  func makeDirectory(_ path: String) throws(FileIOError) { throw refused }
  func list(_ path: String) throws(FileIOError) -> [String] { throw refused }
  func kind(of path: String) throws(FileIOError) -> FileKind? { throw refused }
  func syncDirectory(_ path: String) throws(FileIOError) { throw refused }
}
