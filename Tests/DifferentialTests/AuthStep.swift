import EtcdClient
import EtcdMessages
import SwiftProtobuf

/// Somebody who makes requests; without a name it is nobody known.
struct Caller: Hashable, Sendable {
  let name: String
  let password: String
}

/// A request about users and roles.
enum AuthStep: Sendable {
  case enable
  case disable
  case authenticate(Caller)
  case addUser(Etcdserverpb_AuthUserAddRequest)
  case deleteUser(String)
  case getUser(String)
  case listUsers
  case changePassword(Caller)
  case grantRole(String, user: String)
  case revokeRole(String, user: String)
  case addRole(String)
  case deleteRole(String)
  case getRole(String)
  case listRoles
  case grantPermission(Etcdserverpb_AuthRoleGrantPermissionRequest)
  case revokePermission(Etcdserverpb_AuthRoleRevokePermissionRequest)
}

extension AuthStep: CustomStringConvertible {
  var description: String {
    switch self {
    case .enable: "authEnable"
    case .disable: "authDisable"
    case .authenticate(let caller): "authenticate \(caller.name) \(caller.password)"
    case .addUser(let request): "userAdd \(request.onOneLine)"
    case .deleteUser(let name): "userDelete \(name)"
    case .getUser(let name): "userGet \(name)"
    case .listUsers: "userList"
    case .changePassword(let caller): "userChangePassword \(caller.name) \(caller.password)"
    case .grantRole(let role, let user): "userGrantRole \(role) to \(user)"
    case .revokeRole(let role, let user): "userRevokeRole \(role) of \(user)"
    case .addRole(let name): "roleAdd \(name)"
    case .deleteRole(let name): "roleDelete \(name)"
    case .getRole(let name): "roleGet \(name)"
    case .listRoles: "roleList"
    case .grantPermission(let request): "roleGrantPermission \(request.onOneLine)"
    case .revokePermission(let request): "roleRevokePermission \(request.onOneLine)"
    }
  }

  /// Makes the request, and leaves of the answer what both servers must agree on.
  func answer(
    _ connection: Connection,
    _ metadata: [(name: String, value: String)]
  ) async throws(EtcdClientError) -> Answer {
    let ask = Asking(connection: connection, metadata: metadata)
    return switch self {
    case .enable: try await ask(.authEnable, .init(), \.header)
    case .disable: try await ask(.authDisable, .init(), \.header)
    case .authenticate(let caller):
      try await ask(
        .authenticate,
        .with { ($0.name, $0.password) = (caller.name, caller.password) },
        \.header
      ) { $0.token = "" }
    case .addUser(let request): try await ask(.userAdd, request, \.header)
    case .deleteUser(let name): try await ask(.userDelete, .with { $0.name = name }, \.header)
    case .getUser(let name): try await ask(.userGet, .with { $0.name = name }, \.header)
    case .listUsers: try await ask(.userList, .init(), \.header)
    case .changePassword(let caller):
      try await ask(
        .userChangePassword,
        .with { ($0.name, $0.password) = (caller.name, caller.password) },
        \.header
      )
    case .grantRole(let role, let user):
      try await ask(.userGrantRole, .with { ($0.user, $0.role) = (user, role) }, \.header)
    case .revokeRole(let role, let user):
      try await ask(.userRevokeRole, .with { ($0.name, $0.role) = (user, role) }, \.header)
    case .addRole(let name): try await ask(.roleAdd, .with { $0.name = name }, \.header)
    case .deleteRole(let name): try await ask(.roleDelete, .with { $0.role = name }, \.header)
    case .getRole(let name): try await ask(.roleGet, .with { $0.role = name }, \.header)
    case .listRoles: try await ask(.roleList, .init(), \.header)
    case .grantPermission(let request):
      try await ask(.roleGrantPermission, request, \.header)
    case .revokePermission(let request):
      try await ask(.roleRevokePermission, request, \.header)
    }
  }
}

/// A connection, and what its calls say of who makes them.
private struct Asking {
  let connection: Connection
  let metadata: [(name: String, value: String)]

  func callAsFunction<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    _ header: WritableKeyPath<Response, Etcdserverpb_ResponseHeader>,
    _ edit: (inout Response) -> Void = { _ in }
  ) async throws(EtcdClientError) -> Answer {
    var response = try await connection.call(method, request, metadata: metadata)
    response[keyPath: header] = .with { $0.revision = response[keyPath: header].revision }
    edit(&response)
    return .message(response)
  }
}
