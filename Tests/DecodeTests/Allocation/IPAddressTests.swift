import Testing

@testable import Decode

@Suite struct IPAddressTests {
  @Test(arguments: IPAddressTests.addresses)
  func addressesHaveTheirUsualText(text: String, expected: String) throws {
    let address = try #require(IPAddress(text))
    #expect(address.description == expected)
    #expect(IPAddress(expected) == address)
  }

  @Test(arguments: IPAddressTests.refused)
  func otherTextIsNoAddress(_ text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test(
    arguments: [
      ("10.96.77.5", 12, "10.96.0.0"), ("10.96.77.5", 0, "0.0.0.0"),
      ("10.96.77.5", 32, "10.96.77.5"),
      ("10.96.77.5", 33, nil), ("10.96.77.5", -1, nil), ("fd00:10:96::ffff", 112, "fd00:10:96::"),
      ("fd00:10:96::ffff", 128, "fd00:10:96::ffff"), ("fd00::1", 0, "::"), ("fd00::1", 129, nil),
      ("fd00::1", 1, "8000::"),
    ] as [(String, Int, String?)]
  )
  func aNetworkBeginsWithZeros(text: String, prefix: Int, expected: String?) throws {
    let address = try #require(IPAddress(text))
    #expect(address.network(prefixLength: prefix)?.description == expected)
  }

  @Test(
    arguments: [
      ("10.96.0.0", 1, "10.96.0.1"), ("10.96.0.255", 1, "10.96.1.0"), ("255.255.255.255", 1, nil),
      ("255.255.255.254", 1, "255.255.255.255"), ("0.0.0.0", .max, nil), ("::", 65536, "::1:0"),
      ("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1, nil),
      ("::", .max, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ] as [(String, UInt128, String?)]
  )
  func countingStopsAtTheLastAddress(text: String, offset: UInt128, expected: String?) throws {
    let address = try #require(IPAddress(text))
    #expect(address.advanced(by: offset)?.description == expected)
  }

  /// Printed by net/netip.
  static let addresses: [(text: String, expected: String)] = [
    ("0.0.0.0", "0.0.0.0"),
    ("10.96.0.1", "10.96.0.1"),
    ("255.255.255.255", "255.255.255.255"),
    ("::", "::"),
    ("::1", "::1"),
    ("fe80::1", "fe80::1"),
    ("2001:db8::", "2001:db8::"),
    ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
    ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
    ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
    ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
    ("1:0:0:4:0:0:0:8", "1:0:0:4::8"),
    ("fd00:10:96::a", "fd00:10:96::a"),
    ("ABCD::EF01", "abcd::ef01"),
    ("1::", "1::"),
    ("0:0:1::", "0:0:1::"),
    ("a:b:c:d:e:f:0:0", "a:b:c:d:e:f::"),
    ("0:0:0:0:0:0:0:0", "::"),
    ("0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1"),
  ]

  /// Refused by net/netip.
  static let refused: [String] = [
    "",
    "1",
    "1.2.3",
    "1.2.3.4.5",
    "256.0.0.1",
    "a.b.c.d",
    "1.2.3.",
    ".1.2.3",
    "1.2.3.-4",
    "1..2.3",
    "::g",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1::2::3",
    ":1",
    "1:",
    ":::",
    "12345::",
    "1:2:3:4:5:6:7::8",
    "::1:2:3:4:5:6:7:8",
    " 1.2.3.4",
    "1.2.3.4/24",
    "1:-2::",
  ]
}
