internal import MVCC
#if canImport(Glibc)
internal import Glibc
#endif

/// What is watched: one key, or a range of keys; watchers of the same share it.
///
/// It lives as long as one of its watchers.
final class WatchTarget {
  /// Where a range ends.
  enum End: Equatable {
    /// With its only key.
    case withStart

    /// Before a key, whose bytes follow those of the start.
    case before(byteCount: Int32)

    /// Nowhere.
    case never
  }

  /// Those of its watchers that have been sent all that the shard has delivered.
  var synced = WatcherList()

  /// Those that are catching up.
  var catchingUp = WatcherList()

  /// How many watchers it has, whatever their state.
  var watcherCount: Int32 = 0

  let ending: End
  private let startByteCount: Int32
  // The start and, if there is one, the end; its own.
  private let bytes: UnsafeMutableRawBufferPointer

  /// A target without watchers.
  init(_ range: KeyRange) {
    var end: [UInt8] = []
    switch range.end {
    case .withStart: ending = .withStart
    case .never: ending = .never
    case .before(let key):
      end = key
      ending = .before(byteCount: Int32(truncatingIfNeeded: key.count))
    }
    // A request is limited to far less than 2 GB.
    startByteCount = Int32(truncatingIfNeeded: range.start.count)
    bytes = .allocate(byteCount: range.start.count + end.count, alignment: 1)
    bytes.copyBytes(from: range.start)
    UnsafeMutableRawBufferPointer(rebasing: bytes[range.start.count...]).copyBytes(from: end)
  }

  deinit { bytes.deallocate() }

  /// The first key.
  @inline(__always)
  var start: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: bytes.baseAddress, count: Int(startByteCount))
  }

  /// The first key behind a range; nil if it has no end.
  @inline(__always)
  var end: UnsafeRawBufferPointer? {
    guard case .before = ending else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[Int(startByteCount)...])
  }

  /// Whether it is one key.
  var isOneKey: Bool { ending == .withStart }
}

/// Compares keys by their bytes, a prefix before what goes on.
///
/// - Returns: Below 0, 0 or above 0, as the left one is before, equal to or after the right one.
@inline(__always)
func compareKeys(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let count = min(left.count, right.count)
  if count > 0, let left = left.baseAddress, let right = right.baseAddress {
    let order = memcmp(left, right, count)
    if order != 0 { return Int(order) }
  }
  return left.count - right.count
}
