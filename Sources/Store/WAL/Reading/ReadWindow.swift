internal import FileIO

/// A part of a file in memory, which moves along with whoever reads the file.
final class ReadWindow {
  private var memory = UnsafeMutableRawBufferPointer.allocate(
    byteCount: WALLimits.readByteCount,
    alignment: 8
  )
  private var segment: SegmentFile?
  private var start = 0
  private var count = 0

  deinit { memory.deallocate() }

  /// Goes to another file.
  func move(to segment: SegmentFile) {
    self.segment = segment
    forget()
  }

  /// Reads anew whatever is asked for next.
  func forget() {
    start = 0
    count = 0
  }

  /// Bytes of the file: valid until the next call.
  ///
  /// - Parameters:
  ///   - offset: Where they begin.
  ///   - wanted: How many; the caller knows that the file has them.
  /// - Returns: So many, or fewer if the file has become shorter.
  /// - Throws: What the system refuses.
  func bytes(at offset: Int, count wanted: Int) throws(WALError) -> UnsafeRawBufferPointer {
    if offset < start || offset + wanted > start + count { try fill(offset, wanted) }
    let first = offset - start
    return UnsafeRawBufferPointer(rebasing: memory[first..<min(first + wanted, count)])
  }

  private func fill(_ offset: Int, _ wanted: Int) throws(WALError) {
    let isTooSmall = wanted > memory.count
    let isTooLarge =
      memory.count > WALLimits.retainedByteCount && wanted <= WALLimits.readByteCount
    if isTooSmall || isTooLarge {
      memory.deallocate()
      memory = .allocate(byteCount: max(wanted, WALLimits.readByteCount), alignment: 8)
    }
    start = offset
    count = 0
    let memory = memory
    count =
      try segment?.throwingWALError { file throws(FileIOError) in
        try file.read(into: memory, at: offset)
      } ?? 0
  }
}
