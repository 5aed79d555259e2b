import EtcdMessages
import RPC
import Foundation
import SwiftProtobuf

/// The same requests to two servers, and what they disagree on.
///
/// Both begin with nothing. Each request goes to both at once, and the next one follows when both
/// have answered, so that they go through the same revisions. A watcher on each side that sees every
/// key from the beginning says what the others should have got.
final class DifferentialRun {
  /// What two servers disagree on, or what one did that none may.
  struct Disagreement: Error, CustomStringConvertible {
    let seed: UInt64
    let index: Int
    let step: String
    let answers: [String]

    var description: String {
      let lines = Self.aroundDifference(answers).map { "  \($0)" }.joined(separator: "\n")
      return "seed \(seed), step \(index): \(step.shortened(to: 2_000))\n\(lines)"
    }

    /// Long answers from a little before where they differ.
    private static func aroundDifference(_ answers: [String]) -> [String] {
      guard answers.count == 2, answers.contains(where: { $0.count > 800 }) else { return answers }
      let bodies = answers.map { $0.drop { $0 != ":" } }
      let sameCount = zip(bodies[0], bodies[1]).prefix { $0 == $1 }.count
      return zip(answers, bodies).map { answer, body in
        let name = answer.prefix { $0 != ":" }
        return "\(name): ... \(String(body.dropFirst(max(0, sameCount - 300))).shortened(to: 800))"
      }
    }
  }

  let sides: [Side]
  let seed: UInt64
  private(set) var generator: StepGenerator
  private(set) var stepCount = 0

  /// How often each kind of request was answered, and each error was given.
  private(set) var counts: [String: Int] = [:]

  /// Everything that was asked, for a replay.
  private(set) var script: [Step] = []

  /// What the servers disagreed on, if that does not end the run.
  private(set) var noticed: [Disagreement] = []

  /// Whether a disagreement is only kept, though later ones may follow from it.
  private let goesOn: Bool

  private var watchers: [Int64: Watcher] = [:]
  // All events from the beginning, and the events that came since the last look.
  private var history: [Mvccpb_Event] = []

  /// A watcher that there is on both sides.
  fileprivate struct Watcher {
    let request: Etcdserverpb_WatchCreateRequest
    let firstRevision: Int64
    /// How much of the history is known to have come.
    var checkedCount: Int
  }

  /// The id of the watcher that sees everything.
  private static let everything: Int64 = 0

  init(_ one: Side, _ other: Side, seed: UInt64, goesOn: Bool = false) {
    self.goesOn = goesOn
    sides = [one, other]
    self.seed = seed
    generator = StepGenerator(seed: seed)
  }

  /// Makes a number of requests, and compares everything at the end.
  ///
  /// - Parameters:
  ///   - stepCount: How many.
  ///   - lookCount: After how many the watchers must have got everything, at the latest.
  /// - Throws: `Disagreement`, or why there is no answer to compare.
  func run(stepCount: Int, lookCount: Int = 500) async throws {
    try await begin()
    for index in 1...stepCount {
      let step = generator.next()
      try await perform(step)
      if index % lookCount == 0 { try await settle(step) }
    }
    try await end()
  }

  /// Makes a number of requests of users, while users and roles change.
  func run(authStepCount: Int) async throws {
    try await begin()
    var generator = AuthStepGenerator(seed: seed)
    for step in generator.beginning { try await perform(step) }
    for _ in 0..<authStepCount {
      generator.keys.revision = self.generator.revision
      generator.keys.leases = self.generator.leases
      try await perform(generator.next())
    }
    for step in generator.end { try await perform(step) }
    try await end()
  }

  /// Makes given requests, and compares everything at the end.
  func run(_ steps: [Step]) async throws {
    try await begin()
    for step in steps { try await perform(step) }
    try await end()
  }

  // MARK: Steps

  private func begin() async throws {
    let everything = Etcdserverpb_WatchCreateRequest.with {
      $0.key = Data([0])
      $0.rangeEnd = Data([0])
      $0.startRevision = 1
      $0.prevKv = true
    }
    _ = try await ask(.watch(everything))
  }

