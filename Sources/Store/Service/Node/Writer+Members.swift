internal import EtcdMessages
internal import MVCC
internal import RPC
internal import Snapshot
internal import SwiftProtobuf
internal import Synchronization
internal import WAL

extension Writer {
  /// Changes where the one member says it listens for others, through the log; on the writer's
  /// thread, between requests.
  ///
  /// - Parameter peerURLs: The URLs.
  /// - Throws: Why nothing can be written.
  ///
  /// Source: etcd 3.5, `server/etcdserver/server.go`, `UpdateMember`, `applyConfChange`.
  func updateMember(peerURLs: [String]) throws(RPCStatus) {
    if let failure = status.failure { throw failure }
    var member = snapshots.member
    member.peerURLs = peerURLs
    // etcd tells the log of the number and the URLs only.
    let context = Member(id: member.id, name: "", peerURLs: peerURLs).json
    let change = ConfChange(
      id: ids.next(),
      action: .updateNode,
      nodeID: member.id,
      context: Array(context.utf8)
    )
    let index = log.lastIndex.next
    let state = log.hardState
    do throws(WALError) {
      try log.append(
        [LogEntry(type: .confChange, term: state.term, index: index, data: change.data)],
        hardState: HardState(term: state.term, vote: state.vote, commit: index)
      )
    } catch {
      fail("the log cannot be written: \(error)")
      throw status.failure ?? .stopped
    }
    keyspace.setConsistentIndex(
      ConsistentIndex(index: index.rawValue, term: state.term.rawValue)
    )
    keyspace.putRow(
      Array(member.json.utf8),
      for: Array(member.id.hexadecimal.utf8),
      in: .members
    )
    snapshots.member = member
    status.member = Etcdserverpb_Member(member)
    status.lastIndex.store(index.rawValue, ordering: .relaxed)
    status.appliedIndex.store(index.rawValue, ordering: .releasing)
  }
}

extension Etcdserverpb_Member {
  /// A member as the API has it.
  init(_ member: Member) {
    self = .with {
      $0.id = member.id.rawValue
      $0.name = member.name
      $0.peerUrls = member.peerURLs
      $0.clientUrls = member.clientURLs
      $0.isLearner = member.isLearner
    }
  }
}
