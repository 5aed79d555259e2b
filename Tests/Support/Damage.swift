/// Bytes made worse, systematically.
public enum Damage {
  /// Every beginning of `bytes` that is shorter than they are.
  public static func truncations(of bytes: [UInt8]) -> some Sequence<[UInt8]> {
    bytes.indices.lazy.map { Array(bytes[..<$0]) }
  }

  /// Every value that differs from `bytes` in one bit.
  public static func bitFlips(of bytes: [UInt8]) -> some Sequence<[UInt8]> {
    (0..<bytes.count * 8).lazy.map { bit in
      var copy = bytes
      copy[bit / 8] ^= 1 << (bit % 8)
      return copy
    }
  }
}
