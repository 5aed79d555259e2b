#if canImport(Glibc)
import Glibc
#endif

/// Reading files and standard input.
enum InputFile {
  /// All bytes of a file, or of standard input for nil and `-`.
  static func read(_ path: String?) throws -> [UInt8] {
    guard let path, path != "-" else {
      if isatty(0) == 1 { Diagnostics.note("", "reading from the terminal; end with Ctrl-D") }
      return try readAll(0, name: "standard input")
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandFailure(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    return try readAll(descriptor, name: path)
  }

  /// The files below a directory with the given endings, sorted; a file is itself.
  static func files(at path: String, endings: [String]) throws -> [String] {
    guard let directory = opendir(path) else {
      guard errno == ENOTDIR else { throw CommandFailure(path, String(cString: strerror(errno))) }
      return [path]
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if endings.contains(where: { name.hasSuffix($0) }) { names.append("\(path)/\(name)") }
    }
    return names.sorted()
  }

  private static func readAll(_ descriptor: Int32, name: String) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunkByteCount = 64 << 10
    while true {
      var failure: Int32 = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: chunkByteCount) { buffer, initialized in
        let result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        failure = result < 0 ? errno : 0
        initialized = max(result, 0)
      }
      if failure == EINTR { continue }
      guard failure == 0 else { throw CommandFailure(name, String(cString: strerror(failure))) }
      if chunk.isEmpty { return bytes }
      bytes += chunk
      if chunk.count == chunkByteCount { chunkByteCount = min(chunkByteCount * 2, 4 << 20) }
    }
  }
}
