import Foundation
import TestSupport
import Testing

/// A server is killed again and again while clients ask it: what it has answered stays, and what
/// clients see is what one store can be, one request after the other.
///
/// `EXPLORER_TORTURE_ROUNDS` says how often, `EXPLORER_TORTURE_SEED` from which seed;
/// `EXPLORER_TESTED` which server, as `ServerKind` reads it.
@Suite struct KillTests {
  static let tested =
    ServerKind.named("EXPLORER_TESTED") ?? .node

  static func number(_ variable: String, default value: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap(Int.init) ?? value
  }

  @Test(.enabled(if: tested.isThere))
  func killedServerStaysOneStore() async throws {
    let roundCount = Self.number("EXPLORER_TORTURE_ROUNDS", default: 50)
    let first = Self.number("EXPLORER_TORTURE_SEED", default: 1)
    let server = try Server.start(Self.tested, electsFast: true)
    var store: Set<StoreModel> = [StoreModel()]
    var (operationCount, unknownCount) = (0, 0)
    for seed in first..<first + roundCount {
      let round = Round(
        server: server,
        seed: UInt64(seed),
        initial: store,
        // etcd can tell of progress before the events that it is about.
        asksForProgress: Self.tested == .node
      )
      let result = try await round.run()
      store = result.after
      operationCount += result.operationCount
      unknownCount += result.unknownCount
    }
    print("\(operationCount) operations, \(unknownCount) without an answer")
    // How many they are is a matter of the machine.
    #expect(operationCount > roundCount * 5)
    #expect(unknownCount > 0)
  }
}
