import Testing

@testable import Schema

@Suite struct ReleaseTests {
  @Test(arguments: [
    ("1.20", Release(major: 1, minor: 20)), ("v1.20", Release(major: 1, minor: 20)),
    ("v1.20.3", Release(major: 1, minor: 20)), ("0.0", Release(major: 0, minor: 0)),
    ("2.100.0", Release(major: 2, minor: 100)),
  ])
  func textsOfReleasesAreRead(text: String, expected: Release) {
    #expect(Release(text) == expected)
  }

  @Test(arguments: [
    "", "v", "1", "1.", ".20", "1.20.3.4", "1..3", "a.b", "1.x", "-1.20", "1.-20", " 1.20",
    "vv1.20", "V1.20", "1,20",
  ])
  func otherTextIsNoRelease(_ text: String) {
    #expect(Release(text) == nil)
  }

  @Test func releasesAreOrderedByTheirNumbers() throws {
    let texts = ["0.99", "1.2", "1.9", "1.10", "1.20", "2.0"]
    let releases = try texts.map { try #require(Release($0)) }
    #expect(releases.shuffled().sorted() == releases)
    #expect(releases.map(\.description) == texts)
    #expect(!(releases[0] < releases[0]))
  }
}

@Suite struct ReleaseRangeTests {
  /// A range from a word of the catalogue's text.
  private func range(_ text: String) -> ReleaseRange? {
    Array(text.utf8).withUnsafeBufferPointer { ReleaseRange($0) }
  }

  @Test(arguments: ["1.18-", "1.15-1.21", "1.15-1.15", "0.9-1.0"])
  func rangesKeepTheirText(_ text: String) throws {
    let found = try #require(range(text))
    #expect(found.description == text)
  }

  @Test(arguments: ["", "-", "1.18", "-1.18", "1.21-1.15", "1.18-x", "x-1.18", "1.18-1.20-1.21"])
  func otherTextIsNoRange(_ text: String) {
    #expect(range(text) == nil)
  }

  @Test(arguments: [
    // range, release, whether it is contained, and the nearest release of the range
    ("1.18-1.21", "1.17", false, "1.18"), ("1.18-1.21", "1.18", true, "1.18"),
    ("1.18-1.21", "1.20", true, "1.20"), ("1.18-1.21", "1.21", true, "1.21"),
    ("1.18-1.21", "1.22", false, "1.21"), ("1.18-", "1.17", false, "1.18"),
    ("1.18-", "1.18", true, "1.18"), ("1.18-", "9.9", true, "9.9"),
  ])
  func bothEndsBelongToARange(
    text: String,
    release: String,
    isContained: Bool,
    nearest: String
  ) throws {
    let found = try #require(range(text))
    let release = try #require(Release(release))
    #expect(found.contains(release) == isContained)
    #expect(found.nearest(to: release) == Release(nearest))
  }

  @Test func onlyAnOpenRangeContainsTheNewest() throws {
    let open = try #require(range("1.18-"))
    let closed = try #require(range("1.18-1.21"))
    #expect(open.contains(nil))
    #expect(open.nearest(to: nil) == nil)
    #expect(!closed.contains(nil))
    #expect(closed.nearest(to: nil) == Release(major: 1, minor: 21))
  }
}
