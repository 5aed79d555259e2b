import Testing

@testable import Store

/// Values as Go reads and prints them.
@Suite struct GoValueTests {
  @Test(arguments: [
    ("0", Duration.zero), ("5s", .seconds(5)), ("-5s", .seconds(-5)), ("+5s", .seconds(5)),
    ("1h2m3.5s", .milliseconds(3_723_500)), ("100ms", .milliseconds(100)),
    ("1.5h", .seconds(5400)), (".5s", .milliseconds(500)), ("1.s", .seconds(1)),
    ("10us", .microseconds(10)), ("10\u{B5}s", .microseconds(10)), ("3ns", .nanoseconds(3)),
    ("0.1s0.1s", .milliseconds(200)), ("2562047h", .seconds(2_562_047 * 3600)),
  ])
  func aTimeIsTheSumOfItsParts(_ text: String, _ expected: Duration) throws {
    #expect(try GoValue.duration(text) == expected)
  }

  @Test(arguments: [
    "", "5", "s", "-", "+", ".s", "5x", "5 s", " 5s", "5s ", "1h2", "2562048h", "9223372036855s",
    "--5s", "1e3s", "\u{0665}s", "99999999999999999999s",
  ])
  func whatIsNoTimeIsRefused(_ text: String) {
    #expect(throws: ValueFault.syntax) { try GoValue.duration(text) }
  }

  @Test(arguments: [
    (Duration.zero, "0s"), (.nanoseconds(7), "7ns"), (.nanoseconds(1500), "1.5\u{B5}s"),
    (.milliseconds(100), "100ms"), (.microseconds(1_234), "1.234ms"), (.seconds(5), "5s"),
    (.milliseconds(1500), "1.5s"), (.seconds(60), "1m0s"), (.seconds(7200), "2h0m0s"),
    (.milliseconds(-3_723_500), "-1h2m3.5s"),
  ])
  func aTimeIsPrintedAsGoDoes(_ duration: Duration, _ expected: String) throws {
    #expect(GoValue.text(duration) == expected)
    #expect(try GoValue.duration(expected) == duration)
  }

  @Test(arguments: [
    ("0", 0), ("128", 128), ("0x10", 16), ("0X1f", 31), ("0b101", 5), ("0o17", 15), ("017", 15),
    ("1_000", 1000), ("0x_10", 16), ("0_7", 7), ("18446744073709551615", UInt64.max),
  ])
  func aNumberMayHaveAPrefixAndUnderscores(_ text: String, _ expected: UInt64) throws {
    #expect(try GoValue.unsigned(text) == expected)
  }

  @Test(arguments: [
    "", "-1", "+1", "abc", "1.5", "08", "0a1", "0x", "_1", "1_", "1__0", "0x1g", " 1", "1e3",
  ])
  func whatIsNoNumberIsRefused(_ text: String) {
    #expect(throws: ValueFault.syntax) { try GoValue.unsigned(text) }
  }

  @Test func aNumberThatIsTooLargeIsOutOfRange() throws {
    #expect(throws: ValueFault.range) { try GoValue.unsigned("18446744073709551616") }
    #expect(throws: ValueFault.range) { try GoValue.count("9223372036854775808") }
    #expect(throws: ValueFault.range) { try GoValue.signed("9223372036854775808") }
    #expect(try GoValue.signed("-9223372036854775808") == .min)
    #expect(throws: ValueFault.range) { try GoValue.signed("-9223372036854775809") }
  }

  @Test(arguments: [
    ("1", true), ("t", true), ("TRUE", true), ("True", true), ("0", false), ("F", false),
    ("false", false),
  ])
  func aTruthValueHasShortForms(_ text: String, _ expected: Bool) throws {
    #expect(try GoValue.boolean(text) == expected)
  }

  @Test(arguments: ["", "yes", "no", "tRUE", "on", "2", "true "])
  func whatIsNoTruthValueIsRefused(_ text: String) {
    #expect(throws: ValueFault.syntax) { try GoValue.boolean(text) }
  }

  @Test func aQuotedTextStaysOnItsLine() {
    #expect(GoValue.quoted("a\"b\\c\nd\u{7F}") == #""a\"b\\c\nd\x7f""#)
  }
}
