@testable import Explore
import Bolt
import Testing

@Suite struct LossLogTests {
  private func loss(_ page: UInt64) -> SourceError {
    .database(path: "/db", .emptyBranch(page: PageID(rawValue: page)))
  }

  @Test func whatIsMetAgainIsNoOtherLoss() {
    let log = LossLog()
    for _ in 0..<3 { for page in 2..<5 as Range<UInt64> { log.add(loss(page)) } }
    #expect(log.found.first == [loss(2), loss(3), loss(4)])
    #expect(log.found.count == 3)
  }

  @Test func theFirstLossesAreKeptAndAllAreCounted() {
    let log = LossLog()
    for _ in 0..<2 { for page in 0..<1000 as Range<UInt64> { log.add(loss(page)) } }
    #expect(log.found.first == (0..<100).map { loss($0) })
    #expect(log.found.count == 1000)
  }
}
