import Testing

@testable import Store

@Suite struct DurationTests {
  @Test(arguments: [
    ("10m", Duration.seconds(600)), ("1h30m", .seconds(5400)), ("1.5s", .milliseconds(1500)),
    ("-250ms", .milliseconds(-250)), ("+3us", .microseconds(3)), ("2\u{B5}s", .microseconds(2)),
    ("0", .zero), ("-0", .zero), ("7ns", .nanoseconds(7)), (".5s", .milliseconds(500)),
    ("1.s", .seconds(1)), ("0s", .zero),
  ])
  func goWritesTimesLikeThis(text: String, duration: Duration) {
    #expect(Duration(goText: text) == duration)
  }

  @Test(arguments: [
    "", "10", "m", "10 m", "1x", "1..5s", ".s", "--1s", "1s-", "-", "+", "s1", "1h 5m", "1e3s",
    "99999999999h", "\u{661}s", "1mm", "0x1s", "nans", "infs",
  ])
  func whatGoDoesNotReadIsNoTime(text: String) {
    #expect(Duration(goText: text) == nil)
  }
}
