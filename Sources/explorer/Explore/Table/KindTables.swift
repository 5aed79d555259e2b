public import Decode

/// Objects in tables as kubectl shows them: those of one kind in a row share a table, with an empty
/// line in front of the next.
///
/// Kinds that have columns of their own have those of kubectl; all others, and objects that cannot
/// be read, have what their keys and revisions say. Rows are written as they come, in whatever
/// order that is; so do kubectl's events.
public struct KindTables: ~Copyable {
  /// What the tables show.
  public struct Options: Hashable, Sendable {
    /// The time that ages are told from, in seconds since 1970.
    public var now: Int64

    /// Whether the columns of `kubectl get -o wide` are there.
    public var isWide = false

    /// Whether the first line of a table has the columns' titles.
    public var showsTitles = true

    /// Whether the first column has the namespace, of objects that lie in one.
    public var showsNamespaces = false

    /// Whether names have their kinds in front, as `pod/web-0`: there may be several kinds.
    public var showsKinds = false

    /// The defaults.
    public init(now: Int64) { self.now = now }
  }

  /// What the rows of the table at hand have in common.
  private struct Layout: Equatable {
    /// The kind; nil where the columns fit every kind.
    let kind: GroupKind?

    let hasNamespaces: Bool
  }

  private let options: Options
  private var layout: Layout?
  private var writer = TableWriter(columns: [])

  /// The places of the columns that are shown of a kind with columns of its own.
  private var places: [Int] = []

  /// What stands in front of names in the table at hand.
  private var namePrefix = ""

  /// The shown columns of every other kind.
  private let objectColumns: [ObjectColumn]
  private var cells: RowCells

  /// Tables without rows.
  public init(options: Options) {
    self.options = options
    cells = RowCells(now: options.now)
    let columns = options.isWide ? ObjectColumn.wide : ObjectColumn.narrow
    objectColumns = columns.filter { $0 != .namespace || options.showsNamespaces }
  }

  /// Whether the row of a kind is made from the object, and not from what is known without it.
  public static func needsObject(_ row: ObjectRow) -> Bool {
    KindColumns.byKind[GroupKind(group: row.group, kind: row.kind)] != nil
  }

  /// Adds a row.
  ///
  /// - Parameters:
  ///   - row: What is known of the object beside its fields.
  ///   - object: The object; nil if it cannot be read, or is not needed.
  ///   - output: Where to.
  public mutating func append(
    _ row: ObjectRow,
    _ object: DecodedObject?,
    to output: inout OutputBuffer
  ) {
    let kind = GroupKind(group: row.group, kind: row.kind)
    let columns = object == nil ? nil : KindColumns.byKind[kind]
    let wanted = Layout(
      kind: columns == nil ? nil : kind,
      hasNamespaces: options.showsNamespaces && (columns == nil || !row.namespace.isEmpty)
    )
    if wanted != layout { begin(wanted, columns, row, &output) }
    if let columns, let object {
      append(row, ObjectField(object), columns)
    } else {
      for column in objectColumns { writer.append(column.cell(row, now: options.now)) }
    }
    writer.endRow(to: &output)
  }

  /// Writes what was held back.
  public mutating func finish(to output: inout OutputBuffer) { writer.finish(to: &output) }

  private mutating func begin(
    _ wanted: Layout,
    _ columns: KindColumns?,
    _ row: ObjectRow,
    _ output: inout OutputBuffer
  ) {
    writer.finish(to: &output)
    if layout != nil, options.showsTitles { output.append("\n") }
    layout = wanted
    places = columns?.places(isWide: options.isWide) ?? []
    namePrefix = options.showsKinds ? row.resourcePrefix : ""
    var titles = wanted.hasNamespaces && columns != nil ? [ObjectColumn.namespace.title] : []
    if let columns {
      titles += places.map { columns.columns[$0].title }
    } else {
      titles += objectColumns.map(\.title)
    }
    writer = TableWriter(columns: titles.map { TableColumn($0) }, showsTitles: options.showsTitles)
  }

  private mutating func append(_ row: ObjectRow, _ object: ObjectField, _ columns: KindColumns) {
    cells.removeAll()
    columns.fill(object, &cells)
    if layout?.hasNamespaces == true { writer.append(row.namespace) }
    for place in places {
      if columns.columns[place].isName && !namePrefix.isEmpty {
        writer.append(namePrefix + cells.cells[place])
      } else {
        writer.append(cells.cells[place])
      }
    }
  }
}
