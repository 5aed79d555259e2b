/// Hashes of bytes, eight at a time.
///
/// Each is begun with a seed that nobody outside knows: names in a store may be chosen to collide.
enum ByteHash {
  /// A hash that depends on all bytes, and on how many they are.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - seed: What the hash begins with.
  /// - Returns: The hash; all of its bits are as good as any other.
  @inline(__always)
  static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(truncatingIfNeeded: bytes.count)
    var offset = 0
    while bytes.count - offset >= 8 {
      hash = mix(hash, bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var rest: UInt64 = 0
    while offset < bytes.count {
      rest = rest << 8 | UInt64(bytes[offset])
      offset += 1
    }
    hash = mix(hash, rest)
    return hash ^ hash >> 32
  }

  /// Mixes a word into a hash: both halves of a product of 128 bits, where every bit of the input
  /// moves many of the output.
  @inline(__always)
  static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low &+ word
  }
}
