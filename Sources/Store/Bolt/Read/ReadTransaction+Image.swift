extension ReadTransaction {
  /// The state as a file of its own: what a snapshot sends, before its checksum.
  ///
  /// Both meta pages refer to the same root; the first has this transaction's id, the second the one
  /// before it, so that the first is the current one. The other pages are as they lie here, up to the high-water mark.
  ///
  /// - Parameter send: Takes the image, piece after piece.
  /// - Throws: What `send` throws.
  ///
  /// Source: bbolt `tx.go`, `WriteTo`.
  public func sendImage<Failure: Error>(
    _ send: (UnsafeRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    let size = meta.pageByteCount
    let head = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * size, alignment: 8)
    defer { head.deallocate() }
    head.initializeMemory(as: UInt8.self, repeating: 0)
    meta.write(
      to: UnsafeMutableRawBufferPointer(rebasing: head[..<size]),
      as: PageID(rawValue: 0)
    )
    var second = meta
    second.transaction.rawValue -= min(second.transaction.rawValue, 1)
    second.write(
      to: UnsafeMutableRawBufferPointer(rebasing: head[size...]),
      as: PageID(rawValue: 1)
    )
    try send(UnsafeRawBufferPointer(head))
    var offset = 2 * size
    let end = Int(pages.limit) * size
    while offset < end {
      let count = min(1 << 20, end - offset)
      try send(UnsafeRawBufferPointer(start: pages.base + offset, count: count))
      offset += count
    }
  }
}
