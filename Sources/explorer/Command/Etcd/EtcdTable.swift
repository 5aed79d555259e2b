/// Rows as etcdctl and etcdutl draw them in `--write-out table`.
///
/// Source: olekukonko/tablewriter as etcd's own releases have it: names in capitals and centred,
/// values to the right, long texts broken at blanks.
struct EtcdTable {
  /// The names of the columns.
  let names: [String]

  /// The values, as many in each row as there are names.
  var rows: [[String]] = []

  /// Texts with blanks are broken so that none is wider, unless one word is.
  private static let breakWidth = 30

  /// The rows as `--write-out simple` has them: a line each, values separated by commas.
  var lines: String { rows.map { $0.joined(separator: ", ") + "\n" }.joined() }

  /// The table, with the end of its last line.
  var text: String {
    let cells = rows.map { $0.map(Self.broken) }
    let widths = names.indices.map { column in
      cells.flatMap { $0[column] }.map(\.count).reduce(names[column].count, max)
    }
    let rule = "+" + widths.map { String(repeating: "-", count: $0 + 2) + "+" }.joined() + "\n"
    var text = rule + "|"
    for (name, width) in zip(names, widths) {
      let space = width - name.count
      text += String(repeating: " ", count: space / 2 + 1) + name.uppercased()
      text += String(repeating: " ", count: space - space / 2 + 1) + "|"
    }
    text += "\n" + rule
    for row in cells {
      for line in 0..<(row.map(\.count).max() ?? 0) {
        text += "|"
        for (cell, width) in zip(row, widths) {
          let value = line < cell.count ? cell[line] : ""
          text += String(repeating: " ", count: width - value.count + 1) + value + " |"
        }
        text += "\n"
      }
    }
    return text + rule
  }

  /// The lines of a cell.
  private static func broken(_ cell: String) -> [String] {
    let words = cell.split(separator: " ")
    guard cell.count > breakWidth, words.count > 1 else { return [cell] }
    let width = words.map(\.count).reduce(breakWidth, max)
    var lines: [String] = []
    for word in words {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
