/// A file of the log, by its name: `SEQUENCE-INDEX.wal`, both as 16 hexadecimal digits.
///
/// Source: etcd 3.4, `wal/util.go`, `walName`.
public struct Segment: Hashable, Comparable, Sendable {
  /// How many segments were begun before it.
  public var sequence: UInt64

  /// The first entry that is in it, had no later leader overwritten entries before it; 0 in a log's
  /// first segment.
  public var index: LogIndex

  /// A segment.
  public init(sequence: UInt64, index: LogIndex) {
    self.sequence = sequence
    self.index = index
  }

  /// The segment of that name; nil if no segment is named so.
  public init?(name: String) {
    guard let numbers = FileName.numbers(in: name, suffix: ".wal") else { return nil }
    self.init(sequence: numbers.0, index: LogIndex(rawValue: numbers.1))
  }

  /// The name of its file.
  public var name: String { FileName.name(sequence, index.rawValue, suffix: ".wal") }

  /// Whether a segment was begun before another.
  public static func < (left: Segment, right: Segment) -> Bool {
    (left.sequence, left.index) < (right.sequence, right.index)
  }
}

/// Names that are two numbers of 16 hexadecimal digits, a dash between them, and a suffix.
enum FileName {
  static func name(_ first: UInt64, _ second: UInt64, suffix: String) -> String {
    "\(digits(first))-\(digits(second))\(suffix)"
  }

  /// Nil for any other name, also one whose digits are capital letters.
  static func numbers(in name: String, suffix: String) -> (UInt64, UInt64)? {
    guard name.hasSuffix(suffix), name.utf8.count == 33 + suffix.utf8.count else { return nil }
    let bytes = Array(name.utf8)
    guard bytes[16] == UInt8(ascii: "-"), let first = number(bytes[0..<16]),
      let second = number(bytes[17..<33])
    else { return nil }
    return (first, second)
  }

  static func digits(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): number = number << 4 | UInt64(digit - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): number = number << 4 | UInt64(digit - 0x57)
      default: return nil
      }
    }
    return number
  }
}

/// The path of something in a directory.
func join(_ directory: String, _ name: String) -> String {
  directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
}

/// The directory that something lies in.
func parent(of path: String) -> String {
  var parts = path.utf8[...]
  while parts.count > 1 && parts.last == UInt8(ascii: "/") { parts = parts.dropLast() }
  guard let slash = parts.lastIndex(of: UInt8(ascii: "/")) else { return "." }
  return slash == parts.startIndex ? "/" : String(decoding: parts[..<slash], as: UTF8.self)
}
