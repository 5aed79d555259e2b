/// Numbers that etcd prints in hexadecimal.
enum IDText {
  /// A member, a cluster or a request.
  static func member(_ id: UInt64) -> String { String(id, radix: 16) }

  /// A lease: always 16 digits.
  static func lease(_ id: Int64) -> String {
    let digits = String(UInt64(bitPattern: id), radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// A checksum: always 8 digits.
  static func checksum(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16)
    return String(repeating: "0", count: 8 - digits.utf8.count) + digits
  }
}
