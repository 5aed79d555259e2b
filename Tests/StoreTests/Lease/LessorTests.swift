import MVCC
import Testing

@testable import Store

@Suite struct LessorTests {
  private let start = ContinuousClock.now
  private let lessor = Lessor(checkpointInterval: .seconds(300))
  private let id = LeaseID(rawValue: 7)

  private func after(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

  private func taken(_ seconds: Int) -> [Int64] {
    lessor.takeCheckpoints(now: after(seconds)).map(\.seconds)
  }

  private func add(_ seconds: Int64, now: Int = 0) {
    lessor.add(Lease(id: id, ttlSeconds: seconds), now: after(now))
  }

  @Test func whatALongLeaseHasLeftIsToldInIntervals() {
    add(1000)
    #expect(lessor.nextCheckpoint() == after(300))
    #expect(taken(299) == [])
    #expect(taken(300) == [700])
    #expect(taken(301) == [])
    #expect(taken(600) == [400])
    #expect(taken(900) == [100])
    // It ends before the next.
    #expect(lessor.nextCheckpoint() == nil)
  }

  @Test func shortLeaseIsNotToldOf() {
    add(300)
    #expect(lessor.nextCheckpoint() == nil)
  }

  @Test func nothingIsToldUnlessItIsAskedFor() {
    let lessor = Lessor()
    lessor.add(Lease(id: id, ttlSeconds: 1000), now: start)
    #expect(lessor.nextCheckpoint() == nil)
    #expect(lessor.takeCheckpoints(now: after(900)).isEmpty)
  }

  @Test func renewalTakesBackWhatWasTold() throws {
    add(1000)
    #expect(taken(300) == [700])
    let first = try #require(lessor.renew(id, now: after(310)))
    #expect(first.ttlSeconds == 1000)
    #expect(first.wasCheckpointed)
    let second = try #require(lessor.renew(id, now: after(320)))
    #expect(!second.wasCheckpointed)
    #expect(lessor.renewalCount == 2)
    #expect(taken(600) == [])
    #expect(taken(620) == [700])
  }

  @Test func renewalMovesWhatIsToBeTold() {
    add(1000)
    for seconds in 1..<200 { #expect(lessor.renew(id, now: after(seconds)) != nil) }
    #expect(taken(300) == [])
    #expect(lessor.nextCheckpoint() == after(499))
    #expect(taken(499) == [700])
  }

  @Test func leaseThatIsGoneIsNotToldOf() {
    add(1000)
    lessor.remove(id)
    #expect(taken(300) == [])
    #expect(lessor.nextCheckpoint() == nil)
    add(1000, now: 400)
    lessor.remove(id)
    // The number is another lease's now.
    add(2000, now: 500)
    #expect(taken(700) == [])
    #expect(taken(800) == [1700])
  }

  @Test func leaseBeginsWithWhatIsLeftAfterAStart() throws {
    var lease = Lease(id: id, ttlSeconds: 1000)
    lease.remainingTTLSeconds = 400
    lessor.arm([lease], extension: .seconds(1), now: start)
    #expect(try #require(lessor.remaining(id, now: start)).rest == .seconds(401))
    #expect(taken(300) == [101])
    #expect(try #require(lessor.renew(id, now: after(301))).wasCheckpointed)
    #expect(try #require(lessor.remaining(id, now: after(301))).rest == .seconds(1000))
  }
}
