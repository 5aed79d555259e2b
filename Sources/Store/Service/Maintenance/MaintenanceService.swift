internal import Apply
internal import Bolt
internal import EtcdMessages
internal import MVCC
internal import NIOCore
internal import NIOPosix
internal import RPC
internal import SwiftProtobuf
internal import Synchronization
internal import WAL

/// The service `etcdserverpb.Maintenance`.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3rpc/maintenance.go`.
struct MaintenanceService: Sendable {
  let node: Node

  /// Its methods by their paths.
  var methods: [String: RPCMethod] {
    [
      "/etcdserverpb.Maintenance/Alarm": .unary(Etcdserverpb_AlarmRequest.self, alarm),
      "/etcdserverpb.Maintenance/Status": .unary(Etcdserverpb_StatusRequest.self, status),
      "/etcdserverpb.Maintenance/Defragment": .unary(
        Etcdserverpb_DefragmentRequest.self,
        defragment
      ),
      "/etcdserverpb.Maintenance/Hash": .unary(Etcdserverpb_HashRequest.self, hash),
      "/etcdserverpb.Maintenance/HashKV": .unary(Etcdserverpb_HashKVRequest.self, hashKV),
      "/etcdserverpb.Maintenance/Downgrade": .unary(
        Etcdserverpb_DowngradeRequest.self,
        downgrade
      ),
      "/etcdserverpb.Maintenance/MoveLeader": .unary(
        Etcdserverpb_MoveLeaderRequest.self,
        moveLeader
      ),
      "/etcdserverpb.Maintenance/Snapshot": .stream { call in SnapshotStream(call, node) },
    ]
  }

  // MARK: Alarms and status

