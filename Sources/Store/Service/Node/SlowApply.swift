internal import EtcdMessages
internal import Logging
internal import RPC
internal import SwiftProtobuf

/// A request that took longer to apply than it should.
///
/// Source: etcd 3.6, `server/etcdserver/txn/util.go`, `warnOfExpensiveGenericRequest`.
struct SlowApply: Sendable {
  /// How long it took.
  let duration: Duration

  /// How long it may take.
  let expected: Duration

  /// What was asked for, and how many bytes it has in the log.
  ///
  /// Keys and values, and with them secrets, are not told.
  let request: String

  /// Why it has no effect, if it has none.
  let refusal: RPCStatus?

  /// What became of a proposal.
  init(_ proposal: Proposal, _ duration: Duration, _ expected: Duration, _ refusal: RPCStatus?) {
    self.duration = duration
    self.expected = expected
    self.refusal = refusal
    let request = proposal.request ?? Etcdserverpb_InternalRaftRequest()
    let byteCount = proposal.data.readableBytes
    self.request = "header:<ID:\(request.header.id) > \(request.kind):<size:\(byteCount) >"
  }

  /// The fields of a line in etcd's log.
  var logFields: Logger.Metadata {
    var fields: Logger.Metadata = [
      "took": "\(duration.goText)", "expected-duration": "\(expected.goText)", "prefix": "",
      "request": "\(request)", "response": "",
    ]
    if let refusal { fields["error"] = "\(refusal.message)" }
    return fields
  }
}

extension Etcdserverpb_InternalRaftRequest {
  /// The field that says what is asked for.
  fileprivate var kind: String {
    if hasPut { return "put" }
    if hasDeleteRange { return "delete_range" }
    if hasTxn { return "txn" }
    if hasCompaction { return "compaction" }
    if hasLeaseGrant { return "lease_grant" }
    if hasLeaseRevoke { return "lease_revoke" }
    if hasLeaseCheckpoint { return "lease_checkpoint" }
    if hasAlarm { return "alarm" }
    return "auth"
  }
}
