import NIOCore
import Testing

@testable import RPC

@Suite struct PingPolicyTests {
  private func time(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

  private func policy(permits: Bool = false) -> PingPolicy {
    PingPolicy(minimumInterval: .seconds(5), permitsWithoutCalls: permits)
  }

  @Test func pingsAtTheirIntervalAreSuffered() {
    var policy = policy()
    for round in 0..<100 {
      let isSuffered = policy.receive(at: time(Int64(round) * 5), hasCalls: true)
      #expect(isSuffered)
    }
  }

  @Test func thirdPingTooEarlyIsTooMuch() {
    var policy = policy()
    let answers = (0..<4).map { policy.receive(at: time($0 * 4), hasCalls: true) }
    #expect(answers == [true, true, true, false])
  }

  @Test func withoutCallsEvenSlowPingsAreTooMany() {
    var policy = policy()
    let answers = (0..<4).map { policy.receive(at: time($0 * 60), hasCalls: false) }
    #expect(answers == [true, true, true, false])
    var patient = self.policy()
    for round in 0..<10 {
      let isSuffered = patient.receive(at: time(Int64(round) * 7_200), hasCalls: false)
      #expect(isSuffered)
    }
  }

  @Test func pingsWithoutCallsCanBePermitted() {
    var policy = policy(permits: true)
    let answers = (0..<10).map { policy.receive(at: time($0 * 5), hasCalls: false) }
    #expect(answers.allSatisfy { $0 })
  }

  @Test func whateverIsSentForgivesAll() {
    var policy = policy()
    for round in 0..<1_000 {
      if round % 3 == 0 { policy.hasSent = true }
      let isSuffered = policy.receive(at: time(0), hasCalls: true)
      #expect(isSuffered)
    }
  }
}
