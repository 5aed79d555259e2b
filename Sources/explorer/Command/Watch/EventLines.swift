/// The lines at the end of a terminal: those of events can be found again, so that one that happens again
/// is shown once, with its count, where the newest lines are.
struct EventLines {
  private struct Line {
    /// The event's key; nothing for other lines.
    let key: String?
    let rowCount: Int
  }

  // The newest last; all of them are to be seen.
  private var lines: [Line] = []
  private var size = TerminalSize(columnCount: 0, rowCount: 0)

  /// Forgets all lines: something else was written, too.
  mutating func forget() { lines.removeAll() }

  /// Takes an event's line out.
  ///
  /// - Parameters:
  ///   - key: The event's key.
  ///   - size: The terminal's; if it is another than before, nobody knows where the lines are.
  /// - Returns: Where it is; nothing if it is not to be seen.
  mutating func take(_ key: String, on size: TerminalSize) -> TerminalRows? {
    if size != self.size { lines.removeAll() }
    guard let index = lines.lastIndex(where: { $0.key == key }) else { return nil }
    let distance = lines[index...].reduce(0) { $0 + $1.rowCount }
    return TerminalRows(distance: distance, rowCount: lines.remove(at: index).rowCount)
  }

  /// Takes note of a line that is written now.
  ///
  /// - Parameters:
  ///   - text: The line.
  ///   - key: The event's key; nothing for another line.
  ///   - size: The terminal's.
  mutating func add(_ text: String, key: String?, on size: TerminalSize) {
    if size != self.size { lines.removeAll() }
    self.size = size
    guard let width = EventLines.width(of: text), size.columnCount > 0 else { return forget() }
    let rowCount = max(1, (width + size.columnCount - 1) / size.columnCount)
    lines.append(Line(key: key, rowCount: rowCount))
    var total = lines.reduce(0) { $0 + $1.rowCount }
    // The cursor has a row of its own.
    while total > size.rowCount - 1, !lines.isEmpty { total -= lines.removeFirst().rowCount }
  }

  /// How many columns a line has; nothing where that is up to the terminal.
  private static func width(of text: String) -> Int? {
    var width = 0
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x20..<0x7F, 0xA0..<0x300, 0x370..<0x590, 0x2010...0x2027, 0x2190...0x21FF: width += 1
      default: return nil
      }
    }
    return width
  }
}
