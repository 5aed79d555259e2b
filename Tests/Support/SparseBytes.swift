/// The contents of a file of which only what was written takes memory; copies share it.
struct SparseBytes: Sendable {
  static let pageByteCount = 4096

  /// How long the file is.
  private(set) var byteCount = 0

  /// What was written, by page number; everything else is zero.
  ///
  /// What lies here beyond `byteCount` was written before the length that would show it.
  private(set) var pages: [Int: [UInt8]] = [:]

  /// No page holds anything beyond.
  private var writtenEnd = 0

  /// Puts bytes in their place, and leaves the length as it is.
  mutating func write(_ bytes: Slice<UnsafeRawBufferPointer>, at offset: Int) {
    writtenEnd = max(writtenEnd, offset + bytes.count)
    var rest = bytes
    var position = offset
    while !rest.isEmpty {
      let (page, start) = position.quotientAndRemainder(dividingBy: Self.pageByteCount)
      let part = rest.prefix(Self.pageByteCount - start)
      pages[page, default: [UInt8](repeating: 0, count: Self.pageByteCount)]
        .withUnsafeMutableBytes {
          UnsafeMutableRawBufferPointer(rebasing: $0[start...])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
        }
      rest = rest.dropFirst(part.count)
      position += part.count
    }
  }

  /// Puts zeros in a place within one page, as far as it is not empty.
  mutating func clear(_ start: Int, to end: Int) {
    guard start < end else { return }
    let (page, slot) = start.quotientAndRemainder(dividingBy: Self.pageByteCount)
    pages[page]?.withUnsafeMutableBytes { bytes in
      for slot in slot..<slot + end - start { bytes[slot] = 0 }
    }
  }

  /// Cuts the contents off, or lengthens them with zeros.
  mutating func resize(to newByteCount: Int) {
    byteCount = min(byteCount, newByteCount)
    removeHidden()
    byteCount = newByteCount
  }

  /// Forgets what was written beyond the end.
  mutating func removeHidden() {
    guard writtenEnd > byteCount else { return }
    writtenEnd = byteCount
    let (lastPage, rest) = byteCount.quotientAndRemainder(dividingBy: Self.pageByteCount)
    pages = pages.filter { $0.key < lastPage || $0.key == lastPage && rest > 0 }
    pages[lastPage]?.withUnsafeMutableBytes { page in
      for slot in rest..<page.count { page[slot] = 0 }
    }
  }
}
