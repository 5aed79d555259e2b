/// Writes YAML as go-yaml version 2 does: block style, two spaces, folded at 80 columns.
///
/// The caller walks its data; the emitter keeps what libyaml's emitter keeps, so that line breaks,
/// indentation and the rare long key fall as they do there.
///
/// Source: sigs.k8s.io/yaml 1.4, goyaml.v2 (emitterc.go).
struct YAMLEmitter: ~Copyable {
  /// What has been written.
  var output: OutputBuffer

  /// Whether all strings so far were UTF-8; others are written with U+FFFD.
  private(set) var isAllValid = true

  /// The column of the block at hand, -1 before there is one.
  private var indent = -1

  /// Whether the last character written was a blank that separates.
  private var endsWithSpace = true

  /// Whether nothing but indentation and indicators stands on the line so far.
  private var isAtIndentation = true

  /// Whether the node at hand is the value of a key.
  private var followsKey = false

  /// Where the line at hand begins in the output.
  private var lineStart = 0

  private static let bestWidth = 80
  private static let indentStep = 2

  /// A key of more bytes is written as `? key`, then `: value` on a line of its own.
  private static let maximumSimpleKeyByteCount = 128

  init(output: consuming OutputBuffer) {
    self.output = output
    self.lineStart = self.output.count
  }

  /// Ends the document with its last line break and gives the output back.
  consuming func finish() -> OutputBuffer {
    endDocument()
    return output
  }

  /// Gives the output back as it is.
  consuming func giveBack() -> OutputBuffer { output }

  /// Ends the document with its last line break.
  mutating func endDocument() {
    indent = -1
    writeIndent()
  }

  // MARK: Collections

  /// What has to be put back when a collection ends.
  struct Level {
    fileprivate let indent: Int
    fileprivate var isEmpty = true
  }

  /// Begins a mapping; nothing is written before its first key.
  @inline(__always)
  mutating func beginMapping() -> Level {
    let level = Level(indent: indent)
    indent = indent < 0 ? 0 : indent + YAMLEmitter.indentStep
    return level
  }

  /// Ends a mapping; without a key it is written as `{}`.
  @inline(__always)
  mutating func endMapping(_ level: Level) {
    indent = level.indent
    if level.isEmpty { writeFlow("{}") }
  }

  /// Begins a list that has at least one item.
  ///
  /// A list that is the value of a key is not indented further than the key.
  @inline(__always)
  mutating func beginSequence() -> Level {
    let level = Level(indent: indent)
    if indent < 0 {
      indent = 0
    } else if !followsKey || isAtIndentation {
      indent += YAMLEmitter.indentStep
    }
    return level
  }

  /// Writes the mark of a list's next item.
  @inline(__always)
  mutating func beginItem() {
    writeIndent()
    output.append(ascii: "-")
    endsWithSpace = false
    followsKey = false
  }

  /// Ends a list.
  @inline(__always)
  mutating func endSequence(_ level: Level) { indent = level.indent }

  /// Writes a list without items.
  mutating func emptySequence() { writeFlow("[]") }

  // MARK: Keys

  /// Writes a key that is known to be plain or quoted already, and its colon.
  @inline(__always)
  mutating func key(asWritten key: UnsafeRawBufferPointer, in level: inout Level) {
    level.isEmpty = false
    writeIndent()
    output.append(key)
    output.append(ascii: ":")
    followsKey = true
    endsWithSpace = false
    isAtIndentation = false
  }

  /// Writes a key and its colon.
  mutating func key(_ key: UnsafeRawBufferPointer, in level: inout Level) {
    if YAMLText.isPlainAtSight(key), key.count <= YAMLEmitter.maximumSimpleKeyByteCount {
      self.key(asWritten: key, in: &level)
      return
    }
    level.isEmpty = false
    followsKey = true
    withValidText(key) { emitter, key in emitter.writeUnusualKey(key) }
  }

  private mutating func writeUnusualKey(_ key: UnsafeRawBufferPointer) {
    writeIndent()
    let analysis = YAMLText.analyse(key, asKey: true)
    if !analysis.hasBreaks, key.count <= YAMLEmitter.maximumSimpleKeyByteCount {
      write(key, style: analysis.style, allowsBreaks: false)
      output.append(ascii: ":")
      endsWithSpace = false
      isAtIndentation = false
      return
    }
    writeIndicator("?")
    writeValue(key, style: YAMLText.analyse(key, asKey: false).style)
    writeIndent()
    writeIndicator(":")
  }

