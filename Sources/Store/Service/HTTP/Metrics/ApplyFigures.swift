internal import EtcdMessages

/// What etcd calls the kinds of entries of the log in its figures.
///
/// Source: etcd 3.5, `server/etcdserver/apply.go`, `Apply`.
enum AppliedKind: String, CaseIterable {
  case put = "Put"
  case deleteRange = "DeleteRange"
  case txn = "Txn"
  case compaction = "Compaction"
  case leaseGrant = "LeaseGrant"
  case leaseRevoke = "LeaseRevoke"
  case leaseCheckpoint = "LeaseCheckpoint"
  case alarm = "Alarm"
  case authenticate = "Authenticate"
  case authEnable = "AuthEnable"
  case authDisable = "AuthDisable"
  case authUserAdd = "AuthUserAdd"
  case authUserDelete = "AuthUserDelete"
  case authUserChangePassword = "AuthUserChangePassword"
  case authUserGrantRole = "AuthUserGrantRole"
  case authUserRevokeRole = "AuthUserRevokeRole"
  case authRoleAdd = "AuthRoleAdd"
  case authRoleGrantPermission = "AuthRoleGrantPermission"
  case authRoleRevokePermission = "AuthRoleRevokePermission"
  case authRoleDelete = "AuthRoleDelete"
  case unknown = "unknown"

  /// The kind of a request.
  init(_ content: Proposal.Content) {
    switch content {
    case .change(.put): self = .put
    case .change(.delete): self = .deleteRange
    case .change(.transaction): self = .txn
    case .request(let request):
      self = AppliedKind.tests.first { $0.has(request) }?.kind ?? .unknown
    }
  }

  private typealias Test = (
    kind: AppliedKind, has: @Sendable (Etcdserverpb_InternalRaftRequest) -> Bool
  )

  private static let tests: [Test] = [
    (.leaseGrant, { $0.hasLeaseGrant }), (.leaseRevoke, { $0.hasLeaseRevoke }),
    (.leaseCheckpoint, { $0.hasLeaseCheckpoint }), (.compaction, { $0.hasCompaction }),
    (.authenticate, { $0.hasAuthenticate }), (.alarm, { $0.hasAlarm }),
    (.put, { $0.hasPut }), (.deleteRange, { $0.hasDeleteRange }), (.txn, { $0.hasTxn }),
    (.authEnable, { $0.hasAuthEnable }), (.authDisable, { $0.hasAuthDisable }),
    (.authUserAdd, { $0.hasAuthUserAdd }), (.authUserDelete, { $0.hasAuthUserDelete }),
    (.authUserChangePassword, { $0.hasAuthUserChangePassword }),
    (.authUserGrantRole, { $0.hasAuthUserGrantRole }),
    (.authUserRevokeRole, { $0.hasAuthUserRevokeRole }),
    (.authRoleAdd, { $0.hasAuthRoleAdd }),
    (.authRoleGrantPermission, { $0.hasAuthRoleGrantPermission }),
    (.authRoleRevokePermission, { $0.hasAuthRoleRevokePermission }),
    (.authRoleDelete, { $0.hasAuthRoleDelete }),
  ]
}

/// How long entries of the log took to apply, by what they ask for and whether they had an effect.
final class ApplyFigures: Sendable {
  private let histograms: [AppliedKind: (succeeded: Histogram, failed: Histogram)]

  init() {
    func histogram() -> Histogram { Histogram(from: .microseconds(100), count: 20) }
    histograms = Dictionary(
      uniqueKeysWithValues: AppliedKind.allCases.map { ($0, (histogram(), histogram())) }
    )
  }

  /// Adds a time.
  func record(_ duration: Duration, of kind: AppliedKind, succeeded: Bool) {
    guard let both = histograms[kind] else { return }
    (succeeded ? both.succeeded : both.failed).record(duration)
  }

  /// What there is to tell: of what was applied at least once.
  var all: [(labels: [(String, String)], histogram: Histogram)] {
    histograms.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { kind, both in
      [("false", both.failed), ("true", both.succeeded)]
        .filter { ($0.1.cumulativeCounts.last ?? 0) > 0 }
        .map { ([("op", kind.rawValue), ("success", $0.0), ("version", "v3")], $0.1) }
    }
  }
}
