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
  /// Appends the bytes that a line of digits stands for.
  ///
  /// - Parameters:
  ///   - line: Digits in either case, two a byte; a carriage return at the end is passed over.
  ///   - bytes: Where to append; unchanged if the line is not hexadecimal.
  /// - Returns: Whether the line is hexadecimal.
  public static func append(_ line: UnsafeRawBufferPointer, to bytes: inout OutputBuffer) -> Bool {
    let digitCount = line.count - (line.last == 0x0D ? 1 : 0)
    guard digitCount % 2 == 0 else { return false }
    let start = bytes.count
    var isValid = true
    bytes.append(atMost: digitCount / 2) { output in
      guard let start = line.baseAddress else { return 0 }
      var source = start
      var target = UnsafeMutableRawPointer(output)
      let endOfGroups = start + (digitCount & ~7)
      while source < endOfGroups {
        let digits = UInt64(littleEndian: source.loadUnaligned(as: UInt64.self))
        guard let four = fourBytes(digits) else { break }
        target.storeBytes(of: four.littleEndian, as: UInt32.self)
        source += 8
        target += 4
      }
      // The last few digits, or the group that holds what is none.
      var offset = source - start
      while offset < digitCount {
        guard let high = Hexadecimal.value(of: line[offset]),
          let low = Hexadecimal.value(of: line[offset + 1])
        else {
          isValid = false
          break
        }
        output[offset / 2] = high << 4 | low
        offset += 2
      }
      return offset / 2
    }
    if !isValid { bytes.truncate(to: start) }
    return isValid
  }

  /// The four bytes of eight digits in one word, or nil if one of them is none.
  @inline(__always)
  private static func fourBytes(_ digits: UInt64) -> UInt32? {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // Letters become lower case; a decimal digit has that bit anyway.
    let lower = digits | ones &* 0x20
    let isLetter = digits >> 6 & ones
    let values = lower &- (ones &* 0x30) &- (isLetter &* 0x27)
    // Each byte is now below 16, and 10 or more where it was a letter: only then do 6 more set bit
    // 4. What was no digit breaks one of the two, and a borrow comes only from such a byte.
    // A control character would become a digit with the bit that makes letters lower case.
    let isWrong =
      ((digits ^ lower) >> 5 & ~isLetter & ones) | (values & (ones &* 0xF0))
      | (((values &+ (ones &* 6)) ^ (isLetter << 4)) & (ones &* 0x10))
    guard isWrong == 0 else { return nil }
    let pairs = (values << 4 | values >> 8) & 0x00FF_00FF_00FF_00FF
    let halves = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: halves | halves >> 16)
  }
}
