internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import SwiftProtobuf

// What entries do to roles. Whether the requester may is looked at before.
extension AuthStore {
  func apply(_ request: Etcdserverpb_AuthRoleAddRequest) throws(AuthError) {
    guard !request.name.isEmpty else { throw .roleNameEmpty }
    guard role(request.name) == nil else { throw .roleExists(request.name) }
    set(Authpb_Role.with { $0.name = Data(request.name.utf8) }, named: Array(request.name.utf8))
    advance()
  }

  func apply(_ request: Etcdserverpb_AuthRoleDeleteRequest) throws(AuthError) {
    if isEnabled && request.role == AuthStore.rootName { throw .invalidManagement }
    guard role(request.role) != nil else { throw .roleNotFound(request.role) }
    set(nil as Authpb_Role?, named: Array(request.role.utf8))
    for (name, var user) in users.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    where user.hasRole(request.role) {
      user.roles.removeAll { $0.hasSameBytes(as: request.role) }
      set(user, named: name)
    }
    advance()
  }

  func apply(_ request: Etcdserverpb_AuthRoleGrantPermissionRequest) throws(AuthError) {
    guard request.hasPerm else { throw .permissionMissing }
    let granted = request.perm
    guard AuthStore.isValid(granted) else { throw .invalidManagement }
    guard var role = role(request.name) else { throw .roleNotFound(request.name) }
    // As etcd, only the first of the same key may be the same range.
    let place = role.keyPermission.firstIndex { !$0.key.lexicographicallyPrecedes(granted.key) }
    if let place, role.keyPermission[place].isForSameKeys(as: granted) {
      role.keyPermission[place].permType = granted.permType
    } else {
      role.keyPermission.append(granted)
      role.keyPermission.sort { $0.key.lexicographicallyPrecedes($1.key) }
    }
    set(role, named: Array(request.name.utf8))
    advance()
  }

  func apply(_ request: Etcdserverpb_AuthRoleRevokePermissionRequest) throws(AuthError) {
    guard var role = role(request.role) else { throw .roleNotFound(request.role) }
    let count = role.keyPermission.count
    role.keyPermission.removeAll { $0.key == request.key && $0.rangeEnd == request.rangeEnd }
    guard role.keyPermission.count < count else {
      throw .permissionNotGranted(role: request.role)
    }
    set(role, named: Array(request.role.utf8))
    advance()
  }

  /// Whether a permission is for a key, or for a range that keys can lie in.
  private static func isValid(_ permission: Authpb_Permission) -> Bool {
    guard !permission.key.isEmpty else { return false }
    return permission.rangeEnd.isEmpty || permission.rangeEnd == Data([0])
      || permission.key.lexicographicallyPrecedes(permission.rangeEnd)
  }
}

extension Authpb_Permission {
  fileprivate func isForSameKeys(as other: Authpb_Permission) -> Bool {
    key == other.key && rangeEnd == other.rangeEnd
  }
}
