/// Why an entry about users, or of a user, is refused.
///
/// Source: etcd 3.5, `server/auth/store.go`.
public enum AuthError: Error, Equatable, Sendable {
  /// There is no user `root`, without whom authentication cannot be enabled.
  case rootUserMissing

  /// The user `root` does not have the role `root`.
  case rootRoleMissing

  /// There is a user of that name.
  case userExists(String)

  /// A user without a name, or a request of nobody where somebody has to ask.
  case userNameEmpty

  /// No user has that name.
  case userNotFound(String)

  /// There is a role of that name.
  case roleExists(String)

  /// No role has that name.
  case roleNotFound(String)

  /// A role without a name.
  case roleNameEmpty

  /// What a password was made into cannot be read.
  case passwordUnreadable(user: String)

  /// Nobody can authenticate while authentication is off.
  case notEnabled

  /// What a request came with was given to nobody, or is worth nothing any more.
  case invalidToken

  /// There is no such user, or no password, or it is another one.
  case authenticationFailed(user: String)

  /// A permission was to be granted, and none was given.
  case permissionMissing

  /// The user may not do this.
  case permissionDenied(user: String)

  /// The user does not have the role.
  case roleNotGranted(user: String, role: String)

  /// The role does not have the permission.
  case permissionNotGranted(role: String)

  /// It would leave nobody who may change users; or a range that no key lies in.
  case invalidManagement

  /// Users, roles or permissions were changed since the request was admitted.
  case oldRevision(found: UInt64, current: UInt64)
}

extension AuthError: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .rootUserMissing: "root user does not exist"
    case .rootRoleMissing: "root user does not have root role"
    case .userExists(let name): "user \(name) exists already"
    case .userNameEmpty: "user name is empty"
    case .userNotFound(let name): "user \(name) not found"
    case .roleExists(let name): "role \(name) exists already"
    case .roleNotFound(let name): "role \(name) not found"
    case .roleNameEmpty: "role name is empty"
    case .passwordUnreadable(let user): "user \(user): password cannot be read"
    case .notEnabled: "authentication is not enabled"
    case .invalidToken: "invalid auth token"
    case .authenticationFailed(let user): "user \(user): authentication failed"
    case .permissionMissing: "permission not given"
    case .permissionDenied(let user): "user \(user): permission denied"
    case .roleNotGranted(let user, let role): "user \(user): role \(role) is not granted"
    case .permissionNotGranted(let role): "role \(role): permission is not granted"
    case .invalidManagement: "invalid auth management"
    case .oldRevision(let found, let current):
      "revision of auth store is old, found \(found), expected \(current)"
    }
  }
}
