extension [UInt8] {
  /// The bytes of digits, two a byte, white space anywhere.
  public init(hexadecimal text: String) {
    let digits = text.compactMap { $0.hexDigitValue.map(UInt8.init) }
    precondition(digits.count % 2 == 0, "digits come in pairs: \(text)")
    self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// The digits of the bytes.
  public var hexadecimal: String {
    map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
