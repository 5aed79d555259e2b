import NIOCore
import Testing

@testable import RPC

@Suite struct RateLimitTests {
  private func time(_ milliseconds: Int64) -> NIODeadline {
    .uptimeNanoseconds(0) + .milliseconds(milliseconds)
  }

  @Test func burstIsAllowedAndNoMore() {
    var limit = RateLimit(burst: 10, perSecond: 1, at: time(0))
    let answers = (0..<12).map { _ in limit.take(at: time(0)) }
    #expect(answers == Array(repeating: true, count: 10) + [false, false])
  }

  @Test func rateIsAllowedForEver() {
    var limit = RateLimit(burst: 10, perSecond: 10, at: time(0))
    for round in 0..<1_000 {
      let isAllowed = limit.take(at: time(Int64(round) * 100))
      #expect(isAllowed)
    }
  }

  @Test func twiceTheRateIsTooMuchInTheEnd() {
    var limit = RateLimit(burst: 10, perSecond: 10, at: time(0))
    let allowed = (0..<1_000).count { limit.take(at: time($0 * 50)) }
    #expect((505...515).contains(allowed))
  }

  @Test func pauseGivesNoMoreThanABurst() {
    var limit = RateLimit(burst: 10, perSecond: 10, at: time(0))
    for _ in 0..<10 { _ = limit.take(at: time(0)) }
    let allowed = (0..<100).count { _ in limit.take(at: time(1_000_000)) }
    #expect(allowed == 10)
  }
}
