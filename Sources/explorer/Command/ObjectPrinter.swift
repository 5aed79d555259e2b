import Decode
import Explore
import MVCC

#if canImport(Glibc)
import Glibc
#endif

/// How a command shows the objects of rows.
struct ObjectPrinter {
  let format: ObjectFormat
  let template: JSONPathTemplate?
  let decoder: Decoder
  let parser: StorageKeyParser
  let cleaner: ObjectCleaner?
  let tables: KindTables.Options
  let selector: LabelSelector?

  /// Begins to show objects.
  func begin() -> ObjectPrinting { ObjectPrinting(self) }

  /// Decodes a value, and says on stderr what the rendering cannot.
  ///
  /// - Returns: Whether something of it was lost.
  fileprivate func render(
    _ keyValue: KeyValueView,
    key: String,
    as form: OutputForm,
    into buffer: inout OutputBuffer
  ) throws -> Bool {
    var notes: [Note] = []
    try decoder.decode(keyValue.value, as: form, key: key, into: &buffer, notes: &notes)
    var hasLoss = false
    for note in notes {
      if note.isLoss {
        hasLoss = true
        Diagnostics.report(CommandFailure(OneLine.escaped(key), note))
      } else {
        Diagnostics.note(OneLine.escaped(key), note)
      }
    }
    return hasLoss
  }
}

/// Objects being shown, one after the other.
struct ObjectPrinting: ~Copyable {
  private let printer: ObjectPrinter
  private var output = StandardOutput()
  private var scratch = OutputBuffer()
  private var tables: KindTables

  /// The objects as a list, for a template that asks for one.
  private var list = OutputBuffer()

  /// How many objects were shown.
  private(set) var count = 0

  /// Whether one could not be shown, or not wholly.
  private(set) var hasFailed = false

  init(_ printer: ObjectPrinter) {
    self.printer = printer
    tables = KindTables(options: printer.tables)
  }

  /// Shows the object of a row.
  ///
  /// A row that is damaged, or whose value is none of Kubernetes', is told of on stderr; the others
  /// are shown all the same.
  mutating func print(_ row: StoredRow) {
    let key = String(decoding: row.key, as: UTF8.self)
    let start = output.buffer.count
    do {
      guard try isSelected(row, key: key) else { return }
      try append(row, key: key)
      count += 1
    } catch {
      output.buffer.truncate(to: start)
      output.flush()
      hasFailed = true
      Diagnostics.report(CommandFailure(OneLine.escaped(key), "\(error)"))
    }
    output.flushIfLarge()
  }

  /// Whether a row's labels are those that were asked for; what is no object has none.
  private mutating func isSelected(_ row: StoredRow, key: String) throws -> Bool {
    guard let selector = printer.selector else { return true }
    return selector.matches(try? silentlyDecoded(try row.keyValue(), key: key))
  }

  /// Shows clean objects in an order in which they can be applied, without those that a cluster
  /// makes by itself, such as the pods of a Deployment.
  mutating func printApplicable(_ rows: [StoredRow]) {
    var leftOutCount = 0
    // Values are decoded twice rather than held: a namespace may be large.
    var places: [(place: Int, rank: Int)] = []
    for (place, row) in rows.enumerated() {
      let key = String(decoding: row.key, as: UTF8.self)
      if (try? isSelected(row, key: key)) == false { continue }
      guard let keyValue = try? row.keyValue(), let object = try? decoded(keyValue, key: key) else {
        // What is wrong with it is told where it would have stood.
        places.append((place, Int.max))
        continue
      }
      if ApplyOrder.derivation(of: object) != nil {
        leftOutCount += 1
      } else {
        places.append((place, ApplyOrder.rank(ofKind: object.kind)))
      }
    }
    places.sort { $0.rank != $1.rank ? $0.rank < $1.rank : $0.place < $1.place }
    for (place, _) in places { print(rows[place]) }
    if leftOutCount > 0 {
      let count = Count.text(leftOutCount, "object", "objects")
      Diagnostics.note("", "\(count) left out that a cluster makes by itself")
    }
  }

  /// Shows what is left to show.
  mutating func end() {
    if case .table = printer.format { tables.finish(to: &output.buffer) }
    if list.count > 0 { endList() }
    output.flush()
  }

  /// Shows what a template makes of all objects together.
  private mutating func endList() {
    list.append("]}")
    do {
      let object = try list.withBytes { try DecodedObject(json: $0) }
      try printer.template?.append(object, to: &output.buffer)
      output.buffer.append("\n")
    } catch {
      hasFailed = true
      Diagnostics.report(CommandFailure("-o jsonpath", "\(error)"))
    }
  }

