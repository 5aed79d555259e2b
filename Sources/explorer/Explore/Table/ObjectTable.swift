public import Decode

/// What a table has of one object: what its summary and its revision say.
public struct ObjectRow: Hashable, Sendable {
  /// The key in etcd.
  public var key: String

  /// The namespace; empty where there is none.
  public var namespace: String

  /// The name.
  public var name: String

  /// The kind; empty where it is not known.
  public var kind: String

  /// The API version; empty where it is not known.
  public var apiVersion: String

  /// When the object was created, in seconds since 1970; nil if it does not say.
  public var creationSeconds: Int64?

  /// The revision of the object's last change.
  public var modRevision: Int64

  /// The revision in which the key was created.
  public var createRevision: Int64

  /// How many times the key was put since then.
  public var version: Int64

  /// The key's lease; 0 for none.
  public var lease: Int64

  /// The size of the value in bytes.
  public var byteCount: Int

  /// A row without revisions, of a key and what its value says.
  ///
  /// What the value does not say, as one that is encrypted, is taken from the key.
  public init(key: String, storageKey: StorageKey, summary: ObjectSummary?) {
    self.key = key
    namespace = storageKey.namespace ?? ""
    name = storageKey.name.isEmpty ? key : storageKey.name
    kind = storageKey.kind ?? ""
    apiVersion = ""
    modRevision = 0
    createRevision = 0
    version = 0
    lease = 0
    byteCount = summary?.byteCount ?? 0
    guard let summary, !summary.kind.isEmpty else { return }
    kind = summary.kind
    apiVersion = summary.apiVersion
    creationSeconds = summary.creationSeconds
    if !summary.name.isEmpty {
      name = summary.name
      namespace = summary.namespace
    }
  }

  /// What `-o name` prints: `pod/web-0`, `deployment.apps/web`; the key where the kind is unknown.
  ///
  /// Source: kubernetes/cli-runtime, pkg/printers/name.go.
  public var resourceName: String {
    guard !kind.isEmpty else { return key }
    guard let slash = apiVersion.lastIndex(of: "/") else { return "\(kind.lowercased())/\(name)" }
    return "\(kind.lowercased()).\(apiVersion[..<slash])/\(name)"
  }
}

/// Objects as rows, in columns that fit every kind.
public struct ObjectTable: ~Copyable {
  /// A column that every object has.
  public enum Column: String, CaseIterable, Sendable {
    case namespace, name, kind, age, revision, size
    case apiVersion, created, version, lease, key

    /// What stands above it.
    public var title: String { rawValue.uppercased() }
  }

  /// What a table has.
  public static let columns: [Column] = [.namespace, .name, .kind, .age, .revision, .size]

  /// What a wide one has.
  public static let wideColumns: [Column] =
    columns + [.apiVersion, .created, .version, .lease, .key]

  private let columns: [Column]
  private let now: Int64
  private var writer: TableWriter

  /// A table without rows.
  ///
  /// - Parameters:
  ///   - columns: The columns.
  ///   - now: The time that ages are told from, in seconds since 1970.
  ///   - showsTitles: Whether the first line has the columns' titles.
  public init(columns: [Column] = ObjectTable.columns, now: Int64, showsTitles: Bool = true) {
    self.columns = columns
    self.now = now
    writer = TableWriter(columns: columns.map { TableColumn($0.title) }, showsTitles: showsTitles)
  }

  /// Adds a row.
  public mutating func append(_ row: ObjectRow, to output: inout OutputBuffer) {
    for column in columns { writer.append(cell(column, row)) }
    writer.endRow(to: &output)
  }

  /// Writes what was held back.
  public mutating func finish(to output: inout OutputBuffer) { writer.finish(to: &output) }

  private func cell(_ column: Column, _ row: ObjectRow) -> String {
    switch column {
    case .namespace: row.namespace
    case .name: row.name
    case .kind: row.kind.isEmpty ? "<unknown>" : row.kind
    case .age: ObjectTable.age(row.creationSeconds, now: now)
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
  static func age(_ creationSeconds: Int64?, now: Int64) -> String {
    guard let creationSeconds else { return "<unknown>" }
    let (seconds, overflows) = now.subtractingReportingOverflow(creationSeconds)
    return overflows ? "<invalid>" : HumanText.age(seconds: seconds)
  }
}