  // MARK: Scalars

  /// Writes a string as a value.
  @inline(__always)
  mutating func string(_ text: UnsafeRawBufferPointer) {
    if YAMLText.isPlainAtSight(text) {
      plain(text)
    } else {
      unusualString(text)
    }
  }

  @inline(never)
  private mutating func unusualString(_ text: UnsafeRawBufferPointer) {
    if YAMLText.isPlainOnSecondSight(text) {
      writeValue(text, style: .plain)
      return
    }
    withValidText(text) { emitter, text in
      emitter.writeValue(text, style: YAMLText.analyse(text, asKey: false).style)
    }
  }

  /// Writes text that needs neither quotes nor folding: a number, a word, a time in quotes.
  @inline(__always)
  mutating func plain(_ text: UnsafeRawBufferPointer) {
    separate()
    output.append(text)
    endsWithSpace = false
    isAtIndentation = false
  }

  /// Writes a word of the program's own.
  @inline(__always)
  mutating func plain(_ text: StaticString) {
    separate()
    output.append(text)
    endsWithSpace = false
    isAtIndentation = false
  }

  /// Writes what `body` appends as a scalar that needs neither quotes nor folding.
  @inline(__always)
  mutating func plain(_ body: (inout OutputBuffer) -> Void) {
    separate()
    body(&output)
    endsWithSpace = false
    isAtIndentation = false
  }

  private mutating func writeValue(_ text: UnsafeRawBufferPointer, style: YAMLText.Style) {
    let saved = indent
    indent = indent < 0 ? YAMLEmitter.indentStep : indent + YAMLEmitter.indentStep
    write(text, style: style, allowsBreaks: true)
    indent = saved
  }

  private mutating func write(
    _ text: UnsafeRawBufferPointer,
    style: YAMLText.Style,
    allowsBreaks: Bool
  ) {
    switch style {
    case .plain: writePlain(text, allowsBreaks: allowsBreaks)
    case .singleQuoted: writeSingleQuoted(text, allowsBreaks: allowsBreaks)
    case .doubleQuoted: writeDoubleQuoted(text, allowsBreaks: allowsBreaks)
    case .literal: writeLiteral(text)
    }
  }

  /// Calls `body` with text in which everything that is not UTF-8 has become U+FFFD.
  private mutating func withValidText(
    _ text: UnsafeRawBufferPointer,
    _ body: (inout YAMLEmitter, UnsafeRawBufferPointer) -> Void
  ) {
    guard UTF8Text.firstInvalidOffset(text) != nil else {
      body(&self, text)
      return
    }
    isAllValid = false
    var repaired: [UInt8] = []
    var offset = 0
    while offset < text.count {
      let length = UTF8Text.sequenceLength(text, at: offset)
      if length == 0 {
        // One character for each byte, as Go replaces them.
        repaired += [0xEF, 0xBF, 0xBD]
        offset += 1
      } else {
        repaired += text[offset..<(offset + length)]
        offset += length
      }
    }
    repaired.withUnsafeBytes { body(&self, $0) }
  }

  // MARK: Pieces

  @inline(__always)
  private mutating func separate() {
    if !endsWithSpace { output.append(ascii: " ") }
  }

  private mutating func writeIndicator(_ character: Unicode.Scalar) {
    separate()
    output.append(ascii: character)
    endsWithSpace = false
  }

  private mutating func writeFlow(_ text: StaticString) {
    separate()
    output.append(text)
    endsWithSpace = false
    isAtIndentation = false
  }

  @inline(__always)
  private mutating func breakLine() {
    output.append(ascii: "\n")
    lineStart = output.count
  }

  @inline(__always)
  private mutating func writeIndent() {
    let wanted = max(indent, 0)
    var column = output.count - lineStart
    if !isAtIndentation || column > wanted || (column == wanted && !endsWithSpace) {
      breakLine()
      column = 0
    }
    output.append(repeating: UInt8(ascii: " "), count: wanted - column)
    endsWithSpace = true
    isAtIndentation = true
  }

