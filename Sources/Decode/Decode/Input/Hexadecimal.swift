/// Hexadecimal digits.
enum Hexadecimal {
  /// The value of a digit in either case, or nil.
  @inline(__always)
  static func value(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Lines of hexadecimal, as `decode --batch` and etcd-dump-logs have them.
public enum Hex {
  /// The value of every byte as a digit; 255 for what is none.
  private static let values: [UInt8] = (0...255).map { Hexadecimal.value(of: UInt8($0)) ?? 255 }

  /// Appends the bytes that a line of digits stands for.
  ///
  /// - Parameters:
  ///   - line: Digits in either case, two a byte; a carriage return at the end is passed over.
  ///   - bytes: Where to append; unchanged if the line is not hexadecimal.
  /// - Returns: Whether the line is hexadecimal.
  public static func append(_ line: UnsafeRawBufferPointer, to bytes: inout [UInt8]) -> Bool {
    let digitCount = line.count - (line.last == 0x0D ? 1 : 0)
    guard digitCount % 2 == 0 else { return false }
    let start = bytes.count
    var all: UInt8 = 0
    bytes.reserveCapacity(start + digitCount / 2)
    values.withUnsafeBufferPointer { values in
      var offset = 0
      while offset < digitCount {
        let high = values[Int(line[offset])]
        let low = values[Int(line[offset + 1])]
        all |= high | low
        bytes.append(high << 4 | low & 15)
        offset += 2
      }
    }
    // A digit is below 16; 255 leaves its mark.
    if all >= 16 {
      bytes.removeLast(bytes.count - start)
      return false
    }
    return true
  }
}
