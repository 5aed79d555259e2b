import Testing

@testable import Decode

@Suite struct QuantityTests {
  @Test(arguments: QuantityTests.canonical)
  func quantitiesAreAsKubernetesPrintsThem(text: String, expected: String) {
    var isQuantity = false
    let printed = rendered { output in
      isQuantity = Array(text.utf8).withBytes { Quantity.append(canonical: $0, to: &output) }
    }
    #expect(isQuantity)
    #expect(printed == expected)
    #expect(
      Quantity.canonical(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } == expected
    )
  }

  @Test(arguments: QuantityTests.refused)
  func otherTextIsNoQuantity(_ text: String) {
    var isQuantity = true
    let printed = rendered { output in
      isQuantity = Array(text.utf8).withBytes { Quantity.append(canonical: $0, to: &output) }
    }
    #expect(!isQuantity)
    #expect(printed == "")
    #expect(Quantity.canonical(Array(text.utf8)) == nil)
  }

  /// A short text must not stand for a number that takes hours to print.
  @Test(arguments: ["1e999999999", "1e-999999999", "1E5000", "1e9223372036854775808"])
  func exponentsBeyondReasonAreRefused(_ text: String) {
    #expect(Quantity.canonical(Array(text.utf8)) == nil)
  }

  @Test func moreDigitsThanAnyoneWritesAreRefused() {
    let digits = [UInt8](repeating: UInt8(ascii: "7"), count: 5000)
    #expect(Quantity.canonical(digits) == nil)
    #expect(Quantity.canonical([UInt8(ascii: "0"), UInt8(ascii: ".")] + digits) == nil)
  }

  /// Printed by Kubernetes 1.35.
  static let canonical: [(text: String, expected: String)] = [
    ("0", "0"),
    ("1", "1"),
    ("12", "12"),
    ("123", "123"),
    ("1234", "1234"),
    ("12345", "12345"),
    ("00", "0"),
    ("007", "007"),
    ("0.0", "0"),
    ("0.5", "500m"),
    (".5", "500m"),
    ("5.", "5."),
    ("1.5", "1500m"),
    ("1.50", "1500m"),
    ("1.500", "1.500"),
    ("0.25", "250m"),
    ("0.001", "1m"),
    ("0.0001", "100u"),
    ("0.000000001", "1n"),
    ("0.0000000001", "1n"),
    ("1.0000000001", "1000000001n"),
    ("100m", "100m"),
    ("1500m", "1500m"),
    ("1000m", "1"),
    ("1m", "1m"),
    ("0m", "0"),
    ("10m", "10m"),
    ("0100m", "0100m"),
    ("100u", "100u"),
    ("1000u", "1m"),
    ("100n", "100n"),
    ("1n", "1n"),
    ("1000n", "1u"),
    ("1500n", "1500n"),
    ("999n", "999n"),
    ("0.1n", "1n"),
    ("0.5n", "1n"),
    ("0.1m", "100u"),
    ("1.1m", "1100u"),
    ("1k", "1k"),
    ("1000k", "1M"),
    ("1500k", "1500k"),
    ("0.5k", "500"),
    ("2M", "2M"),
    ("3G", "3G"),
    ("4T", "4T"),
    ("5P", "5P"),
    ("6E", "6E"),
    ("7E", "7E"),
    ("9E", "9E"),
    ("10E", "10E"),
    ("999E", "999E"),
    ("1.5M", "1500k"),
    ("0.0015M", "1500"),
    ("123456789", "123456789"),
    ("1000000", "1M"),
    ("1000001", "1000001"),
    ("1200000", "1200k"),
    ("1000000000", "1G"),
    ("1Ki", "1Ki"),
    ("2Ki", "2Ki"),
    ("8Ki", "8Ki"),
    ("7Ki", "7Ki"),
    ("1000Ki", "1000Ki"),
    ("1024Ki", "1Mi"),
    ("1023Ki", "1023Ki"),
    ("1Mi", "1Mi"),
    ("512Mi", "512Mi"),
    ("1024Mi", "1Gi"),
    ("1536Mi", "1536Mi"),
    ("1Gi", "1Gi"),
    ("1.5Gi", "1536Mi"),
    ("0.5Gi", "512Mi"),
    ("0.25Ki", "256"),
    ("0.1Mi", "104857600m"),
    ("100Gi", "100Gi"),
    ("1Ti", "1Ti"),
    ("1Pi", "1Pi"),
    ("1Ei", "1Ei"),
    ("7Ei", "7Ei"),
    ("8Ei", "9223372036854775807"),
    ("16Ei", "9223372036854775807"),
    ("1.5Ei", "1536Pi"),
    ("1024Ei", "9223372036854775807"),
    ("0.5Ki", "512"),
    ("0Ki", "0"),
    ("0.0Gi", "0"),
    ("1.0Ki", "1Ki"),
    ("9Ki", "9Ki"),
    ("0.7Ki", "716800m"),
    ("1025Ki", "1025Ki"),
    ("3Gi", "3Gi"),
    ("128Mi", "128Mi"),
    ("0.001Ki", "1024m"),
    ("1e3", "1e3"),
    ("1E3", "1E3"),
    ("1e-3", "1e-3"),
    ("1e0", "1e0"),
    ("1.5e3", "1500"),
    ("12e5", "1200e3"),
    ("1e6", "1e6"),
    ("1e18", "1e18"),
    ("1e19", "10e18"),
    ("1e21", "1e21"),
    ("1e-9", "1e-9"),
    ("1e-10", "1e-9"),
    ("1e+3", "1e+3"),
    ("2E6", "2E6"),
    ("100e-2", "1"),
    ("123e1", "1230"),
    ("0e5", "0"),
    ("1e9", "1e9"),
    ("1e12", "1e12"),
    ("-1", "-1"),
    ("-0", "0"),
    ("+1", "+1"),
    ("+5m", "+5m"),
    ("-1.5", "-1500m"),
    ("-100m", "-100m"),
    ("-1Ki", "-1Ki"),
    ("-1024Ki", "-1Mi"),
    ("-0.5", "-500m"),
    ("-0.0000000001", "-1n"),
    ("+0.5", "500m"),
    ("-1e3", "-1e3"),
    ("-8Ei", "-9223372036854775807"),
    ("-9E", "-9E"),
    ("9223372036854775807", "9223372036854775807"),
    ("9223372036854775808", "9223372036854775808"),
    ("-9223372036854775808", "-9223372036854775808"),
    ("18446744073709551616", "18446744073709551616"),
    ("9223372036854775807Ki", "9223372036854775807"),
    ("9223372036854775807m", "9223372036854775807m"),
    ("123456789012345678901234567890", "123456789012345678901234567890"),
    ("0.123456789", "123456789n"),
    ("0.1234567891", "123456790n"),
    ("1.123456789123", "1123456790n"),
    ("999999999999999999", "999999999999999999"),
    ("1000000000000000000", "1E"),
    ("12345678901234567", "12345678901234567"),
    ("100000000000000000000", "100E"),
    ("1000000000000000000000", "1"),
    ("92233720368547758.07", "92233720368547758070m"),
    ("m", "0"),
    (".", "0"),
    ("-", "0"),
    ("+", "0"),
    ("Ki", "0"),
    ("e3", "0"),
  ]

  /// Refused by Kubernetes 1.35.
  static let refused: [String] = [
    "1e3m",
    "1.2.3",
    "abc",
    "1x",
    "1kk",
    "1ki",
    "1K",
    "1e",
    "1E1.5",
    "1Kie3",
    "1_000",
    "0x10",
    "1e3e3",
    "1mm",
    "1.5.Gi",
    "1M1",
    "--1",
    "1-",
    "1ee3",
    "1u3",
    "1i",
    "1n5",
    "1m-3",
    "",
    " 1",
    "1 ",
    "1 Ki",
    "1\n",
    "1,5",
    "\u{661}",
    "1\u{B5}",
  ]
}
