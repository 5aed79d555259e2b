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

  /// Refuses a table, for answers of which etcdctl draws none.
  func refuseTable() throws {
    if output == .table { throw ValidationError("-o table: simple, json or fields here.") }
  }
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

  private var table: String {
    EtcdTable(names: values.map(\.header), rows: [values.map(\.shown)]).text
  }
}