  private func perform(_ step: Step) async throws {
    script.append(step)
    switch step {
    case .compact:
      // etcd leaves open what a watcher gets that has not caught up yet.
      try await settle(step)
      try await catchUp()
    case .progress:
      try await settle(step)
      // A late etcd says nothing while a watcher waits for a revision that is still to come.
      guard watchers.values.allSatisfy({ $0.request.startRevision <= generator.revision }) else {
        return
      }
      // A server answers when all watchers have caught up, which it sees ten times a second.
      try await Task.sleep(for: .milliseconds(250))
    case .cancelWatch(let id):
      // In a part of a script there may be no such watcher, or no such compaction.
      guard watchers[id] != nil else { return }
      try await settle(step)
    case .watchCompacted(let request):
      guard request.startRevision < generator.compacted else { return }
    default: break
    }
    let answer = try await ask(step)
    stepCount += 1
    learn(step, answer)
    if case .watch(let request) = step, case .message(let message) = answer,
      let response = message as? Etcdserverpb_WatchResponse, !response.canceled
    {
      begin(request, response)
    }
  }

  /// Asks both, and sees that they agree.
  private func ask(_ step: Step) async throws -> Answer {
    let (first, second) = (sides[0], sides[1])
    async let one = first.perform(step)
    async let other = second.perform(step)
    return try agreed(step, await [one, other])
  }

  private func agreed(_ step: Step, _ answers: [Answer]) throws -> Answer {
    if !Answer.agree(answers[0], answers[1]) {
      try report("\(step)", zip(sides, answers).map { "\($0.name): \($1)" })
    }
    return answers[0]
  }

  private func report(_ step: String, _ answers: [String]) throws {
    let found = Disagreement(seed: seed, index: stepCount, step: step, answers: answers)
    guard goesOn else { throw found }
    noticed.append(found)
  }

  /// Keeps what later requests are made from.
  private func learn(_ step: Step, _ answer: Answer) {
    if case .by(_, let step) = step { return learn(step, answer) }
    let kind = step.kind
    switch answer {
    case .refused(let status): counts["\(kind): \(status.message)", default: 0] += 1
    case .message, .failed: counts["\(kind)", default: 0] += 1
    }
    guard case .message(let message) = answer else { return }
    switch message {
    case let response as Etcdserverpb_PutResponse: generator.revision = response.header.revision
    case let response as Etcdserverpb_DeleteRangeResponse:
      generator.revision = response.header.revision
    case let response as Etcdserverpb_TxnResponse: generator.revision = response.header.revision
    case let response as Etcdserverpb_LeaseRevokeResponse:
      generator.revision = response.header.revision
    case let response as Etcdserverpb_LeaseGrantResponse where response.error.isEmpty:
      generator.leases.append(response.id)
    default: break
    }
    switch step {
    case .compact(let request): generator.compacted = request.revision
    case .revoke(let request): generator.leases.removeAll { $0 == request.id }
    case .cancelWatch(let id):
      watchers[id] = nil
      generator.watchers.removeAll { $0 == id }
      for side in sides { side.watchers.forget(id) }
    default: break
    }
  }

  // MARK: Watchers

  /// Keeps a watcher that was made.
  private func begin(
    _ request: Etcdserverpb_WatchCreateRequest,
    _ response: Etcdserverpb_WatchResponse
  ) {
    let current = response.header.revision
    watchers[response.watchID] = Watcher(
      request: request,
      firstRevision: request.startRevision == 0 ? current + 1 : request.startRevision,
      checkedCount: 0
    )
    generator.watchers.append(response.watchID)
  }

  /// Waits until all watchers have got everything, and sees that it is right.
  private func settle(_ step: Step) async throws {
    let revision = generator.revision
    let known = history.last?.kv.modRevision ?? 1
    if known < revision {
      var taken: [[Mvccpb_Event]] = []
      for side in sides {
        let received = try await side.watchers.take(Self.everything) { events in
          (events.last?.kv.modRevision ?? 0) >= revision
        }
        try refuse(received.faults, side, step)
        taken.append(side.comparable(received.events))
      }
      try compare(taken[0], taken[1], names: sides.map(\.name), step)
      try refuseGaps(taken[0], from: known + 1, to: revision, step)
      history += taken[0]
    }
    for id in watchers.keys.sorted() { try await settle(id, step) }
  }

