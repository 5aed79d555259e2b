public import FileIO
public import WAL

/// The log of a member, record by record: from a data directory, a directory of segments, or one
/// segment.
///
/// Nothing is ever written, and no lock is taken: the log of a running member can be read up to what
/// is there. No more than one record is held in memory.
public final class LogSource {
  /// A record, and what became of it.
  public struct Item {
    /// The record, whose data is valid until the next call.
    public let record: Record

    /// The path of the segment that it lies in.
    public let segmentPath: String

    /// Whether it is an entry whose place another entry took later.
    public let isOverwritten: Bool

    /// The name of the segment that it lies in.
    public var segmentName: String { LogSource.name(of: segmentPath) }
  }

  /// Where the log lies: a directory, or one segment.
  public let path: String

  private let scan: LogScan

  /// Finds a log and reads it once to its end.
  ///
  /// - Parameters:
  ///   - path: A data directory, a directory of segments, or one segment by any name.
  ///   - index: Segments that hold nothing behind it may be left out; nil for all that are there.
  ///   - fileSystem: Where it lies.
  /// - Throws: Why it cannot be read at all. What is wrong with a record is thrown by ``next()``.
  public init(
    _ path: String,
    from index: LogIndex? = nil,
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(LogError) {
    self.path = try LogSource.find(path, in: fileSystem)
    do throws(WALError) {
      scan = try LogSource.open(self.path, from: index, in: fileSystem)
    } catch {
      throw .log(error)
    }
  }

  /// What the log says in the end, up to the damage if there is any.
  public var state: LogState { scan.state }

  /// Where the log ends; nil if it is damaged.
  public var end: WALReader.End? { scan.end }

  /// What ``next()`` throws behind the last record that can be believed.
  public var damage: LogError? { scan.damage.map { .log($0) } }

  /// The paths of the segments, oldest first.
  public var segmentPaths: [String] { scan.paths }

  /// Where an interrupted write begins, which is no damage; nil if the log ends well.
  public var tornPlace: (path: String, offset: Int)? {
    guard let end = scan.end, end.isTorn else { return nil }
    return (scan.paths[end.segmentSlot], end.offset)
  }

  /// How long the log is, about: its segments are as long as each other, nearly.
  public var byteCount: Int { segmentPaths.count * WALLimits.segmentByteCount }

  /// How much of the log lies before a record, about.
  public func byteCount(before item: Item) -> Int {
    let place = item.record.place
    return place.segmentSlot * WALLimits.segmentByteCount + place.offset
  }

  /// The next record, or nothing behind the last.
  ///
  /// - Returns: The record, whose data is valid until the next call.
  /// - Throws: ``damage``, behind the last record before it.
  public func next() throws(LogError) -> Item? {
    do throws(WALError) {
      guard let item = try scan.next() else { return nil }
      return Item(
        record: item.record,
        segmentPath: scan.paths[item.record.place.segmentSlot],
        isOverwritten: item.isOverwritten
      )
    } catch {
      throw .log(error)
    }
  }

  /// The last part of a path.
  public static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Opens the log from an index on, or from its beginning if that is later.
  private static func open(
    _ path: String,
    from index: LogIndex?,
    in fileSystem: any FileSystem
  ) throws(WALError) -> LogScan {
    do throws(WALError) {
      return try LogScan(path, from: index, in: fileSystem)
    } catch {
      guard case .beginsLater = error else { throw error }
      return try LogScan(path, in: fileSystem)
    }
  }

  /// Finds the directory or the segment that a path stands for.
  private static func find(
    _ path: String,
    in fileSystem: any FileSystem
  ) throws(LogError) -> String {
    var looked: [String] = []
    do throws(FileIOError) {
      switch try fileSystem.kind(of: path) {
      case nil: break
      case .directory:
        let base = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        looked = ["\(base)/member/wal", "\(base)/wal", base]
        for place in looked where try holdsSegments(place, in: fileSystem) { return place }
      case .file, .other: return path
      }
    } catch {
      throw .log(.file(error))
    }
    throw .noLog(path: path, looked: looked)
  }

  private static func holdsSegments(
    _ path: String,
    in fileSystem: any FileSystem
  ) throws(FileIOError) -> Bool {
    guard try fileSystem.kind(of: path) == .directory else { return false }
    return try fileSystem.list(path).contains { Segment(name: $0) != nil }
  }
}
