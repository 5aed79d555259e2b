import Testing

@testable import Decode

@Suite struct GoFloatTests {
  @Test(arguments: GoFloatTests.numbers)
  func numbersInJSONAreAsGoPrintsThem(value: Double, expected: String) {
    #expect(rendered { GoFloat.appendJSON(value, to: &$0) } == expected)
  }

  /// sigs.k8s.io/yaml makes YAML of the JSON, so a whole number comes back as an integer.
  @Test(arguments: GoFloatTests.numbersInYAML)
  func numbersInYAMLAreAsGoPrintsThem(value: Double, expected: String) throws {
    let json = rendered { GoFloat.appendJSON(value, to: &$0) }
    #expect(try JSONDocument(json: json).yaml == expected + "\n")
  }

  @Test(arguments: [(Double.nan, ".nan"), (.infinity, ".inf"), (-.infinity, "-.inf")])
  func whatIsNoNumberHasItsNameInYAML(value: Double, expected: String) {
    #expect(rendered { GoFloat.appendYAML(value, to: &$0) } == expected)
  }

  @Test func whatIsPrintedReadsBackAsTheSameNumber() throws {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    for _ in 0..<20_000 {
      // SplitMix64, so that a failure can be repeated.
      state &+= 0x9E37_79B9_7F4A_7C15
      var bits = state
      bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
      bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
      bits ^= bits >> 31
      let value = Double(bitPattern: bits)
      guard value.isFinite else { continue }
      let json = rendered { GoFloat.appendJSON(value, to: &$0) }
      let yaml = rendered { GoFloat.appendYAML(value, to: &$0) }
      try #require(Double(json) == value, "\(json)")
      try #require(Double(yaml) == value, "\(yaml)")
    }
  }

  /// Printed by encoding/json.
  static let numbers: [(value: Double, expected: String)] = [
    (0.0, "0"),
    (-0.0, "-0"),
    (1.0, "1"),
    (-1.0, "-1"),
    (10.0, "10"),
    (100.0, "100"),
    (0.1, "0.1"),
    (0.5, "0.5"),
    (1.5, "1.5"),
    (-1.5, "-1.5"),
    (123.456, "123.456"),
    (1e5, "100000"),
    (1e6, "1000000"),
    (1e15, "1000000000000000"),
    (1e16, "10000000000000000"),
    (123456789012345680.0, "123456789012345680"),
    (1e20, "100000000000000000000"),
    (1e21, "1e+21"),
    (1.5e21, "1.5e+21"),
    (-1e21, "-1e+21"),
    (1e22, "1e+22"),
    (1e100, "1e+100"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (.leastNonzeroMagnitude, "5e-324"),
    (2.2250738585072014e-308, "2.2250738585072014e-308"),
    (1e-4, "0.0001"),
    (1e-5, "0.00001"),
    (1.5e-5, "0.000015"),
    (1e-6, "0.000001"),
    (1.5e-6, "0.0000015"),
    (9.99e-7, "9.99e-7"),
    (1e-7, "1e-7"),
    (1.5e-7, "1.5e-7"),
    (1e-9, "1e-9"),
    (1.25e-9, "1.25e-9"),
    (1e-10, "1e-10"),
    (1.5e-10, "1.5e-10"),
    (1e-100, "1e-100"),
    (0.30000000000000004, "0.30000000000000004"),
    (3.141592653589793, "3.141592653589793"),
    (2.718281828459045, "2.718281828459045"),
    (9007199254740993.0, "9007199254740992"),
    (9223372036854775807.0, "9223372036854776000"),
    (18446744073709551615.0, "18446744073709552000"),
    (18446744073709551616.0, "18446744073709552000"),
    (999999999999999900000.0, "999999999999999900000"),
    (0.000001234, "0.000001234"),
    (1234567.125, "1234567.125"),
    (33.333333333333336, "33.333333333333336"),
    (1e-300, "1e-300"),
    (4503599627370496.5, "4503599627370496"),
    (123e-8, "0.00000123"),
    (0.0001, "0.0001"),
    (0.00012, "0.00012"),
  ]

  /// Printed by sigs.k8s.io/yaml.
  static let numbersInYAML: [(value: Double, expected: String)] = [
    (0.0, "0"),
    (-0.0, "0"),
    (1.0, "1"),
    (-1.0, "-1"),
    (10.0, "10"),
    (100.0, "100"),
    (0.1, "0.1"),
    (0.5, "0.5"),
    (1.5, "1.5"),
    (-1.5, "-1.5"),
    (123.456, "123.456"),
    (1e5, "100000"),
    (1e6, "1000000"),
    (1e15, "1000000000000000"),
    (1e16, "10000000000000000"),
    (123456789012345680.0, "123456789012345680"),
    (1e21, "1e+21"),
    (1.5e21, "1.5e+21"),
    (-1e21, "-1e+21"),
    (1e22, "1e+22"),
    (1e100, "1e+100"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (.leastNonzeroMagnitude, "5e-324"),
    (2.2250738585072014e-308, "2.2250738585072014e-308"),
    (1e-4, "0.0001"),
    (1e-5, "1e-05"),
    (1.5e-5, "1.5e-05"),
    (1e-6, "1e-06"),
    (1.5e-6, "1.5e-06"),
    (9.99e-7, "9.99e-07"),
    (1e-7, "1e-07"),
    (1.5e-7, "1.5e-07"),
    (1e-9, "1e-09"),
    (1.25e-9, "1.25e-09"),
    (1e-10, "1e-10"),
    (1.5e-10, "1.5e-10"),
    (1e-100, "1e-100"),
    (0.30000000000000004, "0.30000000000000004"),
    (3.141592653589793, "3.141592653589793"),
    (2.718281828459045, "2.718281828459045"),
    (9007199254740993.0, "9007199254740992"),
    (9223372036854775807.0, "9223372036854776000"),
    (0.000001234, "1.234e-06"),
    (33.333333333333336, "33.333333333333336"),
    (1e-300, "1e-300"),
    (4503599627370496.5, "4503599627370496"),
    (123e-8, "1.23e-06"),
    (0.0001, "0.0001"),
    (0.00012, "0.00012"),
  ]
}
