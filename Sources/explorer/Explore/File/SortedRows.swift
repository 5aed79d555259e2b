#if canImport(Glibc)
internal import Glibc
#endif
internal import MVCC

/// Rows of live keys, in the order of their keys.
public struct SortedRows: Sendable {
  struct Entry: @unchecked Sendable {
    // The file's memory, which nobody writes to, and which outlives the rows' source.
    let message: UnsafeRawPointer?
    let byteCount: UInt32

    /// How long the key is; kept here so that sorting need not fetch it.
    let keyCount: UInt32

    /// The eight bytes of the key that `sort` looks at, as a number that orders as they do.
    var head: UInt64 = 0

    init(message: UnsafeRawPointer?, byteCount: UInt32) {
      self.message = message
      self.byteCount = byteCount
      let bytes = UnsafeRawBufferPointer(start: message, count: Int(byteCount))
      keyCount = UInt32(clamping: StoredRow.key(of: bytes)?.count ?? 0)
    }

    var bytes: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: message, count: Int(byteCount))
    }

    var key: UnsafeRawBufferPointer {
      StoredRow.key(of: bytes) ?? UnsafeRawBufferPointer(start: nil, count: 0)
    }
  }

  private var entries: ContiguousArray<Entry>

  /// Puts rows in order.
  init(sorting entries: ContiguousArray<Entry>) {
    self.entries = entries
    sort()
  }

  /// How many there are.
  public var count: Int { entries.count }

  /// The row at a place in the order of keys.
  public subscript(place: Int) -> StoredRow {
    let entry = entries[place]
    guard let message = entry.message else {
      return StoredRow(revision: Revision(main: 0), isTombstone: false, message: entry.bytes)
    }
    // Live rows are no tombstones: their revision takes the 17 bytes before the message.
    let main = UInt64(bigEndian: (message - 17).loadUnaligned(as: UInt64.self))
    let sub = UInt64(bigEndian: (message - 8).loadUnaligned(as: UInt64.self))
    return StoredRow(
      revision: Revision(main: Int64(clamping: main), sub: Int64(clamping: sub)),
      isTombstone: false,
      message: entry.bytes
    )
  }

  /// Whether one of them has a key in a range.
  public func hasRow(in range: KeyRange) -> Bool {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      if KeyOrder.compare(range.lowerBound, entries[middle].key) > 0 {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return low < entries.count && range.contains(entries[low].key)
  }

  /// Sorts by eight bytes of the keys at a time, those with equal bytes by the next eight.
  ///
  /// Keys of one resource begin alike for dozens of bytes: to compare them whole would mean to fetch
  /// both from the file, over and over.
  private mutating func sort() {
    entries.withUnsafeMutableBufferPointer { entries in
      let common = SortedRows.commonPrefixCount(of: entries)
      var rest: [(range: Range<Int>, offset: Int)] = [(entries.indices, common)]
      while let (range, offset) = rest.popLast() {
        var group = UnsafeMutableBufferPointer(rebasing: entries[range])
        if group.count < 8 {
          group.sort { KeyOrder.compare($0.key, $1.key) < 0 }
          continue
        }
        var hasMore = false
        for place in group.indices {
          let key = group[place].key
          group[place].head = SortedRows.head(of: key, from: offset)
          hasMore = hasMore || key.count > offset + 8
        }
        if hasMore, group.allSatisfy({ $0.head == group[0].head }) {
          rest.append((range, offset + 8))
          continue
        }
        // Bytes that are not there count as zeros: of keys alike so far the shorter one is first.
        group.sort { left, right in
          left.head != right.head ? left.head < right.head : left.keyCount < right.keyCount
        }
        guard hasMore else { continue }
        var first = range.lowerBound
        for place in range where entries[place].head != entries[first].head {
          if place - first > 1 { rest.append((first..<place, offset + 8)) }
          first = place
        }
        if range.upperBound - first > 1 { rest.append((first..<range.upperBound, offset + 8)) }
      }
    }
  }

  /// How many bytes all keys begin with in common.
  private static func commonPrefixCount(of entries: UnsafeMutableBufferPointer<Entry>) -> Int {
    guard let first = entries.first?.key else { return 0 }
    var common = first.count
    for entry in entries {
      let key = entry.key
      common = min(common, key.count)
      guard common > 0, let start = first.baseAddress, let other = key.baseAddress else { return 0 }
      if memcmp(start, other, common) != 0 {
        common = zip(first, key).prefix { $0 == $1 }.count
      }
    }
    return common
  }

  /// Eight bytes of a key as a number that orders as they do.
  private static func head(of key: UnsafeRawBufferPointer, from start: Int) -> UInt64 {
    let rest = UnsafeRawBufferPointer(rebasing: key[min(start, key.count)...])
    if rest.count >= 8 { return UInt64(bigEndian: rest.loadUnaligned(as: UInt64.self)) }
    var head: UInt64 = 0
    for place in 0..<8 { head = head << 8 | (place < rest.count ? UInt64(rest[place]) : 0) }
    return head
  }
}
