public import Bolt
internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
public import MVCC
internal import SwiftProtobuf

/// Users, roles and what they may do: the buckets `auth`, `authUsers` and `authRoles`, in memory.
///
/// It belongs to the thread that applies the log. What changes is also written to the buckets, with
/// the keyspace's next commit.
///
/// Source: etcd 3.5, `server/auth/store.go`.
public final class AuthStore {
  /// Who asks for something.
  public struct Requester: Equatable, Sendable {
    /// The user; empty for nobody.
    public var name: String

    /// The revision of users and roles that the request was admitted at; 0 if authentication was
    /// off.
    public var revision: UInt64

    /// A user, at a revision.
    public init(name: String = "", revision: UInt64 = 0) {
      self.name = name
      self.revision = revision
    }
  }

  static let rootName = "root"
  static let enabledName = Array("authEnabled".utf8)
  static let revisionName = Array("authRevision".utf8)

  /// Whether requests are looked at for who makes them.
  public private(set) var isEnabled = false

  /// Grows with each change of users, roles and permissions.
  public private(set) var revision: UInt64

  let keyspace: Keyspace

  /// Makes of a password what is stored; nil where nobody is ever to be authenticated.
  ///
  /// Only entries of etcd before 3.5 have passwords; later ones have what was made of them.
  let hashesPassword: ((String) -> [UInt8])?

  // By their names, as the buckets have them.
  private(set) var users: [[UInt8]: Authpb_User] = [:]
  private(set) var roles: [[UInt8]: Authpb_Role] = [:]

  /// What users may do, as far as somebody has asked; forgotten with every change.
  private var permissions: [[UInt8]: KeyPermissions] = [:]

  /// Reads what is stored.
  ///
  /// Rows that are no users or roles are passed over: whoever they were may do nothing.
  ///
  /// - Parameters:
  ///   - keyspace: Where changes are written to.
  ///   - transaction: The state of the database that the keyspace was opened from.
  ///   - hashesPassword: Makes of a password what is stored.
  /// - Throws: The fault of a page.
  public init(
    _ keyspace: Keyspace,
    in transaction: ReadTransaction,
    hashesPassword: ((String) -> [UInt8])? = nil
  ) throws(BoltError) {
    self.keyspace = keyspace
    self.hashesPassword = hashesPassword
    revision = 0
    if let auth = try transaction.bucket(BucketName.auth.bytes) {
      isEnabled = try auth.value(for: AuthStore.enabledName).map { Array($0) == [1] } ?? false
      if let value = try auth.value(for: AuthStore.revisionName), value.count == 8 {
        revision = UInt64(bigEndian: value.loadUnaligned(as: UInt64.self))
      }
    }
    try AuthStore.visit(.authUsers, transaction) { key, value in
      users[key] = try? Authpb_User(serializedBytes: value)
    }
    try AuthStore.visit(.authRoles, transaction) { key, value in
      roles[key] = try? Authpb_Role(serializedBytes: value)
    }
    // A store that has no revision yet begins with the first.
    if revision == 0 { advance() }
  }

  private static func visit(
    _ name: BucketName,
    _ transaction: ReadTransaction,
    _ body: (_ key: [UInt8], _ value: [UInt8]) -> Void
  ) throws(BoltError) {
    guard var cursor = try transaction.bucket(name.bytes)?.cursor() else { return }
    var next = try cursor.first()
    while let element = next {
      if !element.isBucket { body(Array(element.key), Array(element.value)) }
      next = try cursor.next()
    }
  }

  // MARK: On and off

  /// Has every request looked at from now on for who makes it.
  ///
  /// - Throws: ``AuthError/rootUserMissing`` or ``AuthError/rootRoleMissing``.
  public func enable() throws(AuthError) {
    guard !isEnabled else { return }
    guard let root = user(AuthStore.rootName) else { throw .rootUserMissing }
    guard root.hasRootRole else { throw .rootRoleMissing }
    keyspace.putRow([1], for: AuthStore.enabledName, in: .auth)
    isEnabled = true
  }

