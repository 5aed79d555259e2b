public import EtcdMessages
public import SwiftProtobuf

/// A call of etcd's API: its name, and what it takes and answers.
///
/// Source: etcd, `api/etcdserverpb/rpc.proto`.
public struct Method<Request: Message, Response: Message>: Sendable {
  /// The full name, for instance `/etcdserverpb.KV/Range`.
  public let path: String

  /// Whether it changes nothing, and so may be made again after a lost answer.
  public let isRead: Bool

  /// A call by its name.
  public init(_ service: String, _ name: String, isRead: Bool = false) {
    path = "/\(service)/\(name)"
    self.isRead = isRead
  }
}

// MARK: KV

extension Method
where
  Request == Etcdserverpb_RangeRequest,
  Response == Etcdserverpb_RangeResponse
{
  /// `KV.Range`.
  public static var range: Self { Method("etcdserverpb.KV", "Range", isRead: true) }
}

extension Method where Request == Etcdserverpb_PutRequest, Response == Etcdserverpb_PutResponse {
  /// `KV.Put`.
  public static var put: Self { Method("etcdserverpb.KV", "Put") }
}

extension Method
where
  Request == Etcdserverpb_DeleteRangeRequest,
  Response == Etcdserverpb_DeleteRangeResponse
{
  /// `KV.DeleteRange`.
  public static var deleteRange: Self { Method("etcdserverpb.KV", "DeleteRange") }
}

extension Method where Request == Etcdserverpb_TxnRequest, Response == Etcdserverpb_TxnResponse {
  /// `KV.Txn`.
  public static var txn: Self { Method("etcdserverpb.KV", "Txn") }
}

extension Method
where
  Request == Etcdserverpb_CompactionRequest,
  Response == Etcdserverpb_CompactionResponse
{
  /// `KV.Compact`.
  public static var compact: Self { Method("etcdserverpb.KV", "Compact") }
}

// MARK: Watch

extension Method
where
  Request == Etcdserverpb_WatchRequest,
  Response == Etcdserverpb_WatchResponse
{
  /// `Watch.Watch`.
  public static var watch: Self { Method("etcdserverpb.Watch", "Watch", isRead: true) }
}

// MARK: Lease

extension Method
where
  Request == Etcdserverpb_LeaseGrantRequest,
  Response == Etcdserverpb_LeaseGrantResponse
{
  /// `Lease.LeaseGrant`.
  public static var leaseGrant: Self { Method("etcdserverpb.Lease", "LeaseGrant") }
}

extension Method
where
  Request == Etcdserverpb_LeaseRevokeRequest,
  Response == Etcdserverpb_LeaseRevokeResponse
{
  /// `Lease.LeaseRevoke`.
  public static var leaseRevoke: Self { Method("etcdserverpb.Lease", "LeaseRevoke") }
}

extension Method
where
  Request == Etcdserverpb_LeaseKeepAliveRequest,
  Response == Etcdserverpb_LeaseKeepAliveResponse
{
  /// `Lease.LeaseKeepAlive`.
  public static var leaseKeepAlive: Self { Method("etcdserverpb.Lease", "LeaseKeepAlive") }
}

extension Method
where
  Request == Etcdserverpb_LeaseTimeToLiveRequest,
  Response == Etcdserverpb_LeaseTimeToLiveResponse
{
  /// `Lease.LeaseTimeToLive`.
  public static var leaseTimeToLive: Self {
    Method("etcdserverpb.Lease", "LeaseTimeToLive", isRead: true)
  }
}

extension Method
where
  Request == Etcdserverpb_LeaseLeasesRequest,
  Response == Etcdserverpb_LeaseLeasesResponse
{
  /// `Lease.LeaseLeases`.
  public static var leaseLeases: Self { Method("etcdserverpb.Lease", "LeaseLeases", isRead: true) }
}

// MARK: Cluster

extension Method
where
  Request == Etcdserverpb_MemberAddRequest,
  Response == Etcdserverpb_MemberAddResponse
{
  /// `Cluster.MemberAdd`.
  public static var memberAdd: Self { Method("etcdserverpb.Cluster", "MemberAdd") }
}

