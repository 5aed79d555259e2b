internal import Apply
internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// The service `etcdserverpb.Auth`.
///
/// Changes go through the log. What is asked of users and roles is answered from the state that was
/// applied last, which has all changes that anybody was told of: etcd writes these questions to the log
/// as well, and etcd 3.4 cannot read one of them.
///
/// Source: etcd 3.5.30, `server/etcdserver/v3_server.go`, `server/auth/store.go`.
final class AuthService: Sendable {
  typealias Header = Etcdserverpb_ResponseHeader

  let admission: Admission
  let tokens: TokenProvider
  let passwords: PasswordWorker
  let proposer: any LogProposer
  let header: @Sendable () -> Header

  /// A service by what it needs.
  ///
  /// - Parameters:
  ///   - admission: Who may do what.
  ///   - tokens: The tokens that users are given.
  ///   - passwords: Where passwords are hashed.
  ///   - proposer: The way into the log.
  ///   - header: Makes the header of an answer, as of now.
  init(
    _ admission: Admission,
    tokens: TokenProvider,
    passwords: PasswordWorker,
    proposer: any LogProposer,
    header: @escaping @Sendable () -> Header
  ) {
    self.admission = admission
    self.tokens = tokens
    self.passwords = passwords
    self.proposer = proposer
    self.header = header
  }

  /// The methods by their paths.
  var methods: [String: RPCMethod] {
    var methods: [String: RPCMethod] = [:]
    for (name, method) in switches + users + roles {
      methods["/etcdserverpb.Auth/\(name)"] = method
    }
    return methods
  }

  // MARK: On, off, who

  private var switches: [(String, RPCMethod)] {
    [
      ("AuthEnable", change({ $0.authEnable = $1 }, Etcdserverpb_AuthEnableResponse.self)),
      ("AuthDisable", change({ $0.authDisable = $1 }, Etcdserverpb_AuthDisableResponse.self)),
      ("AuthStatus", unary { service, call, request in service.status(call, request) }),
      ("Authenticate", unary { service, call, request in service.authenticate(call, request) }),
    ]
  }

  private func status(_ call: RPCCall, _: Etcdserverpb_AuthStatusRequest) {
    answer(call) { () throws(RPCStatus) in
      _ = try admission.admitAdministrator(call)
      return Etcdserverpb_AuthStatusResponse.with {
        let snapshot = admission.directory.current
        $0.header = header()
        $0.enabled = snapshot.isEnabled
        $0.authRevision = snapshot.revision
      }
    }
  }

  // MARK: Users

  private var users: [(String, RPCMethod)] {
    [
      ("UserAdd", unary { service, call, request in service.addUser(call, request) }),
      ("UserGet", unary { service, call, request in service.getUser(call, request) }),
      ("UserList", unary { service, call, request in service.listUsers(call, request) }),
      ("UserDelete", change({ $0.authUserDelete = $1 }, Etcdserverpb_AuthUserDeleteResponse.self)),
      (
        "UserChangePassword",
        unary { service, call, request in service.changePassword(call, request) }
      ),
      (
        "UserGrantRole",
        change({ $0.authUserGrantRole = $1 }, Etcdserverpb_AuthUserGrantRoleResponse.self)
      ),
      (
        "UserRevokeRole",
        change({ $0.authUserRevokeRole = $1 }, Etcdserverpb_AuthUserRevokeRoleResponse.self)
      ),
    ]
  }

  /// The log has only what was made of a password.
  private func addUser(_ call: RPCCall, _ request: Etcdserverpb_AuthUserAddRequest) {
    let respond = response(Etcdserverpb_AuthUserAddResponse.self)
    admitting(call) { () throws(RPCStatus) in
      let requester = try administrator(call, asking: request)
      var proposal = Etcdserverpb_InternalRaftRequest()
      proposal.authUserAdd = request
      if request.options.noPassword { return propose(proposal, by: requester, call, respond) }
      hash(request.password, for: call) { [proposal] service, call, hashed in
        var proposal = proposal
        proposal.authUserAdd.password = ""
        proposal.authUserAdd.hashedPassword = hashed
        service.propose(proposal, by: requester, call, respond)
      }
    }
  }

  private func changePassword(
    _ call: RPCCall,
    _ request: Etcdserverpb_AuthUserChangePasswordRequest
  ) {
    let respond = response(Etcdserverpb_AuthUserChangePasswordResponse.self)
    admitting(call) { () throws(RPCStatus) in
      let requester = try administrator(call, asking: request)
      var proposal = Etcdserverpb_InternalRaftRequest()
      proposal.authUserChangePassword = request
      if request.password.isEmpty { return propose(proposal, by: requester, call, respond) }
      hash(request.password, for: call) { [proposal] service, call, hashed in
        var proposal = proposal
        proposal.authUserChangePassword.password = ""
        proposal.authUserChangePassword.hashedPassword = hashed
        service.propose(proposal, by: requester, call, respond)
      }
    }
  }

  private func getUser(_ call: RPCCall, _ request: Etcdserverpb_AuthUserGetRequest) {
    answer(call) { () throws(RPCStatus) in
      try admission.admit(call, toSeeUser: request.name)
      guard let user = admission.directory.current.user(request.name) else {
        throw .userNotFound
      }
      return Etcdserverpb_AuthUserGetResponse.with {
        $0.header = header()
        $0.roles = user.roles
      }
    }
  }

  private func listUsers(_ call: RPCCall, _: Etcdserverpb_AuthUserListRequest) {
    answer(call) { () throws(RPCStatus) in
      _ = try admission.admitAdministrator(call)
      return Etcdserverpb_AuthUserListResponse.with {
        $0.header = header()
        $0.users = admission.directory.current.userNames
      }
    }
  }

  // MARK: Roles

  private var roles: [(String, RPCMethod)] {
    [
      ("RoleAdd", change({ $0.authRoleAdd = $1 }, Etcdserverpb_AuthRoleAddResponse.self)),
      ("RoleGet", unary { service, call, request in service.getRole(call, request) }),
      ("RoleList", unary { service, call, request in service.listRoles(call, request) }),
      ("RoleDelete", change({ $0.authRoleDelete = $1 }, Etcdserverpb_AuthRoleDeleteResponse.self)),
      (
        "RoleGrantPermission",
        change(
          { $0.authRoleGrantPermission = $1 },
          Etcdserverpb_AuthRoleGrantPermissionResponse.self
        )
      ),
      (
        "RoleRevokePermission",
        change(
          { $0.authRoleRevokePermission = $1 },
          Etcdserverpb_AuthRoleRevokePermissionResponse.self
        )
      ),
    ]
  }

  private func getRole(_ call: RPCCall, _ request: Etcdserverpb_AuthRoleGetRequest) {
    answer(call) { () throws(RPCStatus) in
      try admission.admit(call, toSeeRole: request.role)
      guard let role = admission.directory.current.role(request.role) else {
        throw .roleNotFound
      }
      return Etcdserverpb_AuthRoleGetResponse.with {
        $0.header = header()
        $0.perm = role.keyPermission
      }
    }
  }

  private func listRoles(_ call: RPCCall, _: Etcdserverpb_AuthRoleListRequest) {
    answer(call) { () throws(RPCStatus) in
      _ = try admission.admitAdministrator(call)
      return Etcdserverpb_AuthRoleListResponse.with {
        $0.header = header()
        $0.roles = admission.directory.current.roleNames
      }
    }
  }
}
