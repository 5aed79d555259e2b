import TestSupport
import Testing

@testable import Decode

@Suite struct RangeAllocationTests {
  private func notes(of file: String) throws -> [Note] {
    try Decoder().decode(try Fixture.bytes("odd/\(file)"), as: .yaml).notes
  }

  @Test(arguments: [
    ("serviceips-cluster.bin", "3 allocated of 10.0.0.0/16: 10.0.0.1, 10.0.68.233, 10.0.132.86"),
    ("servicenodeports-cluster.bin", "3 allocated of 30000-32767: 30080, 30523, 32545"),
    (
      "serviceips.bin",
      "5 allocated of 10.96.0.0/12: 10.96.0.1, 10.96.0.10-10.96.0.12, 10.96.1.45"
    ),
    ("servicenodeports.bin", "3 allocated of 30000-32767: 30000, 30080, 32767"),
    ("serviceips-empty.bin", "0 allocated of 10.96.0.0/12"),
  ])
  func whatIsTakenIsListed(file: String, expected: String) throws {
    #expect(try notes(of: file) == [.allocation(expected)])
  }

  private func description(_ range: String, _ bitmap: [UInt8]) -> String? {
    bitmap.withBytes { RangeAllocation.description(range: range, bitmap: $0) }
  }

  @Test func runsAreJoined() {
    #expect(
      description("80-90", [0b0000_0110, 0b1100_0011])
        == "6 allocated of 80-90: 80-81, 86-87, 89-90"
    )
    #expect(description("fd00::/112", [0b11]) == "2 allocated of fd00::/112: fd00::1-fd00::2")
    #expect(description("10.0.0.5/24", [1]) == "1 allocated of 10.0.0.5/24: 10.0.0.1")
  }

  @Test(arguments: ["", "10.0.0.0", "10.0.0.0/33", "x/8", "a-b", "/", "-", "10.0.0.0/"])
  func whatIsNoRangeIsNotDescribed(_ range: String) {
    #expect(description(range, [1]) == nil)
  }

  @Test func bitsBeyondTheLastAddressAreNotDescribed() {
    #expect(description("255.255.255.254/31", [0b100]) == nil)
  }

  @Test func aListHasItsLimit() throws {
    let text = try #require(description("0-9999", [UInt8](repeating: 0b0101_0101, count: 1000)))
    #expect(text.hasPrefix("4000 allocated of 0-9999: 0, 2, 4, "))
    #expect(text.hasSuffix(", 398, ..."))
    let exact = try #require(description("0-9999", [UInt8](repeating: 0b0101_0101, count: 50)))
    #expect(exact.hasSuffix(", 396, 398"))
  }
}