  /// The characters on the line so far: libyaml counts those, not bytes.
  private var column: Int {
    let start = lineStart
    return output.withBytes { bytes in
      var characters = 0
      for byte in bytes[start...] where byte & 0xC0 != 0x80 { characters += 1 }
      return characters
    }
  }

  /// Appends one character.
  private mutating func copyCharacter(_ text: UnsafeRawBufferPointer, _ offset: inout Int) {
    let end = min(offset + YAMLText.width(text[offset]), text.count)
    output.append(UnsafeRawBufferPointer(rebasing: text[offset..<end]))
    offset = end
  }

  /// Appends one line break, which begins a line whichever it is.
  private mutating func copyBreak(
    _ text: UnsafeRawBufferPointer,
    _ offset: inout Int,
    length: Int
  ) {
    if text[offset] == 0x0A {
      breakLine()
    } else {
      output.append(UnsafeRawBufferPointer(rebasing: text[offset..<(offset + length)]))
      lineStart = output.count
    }
    offset += length
  }

  private func isSpace(_ text: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
    offset < text.count && text[offset] == 0x20
  }

  // MARK: Styles

  private mutating func writePlain(_ text: UnsafeRawBufferPointer, allowsBreaks: Bool) {
    separate()
    // Plain text has no line breaks of its own, and bytes are no fewer than characters.
    let byteColumn = output.count - lineStart
    if !allowsBreaks || text.count + byteColumn <= YAMLEmitter.bestWidth {
      output.append(text)
    } else {
      var folding = Folding(startColumn: column)
      var offset = 0
      while offset < text.count {
        if text[offset] == 0x20 {
          if folding.mayBreak, !isSpace(text, offset + 1) {
            foldLine(&folding)
            offset += 1
          } else {
            output.append(0x20)
            offset += 1
            folding.column += 1
          }
          folding.followsSpace = true
        } else {
          copyCharacter(text, &offset)
          isAtIndentation = false
          folding.column += 1
          folding.followsSpace = false
        }
      }
    }
    endsWithSpace = false
    isAtIndentation = false
  }

  /// Where folding stands on the line at hand.
  private struct Folding {
    var column: Int
    var followsSpace = false

    init(startColumn: Int) { column = startColumn }

    /// Whether a line may be broken at a space that stands here.
    var mayBreak: Bool { !followsSpace && column > YAMLEmitter.bestWidth }
  }

  private mutating func foldLine(_ folding: inout Folding) {
    writeIndent()
    folding.column = max(indent, 0)
  }

  private mutating func writeSingleQuoted(_ text: UnsafeRawBufferPointer, allowsBreaks: Bool) {
    separate()
    output.append(ascii: "'")
    endsWithSpace = false
    isAtIndentation = false
    var folding = Folding(startColumn: column)
    var followsBreak = false
    var offset = 0
    while offset < text.count {
      let breakLength = YAMLText.breakLength(text, at: offset)
      if text[offset] == 0x20 {
        if allowsBreaks, folding.mayBreak, offset > 0, offset < text.count - 1,
          !isSpace(text, offset + 1)
        {
          foldLine(&folding)
        } else {
          output.append(0x20)
          folding.column += 1
        }
        offset += 1
        folding.followsSpace = true
      } else if breakLength > 0 {
        if !followsBreak, text[offset] == 0x0A { breakLine() }
        copyBreak(text, &offset, length: breakLength)
        folding.column = 0
        isAtIndentation = true
        followsBreak = true
      } else {
        if followsBreak { foldLine(&folding) }
        if text[offset] == UInt8(ascii: "'") {
          output.append(ascii: "'")
          folding.column += 1
        }
        copyCharacter(text, &offset)
        folding.column += 1
        isAtIndentation = false
        folding.followsSpace = false
        followsBreak = false
      }
    }
    output.append(ascii: "'")
    endsWithSpace = false
    isAtIndentation = false
  }

