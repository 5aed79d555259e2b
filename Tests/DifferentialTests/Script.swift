import Foundation
import TestSupport

/// Requests that two servers disagree on, and ever fewer of them.
struct Script {
  let seed: UInt64
  let tested: ServerKind
  let reference: ServerKind

  /// What is added to the command lines.
  var arguments: [String] = []

  /// How answers of the tested server are changed.
  var edits = Side.Edits()

  /// Makes a run of new servers, and says what they disagreed on.
  ///
  /// - Parameters:
  ///   - goesOn: Whether a disagreement does not end it.
  ///   - body: What to do with the run.
  /// - Returns: The run, and what ended it.
  /// - Throws: What is no disagreement: a server that does not start.
  func run(
    goesOn: Bool = false,
    _ body: (DifferentialRun) async throws -> Void
  ) async throws -> (run: DifferentialRun, found: DifferentialRun.Disagreement?) {
    let servers = try [tested, reference].map {
      try Server.start($0, arguments: arguments, electsFast: true)
    }
    defer { withExtendedLifetime(servers) {} }
    let sides = try await [
      Side("\(tested)", endpoint: servers[0].endpoint, edits: edits),
      Side("\(reference)", endpoint: servers[1].endpoint),
    ]
    let run = DifferentialRun(sides[0], sides[1], seed: seed, goesOn: goesOn)
    do {
      try await body(run)
      return (run, nil)
    } catch let found as DifferentialRun.Disagreement {
      return (run, found)
    }
  }

  /// Leaves out requests as long as the servers go on disagreeing, for so long.
  ///
  /// - Parameters:
  ///   - steps: Requests that they disagree on.
  ///   - seconds: How long to try.
  /// - Returns: Some of the requests, and what the servers disagree on then; nil if they agree when
  ///   they are asked all of it again.
  /// - Throws: What is no disagreement.
  func shrink(
    _ steps: [Step],
    seconds: Int
  ) async throws -> (steps: [Step], found: DifferentialRun.Disagreement)? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    guard var best = try await failing(steps) else { return nil }
    var chunk = best.steps.count / 2
    while chunk > 0 {
      // From the end: what comes last is what depends on the rest.
      var end = best.steps.count
      while end > 0 {
        guard ContinuousClock.now < deadline else { return best }
        var fewer = best.steps
        fewer.removeSubrange(max(0, end - chunk)..<end)
        if let better = try await failing(fewer) { best = better }
        end = min(end - chunk, best.steps.count)
      }
      chunk /= 2
    }
    return best
  }

  private func failing(
    _ steps: [Step]
  ) async throws -> (steps: [Step], found: DifferentialRun.Disagreement)? {
    let (run, found) = try await run { try await $0.run(steps) }
    return found.map { (run.script, $0) }
  }
}
