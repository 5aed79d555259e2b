private import CProtobufC

/// Memory for one unpacked object: handed out by moving a pointer, given back all at once.
///
/// libprotobuf-c allocates from it. It refuses beyond its limit, so that bytes which claim to be
/// more than they are cannot take all memory: a message of one byte on the wire may stand for
/// hundreds in memory.
final class Arena {
  /// How many bytes an object of the given size may take: gogo's own structs take a comparable
  /// multiple of the bytes they were read from.
  static func limit(forInputOf byteCount: Int) -> Int { 4 << 20 + byteCount * 64 }

  private static let blockByteCount = 64 << 10
  private static let alignment = 16

  private var blocks: [UnsafeMutableRawBufferPointer] = []
  private var largeBlocks: [UnsafeMutableRawBufferPointer] = []
  private var blockIndex = 0
  private var offset = 0
  private var used = 0
  private var limit = 0

  init() {
    blocks.append(
      .allocate(byteCount: Arena.blockByteCount, alignment: Arena.alignment))
  }

  deinit {
    for block in blocks { block.deallocate() }
    for block in largeBlocks { block.deallocate() }
  }

  /// Takes everything back. Blocks of the common size stay for the next object.
  func reset(limit: Int) {
    for block in largeBlocks { block.deallocate() }
    largeBlocks.removeAll(keepingCapacity: true)
    // What one large object needed is not kept for a thousand small ones.
    while blocks.count > 16 { blocks.removeLast().deallocate() }
    blockIndex = 0
    offset = 0
    used = 0
    self.limit = limit
  }

  /// Memory for `byteCount` bytes, aligned to 16; nil when the limit would be passed.
  @inline(__always)
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let rounded = (byteCount + Arena.alignment - 1) & ~(Arena.alignment - 1)
    if rounded <= Arena.blockByteCount - offset, used + rounded <= limit {
      let result = blocks[blockIndex].baseAddress?.advanced(by: offset)
      offset += rounded
      used += rounded
      return result
    }
    return allocateElsewhere(rounded)
  }

  @inline(never)
  private func allocateElsewhere(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount >= 0, byteCount <= limit - used else { return nil }
    used += byteCount
    if byteCount > Arena.blockByteCount / 4 {
      let block = UnsafeMutableRawBufferPointer.allocate(
        byteCount: byteCount, alignment: Arena.alignment)
      largeBlocks.append(block)
      return block.baseAddress
    }
    blockIndex += 1
    if blockIndex == blocks.count {
      blocks.append(.allocate(byteCount: Arena.blockByteCount, alignment: Arena.alignment))
    }
    offset = byteCount
    return blocks[blockIndex].baseAddress
  }
}
