public import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Synchronization

/// Users and roles at one revision, and what they may do; any number of threads ask it.
///
/// Source: etcd 3.5, `server/auth/store.go`, `server/auth/range_perm_cache.go`.
public final class AuthSnapshot: Sendable {
  /// Whether requests are looked at for who makes them.
  public let isEnabled: Bool

  /// The revision of users, roles and permissions.
  public let revision: UInt64

  // By the bytes of their names: texts that Swift takes for equal may be names of two users.
  private let users: [[UInt8]: Authpb_User]
  private let roles: [[UInt8]: Authpb_Role]

  /// What users may do, as far as somebody has asked.
  private let permissions = Mutex<[[UInt8]: KeyPermissions]>([:])

  init(
    isEnabled: Bool,
    revision: UInt64,
    users: [[UInt8]: Authpb_User],
    roles: [[UInt8]: Authpb_Role]
  ) {
    self.isEnabled = isEnabled
    self.revision = revision
    self.users = users
    self.roles = roles
  }

  /// A user.
  public func user(_ name: String) -> Authpb_User? { users[Array(name.utf8)] }

  /// A role.
  public func role(_ name: String) -> Authpb_Role? { roles[Array(name.utf8)] }

  /// The names of all users, in the order of their bytes.
  public var userNames: [String] { AuthSnapshot.sorted(users.keys) }

  /// The names of all roles, in the order of their bytes.
  public var roleNames: [String] { AuthSnapshot.sorted(roles.keys) }

  private static func sorted(_ names: some Collection<[UInt8]>) -> [String] {
    names.sorted { $0.lexicographicallyPrecedes($1) }.map { String(decoding: $0, as: UTF8.self) }
  }

  /// Refuses who is not an administrator, that is, does not have the role `root`.
  ///
  /// - Parameter requester: Who asks.
  /// - Throws: ``AuthError/userNameEmpty``, ``AuthError/userNotFound(_:)`` or
  ///   ``AuthError/permissionDenied(user:)``.
  public func checkIsAdministrator(_ requester: AuthStore.Requester) throws(AuthError) {
    guard isEnabled else { return }
    guard !requester.name.isEmpty else { throw .userNameEmpty }
    guard let user = user(requester.name) else { throw .userNotFound(requester.name) }
    guard user.hasRootRole else { throw .permissionDenied(user: requester.name) }
  }

  /// Refuses who may not read, or may not write, a key or a range of keys.
  ///
  /// - Parameters:
  ///   - requester: Who asks.
  ///   - access: What for.
  ///   - key: The key, or the first of a range.
  ///   - end: The key behind the range: nothing for the one key, one zero byte for all from it on.
  /// - Throws: ``AuthError/userNameEmpty``, ``AuthError/oldRevision(found:current:)`` or
  ///   ``AuthError/permissionDenied(user:)``.
  public func check(
    _ requester: AuthStore.Requester,
    may access: KeyAccess,
    _ key: some Collection<UInt8>,
    _ end: some Collection<UInt8> = []
  ) throws(AuthError) {
    guard isEnabled else { return }
    // Only a request that was admitted while authentication was off has none.
    guard requester.revision != 0 else { throw .userNameEmpty }
    guard requester.revision >= revision else {
      throw .oldRevision(found: requester.revision, current: revision)
    }
    let name = Array(requester.name.utf8)
    guard let user = users[name] else { throw .permissionDenied(user: requester.name) }
    if user.hasRootRole { return }
    guard permissions(of: user, named: name).allows(access, Array(key), Array(end)) else {
      throw .permissionDenied(user: requester.name)
    }
  }

  private func permissions(of user: Authpb_User, named name: [UInt8]) -> KeyPermissions {
    if let known = permissions.withLock({ $0[name] }) { return known }
    // Two threads may come here for one user, and find the same.
    var found = KeyPermissions()
    for role in user.roles {
      for permission in self.role(role)?.keyPermission ?? [] {
        found.allow(
          Array(permission.key),
          Array(permission.rangeEnd),
          permission.permType.accesses
        )
      }
    }
    found.merge()
    permissions.withLock { $0[name] = found }
    return found
  }
}

extension Authpb_User {
  /// Whether the user may do everything.
  var hasRootRole: Bool { hasRole(AuthStore.rootName) }

  /// Whether the user has a role of exactly that name.
  public func hasRole(_ name: String) -> Bool { roles.contains { $0.hasSameBytes(as: name) } }
}

extension Authpb_Permission.TypeEnum {
  fileprivate var accesses: [KeyAccess] {
    switch self {
    case .read: [.read]
    case .write: [.write]
    case .readwrite: [.read, .write]
    case .UNRECOGNIZED: []
    }
  }
}

extension String {
  /// Whether it is the same text to the byte, which is what makes two names one.
  ///
  /// Swift takes texts for equal that only look alike, such as the sign for Kelvin and the letter K.
  public func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
