import Testing

@testable import explorer

/// Values of flags as Go's programs take them.
@Suite struct GoValuesTests {
  @Test(arguments: [
    ("0", Duration.zero), ("5s", .seconds(5)), ("1m30s", .seconds(90)),
    ("500ms", .milliseconds(500)),
    ("1.5h", .seconds(5_400)), (".5s", .milliseconds(500)), ("+2us", .microseconds(2)),
    ("7\u{B5}s", .microseconds(7)), ("3ns", .nanoseconds(3)), ("1h1m1s", .seconds(3_661)),
  ])
  func timeIsRead(text: String, duration: Duration) {
    #expect(GoDuration(argument: text)?.duration == duration)
  }

  @Test(arguments: [
    "", "+", "5", "s", ".s", "-5s", "5 s", "1m30", "5S", "1..5s", "1e3s", "3000000h", "five", "5s,",
  ])
  func whatIsNoTimeIsRefused(text: String) {
    #expect(GoDuration(argument: text) == nil)
  }

  @Test(arguments: [
    (Duration.zero, "0s"), (.nanoseconds(7), "7ns"), (.nanoseconds(1_500), "1.5\u{B5}s"),
    (.nanoseconds(2_345_678), "2.345678ms"), (.milliseconds(500), "500ms"), (.seconds(1), "1s"),
    (.milliseconds(90_500), "1m30.5s"), (.seconds(3_600), "1h0m0s"),
    (.nanoseconds(1_000_000_001), "1.000000001s"),
  ])
  func timeIsPrinted(duration: Duration, text: String) {
    #expect(GoDuration.text(duration) == text)
    #expect(GoDuration(argument: text)?.duration == duration)
  }

  @Test func yesAndNoAreRead() {
    #expect(["1", "t", "TRUE", "True"].allSatisfy { GoBool(argument: $0)?.value == true })
    #expect(["0", "F", "false"].allSatisfy { GoBool(argument: $0)?.value == false })
    #expect(["", "yes", "tRUE"].allSatisfy { GoBool(argument: $0) == nil })
  }
}
