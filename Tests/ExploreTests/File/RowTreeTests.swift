@testable import Explore
import MVCC
import Testing

@Suite struct RowTreeTests {
  private func revision(_ main: Int64, _ sub: Int64 = 0) -> Revision {
    Revision(main: main, sub: sub)
  }

  @Test func noGapHasNoRevision() {
    let gaps = RevisionGaps()
    #expect(gaps.isEmpty)
    #expect(!gaps.contains(revision(0)))
  }

  @Test func gapsLieBetweenTheRowsThatAreThere() {
    var gaps = RevisionGaps()
    gaps.add(after: nil, before: revision(5))
    gaps.add(after: revision(8, 2), before: revision(10))
    gaps.add(after: revision(20), before: nil)
    for inside in [revision(0), revision(4, 9), revision(8, 3), revision(9), revision(20, 1)] {
      #expect(gaps.contains(inside), "\(inside)")
    }
    #expect(gaps.contains(revision(.max)))
    for outside in [revision(5), revision(7), revision(8, 2), revision(10), revision(20)] {
      #expect(!gaps.contains(outside), "\(outside)")
    }
  }

  /// Rows that do not ascend tell nothing of what lies between them.
  @Test func gapsBetweenRowsThatDoNotAscendAreEverything() {
    var gaps = RevisionGaps()
    gaps.add(after: revision(9), before: revision(9))
    #expect(gaps.contains(revision(1)) && gaps.contains(revision(9)))
    gaps = RevisionGaps()
    gaps.add(after: revision(5), before: revision(9))
    gaps.add(after: revision(3), before: revision(4))
    #expect(gaps.contains(revision(100)))
    gaps.add(after: revision(100), before: revision(101))
    #expect(gaps.contains(revision(1)))
  }
}
