/// A pattern for keys, as a shell has them: `web-*`, `default/*`, `/registry/pods/*/db-?`.
///
/// `*` stands for any characters, slashes too, `?` for one character, `[a-z]` for one of several,
/// `[!a-z]` or `[^a-z]` for any other; a backslash takes the character behind it for itself. What
/// the pattern is compared with depends on its slashes:
///
/// * one that begins with a slash, with the whole key;
/// * one without a slash, with the last part of the key, the name of an object;
/// * any other, with the end of the key from the beginning of one of its parts: `default/*` means
///   all keys that have a part `default` with something behind it.
///
/// Keys are bytes. A byte that is no part of a character counts as one. A bracket without its other
/// half stands for itself.
///
/// A pattern never changes and may be shared between threads.
public struct KeyPattern: Hashable, Sendable {
  /// What a pattern is compared with.
  private enum Place: Hashable {
    case key, lastPart, anyPart
  }

  private enum Element: Hashable {
    /// A byte that stands for itself.
    case byte(UInt8)

    /// One character.
    case one

    /// Any characters, or none.
    case any

    /// One of the characters in ranges, or one that is in none of them.
    case set([ClosedRange<UInt32>], isNegated: Bool)
  }

  /// The pattern as it was given.
  public let text: String

  private let place: Place
  private let elements: [Element]

  /// A pattern from its text; any text is one.
  public init(_ text: String) {
    self.text = text
    elements = KeyPattern.elements(of: Array(text.unicodeScalars))
    if text.utf8.first == UInt8(ascii: "/") {
      place = .key
    } else {
      place = text.utf8.contains(UInt8(ascii: "/")) ? .anyPart : .lastPart
    }
  }

  private static func elements(of text: [Unicode.Scalar]) -> [Element] {
    var elements: [Element] = []
    var position = 0
    while position < text.count {
      let scalar = text[position]
      position += 1
      switch scalar {
      case "*": if elements.last != .any { elements.append(.any) }
      case "?": elements.append(.one)
      case "[":
        if let set = set(in: text, from: &position) {
          elements.append(set)
        } else {
          elements.append(.byte(UInt8(ascii: "[")))
        }
      case "\\" where position < text.count:
        elements += String(text[position]).utf8.map { .byte($0) }
        position += 1
      default: elements += String(scalar).utf8.map { .byte($0) }
      }
    }
    return elements
  }

  /// Reads what stands between brackets; nil, with nothing read, if they are not closed.
  private static func set(in text: [Unicode.Scalar], from position: inout Int) -> Element? {
    var next = position
    var ranges: [ClosedRange<UInt32>] = []
    let isNegated = next < text.count && (text[next] == "!" || text[next] == "^")
    if isNegated { next += 1 }
    let start = next
    func scalar() -> UInt32? {
      if next < text.count, text[next] == "\\", next + 1 < text.count { next += 1 }
      guard next < text.count else { return nil }
      defer { next += 1 }
      return text[next].value
    }
    while next < text.count {
      // A closing bracket that comes first is one of the characters.
      if text[next] == "]", next > start {
        position = next + 1
        return .set(ranges, isNegated: isNegated)
      }
      guard let low = scalar() else { return nil }
      if next + 1 < text.count, text[next] == "-", text[next + 1] != "]" {
        next += 1
        guard let high = scalar() else { return nil }
        if low <= high { ranges.append(low...high) }
      } else {
        ranges.append(low...low)
      }
    }
    return nil
  }

  // MARK: Matching

  /// Whether a key is one that is meant.
  ///
  /// - Parameter key: The key's bytes, read during the call only.
  /// - Returns: Whether it matches, wholly.
  /// - Complexity: O(nm) in the lengths of key and pattern, times the key's parts where it may begin
  ///   at any.
  public func matches(_ key: UnsafeRawBufferPointer) -> Bool {
    let slash = UInt8(ascii: "/")
    switch place {
    case .key: return matches(key, from: 0)
    case .lastPart: return matches(key, from: (key.lastIndex(of: slash) ?? -1) + 1)
    case .anyPart:
      if matches(key, from: 0) { return true }
      for offset in key.indices where key[offset] == slash {
        if matches(key, from: offset + 1) { return true }
      }
      return false
    }
  }

  private func matches(_ key: UnsafeRawBufferPointer, from start: Int) -> Bool {
    var offset = start
    var element = 0
    // Where to go on if what follows the last `*` does not fit: it takes one character more.
    var retry: (offset: Int, element: Int)?
    while offset < key.count || element < elements.count {
      if element < elements.count {
        if elements[element] == .any {
          if element + 1 == elements.count { return true }
          retry = (offset, element + 1)
          element += 1
          continue
        }
        if offset < key.count, let next = step(elements[element], key, offset) {
          offset = next
          element += 1
          continue
        }
      }
      guard let last = retry, last.offset < key.count else { return false }
      retry = (last.offset + 1, last.element)
      (offset, element) = (last.offset + 1, last.element)
    }
    return true
  }

  /// The offset behind what an element takes; nil if it does not fit.
  @inline(__always)
  private func step(_ element: Element, _ key: UnsafeRawBufferPointer, _ offset: Int) -> Int? {
    switch element {
    case .byte(let byte): return key[offset] == byte ? offset + 1 : nil
    case .any: return nil
    case .one: return offset + KeyPattern.character(in: key, at: offset).byteCount
    case .set(let ranges, let isNegated):
      let (value, byteCount) = KeyPattern.character(in: key, at: offset)
      return ranges.contains { $0.contains(value) } != isNegated ? offset + byteCount : nil
    }
  }

  /// The character at an offset; a number that is none for a byte that is part of none.
  private static func character(
    in key: UnsafeRawBufferPointer,
    at offset: Int
  ) -> (value: UInt32, byteCount: Int) {
    if key[offset] < 0x80 { return (UInt32(key[offset]), 1) }
    var decoder = UTF8()
    var iterator = key[offset..<min(offset + 4, key.count)].makeIterator()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else {
      return (UInt32.max, 1)
    }
    return (scalar.value, UTF8.width(scalar))
  }
}
