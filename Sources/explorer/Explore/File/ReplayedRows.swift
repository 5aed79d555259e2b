internal import Apply
internal import Bolt
internal import FileIO
internal import MVCC
internal import WAL

/// Rows that the log says were written after the database was, in the order of their revisions.
///
/// Each lies in memory as it would in the file, its key in front of its message.
final class ReplayedRows: @unchecked Sendable {
  // Nothing changes once the rows have been added, before anybody else sees them.
  private var memory: [UnsafeMutableRawPointer] = []

  /// The rows, the oldest first.
  private(set) var rows: [StoredRow] = []

  deinit { for piece in memory { piece.deallocate() } }

  func append(_ row: Row) {
    row.key.withBytes { key in
      let byteCount = key.count + row.bytes.count
      let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
      guard let base = piece.baseAddress else { return }
      memory.append(base)
      piece.copyMemory(from: key)
      UnsafeMutableRawBufferPointer(rebasing: piece[key.count...]).copyMemory(from: row.bytes)
      rows.append(
        StoredRow(
          revision: row.key.revision,
          isTombstone: row.key.isTombstone,
          message: UnsafeRawBufferPointer(start: base + key.count, count: row.bytes.count)
        )
      )
    }
  }
}

/// What was done to read a data directory as if its member had been started.
public struct ReplayReport: Equatable, Sendable {
  /// How far the log is ahead.
  public var position: LogPosition

  /// How many entries were applied.
  public var appliedCount = 0

  /// How many of them were refused, as they were when they were new.
  public var refusedCount = 0

  /// How many entries at the end of the log are not known to be committed, and were left out: only a
  /// member of several can have such.
  public var uncommittedCount = 0
}

/// A replay of a member's log over its database, in memory.
struct LogReplaying {
  let rows = ReplayedRows()
  let keyspace: Keyspace
  private(set) var report: ReplayReport
  private(set) var currentRevision: Int64
  private(set) var compactRevision: Int64?

  /// Replays the entries that a database lacks.
  ///
  /// A single member commits what is in its log when it starts; of several, the others decide about
  /// the entries that the log does not know to be committed.
  ///
  /// - Parameters:
  ///   - directory: Where the log lies.
  ///   - source: The database, whose rows have been found.
  ///   - position: How far the log is ahead of it.
  ///   - fileSystem: Where the log lies.
  /// - Throws: ``SourceError``.
  init(
    _ directory: String,
    over source: FileSource,
    position: LogPosition,
    in fileSystem: any FileSystem
  ) throws(SourceError) {
    report = ReplayReport(position: position)
    let lastIndex =
      try LogReplaying.memberCount(source) > 1
      ? min(position.logIndex, position.commitIndex) : position.logIndex
    let applier: Applier
    do throws(MVCCError) {
      keyspace = try Keyspace(source.database, isReadOnly: true)
    } catch {
      throw .content(path: source.databasePath, error)
    }
    do throws(BoltError) {
      applier = try Applier(keyspace, alarmsIn: source.transaction)
    } catch {
      throw .database(path: source.databasePath, error)
    }
    let before = keyspace.currentRevision
    let log: LogReplay
    do throws(WALError) {
      log = try LogReplay(directory, in: fileSystem)
    } catch {
      throw .log(error)
    }
    var expected = position.databaseIndex + 1
    while let entry = try LogReplaying.next(log) {
      let index = entry.index.rawValue
      guard index > position.databaseIndex else { continue }
      guard index == expected else {
        throw .logGap(path: directory, found: index, expected: expected)
      }
      expected += 1
      guard index <= lastIndex else {
        report.uncommittedCount += 1
        continue
      }
      do throws(MVCCError) {
        switch try applier.apply(entry) {
        case .applied, .passedOver: break
        case .refused, .refusedByAlarm, .unreadable: report.refusedCount += 1
        }
      } catch {
        throw .content(path: source.databasePath, error)
      }
      report.appliedCount += 1
    }
    let view = keyspace.view()
    currentRevision = view.currentRevision
    compactRevision = view.compactRevision > 0 ? view.compactRevision : nil
    let rows = rows
    do throws(MVCCError) {
      try view.visitRows(from: before + 1) { row throws(MVCCError) in
        rows.append(row)
        return true
      }
    } catch {
      throw .content(path: source.databasePath, error)
    }
  }

  private static func next(_ log: LogReplay) throws(SourceError) -> EntryView? {
    do { return try log.next() } catch { throw .log(error) }
  }

  /// How many members the cluster has, as far as the database knows.
  private static func memberCount(_ source: FileSource) throws(SourceError) -> Int {
    do {
      guard var cursor = try source.transaction.bucket("members")?.cursor() else { return 0 }
      var count = 0
      var next = try cursor.first()
      while next != nil {
        count += 1
        next = try cursor.next()
      }
      return count
    } catch {
      throw .database(path: source.databasePath, error)
    }
  }
}