  /// Waits until both servers know that all watchers have caught up, those of keys that nothing has
  /// happened to as well.
  ///
  /// A server lets all that wait catch up at once; so it has, when one more has that began last.
  private func catchUp() async throws {
    guard let last = history.last?.kv, last.modRevision > generator.compacted else { return }
    for side in sides { try await side.catchUp(with: last) }
  }

  private func settle(_ id: Int64, _ step: Step) async throws {
    guard let watcher = watchers[id] else { return }
    let expected = history[watcher.checkedCount...].filter { watcher.wants($0) }
      .map { watcher.request.prevKv ? $0 : $0.withoutPrevious }
    watchers[id]?.checkedCount = history.count
    for side in sides {
      let received = try await side.watchers.take(id) { $0.count >= expected.count }
      try refuse(received.faults, side, step)
      let names = ["all keys, for watcher \(id) \(watcher.request.onOneLine)", side.name]
      try compare(expected, side.comparable(received.events), names: names, step)
    }
  }

  private func compare(
    _ one: [Mvccpb_Event],
    _ other: [Mvccpb_Event],
    names: [String],
    _ step: Step
  ) throws {
    for index in 0..<max(one.count, other.count) {
      let pair = [one, other].map { index < $0.count ? $0[index] : nil }
      guard pair[0] != pair[1] else { continue }
      let lines = zip(names, pair).map { "\($0): \($1?.onOneLine ?? "no event")" }
      return try report("events before \(step)", lines)
    }
  }

  private func refuse(_ faults: [String], _ side: Side, _ step: Step) throws {
    if !faults.isEmpty {
      try report("events before \(step)", faults.map { "\(side.name): \($0)" })
    }
  }

  private func refuseGaps(
    _ events: [Mvccpb_Event],
    from first: Int64,
    to last: Int64,
    _ step: Step
  ) throws {
    var next = first
    for event in events where event.kv.modRevision >= next {
      guard event.kv.modRevision == next else { break }
      next += 1
    }
    if next != last + 1 {
      try report("events before \(step)", ["both: no event of revision \(next)"])
    }
  }

  // MARK: End

  private func end() async throws {
    try await perform(.progress)
    for side in sides {
      let late = try await side.watchers.take(Self.everything) { _ in true }
      try compare([], late.events, names: ["nothing", side.name], .progress)
    }
    for id in watchers.keys.sorted() { try await settle(id, .progress) }
    let revisions = (0..<8).map { _ in
      Int64.random(
        in: min(generator.compacted + 1, generator.revision)...generator.revision,
        using: &generator.random
      )
    }
    for revision in [0] + revisions {
      try await perform(.hash(.with { $0.revision = revision }))
    }
    try await perform(
      .range(
        .with {
          $0.key = Data([0])
          $0.rangeEnd = Data([0])
        }
      )
    )
    try await perform(.leases)
  }
}

extension DifferentialRun.Watcher {
  /// Whether an event is one that the watcher asks for.
  fileprivate func wants(_ event: Mvccpb_Event) -> Bool {
    let key = event.kv.key
    let begin = request.key.isEmpty ? Data([0]) : request.key
    guard event.kv.modRevision >= firstRevision else { return false }
    switch event.type {
    case .put where request.filters.contains(.noput): return false
    case .delete where request.filters.contains(.nodelete): return false
    default: break
    }
    if request.rangeEnd.isEmpty { return key == begin }
    guard !key.lexicographicallyPrecedes(begin) else { return false }
    return request.rangeEnd == Data([0]) || key.lexicographicallyPrecedes(request.rangeEnd)
  }
}

extension Mvccpb_Event {
  /// What a watcher gets that did not ask for what was before.
  fileprivate var withoutPrevious: Mvccpb_Event {
    var event = self
    event.clearPrevKv()
    return event
  }
}