  private func alarm(_ call: RPCCall, _ message: Etcdserverpb_AlarmRequest) {
    guard
      let requester = call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admit(call, toAlarms: message)
      })
    else { return }
    func response(_ alarms: [Etcdserverpb_AlarmMember]) -> Etcdserverpb_AlarmResponse {
      .with {
        $0.header = node.currentHeader
        $0.alarms = alarms
      }
    }
    let wanted = message.alarm
    let before = node.status.alarms
    guard message.action != .get else {
      return call.answer(response(before.filter { wanted == .none || $0.alarm == wanted }))
    }
    var request = Etcdserverpb_InternalRaftRequest()
    request.alarm = message
    node.answer(call, with: request, by: requester) { [node] applied in
      _ = applied
      let after = node.status.alarms
      // What was raised is there now; what was ended was there before.
      let affected = message.action == .activate ? after : before
      return Etcdserverpb_AlarmResponse.with {
        $0.header = node.currentHeader
        $0.alarms = affected.filter { $0.alarm == wanted && $0.memberID == message.memberID }
      }
    }
  }

  private func status(_ call: RPCCall, _: Etcdserverpb_StatusRequest) {
    guard
      call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admitUser(call)
      }) != nil
    else { return }
    let status = node.status
    call.answer(
      Etcdserverpb_StatusResponse.with {
        $0.header = node.currentHeader
        $0.version = ServedVersion.server
        $0.storageVersion = status.clusterVersion
        $0.dbSize = Int64(status.databaseByteCount.load(ordering: .relaxed))
        $0.dbSizeInUse = Int64(status.usedByteCount.load(ordering: .relaxed))
        $0.dbSizeQuota = Int64(node.options.quotaByteCount ?? 0)
        $0.leader = node.header.memberID.rawValue
        $0.raftIndex = status.lastIndex.load(ordering: .relaxed)
        $0.raftTerm = node.header.term.rawValue
        $0.raftAppliedIndex = status.appliedIndex.load(ordering: .relaxed)
        $0.errors = status.alarms.map { "memberID:\($0.memberID) alarm:\($0.alarm.goName) " }
        if let failure = status.failure { $0.errors.append(failure.message) }
        $0.downgradeInfo.enabled = status.downgradeTarget != nil
        $0.downgradeInfo.targetVersion = status.downgradeTarget ?? ""
      }
    )
  }

  private func moveLeader(_ call: RPCCall, _ message: Etcdserverpb_MoveLeaderRequest) {
    guard
      call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admitAdministrator(call)
      }) != nil
    else { return }
    guard message.targetID == node.header.memberID.rawValue else {
      return call.fail(.badLeaderTransferee)
    }
    call.answer(Etcdserverpb_MoveLeaderResponse.with { $0.header = node.currentHeader })
  }

  // MARK: Going back to an earlier version

  /// Answers as etcd of the served version does, when it has checked whether it may go back.
  ///
  /// Source: etcd 3.6, `server/etcdserver/v3_server.go`, `Downgrade`.
  private func downgrade(_ call: RPCCall, _ message: Etcdserverpb_DowngradeRequest) {
    guard
      call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admitAdministrator(call)
      }) != nil
    else { return }
    // etcd lowers and raises it some seconds later: what is answered is the version before.
    let version = node.status.clusterVersion
    do throws(RPCStatus) {
      switch message.action {
      case .validate:
        _ = try downgradeTarget(message.version)
        if node.status.downgradeTarget != nil { throw .downgradeInProgress }
      case .enable:
        let target = try downgradeTarget(message.version)
        guard node.status.beginDowngrade(to: target) else { throw .downgradeInProgress }
      // etcd logs that there is none to be ended, and answers as if there were.
      case .cancel: node.status.endDowngrade()
      case .UNRECOGNIZED: throw .unknownMethod
      }
    } catch {
      return call.fail(error)
    }
    call.answer(
      Etcdserverpb_DowngradeResponse.with {
        $0.header = node.currentHeader
        $0.version = version
      }
    )
  }

  private func downgradeTarget(_ text: String) throws(RPCStatus) -> String {
    guard let version = ServedVersion.clusterVersion(text) else { throw .badDowngradeFormat }
    guard version == ServedVersion.previousCluster else { throw .badDowngradeTarget }
    return version
  }

  // MARK: The database

  private func defragment(_ call: RPCCall, _: Etcdserverpb_DefragmentRequest) {
    perform(call) { writer in
      do throws(MVCCError) {
        try writer.defragment()
        return .success(Etcdserverpb_DefragmentResponse())
      } catch {
        return .failure(RPCStatus(error))
      }
    }
  }

  private func hash(_ call: RPCCall, _: Etcdserverpb_HashRequest) {
    // The hash is of the file, with all that was applied in it; it may take long to read.
    compute(call, node.status.hashes) { [node] transaction throws(MVCCError) in
      let hash = try Keyspace.hash(of: transaction)
      return Etcdserverpb_HashResponse.with {
        $0.header = node.currentHeader
        $0.hash = hash
      }
    }
  }

  private func hashKV(_ call: RPCCall, _ message: Etcdserverpb_HashKVRequest) {
    compute(call, node.status.keyHashes) { [node] _ throws(MVCCError) in
      let hash = try node.keyspace.view().hash(at: message.revision)
      return Etcdserverpb_HashKVResponse.with {
        $0.header = node.header.message(revision: hash.currentRevision)
        $0.hash = hash.hash
        $0.compactRevision = hash.compactRevision
        $0.hashRevision = hash.revision
      }
    }
  }

  /// Commits, and computes an answer beside everything else.
  private func compute<Response: Message>(
    _ call: RPCCall,
    _ durations: Histogram,
    _ body: @escaping @Sendable (ReadTransaction) throws(MVCCError) -> Response
  ) {
    guard admitted(call) else { return }
    let pending = NIOLoopBound(call, eventLoop: call.eventLoop)
    let loop = call.eventLoop
    node.withCommittedState { [node] state in
      node.pool.submit { _ in
        let start = ContinuousClock.now
        defer { durations.record(start.duration(to: .now)) }
        let result: Result<Response, RPCStatus> = state.flatMap { transaction in
          do throws(MVCCError) {
            return .success(try body(transaction))
          } catch {
            return .failure(RPCStatus(error))
          }
        }
        loop.execute { pending.value.answer(result) }
      }
    }
  }

  /// Has something done between requests, and answers with what comes of it.
  private func perform<Response: Message>(
    _ call: RPCCall,
    _ body: @escaping @Sendable (Writer) -> Result<Response, RPCStatus>
  ) {
    guard admitted(call) else { return }
    let pending = NIOLoopBound(call, eventLoop: call.eventLoop)
    let loop = call.eventLoop
    let isTaken = node.writer.perform { writer in
      let result = body(writer)
      loop.execute { pending.value.answer(result) }
    }
    if !isTaken { call.fail(.stopped) }
  }

  private func admitted(_ call: RPCCall) -> Bool {
    call.admitted(by: { () throws(RPCStatus) in
      try node.admission.admitToDatabase(call)
    }) != nil
  }
}

extension Node {
  /// Calls something with all that was applied until now, committed to the file; on the writer's
  /// thread, which it must not hold up.
  func withCommittedState(
    _ body: @escaping @Sendable (Result<ReadTransaction, RPCStatus>) -> Void
  ) {
    let isTaken = writer.perform { writer in
      if let failure = writer.status.failure { return body(.failure(failure)) }
      do throws(MVCCError) {
        try writer.commit()
        body(.success(writer.keyspace.database.read()))
      } catch {
        body(.failure(RPCStatus(error)))
      }
    }
    if !isTaken { body(.failure(.stopped)) }
  }
}

extension RPCCall {
  /// Answers with a message, or with why there is none.
  fileprivate func answer(_ result: Result<some Message, RPCStatus>) {
    switch result {
    case .success(let message): answer(message)
    case .failure(let status): fail(status)
    }
  }
}

extension Etcdserverpb_AlarmType {
  /// The name as Go prints it.
  var goName: String {
    switch self {
    case .none: "NONE"
    case .nospace: "NOSPACE"
    case .corrupt: "CORRUPT"
    case .UNRECOGNIZED(let value): String(value)
    }
  }
}
