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
/// the keyspace's next commit, and published for other threads: see ``AuthDirectory``.
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

    /// Whether nothing was said of who asks.
    public var isNobody: Bool { revision == 0 && name.isEmpty }
  }

  /// What the first administrator is called, and the role of all of them.
  public static let rootName = "root"
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

  /// Told of who has authenticated, and whose tokens end.
  let tokens: (any AuthTokens)?

  /// What other threads see.
  public let directory: AuthDirectory

  /// What is published in the directory.
  private(set) var snapshot: AuthSnapshot

  // By their names, as the buckets have them.
  private(set) var users: [[UInt8]: Authpb_User] = [:]
  private(set) var roles: [[UInt8]: Authpb_Role] = [:]

  /// Reads what is stored.
  ///
  /// Rows that are no users or roles are passed over: whoever they were may do nothing.
  ///
  /// - Parameters:
  ///   - keyspace: Where changes are written to.
  ///   - transaction: The state of the database that the keyspace was opened from.
  ///   - hashesPassword: Makes of a password what is stored.
  ///   - tokens: Told of who has authenticated.
  /// - Throws: The fault of a page.
  public init(
    _ keyspace: Keyspace,
    in transaction: ReadTransaction,
    hashesPassword: ((String) -> [UInt8])? = nil,
    tokens: (any AuthTokens)? = nil
  ) throws(BoltError) {
    self.keyspace = keyspace
    self.hashesPassword = hashesPassword
    self.tokens = tokens
    revision = 0
    snapshot = AuthSnapshot(isEnabled: false, revision: 0, users: [:], roles: [:])
    directory = AuthDirectory(snapshot)
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
    if revision == 0 { advance() } else { publish() }
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
    publish()
  }

  /// Lets everybody do everything from now on.
  public func disable() {
    guard isEnabled else { return }
    keyspace.putRow([0], for: AuthStore.enabledName, in: .auth)
    isEnabled = false
    tokens?.invalidateAllTokens()
    advance()
  }

  /// Has a token given to a user, whose password has been checked before the entry was proposed.
  ///
  /// - Parameters:
  ///   - request: The user, and the token without the index that is added to it.
  ///   - index: The index of the entry.
  /// - Returns: The token; of no use where tokens are signed.
  /// - Throws: ``AuthError/notEnabled`` or ``AuthError/authenticationFailed(user:)``.
  func authenticate(
    _ request: Etcdserverpb_InternalAuthenticateRequest,
    at index: UInt64
  ) throws(AuthError) -> String {
    guard isEnabled else { throw .notEnabled }
    guard let user = user(request.name), !user.options.noPassword else {
      throw .authenticationFailed(user: request.name)
    }
    let token = "\(request.simpleToken).\(index)"
    tokens?.assign(token, to: request.name)
    return token
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
    let bytes = withUnsafeBytes(of: revision.bigEndian) { Array($0) }
    keyspace.putRow(bytes, for: AuthStore.revisionName, in: .auth)
    publish()
  }

  private func publish() {
    snapshot = AuthSnapshot(
      isEnabled: isEnabled,
      revision: revision,
      users: users,
      roles: roles
    )
    directory.publish(snapshot)
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