  private mutating func append(_ row: StoredRow, key: String) throws {
    let keyValue = try row.keyValue()
    switch printer.format {
    case .raw:
      output.buffer.append(raw: keyValue.value)
    case .hexadecimal:
      output.buffer.append(hex: keyValue.value)
      output.buffer.append("\n")
    case .fields:
      appendFields(keyValue)
    case .rendering(let form):
      if form == .yaml && count > 0 { output.buffer.append("---\n") }
      if let cleaner = printer.cleaner {
        let object = cleaner.cleaned(try decoded(keyValue, key: key))
        if form == .yaml {
          object.appendYAML(to: &output.buffer)
        } else {
          object.appendJSON(to: &output.buffer)
        }
      } else {
        hasFailed =
          try printer.render(keyValue, key: key, as: form, into: &output.buffer) || hasFailed
      }
    case .jsonpath where printer.template?.isForList == true:
      _ = try decoded(keyValue, key: key)
      list.append(list.count == 0 ? #"{"apiVersion":"v1","kind":"List","items":["# : ",")
      scratch.withBytes { list.append(raw: $0) }
    case .jsonpath:
      let object = try decoded(keyValue, key: key)
      try printer.template?.append(object, to: &output.buffer)
      output.buffer.append("\n")
    case .name:
      output.buffer.append("\(summarised(keyValue, row, key: key).resourceName)\n")
    case .table:
      let summary = summarised(keyValue, row, key: key)
      // What cannot be decoded still has a row.
      let object = KindTables.needsObject(summary) ? try? silentlyDecoded(keyValue, key: key) : nil
      tables.append(summary, object, to: &output.buffer)
    }
  }

  /// What a table has of a row.
  private func summarised(_ keyValue: KeyValueView, _ row: StoredRow, key: String) -> ObjectRow {
    let summary = try? printer.decoder.summary(of: Array(keyValue.value), key: key)
    var object = ObjectRow(
      key: OneLine.escaped(key),
      storageKey: printer.parser.key(row.key),
      summary: summary
    )
    object.modRevision = keyValue.modRevision
    object.createRevision = keyValue.createRevision
    object.version = keyValue.version
    object.lease = keyValue.lease.rawValue
    object.byteCount = keyValue.value.count
    return object
  }

  /// The object of a row, without a word on what of it was lost.
  private mutating func silentlyDecoded(
    _ keyValue: KeyValueView,
    key: String
  ) throws -> DecodedObject {
    scratch.removeAll()
    var notes: [Note] = []
    try printer.decoder.decode(keyValue.value, as: .json, key: key, into: &scratch, notes: &notes)
    return try scratch.withBytes { try DecodedObject(json: $0) }
  }

  /// The object of a row, for whatever is made from its fields.
  private mutating func decoded(
    _ keyValue: KeyValueView,
    key: String
  ) throws -> DecodedObject {
    scratch.removeAll()
    hasFailed = try printer.render(keyValue, key: key, as: .json, into: &scratch) || hasFailed
    return try scratch.withBytes { try DecodedObject(json: $0) }
  }

  /// As `etcdctl get -w fields` prints a key.
  private mutating func appendFields(_ keyValue: KeyValueView) {
    output.buffer.append("\"Key\" : \(GoString.quoted(keyValue.key))\n")
    output.buffer.append("\"CreateRevision\" : \(keyValue.createRevision)\n")
    output.buffer.append("\"ModRevision\" : \(keyValue.modRevision)\n")
    output.buffer.append("\"Version\" : \(keyValue.version)\n")
    output.buffer.append("\"Value\" : \(GoString.quoted(keyValue.value))\n")
    output.buffer.append("\"Lease\" : \(keyValue.lease.rawValue)\n")
  }
}

/// Strings as Go's `%q` prints them, which etcdctl's fields are.
enum GoString {
  /// Bytes in double quotes, what is not printable escaped.
  ///
  /// Source: Go, `strconv.Quote`; what Go takes for printable beyond ASCII is taken from Unicode's
  /// categories, as there.
  static func quoted(_ bytes: UnsafeRawBufferPointer) -> String {
    var result = "\""
    var rest = bytes[...]
    while !rest.isEmpty {
      var decoder = UTF8()
      var iterator = rest.makeIterator()
      let first = rest[rest.startIndex]
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        append(scalar, to: &result)
        rest = rest.dropFirst(UTF8.width(scalar))
      case .error, .emptyInput:
        result += "\\x" + hexadecimal(UInt32(first), digits: 2)
        rest = rest.dropFirst()
      }
    }
    return result + "\""
  }

  private static func append(_ scalar: Unicode.Scalar, to result: inout String) {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\u{7}": result += "\\a"
    case "\u{8}": result += "\\b"
    case "\u{C}": result += "\\f"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    case "\t": result += "\\t"
    case "\u{B}": result += "\\v"
    case " "..."~": result.unicodeScalars.append(scalar)
    case "\u{0}"..."\u{1F}", "\u{7F}": result += "\\x" + hexadecimal(scalar.value, digits: 2)
    default:
      if isPrintable(scalar) {
        result.unicodeScalars.append(scalar)
      } else if scalar.value <= 0xFFFF {
        result += "\\u" + hexadecimal(scalar.value, digits: 4)
      } else {
        result += "\\U" + hexadecimal(scalar.value, digits: 8)
      }
    }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator, .spaceSeparator:
      false
    default: true
    }
  }

  private static func hexadecimal(_ number: UInt32, digits: Int) -> String {
    let text = String(number, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
