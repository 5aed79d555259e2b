/// A column that fits every kind: what its key, its revision and its summary say.
enum ObjectColumn: String, CaseIterable, Sendable {
  case namespace, name, kind, age, revision, size
  case apiVersion, created, version, lease, key

  /// What a table has of kinds that have no columns of their own.
  static let narrow: [ObjectColumn] = [.namespace, .name, .kind, .age, .revision, .size]

  /// What a wide one has.
  static let wide: [ObjectColumn] = narrow + [.apiVersion, .created, .version, .lease, .key]

  /// What stands above it.
  var title: String { rawValue.uppercased() }

  /// What an object has in it.
  ///
  /// - Parameters:
  ///   - row: The object.
  ///   - now: The time that ages are told from, in seconds since 1970.
  /// - Returns: The text, which may have to be escaped.
  func cell(_ row: ObjectRow, now: Int64) -> String {
    switch self {
    case .namespace: row.namespace
    case .name: row.name
    case .kind: row.kind.isEmpty ? "<unknown>" : row.kind
    case .age: ObjectColumn.age(row.creationSeconds, now: now)
    case .revision: "\(row.modRevision)"
    case .size: HumanText.byteCount(row.byteCount)
    case .apiVersion: row.apiVersion.isEmpty ? "<unknown>" : row.apiVersion
    case .created: "\(row.createRevision)"
    case .version: "\(row.version)"
    case .lease: row.lease == 0 ? "<none>" : String(UInt64(bitPattern: row.lease), radix: 16)
    case .key: row.key
    }
  }

  /// An age as kubectl has it.
  static func age(_ seconds: Int64?, now: Int64) -> String {
    guard let seconds else { return "<unknown>" }
    let (age, overflows) = now.subtractingReportingOverflow(seconds)
    return overflows ? "<invalid>" : HumanText.age(seconds: age)
  }
}
