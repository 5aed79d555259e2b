import NIOCore
import Testing

@testable import RPC

@Suite struct RPCTimeoutTests {
  @Test(arguments: [
    ("1H", TimeAmount.hours(1)), ("2M", .minutes(2)), ("3S", .seconds(3)),
    ("4m", .milliseconds(4)), ("5u", .microseconds(5)), ("6n", .nanoseconds(6)), ("0n", .zero),
    ("00000010S", .seconds(10)), ("99999999S", .seconds(99_999_999)),
  ])
  func unitsAreRead(text: String, amount: TimeAmount) {
    #expect(RPCTimeout.parse(text) == amount)
  }

  @Test(arguments: [
    "", "S", "1", "1s", "-1S", "+1S", "1.5S", "123456789S", " 1S", "1S ", "1SS", "\u{661}S",
  ])
  func everythingElseIsRefused(text: String) { #expect(RPCTimeout.parse(text) == nil) }

  @Test func longestTimesCanBeAddedToNow() throws {
    for unit in ["H", "M", "S"] {
      let timeout = try #require(RPCTimeout.parse("99999999\(unit)"))
      #expect(NIODeadline.now() + timeout > .now())
    }
  }
}
