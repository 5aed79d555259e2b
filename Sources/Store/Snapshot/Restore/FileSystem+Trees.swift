internal import FileIO

extension FileSystem {
  /// Makes a directory and those around it that are absent.
  ///
  /// - Parameters:
  ///   - path: The directory; may be there.
  ///   - made: Gets the paths of those that were made, the outermost first, also if this throws.
  /// - Throws: What the system refuses.
  func makeDirectories(_ path: String, made: inout [String]) throws(FileIOError) {
    var absent: [String] = []
    var next = path
    while try kind(of: next) == nil {
      absent.append(next)
      let outer = parentDirectory(of: next)
      guard outer != next else { break }
      next = outer
    }
    for directory in absent.reversed() {
      try makeDirectory(directory)
      made.append(directory)
    }
  }

  /// Removes a directory and all that lies in it, as far as it can be removed.
  ///
  /// - Parameters:
  ///   - path: A directory that nobody else uses; may be absent.
  ///   - depth: How many levels of directories there can be.
  func removeTree(_ path: String, depth: Int) {
    // What is left behind is reported by whoever stumbles over it: the caller has an error to tell
    // of already.
    guard depth > 0, let names = try? list(path) else { return }
    for name in names {
      let inner = "\(path)/\(name)"
      if (try? kind(of: inner)) == .directory { removeTree(inner, depth: depth - 1) }
      try? remove(inner)
    }
    try? remove(path)
  }
}

/// The directory that a path lies in.
func parentDirectory(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
