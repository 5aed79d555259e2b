import ArgumentParser
import Decode
import Schema

/// `explorer kinds`: what the catalogue knows.
struct KindsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kinds",
    _superCommandName: "explorer",
    abstract: "Lists the kinds that can be decoded, and where etcd holds them.",
    discussion: """
      Without words, every kind; with words, those that contain all of them in their API version, \
      kind or storage path, whatever the case.

      For example:

        explorer kinds
        explorer kinds --stored batch
        explorer kinds --release 1.16 ingress
      """
  )

  @Argument(help: "Words that must stand in the line.")
  var words: [String] = []

  @Flag(name: .long, help: "Only kinds that etcd holds.")
  var stored = false

  @Flag(name: .long, help: "Without the names of the columns.")
  var noHeaders = false

  @OptionGroup var catalogueOptions: CatalogueOptions

  mutating func run() throws {
    let release = try catalogueOptions.wantedRelease()
    let catalogue = try catalogueOptions.catalogue()
    let kinds: [KindDefinition]
    do throws(CatalogueError) {
      kinds = try catalogue.kinds()
    } catch {
      throw CommandFailure("", error)
    }
    let wanted = kinds.filter { kind in
      if stored, kind.storagePath == nil { return false }
      if let release, !kind.releases.contains(release) { return false }
      let line = "\(kind.apiVersion) \(kind.kind) \(kind.storagePath ?? "")".lowercased()
      return words.allSatisfy { line.contains($0.lowercased()) }
    }
    guard !wanted.isEmpty else {
      Diagnostics.report(CommandFailure("", "no such kind"))
      throw ExitCode(1)
    }
    var rows = wanted.map { kind in
      [
        kind.apiVersion, kind.kind, kind.storagePath ?? "-", "\(kind.releases.first)",
        kind.releases.last.map { "\($0)" } ?? "-",
      ]
    }
    if !noHeaders { rows.insert(["APIVERSION", "KIND", "STORAGE", "SINCE", "UNTIL"], at: 0) }
    var output = StandardOutput()
    for line in Table.lines(of: rows) { output.buffer.append(line + "\n") }
    output.flush()
  }
}

/// Columns that line up.
enum Table {
  /// Each row as a line: every column but the last as wide as its widest cell, two spaces between.
  static func lines(of rows: [[String]]) -> [String] {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column + 1 < row.count {
          line += String(repeating: " ", count: widths[column] - cell.count + 2)
        }
      }
      return line
    }
  }
}
