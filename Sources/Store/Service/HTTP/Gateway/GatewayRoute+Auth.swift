internal import EtcdMessages

// The paths of users, roles, locks and elections.
extension GatewayRoute {
  static var auth: [String: GatewayRoute] { switches.merging(users) { $1 }.merging(roles) { $1 } }

  private static let service = "/etcdserverpb.Auth/"

  private static var switches: [String: GatewayRoute] {
    [
      "auth/enable": .init(
        service + "AuthEnable",
        Etcdserverpb_AuthEnableRequest.self,
        Etcdserverpb_AuthEnableResponse.self
      ),
      "auth/disable": .init(
        service + "AuthDisable",
        Etcdserverpb_AuthDisableRequest.self,
        Etcdserverpb_AuthDisableResponse.self
      ),
      "auth/status": .init(
        service + "AuthStatus",
        Etcdserverpb_AuthStatusRequest.self,
        Etcdserverpb_AuthStatusResponse.self
      ),
      "auth/authenticate": .init(
        service + "Authenticate",
        Etcdserverpb_AuthenticateRequest.self,
        Etcdserverpb_AuthenticateResponse.self
      ),
    ]
  }

  private static var users: [String: GatewayRoute] {
    [
      "auth/user/add": .init(
        service + "UserAdd",
        Etcdserverpb_AuthUserAddRequest.self,
        Etcdserverpb_AuthUserAddResponse.self
      ),
      "auth/user/get": .init(
        service + "UserGet",
        Etcdserverpb_AuthUserGetRequest.self,
        Etcdserverpb_AuthUserGetResponse.self
      ),
      "auth/user/list": .init(
        service + "UserList",
        Etcdserverpb_AuthUserListRequest.self,
        Etcdserverpb_AuthUserListResponse.self
      ),
      "auth/user/delete": .init(
        service + "UserDelete",
        Etcdserverpb_AuthUserDeleteRequest.self,
        Etcdserverpb_AuthUserDeleteResponse.self
      ),
      "auth/user/changepw": .init(
        service + "UserChangePassword",
        Etcdserverpb_AuthUserChangePasswordRequest.self,
        Etcdserverpb_AuthUserChangePasswordResponse.self
      ),
      "auth/user/grant": .init(
        service + "UserGrantRole",
        Etcdserverpb_AuthUserGrantRoleRequest.self,
        Etcdserverpb_AuthUserGrantRoleResponse.self
      ),
      "auth/user/revoke": .init(
        service + "UserRevokeRole",
        Etcdserverpb_AuthUserRevokeRoleRequest.self,
        Etcdserverpb_AuthUserRevokeRoleResponse.self
      ),
    ]
  }

  private static var roles: [String: GatewayRoute] {
    [
      "auth/role/add": .init(
        service + "RoleAdd",
        Etcdserverpb_AuthRoleAddRequest.self,
        Etcdserverpb_AuthRoleAddResponse.self
      ),
      "auth/role/get": .init(
        service + "RoleGet",
        Etcdserverpb_AuthRoleGetRequest.self,
        Etcdserverpb_AuthRoleGetResponse.self
      ),
      "auth/role/list": .init(
        service + "RoleList",
        Etcdserverpb_AuthRoleListRequest.self,
        Etcdserverpb_AuthRoleListResponse.self
      ),
      "auth/role/delete": .init(
        service + "RoleDelete",
        Etcdserverpb_AuthRoleDeleteRequest.self,
        Etcdserverpb_AuthRoleDeleteResponse.self
      ),
      "auth/role/grant": .init(
        service + "RoleGrantPermission",
        Etcdserverpb_AuthRoleGrantPermissionRequest.self,
        Etcdserverpb_AuthRoleGrantPermissionResponse.self
      ),
      "auth/role/revoke": .init(
        service + "RoleRevokePermission",
        Etcdserverpb_AuthRoleRevokePermissionRequest.self,
        Etcdserverpb_AuthRoleRevokePermissionResponse.self
      ),
    ]
  }

  static var coordination: [String: GatewayRoute] {
    let election = "/v3electionpb.Election/"
    return [
      "lock/lock": .init(
        "/v3lockpb.Lock/Lock",
        V3lockpb_LockRequest.self,
        V3lockpb_LockResponse.self
      ),
      "lock/unlock": .init(
        "/v3lockpb.Lock/Unlock",
        V3lockpb_UnlockRequest.self,
        V3lockpb_UnlockResponse.self
      ),
      "election/campaign": .init(
        election + "Campaign",
        V3electionpb_CampaignRequest.self,
        V3electionpb_CampaignResponse.self
      ),
      "election/proclaim": .init(
        election + "Proclaim",
        V3electionpb_ProclaimRequest.self,
        V3electionpb_ProclaimResponse.self
      ),
      "election/leader": .init(
        election + "Leader",
        V3electionpb_LeaderRequest.self,
        V3electionpb_LeaderResponse.self
      ),
      "election/observe": .init(
        election + "Observe",
        V3electionpb_LeaderRequest.self,
        V3electionpb_LeaderResponse.self,
        isStream: true
      ),
      "election/resign": .init(
        election + "Resign",
        V3electionpb_ResignRequest.self,
        V3electionpb_ResignResponse.self
      ),
    ]
  }
}
