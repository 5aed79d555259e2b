public import Decode

/// A column of a table.
public struct TableColumn: Hashable, Sendable {
  /// What stands above it.
  public let title: String

  /// Whether its cells stand at its right end, as numbers do.
  public let isRightAligned: Bool

  /// A column.
  public init(_ title: String, isRightAligned: Bool = false) {
    self.title = title
    self.isRightAligned = isRightAligned
  }
}

/// Writes rows in columns as kubectl does, whatever number of them comes.
///
/// Columns are as wide as the widest cell of the first rows, which are held back for that; a wider
/// cell further down widens its column from there on. Characters that would break a line are
/// escaped.
public struct TableWriter: ~Copyable {
  /// Spaces between two columns.
  ///
  /// Source: kubernetes/cli-runtime, pkg/printers/tabwriter.go (padding 3, least width 6).
  private static let padding = 3

  /// The least width of a column with its padding.
  private static let minimumWidth = 6

  private struct Cell {
    var end: Int
    var width: Int
  }

  private let columns: [TableColumn]
  private let heldRowLimit: Int
  private var widths: [Int]

  /// The bytes of the cells that have not been written, and where each ends.
  private var text: [UInt8] = []
  private var cells: [Cell] = []
  private var heldRowCount = 0

  /// How many cells the row at hand has.
  private var cellCount = 0

  /// Whether rows are no longer held back.
  private var isFlowing = false

  /// A table without rows.
  ///
  /// - Parameters:
  ///   - columns: The columns.
  ///   - showsTitles: Whether the first line has their titles.
  ///   - heldRowLimit: How many rows are held back for the widths.
  public init(columns: [TableColumn], showsTitles: Bool = true, heldRowLimit: Int = 500) {
    self.columns = columns
    self.heldRowLimit = heldRowLimit
    widths = Array(repeating: 0, count: columns.count)
    if showsTitles {
      for column in columns { append(column.title) }
      cellCount = 0
    }
  }

  /// Appends the next cell of the row at hand.
  public mutating func append(_ cell: String) {
    var cell = cell
    cell.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends the next cell of the row at hand; what is not UTF-8 becomes U+FFFD.
  ///
  /// - Precondition: The row has fewer cells than the table has columns.
  public mutating func append(_ cell: UnsafeRawBufferPointer) {
    precondition(cellCount < columns.count, "a row has no more cells than the table has columns")
    var width = cell.count
    if cell.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) {
      text += cell
    } else {
      let shown = OneLine.escaped(String(decoding: cell, as: UTF8.self))
      width = shown.unicodeScalars.count
      text += Array(shown.utf8)
    }
    cells.append(Cell(end: text.count, width: width))
    widths[cellCount] = max(widths[cellCount], width)
    cellCount += 1
  }

  /// Ends the row at hand; cells that it lacks are empty.
  public mutating func endRow(to output: inout OutputBuffer) {
    while cellCount < columns.count { append("") }
    cellCount = 0
    heldRowCount += 1
    if isFlowing || heldRowCount >= heldRowLimit { flush(to: &output) }
  }

  /// Writes what was held back.
  public mutating func finish(to output: inout OutputBuffer) { flush(to: &output) }

  private mutating func flush(to output: inout OutputBuffer) {
    var start = 0
    for (place, cell) in cells.enumerated() {
      let column = place % columns.count
      let isLast = column == columns.count - 1
      let spaces = max(widths[column] - cell.width, 0)
      if columns[column].isRightAligned { append(spaces: spaces, to: &output) }
      text.withBytes { text in
        output.append(raw: UnsafeRawBufferPointer(rebasing: text[start..<cell.end]))
      }
      start = cell.end
      if isLast {
        output.append("\n")
      } else {
        let least = TableWriter.minimumWidth - widths[column]
        let behind = columns[column].isRightAligned ? 0 : spaces
        append(spaces: behind + max(TableWriter.padding, least), to: &output)
      }
    }
    text.removeAll(keepingCapacity: true)
    cells.removeAll(keepingCapacity: true)
    isFlowing = true
  }

  private func append(spaces count: Int, to output: inout OutputBuffer) {
    for _ in 0..<count { output.append(" ") }
  }
}
