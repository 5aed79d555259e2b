internal import NIOCore

/// The header `grpc-timeout`: up to eight digits and a unit.
///
/// Source: gRPC, `doc/PROTOCOL-HTTP2.md`, Timeout.
enum RPCTimeout {
  /// Reads one.
  ///
  /// - Parameter text: The header's value, for instance `10S`.
  /// - Returns: How long; nil if that is no timeout. Times beyond what a clock can count, some
  ///   hundred years, are that.
  static func parse(_ text: String) -> TimeAmount? {
    var text = text.utf8[...]
    guard let unit = text.popLast(), (1...8).contains(text.count) else { return nil }
    var value: Int64 = 0
    for digit in text {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    let nanoseconds: Int64
    switch unit {
    case UInt8(ascii: "H"): nanoseconds = 3_600_000_000_000
    case UInt8(ascii: "M"): nanoseconds = 60_000_000_000
    case UInt8(ascii: "S"): nanoseconds = 1_000_000_000
    case UInt8(ascii: "m"): nanoseconds = 1_000_000
    case UInt8(ascii: "u"): nanoseconds = 1_000
    case UInt8(ascii: "n"): nanoseconds = 1
    default: return nil
    }
    let (product, overflow) = value.multipliedReportingOverflow(by: nanoseconds)
    return .nanoseconds(overflow ? longest : min(product, longest))
  }

  // A hundred years, so that adding it to a time of now cannot overflow.
  private static let longest: Int64 = 100 * 366 * 24 * 3_600_000_000_000
}
