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
    (Duration.zero, "0s"), (.nanoseconds(7), "7ns"), (.nanoseconds(1500), "1.5\u{B5}s"),
    (.microseconds(101_300), "101.3ms"), (.milliseconds(100), "100ms"), (.seconds(1), "1s"),
    (.milliseconds(1001), "1.001s"), (.seconds(60), "1m0s"),
    (.milliseconds(5_400_500), "1h30m0.5s"),
    (.milliseconds(-250), "-250ms"),
  ])
  func timesAreWrittenAsGoWritesThem(duration: Duration, text: String) {
    #expect(duration.goText == text)
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
