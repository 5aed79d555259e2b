import Testing

@testable import Explore

@Suite struct HumanTextTests {
  /// What go-humanize makes of the same numbers.
  @Test(arguments: [
    (0, "0 B"), (1, "1 B"), (9, "9 B"), (10, "10 B"), (999, "999 B"), (1000, "1.0 kB"),
    (1024, "1.0 kB"), (1049, "1.0 kB"), (1050, "1.1 kB"), (9949, "9.9 kB"), (9950, "10 kB"),
    (83_854, "84 kB"), (999_499, "1000 kB"), (1_000_000, "1.0 MB"), (25_300_000, "25 MB"),
    (1_234_567_890, "1.2 GB"), (4_000_000_000_000, "4.0 TB"), (Int.max, "9.2 EB"),
  ])
  func bytesAreCountedInDecimalUnits(count: Int, expected: String) {
    #expect(HumanText.byteCount(count) == expected)
  }

  /// What kubectl prints in its column AGE.
  @Test(arguments: [
    (-1000, "<invalid>"), (-2, "<invalid>"), (-1, "0s"), (0, "0s"), (119, "119s"), (120, "2m"),
    (121, "2m1s"), (599, "9m59s"), (600, "10m"), (10_799, "179m"), (10_800, "3h"),
    (10_860, "3h1m"), (28_799, "7h59m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"),
    (180_000, "2d2h"), (691_199, "7d23h"), (691_200, "8d"), (63_071_999, "729d"),
    (63_072_000, "2y"), (63_158_400, "2y1d"), (252_287_999, "7y364d"), (252_288_000, "8y"),
    (Int64.max, "292471208677y"), (Int64.min, "<invalid>"),
  ])
  func agesAreShort(seconds: Int64, expected: String) {
    #expect(HumanText.age(seconds: seconds) == expected)
  }
}