  /// Lets everybody do everything from now on.
  public func disable() {
    guard isEnabled else { return }
    keyspace.putRow([0], for: AuthStore.enabledName, in: .auth)
    isEnabled = false
    advance()
  }

  // MARK: Who may do what

  /// Refuses who is not an administrator, that is, does not have the role `root`.
  ///
  /// - Throws: ``AuthError/userNameEmpty``, ``AuthError/userNotFound(_:)`` or
  ///   ``AuthError/permissionDenied(user:)``.
  func checkIsAdministrator(_ requester: Requester) throws(AuthError) {
    guard isEnabled else { return }
    guard !requester.name.isEmpty else { throw .userNameEmpty }
    guard let user = user(requester.name) else { throw .userNotFound(requester.name) }
    guard user.hasRootRole else { throw .permissionDenied(user: requester.name) }
  }

  /// Refuses who may not read or write keys.
  ///
  /// - Throws: ``AuthError/userNameEmpty``, ``AuthError/oldRevision(found:current:)`` or
  ///   ``AuthError/permissionDenied(user:)``.
  func check(
    _ requester: Requester,
    may access: KeyPermissions.Access,
    _ key: Data,
    _ end: Data = Data()
  ) throws(AuthError) {
    guard isEnabled else { return }
    // Only a request that was admitted while authentication was off has none.
    guard requester.revision != 0 else { throw .userNameEmpty }
    guard requester.revision >= revision else {
      throw .oldRevision(found: requester.revision, current: revision)
    }
    guard let user = user(requester.name) else { throw .permissionDenied(user: requester.name) }
    if user.hasRootRole { return }
    guard permissions(of: user).allows(access, Array(key), Array(end)) else {
      throw .permissionDenied(user: requester.name)
    }
  }

  private func permissions(of user: Authpb_User) -> KeyPermissions {
    let name = Array(user.name)
    if let known = permissions[name] { return known }
    var found = KeyPermissions()
    for role in user.roles {
      for permission in self.role(role)?.keyPermission ?? [] {
        let accesses: [KeyPermissions.Access] =
          switch permission.permType {
          case .read: [.read]
          case .write: [.write]
          case .readwrite: [.read, .write]
          case .UNRECOGNIZED: []
          }
        found.allow(Array(permission.key), Array(permission.rangeEnd), accesses)
      }
    }
    found.sort()
    permissions[name] = found
    return found
  }

  // MARK: What is stored

  func user(_ name: String) -> Authpb_User? { users[Array(name.utf8)] }

  func role(_ name: String) -> Authpb_Role? { roles[Array(name.utf8)] }

  /// Stores a user; nil to remove one.
  ///
  /// The revision grows when all is stored: see ``advance()``.
  func set(_ user: Authpb_User?, named name: [UInt8]) {
    users[name] = user
    store(user, named: name, in: .authUsers)
  }

  /// Stores a role; nil to remove one.
  ///
  /// The revision grows when all is stored: see ``advance()``.
  func set(_ role: Authpb_Role?, named name: [UInt8]) {
    roles[name] = role
    store(role, named: name, in: .authRoles)
  }

  /// Ends a change.
  func advance() {
    revision &+= 1
    permissions = [:]
    let bytes = withUnsafeBytes(of: revision.bigEndian) { Array($0) }
    keyspace.putRow(bytes, for: AuthStore.revisionName, in: .auth)
  }

  private func store(_ message: (any Message)?, named name: [UInt8], in bucket: BucketName) {
    // Every message of these can be serialized: it has no required fields.
    if let message, let bytes: [UInt8] = try? message.serializedBytes() {
      keyspace.putRow(bytes, for: name, in: bucket)
    } else {
      keyspace.deleteRow(name, in: bucket)
    }
  }
}

extension Authpb_User {
  /// Whether the user may do everything.
  var hasRootRole: Bool { roles.contains(AuthStore.rootName) }
}
