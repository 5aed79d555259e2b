internal import EtcdMessages
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// A path of the gateway: the method that it stands for, and its messages.
struct GatewayRoute: Sendable {
  /// The full method, for instance `/etcdserverpb.KV/Range`.
  let method: String

  /// Makes a message of JSON.
  let request: @Sendable ([UInt8]) throws -> ByteBuffer

  /// Makes JSON of an answer.
  let response: @Sendable (ByteBuffer) throws -> [UInt8]

  /// Whether answers stream.
  let isStream: Bool

  /// A route by its messages.
  ///
  /// Fields that are not known are passed over, and so are names of enumerations, as the gateway of
  /// late etcd 3.5 does.
  init<Request: Message, Response: Message>(
    _ method: String,
    _: Request.Type,
    _: Response.Type,
    isStream: Bool = false
  ) {
    self.method = method
    self.isStream = isStream
    request = { json in
      var options = JSONDecodingOptions()
      options.ignoreUnknownFields = true
      let message = try Request(jsonUTF8Bytes: json, options: options)
      let bytes: [UInt8] = try message.serializedBytes()
      return ByteBuffer(bytes: bytes)
    }
    response = { bytes in
      var options = JSONEncodingOptions()
      options.preserveProtoFieldNames = true
      let message = try Response(serializedBytes: Array(bytes.readableBytesView))
      return try message.jsonUTF8Bytes(options: options)
    }
  }
}

// The paths below `/v3/`.
//
// Source: etcd 3.5, `api/etcdserverpb/rpc.proto`, the options `google.api.http`.
extension GatewayRoute {
  /// All routes by their paths.
  static let all: [String: GatewayRoute] = {
    var routes = keys.merging(leases) { $1 }
    for others in [cluster, maintenance, auth, coordination] {
      routes.merge(others) { $1 }
    }
    return routes
  }()

  private static var keys: [String: GatewayRoute] {
    let service = "/etcdserverpb.KV/"
    return [
      "kv/range": .init(
        service + "Range",
        Etcdserverpb_RangeRequest.self,
        Etcdserverpb_RangeResponse.self
      ),
      "kv/put": .init(
        service + "Put",
        Etcdserverpb_PutRequest.self,
        Etcdserverpb_PutResponse.self
      ),
      "kv/deleterange": .init(
        service + "DeleteRange",
        Etcdserverpb_DeleteRangeRequest.self,
        Etcdserverpb_DeleteRangeResponse.self
      ),
      "kv/txn": .init(
        service + "Txn",
        Etcdserverpb_TxnRequest.self,
        Etcdserverpb_TxnResponse.self
      ),
      "kv/compaction": .init(
        service + "Compact",
        Etcdserverpb_CompactionRequest.self,
        Etcdserverpb_CompactionResponse.self
      ),
      "watch": .init(
        "/etcdserverpb.Watch/Watch",
        Etcdserverpb_WatchRequest.self,
        Etcdserverpb_WatchResponse.self,
        isStream: true
      ),
    ]
  }

  private static var leases: [String: GatewayRoute] {
    let service = "/etcdserverpb.Lease/"
    let revoke = GatewayRoute(
      service + "LeaseRevoke",
      Etcdserverpb_LeaseRevokeRequest.self,
      Etcdserverpb_LeaseRevokeResponse.self
    )
    let timeToLive = GatewayRoute(
      service + "LeaseTimeToLive",
      Etcdserverpb_LeaseTimeToLiveRequest.self,
      Etcdserverpb_LeaseTimeToLiveResponse.self
    )
    let list = GatewayRoute(
      service + "LeaseLeases",
      Etcdserverpb_LeaseLeasesRequest.self,
      Etcdserverpb_LeaseLeasesResponse.self
    )
    return [
      "lease/grant": .init(
        service + "LeaseGrant",
        Etcdserverpb_LeaseGrantRequest.self,
        Etcdserverpb_LeaseGrantResponse.self
      ),
      "lease/keepalive": .init(
        service + "LeaseKeepAlive",
        Etcdserverpb_LeaseKeepAliveRequest.self,
        Etcdserverpb_LeaseKeepAliveResponse.self,
        isStream: true
      ),
      "lease/revoke": revoke,
      "lease/timetolive": timeToLive,
      "lease/leases": list,
      "kv/lease/revoke": revoke,
      "kv/lease/timetolive": timeToLive,
      "kv/lease/leases": list,
    ]
  }

  private static var cluster: [String: GatewayRoute] {
    let service = "/etcdserverpb.Cluster/"
    return [
      "cluster/member/add": .init(
        service + "MemberAdd",
        Etcdserverpb_MemberAddRequest.self,
        Etcdserverpb_MemberAddResponse.self
      ),
      "cluster/member/remove": .init(
        service + "MemberRemove",
        Etcdserverpb_MemberRemoveRequest.self,
        Etcdserverpb_MemberRemoveResponse.self
      ),
      "cluster/member/update": .init(
        service + "MemberUpdate",
        Etcdserverpb_MemberUpdateRequest.self,
        Etcdserverpb_MemberUpdateResponse.self
      ),
      "cluster/member/list": .init(
        service + "MemberList",
        Etcdserverpb_MemberListRequest.self,
        Etcdserverpb_MemberListResponse.self
      ),
      "cluster/member/promote": .init(
        service + "MemberPromote",
        Etcdserverpb_MemberPromoteRequest.self,
        Etcdserverpb_MemberPromoteResponse.self
      ),
    ]
  }

  private static var maintenance: [String: GatewayRoute] {
    let service = "/etcdserverpb.Maintenance/"
    return [
      "maintenance/alarm": .init(
        service + "Alarm",
        Etcdserverpb_AlarmRequest.self,
        Etcdserverpb_AlarmResponse.self
      ),
      "maintenance/status": .init(
        service + "Status",
        Etcdserverpb_StatusRequest.self,
        Etcdserverpb_StatusResponse.self
      ),
      "maintenance/defragment": .init(
        service + "Defragment",
        Etcdserverpb_DefragmentRequest.self,
        Etcdserverpb_DefragmentResponse.self
      ),
      "maintenance/hash": .init(
        service + "Hash",
        Etcdserverpb_HashRequest.self,
        Etcdserverpb_HashResponse.self
      ),
      "maintenance/hashkv": .init(
        service + "HashKV",
        Etcdserverpb_HashKVRequest.self,
        Etcdserverpb_HashKVResponse.self
      ),
      "maintenance/snapshot": .init(
        service + "Snapshot",
        Etcdserverpb_SnapshotRequest.self,
        Etcdserverpb_SnapshotResponse.self,
        isStream: true
      ),
      "maintenance/transfer-leadership": .init(
        service + "MoveLeader",
        Etcdserverpb_MoveLeaderRequest.self,
        Etcdserverpb_MoveLeaderResponse.self
      ),
      "maintenance/downgrade": .init(
        service + "Downgrade",
        Etcdserverpb_DowngradeRequest.self,
        Etcdserverpb_DowngradeResponse.self
      ),
    ]
  }
}
