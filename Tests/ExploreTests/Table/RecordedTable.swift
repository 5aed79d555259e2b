import Decode
import TestSupport

@testable import Explore

/// A table that kubectl printed, with what is needed to print it again.
struct RecordedTable: Sendable, CustomStringConvertible {
  /// The folder of the recording: `cluster` or `states`.
  let folder: String

  /// The name of the file.
  let file: String

  /// When it was printed, in seconds since 1970.
  let now: Int64

  /// What the keys of the objects begin with, for each kind.
  let prefixes: [String]
  let isWide: Bool
  let showsNamespaces: Bool

  var description: String { "\(folder)/\(file)" }

  /// The resource, as it was asked for.
  var resource: String {
    String(file.dropLast(".txt".count).split(separator: "-")[0])
  }

  /// Whether it was asked for several kinds.
  var hasSeveralKinds: Bool { prefixes.count > 1 }

  /// What kubectl printed.
  var text: String {
    get throws { try Fixture.text("kubectl/\(folder)/\(file)") }
  }

  /// All of a folder.
  static func all(in folder: String) -> [RecordedTable] {
    Fixture.table("kubectl/\(folder)/index.tsv").compactMap { columns in
      guard columns.count == 6, let now = Int64(columns[1]) else { return nil }
      return RecordedTable(
        folder: folder,
        file: columns[0],
        now: now,
        prefixes: columns[2].split(separator: " ").map(String.init),
        isWide: columns[3] == "1",
        showsNamespaces: columns[4] == "1"
      )
    }
  }

  /// The objects of the recording, by their keys.
  static func objects(in folder: String) -> [(key: String, value: [UInt8])] {
    if folder == "states" { return states }
    let index = String(decoding: SharedArchive.cluster.bytes("index.tsv") ?? [], as: UTF8.self)
    return index.split(separator: "\n").compactMap { line in
      let columns = line.split(separator: "\t").map(String.init)
      guard columns.count == 2,
        let value = SharedArchive.cluster.bytes("values/\(columns[0]).bin")
      else { return nil }
      return (columns[1], value)
    }
  }

  private static let states: [(key: String, value: [UInt8])] = {
    let lines = (try? Fixture.text("kubectl/states.jsonl")) ?? ""
    return lines.split(separator: "\n").compactMap { line in
      guard let object = try? DecodedObject(json: Array(line.utf8)),
        let key = ObjectField(object)["key"].string,
        let value = object.document.value(of: "value", in: 0)
      else { return nil }
      var output = OutputBuffer()
      object.document.writeInOrder(value, to: &output)
      return (key, output.bytes)
    }
  }()

  /// The same table as this program prints it.
  func printed() throws -> String {
    let parser = StorageKeyParser(resources: try ResourceTable())
    let decoder = Decoder()
    var options = KindTables.Options(now: now)
    options.isWide = isWide
    options.showsNamespaces = showsNamespaces
    options.showsKinds = hasSeveralKinds
    options.showsTitles = resource != "titleless"
    var tables = KindTables(options: options)
    var output = OutputBuffer()
    for (key, value) in RecordedTable.objects(in: folder)
    where prefixes.contains(where: { isKey(key, below: $0) }) {
      let row = ObjectRow(
        key: key,
        storageKey: Array(key.utf8).withUnsafeBytes { parser.key($0) },
        summary: try decoder.summary(of: value, key: key)
      )
      let object = try DecodedObject(json: try decoder.decode(value, as: .json).bytes)
      tables.append(row, object, to: &output)
    }
    tables.finish(to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  /// Whether a key has a prefix, and is none of another resource whose path begins alike.
  private func isKey(_ key: String, below prefix: String) -> Bool {
    guard key.hasPrefix(prefix) else { return false }
    return folder == "cluster" || prefix.hasSuffix("/states/")
      || !key.dropFirst(prefix.count).contains("/")
  }
}

/// A printed table as cells, by its titles.
struct TableGrid: Equatable {
  let titles: [String]
  private(set) var rows: [[String]] = []

  init(_ text: String) {
    var lines = text.split(separator: "\n").map { Array($0.unicodeScalars) }
    let head = lines.isEmpty ? [] : lines.removeFirst()
    var starts: [Int] = []
    for place in head.indices
    where head[place] != " " && (place < 2 || (head[place - 1] == " " && head[place - 2] == " ")) {
      if place == 0 || place > 1 { starts.append(place) }
    }
    func cells(_ line: [Unicode.Scalar]) -> [String] {
      starts.enumerated().map { position, start in
        let end = position + 1 < starts.count ? starts[position + 1] : line.count
        var cell = Substring(
          String(String.UnicodeScalarView(line.dropFirst(start).prefix(max(end - start, 0))))
        )
        while cell.last == " " { cell.removeLast() }
        return String(cell)
      }
    }
    titles = cells(head)
    rows = lines.map(cells)
  }

  /// The column below a title.
  subscript(title: String) -> [String] {
    guard let place = titles.firstIndex(of: title) else { return [] }
    return rows.map { $0[place] }
  }

  /// Only the columns with certain titles, in their order.
  func columns(_ wanted: [String]) -> [[String]] {
    let places = wanted.compactMap { titles.firstIndex(of: $0) }
    return rows.map { row in places.map { row[$0] } }
  }
}
