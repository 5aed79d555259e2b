/// Whose log it is: the same in every segment.
///
/// Format: protobuf, 1 node id, 2 cluster id, both varints and both always there.
///
/// Source: etcd 3.4, `etcdserver/etcdserverpb/etcdserver.proto`, `Metadata`.
public struct WALMetadata: Hashable, Sendable {
  /// The member that wrote the log.
  public var nodeID: NodeID

  /// The cluster that the member belongs to.
  public var clusterID: ClusterID

  /// A member of a cluster.
  public init(nodeID: NodeID, clusterID: ClusterID) {
    self.nodeID = nodeID
    self.clusterID = clusterID
  }
}

extension WALMetadata: ProtoMessage {
  init(decoding bytes: UnsafeRawBufferPointer) throws(ProtoFault) {
    var reader = ProtoReader(bytes)
    var nodeID: UInt64 = 0
    var clusterID: UInt64 = 0
    while let tag = try reader.nextTag() {
      switch tag {
      case .varint(1): nodeID = try reader.varint()
      case .varint(2): clusterID = try reader.varint()
      default: try reader.skip(tag, known: 1...2)
      }
    }
    self.init(nodeID: NodeID(rawValue: nodeID), clusterID: ClusterID(rawValue: clusterID))
  }

  func encode(into buffer: ByteBuffer) {
    buffer.append(field: 1, varint: nodeID.rawValue)
    buffer.append(field: 2, varint: clusterID.rawValue)
  }
}
