internal import Bolt
public import FileIO
internal import WAL

/// How far a member's log is ahead of its database.
public struct LogPosition: Equatable, Sendable {
  /// The entry that the database was written at: its consistent index.
  public let databaseIndex: UInt64

  /// The last entry of the log, or of the snapshot that the log goes on from.
  public let logIndex: UInt64

  /// The last entry that the log itself knows to be committed.
  public let commitIndex: UInt64

  /// Whether the log ends with what an interrupted write left.
  public let isTorn: Bool

  /// How many entries the database lacks.
  public var entriesAhead: UInt64 { logIndex > databaseIndex ? logIndex - databaseIndex : 0 }
}

extension FileSource {
  /// Where the log of a data directory lies; nothing for other files.
  var logDirectory: String? {
    guard form == .dataDirectory, databasePath.hasSuffix("/snap/db") else { return nil }
    return String(databasePath.dropLast("snap/db".count)) + "wal"
  }

  /// How far the log of a data directory is ahead of the database.
  ///
  /// Only the segments are read that can hold entries which the database lacks.
  ///
  /// - Parameter fileSystem: Where the log lies.
  /// - Returns: Nothing if the file is no data directory, or has no log beside it.
  /// - Throws: ``SourceError/log(_:)`` if the log is damaged.
  public func logPosition(
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(SourceError) -> LogPosition? {
    guard let logDirectory, (try? fileSystem.kind(of: logDirectory)) == .directory else {
      return nil
    }
    let databaseIndex = try consistentIndex()
    do throws(WALError) {
      let scan = try LogScan(
        logDirectory,
        from: LogIndex(rawValue: databaseIndex),
        in: fileSystem
      )
      if let damage = scan.damage { throw damage }
      return LogPosition(
        databaseIndex: databaseIndex,
        logIndex: scan.state.lastIndex.rawValue,
        commitIndex: scan.state.hardState.commit.rawValue,
        isTorn: scan.end?.isTorn ?? false
      )
    } catch {
      throw .log(error)
    }
  }

  /// How many of the entries that the database lacks may have changed keys: writes, compactions, and
  /// revoked leases.
  ///
  /// Others are in every log: leaders and members tell of themselves, and some reads go through it.
  ///
  /// - Parameters:
  ///   - position: What ``logPosition(in:)`` said.
  ///   - fileSystem: Where the log lies.
  /// - Returns: The count.
  /// - Throws: ``SourceError/log(_:)`` if the log is damaged.
  public func writesAhead(
    of position: LogPosition,
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(SourceError) -> Int {
    guard position.entriesAhead > 0, let logDirectory else { return 0 }
    var count = 0
    do throws(WALError) {
      let index = LogIndex(rawValue: position.databaseIndex)
      let scan = try LogScan(logDirectory, from: index, in: fileSystem)
      while let item = try scan.next() {
        guard case .entry(let entry) = item.record.content, !item.isOverwritten,
          entry.index.rawValue > position.databaseIndex
        else { continue }
        switch LoggedRequest(entry).kind {
        case .put, .delete, .txn, .compaction, .leaseRevoke, .unknown: count += 1
        default: break
        }
      }
    } catch {
      throw .log(error)
    }
    return count
  }

  /// Where the snapshots of a data directory's log lie; nothing for other files.
  var snapshotDirectory: String? {
    logDirectory == nil ? nil : String(databasePath.dropLast("/db".count))
  }

  /// The log entry that the database was written at.
  func consistentIndex() throws(SourceError) -> UInt64 {
    do {
      let name = Array("consistent_index".utf8)
      guard let value = try transaction.bucket("meta")?.value(for: name), value.count == 8 else {
        return 0
      }
      return UInt64(bigEndian: value.loadUnaligned(as: UInt64.self))
    } catch {
      throw .database(path: databasePath, error)
    }
  }
}
