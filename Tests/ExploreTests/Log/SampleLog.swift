import EtcdMessages
import FileIO
import SwiftProtobuf
import TestSupport
import WAL

@testable import Explore

/// Entries made here, so that tests know all that is in them.
enum SampleLog {
  static let metadata = WALMetadata(
    nodeID: NodeID(rawValue: 0x8e9e_05c5_2164_694d),
    clusterID: ClusterID(rawValue: 0xcdf8_1819_4e3a_8c32)
  )

  /// A request decoded from the bytes that a log has.
  static func request(
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws -> LoggedRequest {
    try decoded(data(fill))
  }

  /// The bytes of a request.
  static func data(
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws -> [UInt8] {
    var request = Etcdserverpb_InternalRaftRequest()
    fill(&request)
    return try request.serializedBytes()
  }

  /// What the data of an entry says.
  static func decoded(_ data: [UInt8], as type: EntryType = .normal) -> LoggedRequest {
    data.withUnsafeBytes { data in
      LoggedRequest(
        EntryView(type: type, term: Term(rawValue: 2), index: LogIndex(rawValue: 7), data: data)
      )
    }
  }

  /// Writes a log of entries, by their data, from index 1 on and in term 1.
  static func write(_ entries: [[UInt8]], to directory: String, on disk: SimulatedDisk) throws {
    var options = WALWriter.Options()
    options.segmentByteCount = 4096
    options.preparesNextSegment = false
    let writer = try WALWriter.create(directory, metadata: metadata, options: options, in: disk)
    for (place, data) in entries.enumerated() {
      let index = LogIndex(rawValue: UInt64(place) + 1)
      try writer.append(
        [LogEntry(term: Term(rawValue: 1), index: index, data: data)],
        hardState: HardState(term: Term(rawValue: 1), vote: metadata.nodeID, commit: index)
      )
    }
    try writer.close()
  }
}
