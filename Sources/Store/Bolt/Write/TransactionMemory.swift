/// Memory that lasts as long as a write transaction: keys and values put, pages being made.
///
/// Pieces are cut from large blocks and are given back all at once.
final class TransactionMemory {
  private static let blockByteCount = 1 << 20

  private var blocks: [UnsafeMutableRawPointer] = []
  private var next: UnsafeMutableRawPointer?
  private var rest = 0

  deinit { for block in blocks { block.deallocate() } }

  /// Cuts off a piece of zeros, aligned to 8 bytes.
  ///
  /// Pieces that are cut off one after the other mostly lie one after the other.
  func zeros(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let piece = allocate(byteCount)
    piece.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    return piece
  }

  /// A copy of some bytes.
  func copy(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard let base = bytes.baseAddress, bytes.count > 0 else {
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    let piece = allocate(bytes.count)
    piece.copyMemory(from: base, byteCount: bytes.count)
    return UnsafeRawBufferPointer(start: piece, count: bytes.count)
  }

  private func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    let rounded = (byteCount + 7) & ~7
    if let piece = next, rounded <= rest {
      next = piece + rounded
      rest -= rounded
      return piece
    }
    let blockByteCount = max(rounded, TransactionMemory.blockByteCount)
    let block = UnsafeMutableRawPointer.allocate(byteCount: blockByteCount, alignment: 8)
    blocks.append(block)
    // A piece with a block of its own leaves the rest of the block before it in use.
    if blockByteCount - rounded > rest {
      next = block + rounded
      rest = blockByteCount - rounded
    }
    return block
  }
}