  private mutating func writeDoubleQuoted(_ text: UnsafeRawBufferPointer, allowsBreaks: Bool) {
    separate()
    output.append(ascii: "\"")
    endsWithSpace = false
    isAtIndentation = false
    // go-yaml looks for the byte order mark at the start only, and then at every character.
    let escapesAll = text.starts(with: [0xEF, 0xBB, 0xBF])
    var folding = Folding(startColumn: column)
    var offset = 0
    while offset < text.count {
      let byte = text[offset]
      if escapesAll || !YAMLText.isPrintable(text, at: offset)
        || YAMLText.breakLength(text, at: offset) > 0 || byte == UInt8(ascii: "\"")
        || byte == UInt8(ascii: "\\")
      {
        let before = output.count
        let width = min(YAMLText.width(byte), text.count - offset)
        writeEscape(UnsafeRawBufferPointer(rebasing: text[offset..<(offset + width)]))
        offset += width
        folding.column += output.count - before
        folding.followsSpace = false
      } else if byte == 0x20 {
        if allowsBreaks, folding.mayBreak, offset > 0, offset < text.count - 1 {
          foldLine(&folding)
          if isSpace(text, offset + 1) {
            output.append(ascii: "\\")
            folding.column += 1
          }
        } else {
          output.append(0x20)
          folding.column += 1
        }
        offset += 1
        folding.followsSpace = true
      } else {
        copyCharacter(text, &offset)
        folding.column += 1
        folding.followsSpace = false
      }
    }
    output.append(ascii: "\"")
    endsWithSpace = false
    isAtIndentation = false
  }

  private mutating func writeEscape(_ character: UnsafeRawBufferPointer) {
    var value = UInt32(character[0])
    switch character.count {
    case 2: value = UInt32(character[0] & 0x1F)
    case 3: value = UInt32(character[0] & 0x0F)
    case 4: value = UInt32(character[0] & 0x07)
    default: break
    }
    for byte in character.dropFirst() { value = value << 6 | UInt32(byte & 0x3F) }
    output.append(ascii: "\\")
    switch value {
    case 0x00: output.append(ascii: "0")
    case 0x07: output.append(ascii: "a")
    case 0x08: output.append(ascii: "b")
    case 0x09: output.append(ascii: "t")
    case 0x0A: output.append(ascii: "n")
    case 0x0B: output.append(ascii: "v")
    case 0x0C: output.append(ascii: "f")
    case 0x0D: output.append(ascii: "r")
    case 0x1B: output.append(ascii: "e")
    case 0x22: output.append(ascii: "\"")
    case 0x5C: output.append(ascii: "\\")
    case 0x85: output.append(ascii: "N")
    case 0xA0: output.append(ascii: "_")
    case 0x2028: output.append(ascii: "L")
    case 0x2029: output.append(ascii: "P")
    default:
      let digitCount = value <= 0xFF ? 2 : value <= 0xFFFF ? 4 : 8
      output.append(ascii: digitCount == 2 ? "x" : digitCount == 4 ? "u" : "U")
      for position in (0..<digitCount).reversed() {
        let digit = UInt8(value >> UInt32(position * 4) & 15)
        output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
      }
    }
  }

  private mutating func writeLiteral(_ text: UnsafeRawBufferPointer) {
    separate()
    output.append(ascii: "|")
    if isSpace(text, 0) || YAMLText.breakLength(text, at: 0) > 0 {
      output.append(decimal: UInt64(YAMLEmitter.indentStep))
    }
    if let hint = chompingHint(of: text) { output.append(ascii: hint) }
    breakLine()
    endsWithSpace = true
    isAtIndentation = true
    var followsBreak = true
    var offset = 0
    while offset < text.count {
      let breakLength = YAMLText.breakLength(text, at: offset)
      if breakLength > 0 {
        copyBreak(text, &offset, length: breakLength)
        isAtIndentation = true
        followsBreak = true
      } else {
        if followsBreak { writeIndent() }
        copyCharacter(text, &offset)
        isAtIndentation = false
        followsBreak = false
      }
    }
  }

  /// `-` if the text ends without a line break, `+` if it ends with several or is one.
  private func chompingHint(of text: UnsafeRawBufferPointer) -> Unicode.Scalar? {
    func startOfCharacter(before end: Int) -> Int {
      var start = end - 1
      while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
      return start
    }
    guard !text.isEmpty else { return "-" }
    let last = startOfCharacter(before: text.count)
    guard YAMLText.breakLength(text, at: last) > 0 else { return "-" }
    guard last > 0 else { return "+" }
    return YAMLText.breakLength(text, at: startOfCharacter(before: last)) > 0 ? "+" : nil
  }
}
