/// Key-values without their values, as they are sent: one after the other, each as the field `kvs` of
/// the message `etcdserverpb.RangeResponse`, with tag and length.
///
/// A range of keys only may have millions of them, most of which the index knows without their rows:
/// they are written once, and take no more memory than the answer.
public struct PackedKeys: Sendable {
  /// How many there are.
  public private(set) var count = 0

  /// How many bytes all blocks have.
  public private(set) var byteCount = 0

  private var blocks: [PackedBlock] = []

  /// How many blocks there are, of about 64 KiB each.
  public var blockCount: Int { blocks.count }

  /// A block: whole fields, whose memory lasts as long as these keys.
  public func block(_ place: Int) -> UnsafeRawBufferPointer { blocks[place].bytes }

  /// Adds one behind the others.
  mutating func append(_ keyValue: NewKeyValue) {
    let messageByteCount = keyValue.byteCount
    let fieldByteCount =
      1 + MessageWriter.byteCount(of: UInt64(messageByteCount)) + messageByteCount
    let memory: UnsafeMutableRawPointer
    if let last = blocks.last, let room = last.reserve(fieldByteCount) {
      memory = room
    } else {
      // Many answers have a few keys, and blocks that follow others become full.
      let least = blocks.isEmpty ? PackedBlock.firstByteCount : PackedBlock.byteCount
      let block = PackedBlock(capacity: max(least, fieldByteCount))
      guard let room = block.reserve(fieldByteCount) else { return }
      blocks.append(block)
      memory = room
    }
    var writer = MessageWriter(at: memory)
    writer.putHead(PackedKeys.field, byteCount: messageByteCount)
    keyValue.write(to: writer.end)
    count += 1
    byteCount += fieldByteCount
  }

  private static let field: UInt8 = 2
}

/// Memory for packed keys, filled from its start.
///
/// Nobody adds to it once others read it.
private final class PackedBlock: @unchecked Sendable {
  static let firstByteCount = 1 << 10
  static let byteCount = 1 << 16

  private let base: UnsafeMutableRawPointer
  private let capacity: Int
  private var count = 0

  init(capacity: Int) {
    base = .allocate(byteCount: capacity, alignment: 16)
    self.capacity = capacity
  }

  deinit { base.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// The next bytes, if there are as many.
  func reserve(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount <= capacity - count else { return nil }
    defer { count += byteCount }
    return base + count
  }
}
