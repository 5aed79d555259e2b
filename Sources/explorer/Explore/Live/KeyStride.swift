/// By how much keys rise from one to the next: what some of them tell about those behind them.
///
/// Keys are taken for numbers: the eight bytes from the first one on in which they differ. What comes of
/// it is a guess: between a key and the one guessed for so many behind it lie more or fewer.
struct KeyStride {
  /// How many bytes all the keys share, and are not looked at.
  private let depth: Int

  /// The difference of two neighbours.
  private var step: Double

  /// How much further apart keys are taken to lie than thought, where hardly any were found.
  private static let widening = 16.0

  /// What some keys tell; nothing if they are all the same.
  ///
  /// - Parameters:
  ///   - first: The first of them.
  ///   - last: The last.
  ///   - count: How many there are.
  init?(from first: [UInt8], to last: [UInt8], count: Int) {
    let depth = zip(first, last).prefix { $0 == $1 }.count
    let (low, high) = (KeyStride.number(first, depth), KeyStride.number(last, depth))
    guard count > 1, high > low else { return nil }
    self.depth = depth
    step = Double(high - low) / Double(count - 1)
  }

  /// Where about so many keys behind a key end; nothing where that is behind all that begin as it does.
  func bound(ofKeys count: Int, from key: [UInt8]) -> [UInt8]? {
    guard key.count >= depth else { return nil }
    let distance = (step * Double(count)).rounded(.up)
    guard distance < 0x1p63 else { return nil }
    let number = KeyStride.number(key, depth).addingReportingOverflow(UInt64(distance))
    guard !number.overflow else { return nil }
    let bytes = withUnsafeBytes(of: number.partialValue.bigEndian) { Array($0) }
    return key[..<depth] + bytes
  }

  /// Is told that hardly any keys were found where many were guessed.
  mutating func widen() { step *= KeyStride.widening }

  /// The eight bytes from a place on; zeros where there are none.
  private static func number(_ key: [UInt8], _ depth: Int) -> UInt64 {
    let bytes = key.dropFirst(depth).prefix(8)
    let number = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return bytes.isEmpty ? 0 : number << UInt64(8 * (8 - bytes.count))
  }
}
