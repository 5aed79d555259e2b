import TestSupport
import Testing

@testable import Apply

/// A permission too many, and a user reads or writes what is not theirs; one too few, and a member
/// differs from the others.
@Suite struct KeyPermissionsTests {
  private func permissions(
    _ intervals: [(String, String)],
    _ accesses: [KeyAccess] = [.read]
  ) -> KeyPermissions {
    var permissions = KeyPermissions()
    for (key, end) in intervals { permissions.allow(Array(key.utf8), Array(end.utf8), accesses) }
    permissions.merge()
    return permissions
  }

  private func allows(_ intervals: [(String, String)], _ key: String, _ end: String = "") -> Bool {
    permissions(intervals).allows(.read, Array(key.utf8), Array(end.utf8))
  }

  @Test func oneKeyIsAllowedByWhateverHasIt() {
    #expect(allows([("a", "")], "a"))
    #expect(!allows([("a", "")], "b"))
    #expect(!allows([("a", "")], "a\0"))
    #expect(allows([("a", "c")], "b"))
    #expect(!allows([("a", "c")], "c"))
    #expect(allows([("a", "\0")], "zzz"))
    #expect(!allows([("b", "\0")], "a"))
    #expect(allows([("\0", "\0")], "a"))
    #expect(!allows([], "a"))
  }

  @Test func aRangeIsAllowedByAllThatCoverIt() {
    #expect(allows([("a", "c"), ("c", "e")], "b", "d"))
    #expect(!allows([("a", "c"), ("d", "e")], "b", "e"))
    #expect(!allows([("a", "c")], "b", "d"))
    #expect(!allows([("b", "d")], "a", "c"))
    #expect(allows([("a", "c"), ("b", "\0")], "a", "\0"))
    #expect(!allows([("a", "z")], "a", "\0"))
    #expect(allows([("\0", "\0")], "\0", "\0"))
    #expect(allows([("a", ""), ("a\0", "b")], "a", "b"))
    #expect(allows([("a", "")], "a", "a\0"))
  }

  @Test func whatTouchesIsOneInterval() {
    let permissions = permissions([("c", "e"), ("a", "c"), ("x", "\0"), ("y", "z"), ("d", "d")])
    #expect(
      permissions.readable == [
        KeyPermissions.Interval(start: Array("a".utf8), end: Array("e".utf8)),
        KeyPermissions.Interval(start: Array("x".utf8), end: []),
      ]
    )
  }

  @Test func readingAndWritingAreTwoThings() {
    let readers = permissions([("a", "")], [.read])
    #expect(!readers.allows(.write, [97], []))
    let both = permissions([("a", "")], [.read, .write])
    #expect(both.allows(.write, [97], []) && both.allows(.read, [97], []))
  }

  /// All sets of up to three intervals of a few keys against a list of keys: a range is allowed if
  /// each key in it is.
  @Test func rangesAreAllowedExactlyIfTheirKeysAre() {
    // Ends of intervals, and keys that lie between them.
    let ends = ["a", "b", "c", "\0"]
    let keys = ["a", "aa", "b", "bb", "c", "cc"]
    var intervals: [(String, String)] = []
    for start in ["a", "b", "c"] {
      intervals.append((start, ""))
      for end in ends where end == "\0" || start < end { intervals.append((start, end)) }
    }
    func contains(_ interval: (String, String), _ key: String) -> Bool {
      if interval.1.isEmpty { return key == interval.0 }
      return interval.0 <= key && (interval.1 == "\0" || key < interval.1)
    }
    var count = 0
    for first in intervals {
      for second in intervals {
        for third in intervals {
          let set = [first, second, third]
          let permissions = permissions(set)
          for wanted in intervals where !wanted.1.isEmpty {
            let isAllowed = keys.filter { contains(wanted, $0) }.allSatisfy { key in
              set.contains { contains($0, key) }
            }
            let found = permissions.allows(.read, Array(wanted.0.utf8), Array(wanted.1.utf8))
            if found != isAllowed { Issue.record("\(set) \(wanted): \(found)") }
            count += 1
          }
        }
      }
    }
    #expect(count > 4000)
  }
}
