internal import Crypto
public import FileIO

/// A file with the image of a database, and behind it the SHA-256 of the image.
///
/// It is what `etcdctl snapshot save` makes. Without the hash it is a database, copied from a data
/// directory.
///
/// Format: the image, whole pages; then 32 bytes of SHA-256. Whether the hash is there is told by
/// the file's length alone: pages are multiples of 512 bytes.
///
/// The file is only read. It is held with a shared lock, so that no etcd writes to it meanwhile.
///
/// Source: etcd 3.5, `etcdutl/snapshot/v3_snapshot.go`, `hasChecksum`.
public struct SnapshotFile: Sendable {
  /// The length of the trailer, which is the hash, in bytes.
  public static let trailerByteCount = 32

  /// What the length of an image is a multiple of, in bytes.
  static let sectorByteCount = 512

  /// How much is read at a time.
  private static let chunkByteCount = 1 << 20

  /// Where the file lies.
  public let path: String

  /// The length of the file, in bytes.
  public let byteCount: Int

  private let file: File

  /// Whether the hash follows the image.
  public var hasTrailer: Bool {
    byteCount % SnapshotFile.sectorByteCount == SnapshotFile.trailerByteCount
  }

  /// The length of the image, in bytes.
  public var imageByteCount: Int {
    hasTrailer ? byteCount - SnapshotFile.trailerByteCount : byteCount
  }

  /// Opens a file, whatever it holds.
  ///
  /// - Parameters:
  ///   - path: Where it lies.
  ///   - fileSystem: Where to look.
  /// - Throws: ``SnapshotError/file(_:)``, with `.locked` if a running etcd holds the file.
  public init(
    _ path: String,
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(SnapshotError) {
    self.path = path
    do throws(FileIOError) {
      file = try File(path, .read, in: fileSystem)
      try file.lock(.sharedWithoutWaiting)
      byteCount = try file.byteCount()
    } catch {
      throw .file(error)
    }
  }

  /// Checks that the image is the one that the hash is of.
  ///
  /// - Parameter onProgress: Is told how many bytes of the image have been read.
  /// - Throws: ``SnapshotError/hashMissing(path:byteCount:)``,
  ///   ``SnapshotError/hashMismatch(path:found:expected:)``, or why the file could not be read.
  public func verify(onProgress: (Int) -> Void = { _ in }) throws(SnapshotError) {
    try read(checksHash: true, into: nil, onProgress: onProgress)
  }

  /// Writes the image to the beginning of another file, and checks it on the way.
  ///
  /// What was written is of no use if this throws; it is not synced.
  ///
  /// - Parameters:
  ///   - target: The file to write to.
  ///   - checksHash: Whether the hash has to be there and to be right.
  ///   - onProgress: Is told how many bytes of the image have been written.
  /// - Throws: As ``verify(onProgress:)``.
  func copyImage(
    to target: File,
    checksHash: Bool,
    onProgress: (Int) -> Void
  ) throws(SnapshotError) {
    try read(checksHash: checksHash, into: target, onProgress: onProgress)
  }

  private func read(
    checksHash: Bool,
    into target: File?,
    onProgress: (Int) -> Void
  ) throws(SnapshotError) {
    guard hasTrailer || !checksHash else { throw .hashMissing(path: path, byteCount: byteCount) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: SnapshotFile.chunkByteCount,
      alignment: 4096
    )
    defer { buffer.deallocate() }
    var hash = SHA256()
    var offset = 0
    while offset < imageByteCount {
      let count = min(buffer.count, imageByteCount - offset)
      let chunk = try readChunk(UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), offset)
      if checksHash { hash.update(bufferPointer: chunk) }
      do { try target?.write(chunk, at: offset) } catch { throw .file(error) }
      offset += count
      onProgress(offset)
    }
    guard checksHash else { return }
    let stored = try readChunk(
      UnsafeMutableRawBufferPointer(rebasing: buffer[..<SnapshotFile.trailerByteCount]),
      offset
    )
    let found = hash.finalize().withUnsafeBytes { Array($0) }
    guard found.elementsEqual(stored) else {
      throw .hashMismatch(
        path: path,
        found: hexadecimal(found),
        expected: hexadecimal(Array(stored))
      )
    }
  }

  private func readChunk(
    _ buffer: UnsafeMutableRawBufferPointer,
    _ offset: Int
  ) throws(SnapshotError) -> UnsafeRawBufferPointer {
    let count: Int
    do { count = try file.read(into: buffer, at: offset) } catch { throw .file(error) }
    guard count == buffer.count else {
      throw .endedEarly(path: path, offset: offset + count, expected: byteCount)
    }
    return UnsafeRawBufferPointer(buffer)
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
