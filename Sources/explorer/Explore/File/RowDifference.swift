#if canImport(Glibc)
internal import Glibc
#endif
internal import MVCC

/// A key that is not the same in two states.
public struct RowDifference {
  /// The key's row in the first state; nothing if it did not live there.
  public let old: StoredRow?

  /// The key's row in the second state; nothing if it does not live there.
  public let new: StoredRow?

  /// The key.
  public var key: UnsafeRawBufferPointer {
    (new ?? old)?.key ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }
}

/// Two states, each a file at a revision, side by side.
public struct StateComparison {
  private let old: FileSource
  private let oldRows: SortedRows
  private let new: FileSource
  private let newRows: SortedRows

  /// How many keys there are in both with the same value.
  public private(set) var equalCount = 0

  /// Reads the keys of both.
  ///
  /// - Parameters:
  ///   - old: The first file, and its revision; the current one if nothing.
  ///   - new: The second file, and its revision. It may be the same one.
  ///   - selection: The keys that count.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Throws: ``SourceError``.
  public init(
    _ old: (source: FileSource, revision: Int64?),
    _ new: (source: FileSource, revision: Int64?),
    in selection: KeySelection,
    progress: ((_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(SourceError) {
    self.old = old.source
    self.new = new.source
    oldRows = try old.source.liveRows(in: selection, at: old.revision, progress: progress)
    newRows = try new.source.liveRows(in: selection, at: new.revision, progress: progress)
  }

  /// Shows the keys that are not the same, in their order.
  ///
  /// Values are compared as they lie in the files; nothing is decoded for it.
  public mutating func forEachDifference(
    _ body: (RowDifference) throws(SourceError) -> Void
  ) throws(SourceError) {
    equalCount = 0
    var (left, right) = (0, 0)
    while left < oldRows.count || right < newRows.count {
      guard left < oldRows.count else {
        try body(RowDifference(old: nil, new: newRows[right]))
        right += 1
        continue
      }
      guard right < newRows.count else {
        try body(RowDifference(old: oldRows[left], new: nil))
        left += 1
        continue
      }
      let (oldRow, newRow) = (oldRows[left], newRows[right])
      let order = StoredRow.compareKeys(oldRow, newRow)
      if order < 0 {
        try body(RowDifference(old: oldRow, new: nil))
        left += 1
      } else if order > 0 {
        try body(RowDifference(old: nil, new: newRow))
        right += 1
      } else {
        if try isSame(oldRow, newRow) {
          equalCount += 1
        } else {
          try body(RowDifference(old: oldRow, new: newRow))
        }
        left += 1
        right += 1
      }
    }
  }

  private func isSame(_ left: StoredRow, _ right: StoredRow) throws(SourceError) -> Bool {
    // A row of one file is the same whenever it is looked at.
    if left.message.baseAddress == right.message.baseAddress { return true }
    guard let first = try left.value(in: old), let second = try right.value(in: new) else {
      // One is damaged, which has been noted: how they differ cannot be told.
      return false
    }
    guard first.count == second.count else { return false }
    guard let start = first.baseAddress, let other = second.baseAddress else { return true }
    return memcmp(start, other, first.count) == 0
  }
}