extension Method
where
  Request == Etcdserverpb_MemberRemoveRequest,
  Response == Etcdserverpb_MemberRemoveResponse
{
  /// `Cluster.MemberRemove`.
  public static var memberRemove: Self { Method("etcdserverpb.Cluster", "MemberRemove") }
}

extension Method
where
  Request == Etcdserverpb_MemberUpdateRequest,
  Response == Etcdserverpb_MemberUpdateResponse
{
  /// `Cluster.MemberUpdate`.
  public static var memberUpdate: Self { Method("etcdserverpb.Cluster", "MemberUpdate") }
}

extension Method
where
  Request == Etcdserverpb_MemberListRequest,
  Response == Etcdserverpb_MemberListResponse
{
  /// `Cluster.MemberList`.
  public static var memberList: Self { Method("etcdserverpb.Cluster", "MemberList", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_MemberPromoteRequest,
  Response == Etcdserverpb_MemberPromoteResponse
{
  /// `Cluster.MemberPromote`.
  public static var memberPromote: Self { Method("etcdserverpb.Cluster", "MemberPromote") }
}

// MARK: Maintenance

extension Method
where
  Request == Etcdserverpb_AlarmRequest,
  Response == Etcdserverpb_AlarmResponse
{
  /// `Maintenance.Alarm`.
  public static var alarm: Self { Method("etcdserverpb.Maintenance", "Alarm") }
}

extension Method
where
  Request == Etcdserverpb_StatusRequest,
  Response == Etcdserverpb_StatusResponse
{
  /// `Maintenance.Status`.
  public static var status: Self { Method("etcdserverpb.Maintenance", "Status", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_DefragmentRequest,
  Response == Etcdserverpb_DefragmentResponse
{
  /// `Maintenance.Defragment`.
  public static var defragment: Self { Method("etcdserverpb.Maintenance", "Defragment") }
}

extension Method where Request == Etcdserverpb_HashRequest, Response == Etcdserverpb_HashResponse {
  /// `Maintenance.Hash`.
  public static var hash: Self { Method("etcdserverpb.Maintenance", "Hash", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_HashKVRequest,
  Response == Etcdserverpb_HashKVResponse
{
  /// `Maintenance.HashKV`.
  public static var hashKV: Self { Method("etcdserverpb.Maintenance", "HashKV", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_SnapshotRequest,
  Response == Etcdserverpb_SnapshotResponse
{
  /// `Maintenance.Snapshot`.
  public static var snapshot: Self { Method("etcdserverpb.Maintenance", "Snapshot", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_MoveLeaderRequest,
  Response == Etcdserverpb_MoveLeaderResponse
{
  /// `Maintenance.MoveLeader`.
  public static var moveLeader: Self { Method("etcdserverpb.Maintenance", "MoveLeader") }
}

extension Method
where
  Request == Etcdserverpb_DowngradeRequest,
  Response == Etcdserverpb_DowngradeResponse
{
  /// `Maintenance.Downgrade`.
  public static var downgrade: Self { Method("etcdserverpb.Maintenance", "Downgrade") }
}

// MARK: Auth

extension Method
where
  Request == Etcdserverpb_AuthEnableRequest,
  Response == Etcdserverpb_AuthEnableResponse
{
  /// `Auth.AuthEnable`.
  public static var authEnable: Self { Method("etcdserverpb.Auth", "AuthEnable") }
}

extension Method
where
  Request == Etcdserverpb_AuthDisableRequest,
  Response == Etcdserverpb_AuthDisableResponse
{
  /// `Auth.AuthDisable`.
  public static var authDisable: Self { Method("etcdserverpb.Auth", "AuthDisable") }
}

extension Method
where
  Request == Etcdserverpb_AuthStatusRequest,
  Response == Etcdserverpb_AuthStatusResponse
{
  /// `Auth.AuthStatus`.
  public static var authStatus: Self { Method("etcdserverpb.Auth", "AuthStatus", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_AuthenticateRequest,
  Response == Etcdserverpb_AuthenticateResponse
{
  /// `Auth.Authenticate`.
  public static var authenticate: Self { Method("etcdserverpb.Auth", "Authenticate") }
}

extension Method
where
  Request == Etcdserverpb_AuthUserAddRequest,
  Response == Etcdserverpb_AuthUserAddResponse
{
  /// `Auth.UserAdd`.
  public static var userAdd: Self { Method("etcdserverpb.Auth", "UserAdd") }
}

extension Method
where
  Request == Etcdserverpb_AuthUserGetRequest,
  Response == Etcdserverpb_AuthUserGetResponse
{
  /// `Auth.UserGet`.
  public static var userGet: Self { Method("etcdserverpb.Auth", "UserGet", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_AuthUserListRequest,
  Response == Etcdserverpb_AuthUserListResponse
{
  /// `Auth.UserList`.
  public static var userList: Self { Method("etcdserverpb.Auth", "UserList", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_AuthUserDeleteRequest,
  Response == Etcdserverpb_AuthUserDeleteResponse
{
  /// `Auth.UserDelete`.
  public static var userDelete: Self { Method("etcdserverpb.Auth", "UserDelete") }
}

extension Method
where
  Request == Etcdserverpb_AuthUserChangePasswordRequest,
  Response == Etcdserverpb_AuthUserChangePasswordResponse
{
  /// `Auth.UserChangePassword`.
  public static var userChangePassword: Self { Method("etcdserverpb.Auth", "UserChangePassword") }
}

extension Method
where
  Request == Etcdserverpb_AuthUserGrantRoleRequest,
  Response == Etcdserverpb_AuthUserGrantRoleResponse
{
  /// `Auth.UserGrantRole`.
  public static var userGrantRole: Self { Method("etcdserverpb.Auth", "UserGrantRole") }
}

extension Method
where
  Request == Etcdserverpb_AuthUserRevokeRoleRequest,
  Response == Etcdserverpb_AuthUserRevokeRoleResponse
{
  /// `Auth.UserRevokeRole`.
  public static var userRevokeRole: Self { Method("etcdserverpb.Auth", "UserRevokeRole") }
}

extension Method
where
  Request == Etcdserverpb_AuthRoleAddRequest,
  Response == Etcdserverpb_AuthRoleAddResponse
{
  /// `Auth.RoleAdd`.
  public static var roleAdd: Self { Method("etcdserverpb.Auth", "RoleAdd") }
}

extension Method
where
  Request == Etcdserverpb_AuthRoleGetRequest,
  Response == Etcdserverpb_AuthRoleGetResponse
{
  /// `Auth.RoleGet`.
  public static var roleGet: Self { Method("etcdserverpb.Auth", "RoleGet", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_AuthRoleListRequest,
  Response == Etcdserverpb_AuthRoleListResponse
{
  /// `Auth.RoleList`.
  public static var roleList: Self { Method("etcdserverpb.Auth", "RoleList", isRead: true) }
}

extension Method
where
  Request == Etcdserverpb_AuthRoleDeleteRequest,
  Response == Etcdserverpb_AuthRoleDeleteResponse
{
  /// `Auth.RoleDelete`.
  public static var roleDelete: Self { Method("etcdserverpb.Auth", "RoleDelete") }
}

extension Method
where
  Request == Etcdserverpb_AuthRoleGrantPermissionRequest,
  Response == Etcdserverpb_AuthRoleGrantPermissionResponse
{
  /// `Auth.RoleGrantPermission`.
  public static var roleGrantPermission: Self { Method("etcdserverpb.Auth", "RoleGrantPermission") }
}

extension Method
where
  Request == Etcdserverpb_AuthRoleRevokePermissionRequest,
  Response == Etcdserverpb_AuthRoleRevokePermissionResponse
{
  /// `Auth.RoleRevokePermission`.
  public static var roleRevokePermission: Self {
    Method("etcdserverpb.Auth", "RoleRevokePermission")
  }
}
