/// Which form a YAML scalar takes, as go-yaml version 2 chooses it.
///
/// Source: sigs.k8s.io/yaml 1.4, goyaml.v2 (encode.go `stringv`, resolve.go `resolve`,
/// emitterc.go `yaml_emitter_analyze_scalar` and `yaml_emitter_select_scalar_style`).
enum YAMLText {
  /// How a scalar is written.
  enum Style {
    case plain, singleQuoted, doubleQuoted, literal
  }

  /// What a scan of a scalar found.
  struct Analysis {
    var style = Style.plain
    var hasBreaks = false
  }

  /// A key of Kubernetes' own types, as it is written.
  ///
  /// Field names are letters and digits, or begin with `$` or `x-`; go-yaml writes them plain
  /// unless they are one of YAML 1.1's words (`on`, `y`).
  static func plainKey(_ name: String) -> String {
    var text = name
    return text.withUTF8 { utf8 in
      let bytes = UnsafeRawBufferPointer(utf8)
      switch analyse(bytes, asKey: true).style {
      case .plain: return name
      case .singleQuoted: return "'\(name)'"
      case .doubleQuoted, .literal: return "\"\(name)\""
      }
    }
  }

  /// How a byte may stand in a scalar that is plain at sight.
  private enum ByteClass {
    /// Letters, digits and `-./_`: matter to no rule, wherever they stand.
    static let harmless: UInt8 = 1

    /// May begin such a scalar: letters, `/` and `_`.
    static let first: UInt8 = 2

    /// Printable ASCII that matters to no rule behind the first byte: `()+;<=>@[]^{|}~!$%&*,"'?\`
    /// and the backquote.
    static let inner: UInt8 = 4

    /// `:` and `#`, which matter only before and behind a blank, and the blank.
    static let blank: UInt8 = 8
  }

