import Crypto

#if canImport(Glibc)
import Glibc
#endif
#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A snapshot that comes in pieces, as a file that has its name only when it is whole.
///
/// Format: the database, whose size is a multiple of 512, and 32 bytes of SHA-256 over it.
///
/// Source: etcd, `client/v3/snapshot/v3_snapshot.go` (`Save`) and
/// `server/etcdserver/api/v3rpc/maintenance.go` (`Snapshot`).
struct SnapshotDownload: ~Copyable {
  private let path: String
  private let descriptor: Int32
  private var hash = SHA256()
  /// The last bytes, which are the hash if nothing comes behind them.
  private var tail: [UInt8] = []
  private(set) var byteCount = 0

  private var partPath: String { "\(path).part" }

  /// Begins a file beside the one that it is to become; one that was left there goes.
  init(_ path: String) throws {
    self.path = path
    descriptor = open("\(path).part", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw CommandFailure("\(path).part", String(cString: strerror(errno)))
    }
  }

  deinit {
    close(descriptor)
    // Gone already if it has its name.
    unlink("\(path).part")
  }

  /// Writes what came.
  mutating func append(_ piece: Data) throws {
    byteCount += piece.count
    try piece.withUnsafeBytes { try write($0) }
    let known = tail + piece.suffix(SHA256.byteCount)
    if piece.count >= SHA256.byteCount {
      hash.update(data: tail)
      hash.update(data: piece.dropLast(SHA256.byteCount))
    } else {
      hash.update(data: known.dropLast(SHA256.byteCount))
    }
    tail = known.suffix(SHA256.byteCount)
  }

  private func write(_ bytes: UnsafeRawBufferPointer) throws {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      } else if errno != EINTR {
        throw CommandFailure(partPath, String(cString: strerror(errno)))
      }
    }
  }

  /// Checks what came, and gives the file its name once it lies on the disk.
  consuming func finish() throws {
    guard byteCount % 512 == SHA256.byteCount else {
      throw CommandFailure(
        path,
        "not saved: cut off, \(byteCount) bytes and no SHA-256 at their end"
      )
    }
    guard Array(hash.finalize()) == tail else {
      throw CommandFailure(path, "not saved: its SHA-256 is not that of its \(byteCount) bytes")
    }
    guard fsync(descriptor) == 0, rename(partPath, path) == 0 else {
      throw CommandFailure(path, String(cString: strerror(errno)))
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let folderDescriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folderDescriptor >= 0 else { return }
    // Some file systems do not sync folders: the file itself is safe.
    fsync(folderDescriptor)
    close(folderDescriptor)
  }
}
