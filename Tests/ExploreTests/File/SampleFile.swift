import Bolt
import Explore
import FileIO
import MVCC
import TestSupport

/// A database of etcd's form, made row by row, with a model of what it holds.
///
/// Rows are encoded by hand: what is written here is not what is tested.
struct SampleFile {
  /// A row of bucket `key`.
  struct Row {
    var revision: Revision
    var key: [UInt8]

    /// Nothing in a tombstone.
    var value: [UInt8]?

    var createRevision: Int64
    var version: Int64

    /// The key under which it is stored.
    var name: [UInt8] {
      SampleFile.name(revision) + (value == nil ? Array("t".utf8) : [])
    }

    /// What is stored: `mvccpb.KeyValue`.
    var message: [UInt8] {
      guard let value else { return Wire.field(1, key) }
      return Wire.field(1, key) + Wire.field(2, varint: UInt64(createRevision))
        + Wire.field(3, varint: UInt64(revision.main)) + Wire.field(4, varint: UInt64(version))
        + (value.isEmpty ? [] : Wire.field(5, value))
    }
  }

  /// All rows, in the order of their revisions.
  private(set) var rows: [Row] = []

  /// The revision of the last change.
  private(set) var revision: Int64 = 1

  /// What bucket `meta` says of compactions.
  var scheduledCompactRevision: Int64?
  var finishedCompactRevision: Int64?

  /// The size of a page; small ones make deep trees of few rows.
  var pageByteCount = 1024

  /// How many rows are committed at once; every commit leaves free pages with older rows behind.
  var rowsPerCommit = Int.max

  private var lives: [[UInt8]: (create: Int64, version: Int64)] = [:]

  /// The bytes that a revision is stored as.
  static func name(_ revision: Revision) -> [UInt8] {
    withUnsafeBytes(of: UInt64(bitPattern: revision.main).bigEndian) { Array($0) } + Array("_".utf8)
      + withUnsafeBytes(of: UInt64(bitPattern: revision.sub).bigEndian) { Array($0) }
  }

  /// Puts a key at the next revision.
  mutating func put(_ key: String, _ value: String) {
    change([(Array(key.utf8), Array(value.utf8))])
  }

  /// Deletes a key at the next revision.
  mutating func delete(_ key: String) { change([(Array(key.utf8), nil)]) }

  /// Changes several keys in one revision; a change without a value is a deletion.
  mutating func change(_ changes: [(key: [UInt8], value: [UInt8]?)]) {
    revision += 1
    for (sub, (key, value)) in changes.enumerated() {
      var life = lives[key] ?? (revision, 0)
      life.version += 1
      lives[key] = value == nil ? nil : life
      rows.append(
        Row(
          revision: Revision(main: revision, sub: Int64(sub)),
          key: key,
          value: value,
          createRevision: life.create,
          version: life.version
        )
      )
    }
  }

  /// Compacts as etcd does: of each key its last row up to the revision stays, unless it is a tombstone.
  mutating func compact(at compactRevision: Int64) {
    scheduledCompactRevision = compactRevision
    finishedCompactRevision = compactRevision
    var kept: [[UInt8]: Revision] = [:]
    for row in rows where row.revision.main <= compactRevision {
      kept[row.key] = row.value == nil ? nil : row.revision
    }
    rows.removeAll { $0.revision.main <= compactRevision && kept[$0.key] != $0.revision }
  }

  /// A file with a thousand rows of two hundred keys, some deleted, on a tree with two levels of
  /// branches.
  static func large(rowCount: Int = 1000, keyCount: Int = 200, seed: UInt64 = 1) -> SampleFile {
    var random = SeededGenerator(seed: seed)
    var sample = SampleFile()
    for number in 0..<rowCount {
      let key = "/registry/things/default/thing-\(Int.random(in: 0..<keyCount, using: &random))"
      if Int.random(in: 0..<10, using: &random) == 0, sample.lives[Array(key.utf8)] != nil {
        sample.delete(key)
      } else {
        let value = String(repeating: "v", count: Int.random(in: 0...60, using: &random))
        sample.put(key, "\(number) \(value)")
      }
    }
    return sample
  }

  // MARK: What is expected

  /// The rows of the keys that live at a revision, in the order of the keys.
  func live(at revision: Int64 = .max) -> [Row] {
    var newest: [[UInt8]: Row] = [:]
    for row in rows where row.revision.main <= revision { newest[row.key] = row }
    return newest.values.filter { $0.value != nil }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
  }

  // MARK: The file

