internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

// What entries do to users. Whether the requester may is looked at before.
extension AuthStore {
  func apply(_ request: Etcdserverpb_AuthUserAddRequest) throws(AuthError) {
    guard !request.name.isEmpty else { throw .userNameEmpty }
    guard user(request.name) == nil else { throw .userExists(request.name) }
    var user = Authpb_User()
    user.name = Data(request.name.utf8)
    // etcd stores the options of every user, said or not.
    user.options = request.options
    if !request.options.noPassword {
      user.password = try password(request.password, request.hashedPassword, of: request.name)
    }
    set(user, named: Array(request.name.utf8))
    advance()
  }

  func apply(_ request: Etcdserverpb_AuthUserDeleteRequest) throws(AuthError) {
    if isEnabled && request.name == AuthStore.rootName { throw .invalidManagement }
    guard user(request.name) != nil else { throw .userNotFound(request.name) }
    set(nil as Authpb_User?, named: Array(request.name.utf8))
    tokens?.invalidateTokens(of: request.name)
    advance()
  }

  func apply(_ request: Etcdserverpb_AuthUserChangePasswordRequest) throws(AuthError) {
    guard var user = user(request.name) else { throw .userNotFound(request.name) }
    user.password =
      user.options.noPassword
      ? Data()
      : try password(request.password, request.hashedPassword, of: request.name)
    set(user, named: Array(request.name.utf8))
    tokens?.invalidateTokens(of: request.name)
    advance()
  }

  func apply(_ request: Etcdserverpb_AuthUserGrantRoleRequest) throws(AuthError) {
    guard var user = user(request.user) else { throw .userNotFound(request.user) }
    // The role of administrators need not be stored.
    guard request.role == AuthStore.rootName || role(request.role) != nil else {
      throw .roleNotFound(request.role)
    }
    guard !user.hasRole(request.role) else { return }
    user.roles.append(request.role)
    // By their bytes, as Go sorts strings.
    user.roles.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    set(user, named: Array(request.user.utf8))
    advance()
  }

  func apply(_ request: Etcdserverpb_AuthUserRevokeRoleRequest) throws(AuthError) {
    let rootName = AuthStore.rootName
    if isEnabled && request.name == rootName && request.role == rootName {
      throw .invalidManagement
    }
    guard var user = user(request.name) else { throw .userNotFound(request.name) }
    guard user.hasRole(request.role) else {
      throw .roleNotGranted(user: request.name, role: request.role)
    }
    user.roles.removeAll { $0.hasSameBytes(as: request.role) }
    set(user, named: Array(request.name.utf8))
    advance()
  }

  /// What is stored of a password.
  private func password(
    _ password: String,
    _ hashed: String,
    of user: String
  ) throws(AuthError) -> Data {
    if !password.isEmpty && hashed.isEmpty { return Data(hashesPassword?(password) ?? []) }
    // Go's decoder passes over the ends of lines.
    let text = Data(hashed.utf8.filter { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") })
    guard let bytes = Data(base64Encoded: text) else { throw .passwordUnreadable(user: user) }
    return bytes
  }
}
