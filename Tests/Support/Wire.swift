/// Protobuf by hand, so that tests do not rely on what they test.
public enum Wire {
  /// A number in the base-128 form.
  public static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  /// A field's number and wire type.
  public static func tag(_ number: UInt32, wireType: UInt8) -> [UInt8] {
    varint(UInt64(number) << 3 | UInt64(wireType))
  }

  /// A field with a number as its value.
  public static func field(_ number: UInt32, varint value: UInt64) -> [UInt8] {
    tag(number, wireType: 0) + varint(value)
  }

  /// A length-delimited field: bytes, or a message.
  public static func field(_ number: UInt32, _ bytes: [UInt8]) -> [UInt8] {
    tag(number, wireType: 2) + varint(UInt64(bytes.count)) + bytes
  }

  /// A length-delimited field: text.
  public static func field(_ number: UInt32, _ text: String) -> [UInt8] {
    field(number, Array(text.utf8))
  }

  /// An object as etcd holds it: magic, envelope, message.
  public static func stored(apiVersion: String, kind: String, _ message: [UInt8]) -> [UInt8] {
    Array("k8s\0".utf8) + field(1, field(1, apiVersion) + field(2, kind)) + field(2, message)
      + field(3, "") + field(4, "")
  }
}
