internal import CChecksum

/// A running CRC-32C: what etcd's write-ahead log, its `.snap` files and its hashes are made of.
///
/// The polynomial is Castagnoli's (0x82F63B78 reflected) with the usual inversions, as Go's
/// `hash/crc32` with `crc32.Castagnoli` has it: the value of "123456789" is 0xE3069283.
public struct CRC32C: Equatable, Sendable {
  /// The checksum of all bytes so far; 0 before the first.
  public private(set) var value: UInt32

  /// Starts anew, or goes on from a checksum that another file ended with.
  public init(continuing value: UInt32 = 0) {
    self.value = value
  }

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    value = checksum_crc32c(value, bytes.baseAddress, bytes.count)
  }

  /// Adds bytes.
  public mutating func update(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { update($0) }
  }
}