  /// Writes the database to a disk in memory.
  func write(to path: String = "/db", on disk: SimulatedDisk = SimulatedDisk()) throws
    -> SimulatedDisk
  {
    var options = Database.Options()
    options.newPageByteCount = pageByteCount
    let database = try Database(path, options, in: disk)
    var rest = rows[...]
    repeat {
      let transaction = try database.write()
      let bucket = try transaction.bucketOrNew(Array("key".utf8))
      bucket.fillPercent = 0.9
      for row in rest.prefix(rowsPerCommit) { try bucket.put(row.message, for: row.name) }
      rest = rest.dropFirst(rowsPerCommit)
      for name in ["alarm", "auth", "cluster", "lease", "members"] {
        _ = try transaction.bucketOrNew(Array(name.utf8))
      }
      let meta = try transaction.bucketOrNew(Array("meta".utf8))
      try meta.put([0, 0, 0, 0, 0, 0, 0, 9], for: Array("consistent_index".utf8))
      for (name, revision) in [
        ("scheduledCompactRev", scheduledCompactRevision),
        ("finishedCompactRev", finishedCompactRevision),
      ] {
        guard let revision else { continue }
        try meta.put(SampleFile.name(Revision(main: revision)), for: Array(name.utf8))
      }
      try transaction.commit()
    } while !rest.isEmpty
    return disk
  }

  /// The bytes of the database, without the room for more that a file has behind its pages.
  func image() throws -> [UInt8] {
    let disk = try write()
    let byteCount = try FileSource("/db", in: disk).transaction.byteCount
    return Array(try disk.contents(of: "/db").prefix(byteCount))
  }

  /// The database, opened.
  func source() throws -> FileSource { try FileSource("/db", in: write()) }
}

extension FileSource {
  /// Opens a database by its bytes.
  convenience init(bytes: [UInt8], _ options: Options = Options()) throws {
    let disk = SimulatedDisk()
    try disk.setContents(of: "/db", to: bytes)
    try self.init("/db", options, in: disk)
  }

  /// The live keys as etcd answers them.
  func keys(at revision: Int64? = nil) throws -> [EtcdFixture.KeyValue] {
    let rows = try liveRows(in: .all, at: revision)
    return try (0..<rows.count).map { try EtcdFixture.KeyValue(rows[$0]) }
  }

  /// All stored rows.
  func storedRows(upTo revision: Int64? = nil) throws -> [StoredRow] {
    var rows: [StoredRow] = []
    try forEachStoredRow(in: .all, upTo: revision) { rows.append($0) }
    return rows
  }
}

extension FileSource.Options {
  /// Passes over what is damaged.
  static var salvaging: FileSource.Options {
    var options = FileSource.Options()
    options.salvages = true
    return options
  }
}

extension KeySelection {
  /// Every key.
  static let all = KeySelection(
    [KeyTarget(word: "", ranges: [KeyRange(prefix: [])])],
    parser: parser
  )

  /// The keys with a prefix.
  static func prefix(_ prefix: String) -> KeySelection {
    KeySelection([KeyTarget(word: "", ranges: [KeyRange(prefix: prefix.utf8)])], parser: parser)
  }

  private static let parser: StorageKeyParser = {
    // Built in: it cannot fail.
    guard let table = try? ResourceTable() else { fatalError("no table of resources") }
    return StorageKeyParser(resources: table)
  }()
}

extension EtcdFixture.KeyValue {
  /// What a row says.
  init(_ row: StoredRow) throws {
    let keyValue = try row.keyValue()
    self.init(
      key: Array(keyValue.key),
      value: Array(keyValue.value),
      createRevision: keyValue.createRevision,
      modRevision: keyValue.modRevision,
      version: keyValue.version,
      lease: keyValue.lease.rawValue
    )
  }

  /// What a row of a sample says.
  init(_ row: SampleFile.Row) {
    self.init(
      key: row.key,
      value: row.value ?? [],
      createRevision: row.createRevision,
      modRevision: row.revision.main,
      version: row.version
    )
  }
}

extension SimulatedDisk {
  /// Changes the rows of bucket `key` of a database.
  func changeRows(_ path: String, _ change: (WritableBucket) throws -> Void) throws {
    let transaction = try Database(path, in: self).write()
    try change(try transaction.bucketOrNew(Array("key".utf8)))
    try transaction.commit()
  }
}

extension RowQuestion {
  /// The rows of a selection, in whatever order they come.
  static func unordered(_ selection: KeySelection) -> RowQuestion {
    var question = RowQuestion(selection)
    question.isOrdered = false
    return question
  }
}
