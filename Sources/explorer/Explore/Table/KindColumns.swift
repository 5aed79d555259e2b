/// A kind with its group, whatever the version.
struct GroupKind: Hashable, Sendable {
  /// The group; empty for the core group.
  let group: String
  let kind: String
}

/// The columns that kubectl shows for a kind, and how an object fills them.
///
/// They are those of an API server of release 1.33; where an older one differs, the kind says so.
///
/// Source: kubernetes/kubernetes, pkg/printers/internalversion/printers.go, from whose tables
/// kubectl prints what has no lower priority than it asks for.
struct KindColumns: Sendable {
  /// A column.
  struct Column: Sendable, ExpressibleByStringLiteral {
    /// What stands above it.
    let title: String

    /// Whether it is there in a wide table only.
    var isWide = false

    /// Whether it is there in a narrow table only.
    var isNarrow = false

    /// Whether it has the object's name, to which the kind is added among other kinds.
    var isName: Bool { title == "NAME" }

    init(stringLiteral title: String) { self.title = title }

    static func wide(_ title: String) -> Column {
      var column = Column(stringLiteral: title)
      column.isWide = true
      return column
    }

    static func narrow(_ title: String) -> Column {
      var column = Column(stringLiteral: title)
      column.isNarrow = true
      return column
    }
  }

  /// The kind, with the groups that have served it.
  let kinds: [GroupKind]

  /// The columns in their order, those of wide tables among them.
  let columns: [Column]

  /// Appends one cell for each column, wide or not.
  let fill: @Sendable (_ object: ObjectField, _ cells: inout RowCells) -> Void

  init(
    _ groups: String...,
    kind: String,
    columns: [Column],
    fill: @escaping @Sendable (_ object: ObjectField, _ cells: inout RowCells) -> Void
  ) {
    kinds = groups.map { GroupKind(group: $0, kind: kind) }
    self.columns = columns
    self.fill = fill
  }

  /// The places of the columns that a table shows.
  func places(isWide: Bool) -> [Int] {
    columns.indices.filter { isWide ? !columns[$0].isNarrow : !columns[$0].isWide }
  }

  /// All kinds that have columns of their own.
  static let byKind: [GroupKind: KindColumns] = {
    var found: [GroupKind: KindColumns] = [:]
    for family in [
      pods, workloads, scaling, network, storage, cluster, configuration, access, admission,
      flowControl,
    ] {
      for columns in family {
        for kind in columns.kinds { found[kind] = columns }
      }
    }
    return found
  }()
}

/// The cells of a row while it is being filled.
struct RowCells {
  /// The time that ages are told from, in seconds since 1970.
  let now: Int64

  private(set) var cells: [String] = []

  init(now: Int64) { self.now = now }

  mutating func removeAll() { cells.removeAll(keepingCapacity: true) }

  /// Appends text; of several lines only the first, as kubectl does.
  ///
  /// Source: kubernetes/cli-runtime, pkg/printers/tableprinter.go (`printRows`).
  mutating func append(_ text: String) {
    let end = text.utf8.firstIndex { $0 == 0x0A || $0 == 0x0C || $0 == 0x0D }
    cells.append(end.map { "\(text[..<$0])..." } ?? text)
  }

  /// Appends text, or what stands for none.
  mutating func append(_ text: String, or none: String) { append(text.isEmpty ? none : text) }

  /// Appends a number; 0 where there is none, as Go has it.
  mutating func append(_ number: Int64?) { cells.append("\(number ?? 0)") }

  /// Appends how many there are.
  mutating func append(count: Int) { cells.append("\(count)") }

  /// Appends `true` or `false`.
  mutating func append(_ flag: Bool) { cells.append(flag ? "true" : "false") }

  /// Appends the object's name.
  mutating func appendName(of object: ObjectField) { append(object["metadata"]["name"].text) }

  /// Appends how long ago the object was made.
  mutating func appendAge(of object: ObjectField) {
    cells.append(age(of: object["metadata"]["creationTimestamp"]))
  }

  /// How long ago a time was.
  func age(of time: ObjectField) -> String { ObjectColumn.age(time.seconds, now: now) }

  /// Appends names and images of the containers of a pod's spec.
  mutating func appendContainers(of spec: ObjectField) {
    let containers = spec["containers"].items
    append(containers.map(\.["name"].text).joined(separator: ","))
    append(containers.map(\.["image"].text).joined(separator: ","))
  }

  /// Appends labels: `app=web,tier=front`, by their keys.
  mutating func append(labels: ObjectField) {
    let pairs = labels.entries.map { "\($0.key)=\($0.value.text)" }
    append(pairs.sorted().joined(separator: ","), or: "<none>")
  }

  /// Appends a label selector.
  mutating func append(selector: ObjectField, or none: String = "<none>") {
    append(LabelSelector(selector)?.description ?? "", or: none)
  }
}

extension RowCells {
  /// A list of which the first few are shown: `a,b,c + 2 more...`.
  static func list(_ items: [String], limit: Int = 3, separator: String = ",") -> String {
    let shown = items.prefix(limit).joined(separator: separator)
    return items.count > limit ? "\(shown) + \(items.count - limit) more..." : shown
  }
}
