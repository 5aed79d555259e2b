/// Where keys and values are read from: a file, or a living cluster.
///
/// A question is answered from one state: that of one revision. Nothing is ever written.
public protocol Source: AnyObject {
  /// What it is called in messages: a path, or endpoints.
  var name: String { get }

  /// What its progress is counted in.
  var progressUnit: ProgressMeter.Unit { get }

  /// Shows the rows of the keys that lived at a revision.
  ///
  /// A row's memory is that of the call; ``HeldRow`` keeps one for longer.
  ///
  /// - Parameters:
  ///   - question: Which rows, and what of them.
  ///   - progress: Is told now and then how much of how much is done.
  ///   - body: Sees a row.
  /// - Returns: What is known of all the rows.
  /// - Throws: ``SourceError``, and what `body` throws.
  @discardableResult
  func forEachLiveRow(
    _ question: RowQuestion,
    progress: SourceProgress?,
    _ body: (StoredRow) throws(SourceError) -> Void
  ) throws(SourceError) -> RowAnswer

  /// How many keys lived at a revision.
  func count(_ question: RowQuestion, progress: SourceProgress?) throws(SourceError) -> Int

  /// Finds a key.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - revision: As of when; the current revision if nothing.
  ///   - progress: Is told now and then how much of how much is done.
  /// - Returns: Its newest row up to then, and what that says.
  /// - Throws: ``SourceError``.
  func find(
    _ key: [UInt8],
    at revision: Int64?,
    progress: SourceProgress?
  ) throws(SourceError) -> KeyFate

  /// Shows all stored rows of a key, tombstones among them, the newest first.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - revision: Rows after it do not count; all if nothing.
  ///   - progress: Is told now and then how much of how much is done.
  ///   - body: Sees a row, and says whether to go on.
  /// - Throws: ``SourceError``, and what `body` throws.
  func forEachRevision(
    of key: [UInt8],
    upTo revision: Int64?,
    progress: SourceProgress?,
    _ body: (StoredRow) throws(SourceError) -> Bool
  ) throws(SourceError)

  /// The revision that was compacted last; nothing if none was, or if that is not known.
  var compactRevision: Int64? { get }

  /// Notes what is damaged, or fails with it.
  func note(_ loss: SourceError) throws(SourceError)
}

/// Is told how much of how much is done; any thread may tell.
public typealias SourceProgress = @Sendable (_ done: Int, _ total: Int) -> Void

/// Which rows are wanted, and what of them.
public struct RowQuestion: Sendable {
  /// What is wanted of a row.
  public enum Detail: Sendable {
    /// The key and the revisions; the value may be missing.
    case keys

    /// All of it.
    case values
  }

  /// The keys that count.
  public var selection: KeySelection

  /// As of when; the current revision if nothing.
  public var revision: Int64?

  /// What is wanted of a row.
  public var detail: Detail

  /// Whether the rows come in the order of their keys.
  public var isOrdered = true

  /// How many rows are shown at most.
  public var limit: Int?

  /// All rows of a selection, in order.
  public init(_ selection: KeySelection, at revision: Int64? = nil, detail: Detail = .values) {
    self.selection = selection
    self.revision = revision
    self.detail = detail
  }
}

/// What is known of all the rows that a question is about.
public struct RowAnswer: Hashable, Sendable {
  /// The revision that they were read at.
  public let revision: Int64

  /// How many there are, also beyond the limit; nil where they would have to be read for it.
  public let count: Int?
}

/// What became of a key.
public enum KeyFate {
  /// Its value at the revision.
  case live(StoredRow)

  /// The tombstone, and the last value before it, if that is still stored.
  case deleted(tombstone: StoredRow, last: StoredRow?)

  /// No row tells of it.
  case unknown
}

/// A row with memory of its own.
public final class HeldRow {
  private let memory: UnsafeMutableRawBufferPointer

  /// The row.
  public let row: StoredRow

  /// Copies a row.
  public init(_ row: StoredRow) {
    memory = .allocate(byteCount: row.message.count, alignment: 1)
    memory.copyMemory(from: row.message)
    self.row = StoredRow(
      revision: row.revision,
      isTombstone: row.isTombstone,
      message: UnsafeRawBufferPointer(memory)
    )
  }

  deinit {
    memory.deallocate()
  }
}
