/// An IPv4 or IPv6 address, for counting along a range.
package struct IPAddress: Hashable, Sendable {
  private let isIPv6: Bool
  private let value: UInt128

  private init(isIPv6: Bool, value: UInt128) {
    self.isIPv6 = isIPv6
    self.value = value
  }

  /// An address from its text; nil if it is none.
  package init?(_ text: some StringProtocol) {
    if text.contains(":") {
      guard let value = IPAddress.parseIPv6(String(text)) else { return nil }
      self.init(isIPv6: true, value: value)
    } else {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      guard parts.count == 4 else { return nil }
      var value: UInt128 = 0
      for part in parts {
        guard let byte = UInt8(part) else { return nil }
        value = value << 8 | UInt128(byte)
      }
      self.init(isIPv6: false, value: value)
    }
  }

  private var bitCount: Int { isIPv6 ? 128 : 32 }

  /// The first address of the network that has this address; nil for an impossible length.
  func network(prefixLength: Int) -> IPAddress? {
    guard (0...bitCount).contains(prefixLength) else { return nil }
    let hostBits = bitCount - prefixLength
    let value = hostBits >= 128 ? 0 : (self.value >> UInt128(hostBits)) << UInt128(hostBits)
    return IPAddress(isIPv6: isIPv6, value: value)
  }

  /// The address that many further on; nil beyond the last one.
  package func advanced(by offset: UInt128) -> IPAddress? {
    let (sum, overflows) = value.addingReportingOverflow(offset)
    guard !overflows, isIPv6 || sum <= UInt128(UInt32.max) else { return nil }
    return IPAddress(isIPv6: isIPv6, value: sum)
  }

  private static func parseIPv6(_ text: String) -> UInt128? {
    func groups(_ part: Substring) -> [UInt16]? {
      if part.isEmpty { return [] }
      var groups: [UInt16] = []
      for group in part.split(separator: ":", omittingEmptySubsequences: false) {
        guard group.count <= 4, let value = UInt16(group, radix: 16) else { return nil }
        groups.append(value)
      }
      return groups
    }
    var all: [UInt16]
    if let gap = text.firstRange(of: "::") {
      guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
        head.count + tail.count < 8
      else { return nil }
      all = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    } else {
      guard let found = groups(text[...]), found.count == 8 else { return nil }
      all = found
    }
    return all.reduce(UInt128(0)) { $0 << 16 | UInt128($1) }
  }
}

extension IPAddress: CustomStringConvertible {
  /// The usual text; of IPv6 the longest run of zeros is left out.
  ///
  /// Source: RFC 5952.
  package var description: String {
    if !isIPv6 {
      return (0..<4).reversed().map { String(value >> UInt128($0 * 8) & 255) }.joined(
        separator: "."
      )
    }
    let groups = (0..<8).reversed().map { UInt16(truncatingIfNeeded: value >> UInt128($0 * 16)) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > best.count, end - start > 1 { best = start..<end }
      start = max(end, start + 1)
    }
    func text(_ groups: ArraySlice<UInt16>) -> String {
      groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
    if best.isEmpty { return text(groups[...]) }
    return "\(text(groups[..<best.lowerBound]))::\(text(groups[best.upperBound...]))"
  }
}
