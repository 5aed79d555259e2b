import Bolt
import EtcdMessages
import Foundation
import MVCC
import SwiftProtobuf
import TestSupport
import WAL

/// A member's data directory made here, whose log is ahead of its database.
struct SampleMember {
  static let path = "/data"

  let disk = SimulatedDisk()
  let member = NodeID(rawValue: 1)

  private let writer: WALWriter
  private(set) var lastIndex: UInt64 = 0

  /// A member of a cluster that begins with these voters.
  init(voters: [UInt64] = [1]) throws {
    for directory in ["", "/member", "/member/snap"] {
      try disk.makeDirectory(SampleMember.path + directory)
    }
    var options = WALWriter.Options()
    options.segmentByteCount = 4096
    options.preparesNextSegment = false
    writer = try WALWriter.create(
      "\(SampleMember.path)/member/wal",
      metadata: WALMetadata(nodeID: member, clusterID: ClusterID(rawValue: 99)),
      options: options,
      in: disk
    )
    let database = try Database(databasePath, in: disk)
    _ = try Keyspace(database)
    for voter in voters {
      let change = ConfChange(action: .addNode, nodeID: NodeID(rawValue: voter))
      try append(change.data, as: .confChange)
    }
  }

  var databasePath: String { "\(SampleMember.path)/member/snap/db" }

  /// Appends an entry to the log; it is committed unless that is said.
  mutating func append(
    _ data: [UInt8],
    as type: EntryType = .normal,
    isCommitted: Bool = true
  ) throws {
    lastIndex += 1
    let index = LogIndex(rawValue: lastIndex)
    let term = Term(rawValue: 1)
    try writer.append(
      [LogEntry(type: type, term: term, index: index, data: data)],
      hardState: isCommitted ? HardState(term: term, vote: member, commit: index) : nil
    )
  }

  /// Appends a put of a key to the log.
  mutating func put(_ key: String, _ value: String = "", isCommitted: Bool = true) throws {
    let request =
      try Etcdserverpb_InternalRaftRequest.with { request in
        request.put.key = Data(key.utf8)
        request.put.value = Data(value.utf8)
      }.serializedBytes() as [UInt8]
    try append(request, isCommitted: isCommitted)
  }

  /// Writes a snapshot of the log at its last entry.
  func snapshot(voters: [UInt64]) throws {
    let snapshot = RaftSnapshot(
      index: LogIndex(rawValue: lastIndex),
      term: Term(rawValue: 1),
      confState: ConfState(voters: voters.map(NodeID.init(rawValue:))),
      data: []
    )
    try SnapshotDirectory("\(SampleMember.path)/member/snap", in: disk).write(snapshot)
    try writer.append(snapshot.record)
  }

  /// Has the database hold keys, as if the log had been applied up to its last entry.
  func apply(_ keys: [String]) throws {
    let database = try Database(databasePath, in: disk)
    let keyspace = try Keyspace(database)
    for key in keys { _ = try keyspace.put(PutRequest(Array(key.utf8), Array("old".utf8))) }
    keyspace.setConsistentIndex(ConsistentIndex(index: lastIndex, term: 1))
    try keyspace.commit()
  }

  /// The last segment of the log.
  func lastSegment() throws -> String {
    let directory = "\(SampleMember.path)/member/wal"
    let names = try disk.list(directory).filter { $0.hasSuffix(".wal") }
    return "\(directory)/\(names.max() ?? "")"
  }
}
