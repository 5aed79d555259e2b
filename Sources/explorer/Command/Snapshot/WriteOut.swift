import ArgumentParser

/// The forms in which etcdctl and etcdutl print a record: their `--write-out`.
enum WriteOut: String, ExpressibleByArgument, CaseIterable {
  case simple, table, json, fields
}

/// `-o`, which etcdctl and etcdutl call `-w`.
struct WriteOutOptions: ParsableArguments {
  @Option(
    name: [.customShort("o"), .customShort("w"), .customLong("output"), .customLong("write-out")],
    help: ArgumentHelp("simple, table, json or fields.", valueName: "format")
  )
  var output: WriteOut = .simple
}

/// A record in etcd's forms.
struct WrittenRecord {
  /// One value: its names in a table, in fields and in JSON, and the value for each.
  struct Value {
    let header: String
    let field: String
    let json: String
    let shown: String
    let exact: String
  }

  let values: [Value]

  /// The record as text, with its end of line.
  func text(as form: WriteOut) -> String {
    switch form {
    case .simple: values.map(\.shown).joined(separator: ", ") + "\n"
    case .fields: values.map { "\"\($0.field)\" : \($0.exact)\n" }.joined()
    case .json: "{" + values.map { "\"\($0.json)\":\($0.exact)" }.joined(separator: ",") + "}\n"
    case .table: table
    }
  }

  /// As etcd's own releases draw it: names centred, numbers to the right.
  private var table: String {
    let widths = values.map { max($0.header.count, $0.shown.count) }
    let rule = "+" + widths.map { String(repeating: "-", count: $0 + 2) + "+" }.joined() + "\n"
    var header = "|"
    var row = "|"
    for (value, width) in zip(values, widths) {
      let space = width - value.header.count
      header += String(repeating: " ", count: space / 2 + 1) + value.header
      header += String(repeating: " ", count: space - space / 2 + 1) + "|"
      row += String(repeating: " ", count: width - value.shown.count + 1) + value.shown + " |"
    }
    return rule + header + "\n" + rule + row + "\n" + rule
  }
}
