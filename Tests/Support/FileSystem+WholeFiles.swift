public import FileIO

extension FileSystem {
  /// All bytes of a file.
  public func contents(of path: String) throws(FileIOError) -> [UInt8] {
    let file = try File(path, .read, in: self)
    var bytes = [UInt8](repeating: 0, count: try file.byteCount())
    // A closure of `withUnsafeMutableBytes` throws any error: the count comes out as a result.
    let result = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FileIOError) in try file.read(into: buffer, at: 0) }
    }
    bytes.removeLast(bytes.count - (try result.get()))
    return bytes
  }

  /// Makes a file of these bytes, in place of one that is there; not synced.
  public func setContents(of path: String, to bytes: [UInt8]) throws(FileIOError) {
    let file = try File(path, .updateOrCreate, in: self)
    try file.truncate(to: 0)
    try file.write(bytes, at: 0)
  }
}

extension File {
  /// Writes all bytes of an array.
  public func write(_ bytes: [UInt8], at offset: Int) throws(FileIOError) {
    let result = bytes.withUnsafeBytes { buffer in
      Result { () throws(FileIOError) in try write(buffer, at: offset) }
    }
    try result.get()
  }
}
