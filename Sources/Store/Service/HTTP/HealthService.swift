internal import Apply
internal import EtcdMessages
internal import MVCC
internal import NIOCore
internal import NIOHTTP1
internal import RPC
internal import Synchronization

/// Says whether a node can serve.
///
/// `/health` is one answer in JSON, for alarms and reads together. `/livez` says whether the process
/// should be restarted, `/readyz` whether requests should be sent to it; each runs checks that can be
/// asked for one by one or left out.
///
/// Source: etcd 3.5.33, `server/etcdserver/api/etcdhttp/health.go`.
final class HealthService: Sendable {
  /// One thing to look at.
  enum Check: String, CaseIterable, Sendable {
    case dataCorruption = "data_corruption"
    case serializableRead = "serializable_read"
    case linearizableRead = "linearizable_read"
    case nonLearner = "non_learner"
  }

  /// Who asks for a check.
  enum Kind: String, Sendable {
    case livez
    case readyz

    /// The checks, in the order in which they are run.
    var checks: [Check] {
      switch self {
      case .livez: [.serializableRead]
      case .readyz: Check.allCases
      }
    }
  }

  /// Checks to run.
  struct Checks: Sendable {
    let kind: Kind
    let checks: [Check]

    /// Whether these are all of their kind, of which some may be excluded.
    let isWhole: Bool
  }

  /// How often one check of a kind had which result.
  struct Tally: Sendable {
    let kind: Kind
    let check: Check
    var succeeded = 0
    var failed = 0

    /// Whether it succeeded when it was run last.
    var isSuccess = false
  }

  private struct Counts {
    var succeeded = 0
    var failed = 0
    var tallies: [Tally] = []
  }

  private let node: Node
  private let counts = Mutex(Counts())

  /// The health of a node.
  init(of node: Node) { self.node = node }

  /// How often `/health` was asked, and with which result.
  var healthCounts: (succeeded: Int, failed: Int) {
    counts.withLock { ($0.succeeded, $0.failed) }
  }

  /// How often checks were run, and with which result: those that were.
  var tallies: [Tally] { counts.withLock { $0.tallies } }

  // MARK: /health

  /// Answers `/health`.
  func answer(_ exchange: any HTTPExchange, _ headers: HTTPHeaders) {
    let query = exchange.request.query
    let excluded = Set(query.filter { $0.name == "exclude" }.map(\.value))
    let isLocal = query.first { $0.name == "serializable" }?.value == "true"
    let fault = alarmFault(excluding: excluded) ?? readFault(isLocal: isLocal)
    counts.withLock {
      if fault == nil { $0.succeeded += 1 } else { $0.failed += 1 }
    }
    guard let fault else {
      var headers = headers
      // etcd leaves it to Go to guess, which takes it for text.
      headers.add(name: "content-type", value: "text/plain; charset=utf-8")
      let text = "{\"health\":\"true\",\"reason\":\"\"}"
      return exchange.answer(.ok, headers, body: ByteBuffer(string: text))
    }
    let text = "{\"health\":\"false\",\"reason\":\(JSONText.quoted(fault))}\n"
    exchange.answer(.serviceUnavailable, headers, text: text)
  }

  private func alarmFault(excluding excluded: Set<String>) -> String? {
    let alarms = node.status.alarms.map { $0.alarm.text }
    return alarms.first { !excluded.contains($0) }.map { "ALARM \($0)" }
  }

  private func readFault(isLocal: Bool) -> String? {
    do throws(RPCStatus) {
      try read(isLocal: isLocal)
      return nil
    } catch {
      return "RANGE ERROR:\(error.message)"
    }
  }

  /// Reads something.
  ///
  /// - Parameter isLocal: Whether it need not be known that the state is the latest.
  /// - Throws: Why nothing can be read.
  private func read(isLocal: Bool) throws(RPCStatus) {
    // A log that cannot be written cannot tell what a majority has agreed on either.
    if !isLocal, let failure = node.status.failure { throw failure }
    do throws(MVCCError) {
      // With the value, so that the file is read.
      _ = try node.keyspace.view().range(RangeRequest(.all, limit: 1))
    } catch {
      throw RPCStatus(error)
    }
  }

  // MARK: /livez, /readyz

  /// The checks of a path: of `/livez` and `/readyz`, and one by its name below them.
  ///
  /// - Returns: The checks; nil if there is nothing at the path.
  func checks(at path: String) -> Checks? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 || parts.count == 3, let kind = Kind(rawValue: String(parts[1])) else {
      return nil
    }
    guard parts.count == 3 else { return Checks(kind: kind, checks: kind.checks, isWhole: true) }
    guard let check = Check(rawValue: String(parts[2])), kind.checks.contains(check) else {
      return nil
    }
    return Checks(kind: kind, checks: [check], isWhole: false)
  }

  /// Runs checks and answers with what they have found.
  func answer(_ exchange: any HTTPExchange, _ headers: HTTPHeaders, _ checks: Checks) {
    let query = exchange.request.query
    let excluded = Set(query.filter { $0.name == "exclude" }.map(\.value))
    var report = ""
    var isSuccess = true
    for check in checks.checks where !(checks.isWhole && excluded.contains(check.rawValue)) {
      let fault = fault(of: check)
      note(check, of: checks.kind, isSuccess: fault == nil)
      if let fault {
        isSuccess = false
        report += "[-]\(check.rawValue) failed: \(fault)\n"
      } else {
        report += "[+]\(check.rawValue) ok\n"
      }
    }
    guard isSuccess else {
      return exchange.answer(.serviceUnavailable, headers, text: report + "\n")
    }
    let isVerbose = query.contains { $0.name == "verbose" }
    exchange.answer(.ok, headers, text: (isVerbose ? report : "") + "ok\n")
  }

  private func fault(of check: Check) -> String? {
    switch check {
    case .dataCorruption:
      let isRaised = node.status.alarms.contains { $0.alarm == .corrupt }
      return isRaised ? "alarm activated: CORRUPT" : nil
    // The only member of a cluster votes.
    case .nonLearner: return nil
    case .serializableRead, .linearizableRead:
      do throws(RPCStatus) {
        try read(isLocal: check == .serializableRead)
        return nil
      } catch {
        return error.message
      }
    }
  }

  private func note(_ check: Check, of kind: Kind, isSuccess: Bool) {
    counts.withLock { counts in
      let known = counts.tallies.firstIndex { $0.kind == kind && $0.check == check }
      if known == nil { counts.tallies.append(Tally(kind: kind, check: check)) }
      let slot = known ?? counts.tallies.count - 1
      counts.tallies[slot].isSuccess = isSuccess
      if isSuccess {
        counts.tallies[slot].succeeded += 1
      } else {
        counts.tallies[slot].failed += 1
      }
    }
  }
}

extension Etcdserverpb_AlarmType {
  /// The name as etcd writes it.
  var text: String {
    switch self {
    case .none: "NONE"
    case .nospace: "NOSPACE"
    case .corrupt: "CORRUPT"
    case .UNRECOGNIZED: "UNKNOWN"
    }
  }
}
