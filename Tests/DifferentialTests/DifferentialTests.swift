import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

/// The node and a real etcd get the same random requests and must answer the same.
///
/// `EXPLORER_DIFFERENTIAL_STEPS` says how many, `EXPLORER_DIFFERENTIAL_SEED` from which seed;
/// `EXPLORER_TESTED` and `EXPLORER_REFERENCE` name other servers, as `ServerKind` reads them. With
/// `EXPLORER_DIFFERENTIAL_GOES_ON` a run goes on, and so many disagreements are told.
@Suite struct DifferentialTests {
  static let tested = ServerKind.named("EXPLORER_TESTED") ?? .node
  static let reference =
    ServerKind.named("EXPLORER_REFERENCE") ?? .etcd(EtcdVersion.v35.isThere ? .v35 : .v34)

  static func number(_ variable: String, default value: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap(Int.init) ?? value
  }

  @Test(.enabled(if: tested.isThere && reference.isThere))
  func serversAgreeOnRandomRequests() async throws {
    // Short runs find what a beginning does, long ones what much history does.
    try await compare(
      stepCount: Self.number("EXPLORER_DIFFERENTIAL_STEPS", default: 20_000),
      lengths: [2_000, 4_000, 14_000]
    ) { try await $0.run(stepCount: $1) }
  }

  /// Not for 3.4, whose rules were other ones.
  @Test(
    .enabled(if: tested.isThere && reference.isThere),
    .enabled(if: ![tested, reference].contains(.etcd(.v34)))
  )
  func serversAgreeOnWhoMayDoWhat() async throws {
    try await compare(
      stepCount: Self.number("EXPLORER_DIFFERENTIAL_STEPS", default: 20_000) / 10,
      lengths: [500, 1_500],
      // The least that etcd takes: a step is to take milliseconds.
      arguments: ["--bcrypt-cost", "4"]
    ) { try await $0.run(authStepCount: $1) }
  }

  /// Makes runs of new servers until there were so many steps, or one of them is answered differently.
  private func compare(
    stepCount: Int,
    lengths: [Int],
    arguments: [String] = [],
    _ body: (DifferentialRun, Int) async throws -> Void
  ) async throws {
    let goesOn = Self.number("EXPLORER_DIFFERENTIAL_GOES_ON", default: 0)
    let first = Self.number("EXPLORER_DIFFERENTIAL_SEED", default: 1)
    var seed = first
    var left = stepCount
    var counts: [String: Int] = [:]
    while left > 0 {
      let length = min(left, lengths[(seed - first) % lengths.count])
      var script = Script(seed: UInt64(seed), tested: Self.tested, reference: Self.reference)
      script.arguments = arguments
      let (run, found) = try await script.run(goesOn: goesOn > 0) { try await body($0, length) }
      for one in run.noticed.prefix(goesOn) { Issue.record(one) }
      if let found { return try await report(found, script, run.script) }
      counts.merge(run.counts) { $0 + $1 }
      left -= length
      seed += 1
    }
    guard Self.number("EXPLORER_DIFFERENTIAL_COUNTS", default: 0) > 0 else { return }
    for (name, count) in counts.sorted(by: { $0.key < $1.key }) { print(count, name) }
  }

  /// Says what two servers disagree on, and which few requests show it.
  private func report(
    _ found: DifferentialRun.Disagreement,
    _ script: Script,
    _ steps: [Step]
  ) async throws {
    Issue.record(found)
    let seconds = Self.number("EXPLORER_DIFFERENTIAL_SHRINK", default: 60)
    guard let few = try await script.shrink(steps, seconds: seconds) else {
      print("the servers agree when they are asked the same again")
      return
    }
    print("\(few.steps.count) requests show it; the last of them:")
    for step in few.steps.suffix(30) { print("  \(step.description.shortened(to: 1_000))") }
    print(few.found)
  }

  @Test(.enabled(if: reference.isThere))
  func everyPlantedDifferenceIsNoticed() async throws {
    let servers = try (0..<2).map { _ in try Server.start(Self.reference) }
    let plants = Plants()
    let sides = try await [
      Side("honest", endpoint: servers[0].endpoint),
      Side("planted", endpoint: servers[1].endpoint, edits: plants.edits),
    ]
    let run = DifferentialRun(sides[0], sides[1], seed: 7, goesOn: true)
    try await run.run(stepCount: 1_500, lookCount: 20)
    withExtendedLifetime(servers) {}
    #expect(plants.left.isEmpty)
    let events = run.noticed.filter { $0.step.hasPrefix("events") }
    #expect(run.noticed.count - events.count == plants.done.answers.count)
    #expect(events.count >= plants.done.events.count)
  }

  @Test(.enabled(if: reference.isThere))
  func fewRequestsAreLeftOfMany() async throws {
    // A difference that two of ten requests are needed for.
    var edits = Side.Edits()
    edits.answer = { _, answer in
      guard case .message(let message) = answer,
        var response = message as? Etcdserverpb_LeaseTimeToLiveResponse, response.grantedTtl > 0
      else { return answer }
      response.grantedTtl += 1
      return .message(response)
    }
    let script = Script(
      seed: 3,
      tested: Self.reference,
      reference: Self.reference,
      edits: edits
    )
    let steps: [Step] =
      (0..<4).map { number in .put(.with { $0.key = Data([1, number]) }) }
      + [.grant(.with { ($0.id, $0.ttl) = (5, 5_000) }, name: 0), .leases, .alarms, .leases]
      + [.timeToLive(.with { $0.id = 5 }), .leases]
    let few = try await script.shrink(steps, seconds: 600)
    #expect(few?.steps.map(\.kind) == ["grant", "timeToLive"])
  }
}
