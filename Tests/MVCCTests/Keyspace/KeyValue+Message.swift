import TestSupport

extension Answer.KeyValue {
  /// The message that is stored.
  var message: [UInt8] {
    func number(_ field: UInt32, _ value: Int64) -> [UInt8] {
      value == 0 ? [] : Wire.field(field, varint: UInt64(bitPattern: value))
    }
    func bytes(_ field: UInt32, _ value: [UInt8]) -> [UInt8] {
      value.isEmpty ? [] : Wire.field(field, value)
    }
    return bytes(1, key) + number(2, createRevision) + number(3, modRevision) + number(4, version)
      + bytes(5, value) + number(6, lease)
  }
}
