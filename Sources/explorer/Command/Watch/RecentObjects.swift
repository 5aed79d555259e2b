import Explore

/// The objects that were shown last: what a change is compared with is mostly one of them, and need
/// not be decoded again.
struct RecentObjects {
  /// How many bytes of values may be kept twice over: their objects take some times as much.
  private static let byteCountLimit = 4 << 20

  private struct Entry {
    let revision: Int64
    let object: DecodedObject
  }

  // Two generations: when the newer one is full, the older one goes.
  private var newer: [String: Entry] = [:]
  private var older: [String: Entry] = [:]
  private var byteCount = 0

  /// The object of a key as of a revision, if it is still there.
  func object(of key: String, at revision: Int64) -> DecodedObject? {
    guard let entry = newer[key] ?? older[key], entry.revision == revision else { return nil }
    return entry.object
  }

  /// Keeps an object, in place of the one before.
  mutating func keep(_ object: DecodedObject, of key: String, at revision: Int64, byteCount: Int) {
    if self.byteCount + byteCount > RecentObjects.byteCountLimit {
      (older, newer, self.byteCount) = (newer, [:], 0)
    }
    newer[key] = Entry(revision: revision, object: object)
    self.byteCount += byteCount
  }
}
