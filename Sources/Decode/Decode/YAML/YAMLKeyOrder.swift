/// The order in which go-yaml version 2 writes the keys of a mapping.
///
/// Letters by their code points, all else before letters, runs of digits by their value.
///
/// Source: sigs.k8s.io/yaml 1.4, goyaml.v2 (sorter.go `keyList.Less`).
enum YAMLKeyOrder {
  /// Whether the first key stands before the second.
  static func precedes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    let shorter = min(left.count, right.count)
    var offset = 0
    while offset < shorter, left[offset] == right[offset], left[offset] < 0x80 { offset += 1 }
    // Nearly always the first difference lies among ASCII, and letters differ.
    if offset < shorter, left[offset] < 0x80, right[offset] < 0x80,
      isASCIILetter(left[offset]), isASCIILetter(right[offset])
    {
      return left[offset] < right[offset]
    }
    if offset == shorter { return left.count < right.count }
    // Among ASCII a letter stands behind all else, and what is neither letter nor digit by its code.
    if left[offset] < 0x80, right[offset] < 0x80 {
      let isLeftLetter = isASCIILetter(left[offset])
      if isLeftLetter != isASCIILetter(right[offset]) { return !isLeftLetter }
      if !isDigit(left[offset]), !isDigit(right[offset]) { return left[offset] < right[offset] }
      if let order = numericOrder(left, right, at: offset) { return order }
    }
    return precedes(
      Array(String(decoding: left, as: UTF8.self).unicodeScalars),
      Array(String(decoding: right, as: UTF8.self).unicodeScalars)
    )
  }

  @inline(__always)
  private static func isASCIILetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
  }

  /// The order by the numbers that stand at the first difference, which a digit begins in one of
  /// them; nil if a character beyond ASCII follows the digits, for it might be one too.
  private static func numericOrder(
    _ left: UnsafeRawBufferPointer,
    _ right: UnsafeRawBufferPointer,
    at offset: Int
  ) -> Bool? {
    // A zero inside a number counts as a digit of it; a leading one does not.
    var start: Int64 = 0
    if left[offset] == UInt8(ascii: "0") || right[offset] == UInt8(ascii: "0") {
      var before = offset - 1
      while before >= 0, isDigit(left[before]), start == 0 {
        if left[before] != UInt8(ascii: "0") { start = 1 }
        before -= 1
      }
    }
    func number(_ bytes: UnsafeRawBufferPointer) -> (value: Int64, end: Int)? {
      var value = start
      var end = offset
      while end < bytes.count, isDigit(bytes[end]) {
        value = value &* 10 &+ Int64(bytes[end] - 0x30)
        end += 1
      }
      return end < bytes.count && bytes[end] >= 0x80 ? nil : (value, end)
    }
    guard let leftNumber = number(left), let rightNumber = number(right) else { return nil }
    if leftNumber.value != rightNumber.value { return leftNumber.value < rightNumber.value }
    if leftNumber.end != rightNumber.end { return leftNumber.end < rightNumber.end }
    return left[offset] < right[offset]
  }

  @inline(__always)
  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  private static func precedes(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Bool {
    let shorter = min(left.count, right.count)
    guard let offset = (0..<shorter).first(where: { left[$0] != right[$0] }) else {
      return left.count < right.count
    }
    let isLeftLetter = isLetter(left[offset])
    let isRightLetter = isLetter(right[offset])
    if isLeftLetter, isRightLetter { return left[offset] < right[offset] }
    if isLeftLetter || isRightLetter { return isRightLetter }

    var leftNumber: Int64 = 0
    var rightNumber: Int64 = 0
    if left[offset] == "0" || right[offset] == "0" {
      // A zero inside a number counts as a digit of it; a leading one does not.
      var before = offset - 1
      while before >= 0, isDigit(left[before]) {
        if left[before] != "0" {
          leftNumber = 1
          rightNumber = 1
          break
        }
        before -= 1
      }
    }
    var leftEnd = offset
    while leftEnd < left.count, isDigit(left[leftEnd]) {
      leftNumber = leftNumber &* 10 &+ (Int64(left[leftEnd].value) - 0x30)
      leftEnd += 1
    }
    var rightEnd = offset
    while rightEnd < right.count, isDigit(right[rightEnd]) {
      rightNumber = rightNumber &* 10 &+ (Int64(right[rightEnd].value) - 0x30)
      rightEnd += 1
    }
    if leftNumber != rightNumber { return leftNumber < rightNumber }
    if leftEnd != rightEnd { return leftEnd < rightEnd }
    return left[offset] < right[offset]
  }

  /// Unicode's category L, as Go's `unicode.IsLetter` has it.
  private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  /// Unicode's category Nd, as Go's `unicode.IsDigit` has it.
  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.generalCategory == .decimalNumber
  }
}
