private import Foundation

/// How long seeded random tests go on: `make fuzz` runs them at length.
public enum Fuzz {
  /// Where the random numbers begin: `EXPLORER_FUZZ_SEED`.
  public static let seed =
    ProcessInfo.processInfo.environment["EXPLORER_FUZZ_SEED"].flatMap { UInt64($0) } ?? 20

  /// How many rounds, or how long: a count by default, so that a test does the same each time, and
  /// `EXPLORER_FUZZ_SECONDS` if that is set.
  public static func rounds(_ count: Int) -> AnySequence<Int> {
    let environment = ProcessInfo.processInfo.environment
    guard let seconds = environment["EXPLORER_FUZZ_SECONDS"].flatMap({ Double($0) }) else {
      return AnySequence(0..<count)
    }
    let end = ContinuousClock.now + .seconds(seconds)
    var round = 0
    return AnySequence(
      AnyIterator {
        round += 1
        return ContinuousClock.now < end ? round : nil
      }
    )
  }
}
