import Bolt
import FileIO
import TestSupport

/// A database whose pages are overwritten in place.
struct DamagedDatabase {
  let path: String
  let pageByteCount: Int

  /// The leaves of bucket `key`, in the order of revisions.
  let leaves: [UInt64]

  /// The pages of each kind in use, by their numbers.
  let branches: [UInt64]

  init(_ path: String) throws {
    self.path = path
    let database = try Database(path, .reading)
    pageByteCount = database.pageByteCount
    let transaction = database.read()
    leaves = try transaction.bucket("key")?.leafPages().map(\.rawValue) ?? []
    let bytes = try LocalFileSystem().contents(of: path)
    let size = database.pageByteCount
    branches = (2..<transaction.byteCount / size)
      .filter { page in bytes[page * size + 8] == 1 && Int(bytes[page * size]) == page & 0xFF }
      .map { UInt64($0) }
  }

  /// Writes zeros over a page.
  func overwrite(_ page: UInt64) throws {
    let file = try File(path, .update, in: LocalFileSystem())
    try file.write([UInt8](repeating: 0, count: pageByteCount), at: Int(page) * pageByteCount)
  }

  /// Writes zeros over a leaf in the middle.
  ///
  /// - Returns: Its number.
  func overwriteLeaf() throws -> UInt64 {
    let leaf = leaves[leaves.count / 2]
    try overwrite(leaf)
    return leaf
  }
}
