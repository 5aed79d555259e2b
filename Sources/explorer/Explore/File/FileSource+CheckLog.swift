public import FileIO
internal import WAL

/// What a look at a member's whole log found.
public struct LogReport: Equatable, Sendable {
  /// A place in a segment.
  public struct Place: Equatable, Sendable {
    /// The path of the segment.
    public let path: String

    /// Bytes from its beginning.
    public let offset: Int
  }

  /// The entry that the database was written at: its consistent index.
  public let databaseIndex: UInt64

  /// The first entry that the log has; nil if it has none, or cannot be read.
  public internal(set) var firstIndex: UInt64?

  /// The last entry of the log, or of the snapshot that the log goes on from; nil if it cannot be
  /// read to its end.
  public internal(set) var lastIndex: UInt64?

  /// Where an interrupted write begins, which is no fault; nil if the log ends well.
  public internal(set) var tornPlace: Place?

  /// What is wrong: with the log, or with the log beside this database.
  public internal(set) var faults: [SourceError] = []

  /// How many entries the database lacks.
  public var entriesAhead: UInt64 {
    guard let lastIndex, lastIndex > databaseIndex else { return 0 }
    return lastIndex - databaseIndex
  }

  init(databaseIndex: UInt64) { self.databaseIndex = databaseIndex }
}

extension FileSource {
  /// Reads the log of a data directory from its first segment to its end.
  ///
  /// - Parameter fileSystem: Where the log lies.
  /// - Returns: What was found; nothing if the file is no data directory, or has no log beside it.
  /// - Throws: ``SourceError`` if the database cannot be asked how far it is.
  public func checkLog(
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(SourceError) -> LogReport? {
    guard let logDirectory, (try? fileSystem.kind(of: logDirectory)) == .directory else {
      return nil
    }
    var report = LogReport(databaseIndex: try consistentIndex())
    let scan: LogScan
    do {
      scan = try LogScan(logDirectory, in: fileSystem)
    } catch {
      report.faults.append(.log(error))
      return report
    }
    report.firstIndex = scan.state.firstIndex?.rawValue
    if let damage = scan.damage {
      report.faults.append(.log(damage))
    } else {
      report.lastIndex = scan.state.lastIndex.rawValue
    }
    if let end = scan.end, end.isTorn {
      report.tornPlace = .init(path: scan.paths[end.segmentSlot], offset: end.offset)
    }
    report.compareEnds(with: scan.state, path: logDirectory)
    return report
  }
}

extension LogReport {
  /// Looks for entries that neither the log nor the database has.
  fileprivate mutating func compareEnds(with state: LogState, path: String) {
    // A log without entries begins behind the place that the name of its segment tells, unless that
    // is the place of a snapshot, which has what comes before.
    var next = firstIndex
    if next == nil, let lastIndex, state.snapshots.last?.index.rawValue != lastIndex {
      next = lastIndex == .max ? lastIndex : lastIndex + 1
    }
    if let next, next > databaseIndex, next - databaseIndex > 1 {
      faults.append(.logGap(path: path, found: next, expected: databaseIndex + 1))
    }
    // Nothing is applied that is not in the log.
    if let lastIndex, lastIndex < databaseIndex {
      faults.append(.logEndsEarly(path: path, found: lastIndex, expected: databaseIndex))
    }
  }
}