  /// The classes of all bytes.
  private static let classes: InlineArray<256, UInt8> = {
    var classes = InlineArray<256, UInt8>(repeating: 0)
    for byte in 0x21...0x7E {
      switch UInt8(byte) {
      case UInt8(ascii: ":"), UInt8(ascii: "#"): break
      default: classes[byte] = ByteClass.inner
      }
    }
    for byte in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/_".utf8 {
      classes[Int(byte)] |= ByteClass.harmless | ByteClass.first
    }
    for byte in "0123456789-.".utf8 { classes[Int(byte)] |= ByteClass.harmless }
    classes[0x20] = ByteClass.blank
    return classes
  }()

  /// Whether a scalar is plain at first sight.
  ///
  /// It is if it has harmless bytes only and begins with one that begins no number, date, or word
  /// of YAML's. It has no spaces then, so it is never folded.
  @inline(__always)
  static func isPlainAtSight(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, classes[Int(first)] & ByteClass.first != 0 else { return false }
    // The words are `y`, `yes`, `no`, `true`, `null`, `off` ... in some spellings: five letters.
    if bytes.count <= 5, isFirstOfWord(first) { return false }
    for byte in bytes where classes[Int(byte)] & ByteClass.harmless == 0 { return false }
    return true
  }

  /// Whether a scalar is plain, though it may have blanks and marks inside.
  ///
  /// Most sentences, addresses and images are. What might be read as `name: value` or
  /// `text # comment` is left to the full analysis.
  @inline(__always)
  static func isPlainOnSecondSight(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let first = bytes.first, classes[Int(first)] & ByteClass.first != 0,
      let last = bytes.last, last != 0x20, last != UInt8(ascii: ":")
    else { return false }
    if bytes.count <= 5, isFirstOfWord(first) { return false }
    var previous: UInt8 = 0
    for byte in bytes {
      if classes[Int(byte)] == 0 {
        if byte == UInt8(ascii: "#"), previous != 0x20 {
          previous = byte
          continue
        }
        guard byte == UInt8(ascii: ":") else { return false }
      } else if byte == 0x20, previous == UInt8(ascii: ":") {
        return false
      }
      previous = byte
    }
    return true
  }

  @inline(__always)
  private static func isFirstOfWord(_ byte: UInt8) -> Bool {
    switch byte | 0x20 {
    case UInt8(ascii: "y"), UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "f"),
      UInt8(ascii: "o"):
      true
    default: false
    }
  }

  /// The style of a string.
  ///
  /// - Parameters:
  ///   - bytes: The string, in UTF-8.
  ///   - asKey: Whether it stands as a simple key.
  /// - Returns: The style, and whether there are line breaks in it.
  static func analyse(_ bytes: UnsafeRawBufferPointer, asKey: Bool) -> Analysis {
    let scan = Scan(bytes)
    var style: Style
    if bytes.contains(UInt8(ascii: "\n")) {
      style = .literal
    } else if YAMLResolver.isString(bytes), !YAMLResolver.isBase60(bytes) {
      style = .plain
    } else {
      style = .doubleQuoted
    }
    if asKey, scan.hasBreaks { style = .doubleQuoted }
    if style == .plain, !scan.allowsPlain || (bytes.isEmpty && asKey) { style = .singleQuoted }
    if style == .singleQuoted, !scan.allowsSingleQuoted { style = .doubleQuoted }
    if style == .literal, !scan.allowsBlock || asKey { style = .doubleQuoted }
    return Analysis(style: style, hasBreaks: scan.hasBreaks)
  }

  /// Whether a character may be written as it is.
  static func isPrintable(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    let byte = bytes[offset]
    func next(_ distance: Int) -> UInt8 {
      offset + distance < bytes.count ? bytes[offset + distance] : 0
    }
    switch byte {
    case 0x0A, 0x20...0x7E: return true
    case 0xC2: return next(1) >= 0xA0
    case 0xC3...0xEC, 0xEE: return true
    case 0xED: return next(1) < 0xA0
    case 0xEF:
      if next(1) == 0xBB, next(2) == 0xBF { return false }
      return !(next(1) == 0xBF && next(2) >= 0xBE)
    default: return false
    }
  }

  /// The length of a line break that begins here: CR, LF, NEL, U+2028 or U+2029; 0 if none does.
  @inline(__always)
  static func breakLength(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    switch bytes[offset] {
    case 0x0A, 0x0D: return 1
    case 0xC2: return offset + 1 < bytes.count && bytes[offset + 1] == 0x85 ? 2 : 0
    case 0xE2: return UTF8Text.isLineSeparator(bytes, at: offset) ? 3 : 0
    default: return 0
    }
  }

  /// The length of the character that begins here, by its first byte.
  @inline(__always)
  static func width(_ byte: UInt8) -> Int {
    byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
  }

  /// The forms that a scalar's characters allow.
  private struct Scan {
    var hasBreaks = false
    var allowsPlain = true
    var allowsSingleQuoted = true
    var allowsBlock = true

    init(_ bytes: UnsafeRawBufferPointer) {
      guard !bytes.isEmpty else {
        allowsBlock = false
        return
      }
      var hasIndicators = bytes.starts(with: "---".utf8) || bytes.starts(with: "...".utf8)
      var hasSpecials = false
      var hasSpaceAtEdge = false
      var hasBreakAtEdge = false
      var hasTrailingSpace = false
      var hasSpaceAfterBreak = false
      var hasBreakAfterSpace = false
      var followsBlank = true
      var followsSpace = false
      var followsBreak = false
      var offset = 0
      while offset < bytes.count {
        let byte = bytes[offset]
        let width = YAMLText.width(byte)
        let isLast = offset + width >= bytes.count
        let isBeforeBlank =
          isLast || bytes[offset + width] == 0x20 || bytes[offset + width] == 0x09
        switch byte {
        case UInt8(ascii: ":"): if isBeforeBlank { hasIndicators = true }
        case UInt8(ascii: "#"): if offset == 0 || followsBlank { hasIndicators = true }
        case UInt8(ascii: "?"), UInt8(ascii: "-"):
          if offset == 0, isBeforeBlank { hasIndicators = true }
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
          UInt8(ascii: "}"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"),
          UInt8(ascii: "|"), UInt8(ascii: ">"), UInt8(ascii: "'"), UInt8(ascii: "\""),
          UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"):
          if offset == 0 { hasIndicators = true }
        default: break
        }
        if !YAMLText.isPrintable(bytes, at: offset) { hasSpecials = true }
        let breakLength = YAMLText.breakLength(bytes, at: offset)
        if byte == 0x20 {
          if offset == 0 { hasSpaceAtEdge = true }
          if isLast {
            hasSpaceAtEdge = true
            hasTrailingSpace = true
          }
          if followsBreak { hasSpaceAfterBreak = true }
          followsSpace = true
          followsBreak = false
        } else if breakLength > 0 {
          hasBreaks = true
          if offset == 0 || isLast { hasBreakAtEdge = true }
          if followsSpace { hasBreakAfterSpace = true }
          followsSpace = false
          followsBreak = true
        } else {
          followsSpace = false
          followsBreak = false
        }
        followsBlank = byte == 0x20 || byte == 0x09 || byte == 0 || breakLength > 0
        offset += width
      }
      if hasSpaceAtEdge || hasBreakAtEdge || hasBreaks || hasIndicators { allowsPlain = false }
      if hasTrailingSpace { allowsBlock = false }
      if hasSpaceAfterBreak {
        allowsPlain = false
        allowsSingleQuoted = false
      }
      if hasBreakAfterSpace || hasSpecials {
        allowsPlain = false
        allowsSingleQuoted = false
        allowsBlock = false
      }
    }
  }
}
