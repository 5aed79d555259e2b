/// Memory for one unpacked object: handed out by moving a pointer, given back all at once.
///
/// libprotobuf-c allocates from it. It refuses beyond its limits, so that hostile bytes can take
/// neither all memory (a message of one byte on the wire may stand for hundreds in memory) nor all
/// stack (libprotobuf-c calls itself for each message inside a message, and allocates in each call).
///
/// The state lies behind a pointer, and not in a class: it is touched for every field.
struct Arena: ~Copyable {
  /// Why memory was refused.
  enum Refusal {
    case memory, stack
  }

  /// What the allocator works on; owned by the arena.
  struct State {
    fileprivate var block: UnsafeMutableRawPointer
    fileprivate var offset = 0
    fileprivate var blockIndex = 0
    fileprivate var used = 0
    fileprivate var memoryLimit = 0
    fileprivate var stackLimit: UInt = 0
    fileprivate(set) var refusal: Refusal?
    fileprivate var blocks: [UnsafeMutableRawPointer]
    fileprivate var largeBlocks: [UnsafeMutableRawPointer] = []
  }

  /// How many bytes an object of the given size may take: gogo's own structs take a comparable
  /// multiple of the bytes they were read from.
  static func limit(forInputOf byteCount: Int) -> Int { 4 << 20 + byteCount * 64 }

  private static let blockByteCount = 64 << 10
  private static let alignment = 16

  let state: UnsafeMutablePointer<State>

  init() {
    let block = UnsafeMutableRawPointer.allocate(
      byteCount: Arena.blockByteCount,
      alignment: Arena.alignment
    )
    state = .allocate(capacity: 1)
    state.initialize(to: State(block: block, blocks: [block]))
  }

  deinit {
    for block in state.pointee.blocks + state.pointee.largeBlocks { block.deallocate() }
    state.deinitialize(count: 1)
    state.deallocate()
  }

  /// Takes all memory back; blocks of the common size stay for the next object.
  ///
  /// - Parameters:
  ///   - memoryLimit: The most that may be handed out, in bytes.
  ///   - stackByteCount: How far below the caller's frame an allocation may be made.
  mutating func reset(memoryLimit: Int, stackByteCount: UInt) {
    for block in state.pointee.largeBlocks { block.deallocate() }
    state.pointee.largeBlocks.removeAll(keepingCapacity: true)
    // What one large object needed is not kept for a thousand small ones.
    while state.pointee.blocks.count > 16 { state.pointee.blocks.removeLast().deallocate() }
    state.pointee.block = state.pointee.blocks[0]
    state.pointee.blockIndex = 0
    state.pointee.offset = 0
    state.pointee.used = 0
    state.pointee.memoryLimit = memoryLimit
    state.pointee.refusal = nil
    var here: UInt8 = 0
    let address = withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
    state.pointee.stackLimit = address - min(stackByteCount, address)
  }

  /// Memory for `byteCount` bytes, aligned to 16; nil when a limit would be passed.
  @inline(__always)
  static func allocate(
    _ byteCount: Int,
    from state: UnsafeMutablePointer<State>
  ) -> UnsafeMutableRawPointer? {
    var here: UInt8 = 0
    let address = withUnsafePointer(to: &here) { UInt(bitPattern: $0) }
    guard address > state.pointee.stackLimit else {
      state.pointee.refusal = .stack
      return nil
    }
    let rounded = (byteCount + alignment - 1) & ~(alignment - 1)
    if rounded <= blockByteCount - state.pointee.offset,
      state.pointee.used + rounded <= state.pointee.memoryLimit
    {
      let result = state.pointee.block + state.pointee.offset
      state.pointee.offset += rounded
      state.pointee.used += rounded
      return result
    }
    return allocateElsewhere(rounded, from: state)
  }

  @inline(never)
  private static func allocateElsewhere(
    _ byteCount: Int,
    from state: UnsafeMutablePointer<State>
  ) -> UnsafeMutableRawPointer? {
    guard byteCount >= 0, byteCount <= state.pointee.memoryLimit - state.pointee.used else {
      state.pointee.refusal = .memory
      return nil
    }
    state.pointee.used += byteCount
    if byteCount > blockByteCount / 4 {
      let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: alignment)
      state.pointee.largeBlocks.append(block)
      return block
    }
    state.pointee.blockIndex += 1
    if state.pointee.blockIndex == state.pointee.blocks.count {
      state.pointee.blocks.append(
        .allocate(byteCount: blockByteCount, alignment: alignment)
      )
    }
    state.pointee.block = state.pointee.blocks[state.pointee.blockIndex]
    state.pointee.offset = byteCount
    return state.pointee.block
  }
}
