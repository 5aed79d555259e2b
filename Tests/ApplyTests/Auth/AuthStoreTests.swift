import Bolt
import EtcdMessages
import Foundation
import MVCC
import SwiftProtobuf
import TestSupport
import Testing

@testable import Apply

/// Users and roles as entries of the log change them, and what they let through.
///
/// etcd looks at permissions only when it applies an entry: so a log is full of requests that were
/// refused, and whoever applies them shows what never was.
@Suite struct AuthStoreTests {
  private let test: TestApplier

  init() throws { test = try TestApplier() }

  private func addUser(_ name: String, roles: [String] = []) throws {
    _ = try test.apply {
      $0.authUserAdd.name = name
      $0.authUserAdd.hashedPassword = "cHc="
    }
    for role in roles {
      _ = try test.apply {
        $0.authUserGrantRole.user = name
        $0.authUserGrantRole.role = role
      }
    }
  }

  private func addRole(
    _ name: String,
    _ permissions: (Authpb_Permission.TypeEnum, String, String)...
  ) throws {
    _ = try test.apply { $0.authRoleAdd.name = name }
    for (type, key, end) in permissions {
      _ = try test.apply {
        $0.authRoleGrantPermission.name = name
        $0.authRoleGrantPermission.perm.permType = type
        $0.authRoleGrantPermission.perm.key = Data(key.utf8)
        $0.authRoleGrantPermission.perm.rangeEnd = Data(end.utf8)
      }
    }
  }

  /// Users `root` and `alice`, who may write keys from `a` to `c` and read those from `b` to `d`.
  private func enable() throws {
    try addUser("root", roles: ["root"])
    try addRole("writer", (.write, "a", "c"))
    try addRole("reader", (.read, "b", "d"))
    try addUser("alice", roles: ["writer", "reader"])
    #expect(try test.refusal { $0.authEnable = .init() } == nil)
  }

  private func refusal(
    as user: String = "alice",
    at revision: UInt64? = nil,
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws -> Applier.Refusal? {
    try test.refusal { request in
      fill(&request)
      request.setRequester(user, revision ?? self.test.applier.auth.revision)
    }
  }

  private let denied = Applier.Refusal.auth(.permissionDenied(user: "alice"))

  // MARK: Who may what

  @Test func withoutAuthenticationEverybodyMayEverything() throws {
    #expect(try test.put("z") == nil)
    #expect(try test.refusal { $0.authUserList = .init() } == nil)
  }

  @Test func keysAreWrittenByWhoMay() throws {
    try enable()
    #expect(try test.put("b", as: "alice") == nil)
    #expect(try test.put("d", as: "alice") == denied)
    #expect(try test.put("d", as: "root") == nil)
    #expect(try test.put("b", as: "nobody") == .auth(.permissionDenied(user: "nobody")))
    // Nobody asks without having been told apart.
    #expect(try test.put("b") == .auth(.userNameEmpty))
    #expect(try test.value(of: "d") == "")
  }

  @Test func requestsFromBeforeAChangeAreRefused() throws {
    try enable()
    let revision = test.applier.auth.revision
    _ = try refusal(as: "root") { $0.authRoleAdd.name = "later" }
    let refusal = try refusal(as: "root", at: revision) { $0.put.key = Data("b".utf8) }
    #expect(refusal == .auth(.oldRevision(found: revision, current: revision + 1)))
  }

  @Test func formerValuesAreReadByWhoMay() throws {
    try enable()
    func refusal(_ key: String) throws -> Applier.Refusal? {
      try self.refusal {
        $0.put.key = Data(key.utf8)
        $0.put.prevKv = true
      }
    }
    #expect(try refusal("b") == nil)
    #expect(try refusal("a") == denied)
    #expect(
      try self.refusal {
        $0.deleteRange.key = Data("a".utf8)
        $0.deleteRange.prevKv = true
      } == denied
    )
  }

  @Test func rangesAreDeletedByWhoMayWriteAllOfThem() throws {
    try enable()
    func refusal(_ key: String, _ end: String) throws -> Applier.Refusal? {
      try self.refusal {
        $0.deleteRange.key = Data(key.utf8)
        $0.deleteRange.rangeEnd = Data(end.utf8)
      }
    }
    #expect(try refusal("a", "c") == nil)
    #expect(try refusal("a", "d") == denied)
    #expect(try refusal("a", "\0") == denied)
  }

  @Test func allOfATransactionMustBeAllowed() throws {
    try enable()
    func refusal(_ fill: (inout Etcdserverpb_TxnRequest) -> Void) throws -> Applier.Refusal? {
      try self.refusal { fill(&$0.txn) }
    }
    func put(_ key: String) -> Etcdserverpb_RequestOp {
      .with { $0.requestPut.key = Data(key.utf8) }
    }
    #expect(try refusal { $0.success = [put("b")] } == nil)
    #expect(try refusal { $0.success = [put("b"), put("d")] } == denied)
    // The other branch counts as well, and what is compared is read.
    #expect(try refusal { $0.failure = [put("d")] } == denied)
    #expect(try refusal { $0.compare = [.with { $0.key = Data("b".utf8) }] } == nil)
    #expect(try refusal { $0.compare = [.with { $0.key = Data("a".utf8) }] } == denied)
    #expect(
      try refusal { $0.success = [.with { $0.requestRange.key = Data("a".utf8) }] } == denied
    )
    #expect(
      try refusal { txn in
        txn.success = [.with { $0.requestTxn.failure = [put("d")] }]
      } == denied
    )
    #expect(test.keyspace.keyCount == 1)
  }

  @Test func leasesOfOthersAreLeftAlone() throws {
    try enable()
    for id: Int64 in [1, 2] { _ = try refusal { $0.leaseGrant.id = id } }
    func put(_ key: String, _ lease: Int64, as user: String) throws -> Applier.Refusal? {
      try refusal(as: user) {
        $0.put.key = Data(key.utf8)
        $0.put.lease = lease
      }
    }
    #expect(try put("b", 1, as: "alice") == nil)
    #expect(try put("z", 2, as: "root") == nil)
    #expect(try put("b", 2, as: "alice") == denied)
    #expect(try refusal { $0.leaseRevoke.id = 2 } == denied)
    #expect(try refusal { $0.leaseRevoke.id = 1 } == nil)
    #expect(try refusal(as: "root") { $0.leaseRevoke.id = 2 } == nil)
  }

  @Test func onlyAdministratorsChangeUsers() throws {
    try enable()
    #expect(try refusal { $0.authRoleAdd.name = "r" } == denied)
    #expect(try refusal { $0.authDisable = .init() } == denied)
    #expect(
      try refusal(as: "ghost") { $0.authUserList = .init() } == .auth(.userNotFound("ghost"))
    )
    #expect(try test.refusal { $0.authUserAdd.name = "x" } == .auth(.userNameEmpty))
    #expect(try refusal(as: "root") { $0.authDisable = .init() } == nil)
    #expect(!test.applier.auth.isEnabled)
    #expect(try test.put("z") == nil)
  }

  @Test func permissionsEndWhenTheyAreTaken() throws {
    try enable()
    #expect(try test.put("b", as: "alice") == nil)
    _ = try refusal(as: "root") {
      $0.authRoleRevokePermission.role = "writer"
      $0.authRoleRevokePermission.key = Data("a".utf8)
      $0.authRoleRevokePermission.rangeEnd = Data("c".utf8)
    }
    #expect(try test.put("b", as: "alice") == denied)
  }

  // MARK: Changes

  @Test func authenticationNeedsAnAdministrator() throws {
    #expect(try test.refusal { $0.authEnable = .init() } == .auth(.rootUserMissing))
    try addUser("root")
    #expect(try test.refusal { $0.authEnable = .init() } == .auth(.rootRoleMissing))
    _ = try test.apply {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    let revision = test.applier.auth.revision
    for _ in 0..<2 { #expect(try refusal(as: "root") { $0.authEnable = .init() } == nil) }
    #expect(test.applier.auth.isEnabled)
    #expect(test.applier.auth.revision == revision)
  }

  @Test func theLastAdministratorStays() throws {
    try enable()
    _ = try refusal(as: "root") { $0.authRoleAdd.name = "root" }
    let invalid = Applier.Refusal.auth(.invalidManagement)
    #expect(try refusal(as: "root") { $0.authUserDelete.name = "root" } == invalid)
    #expect(try refusal(as: "root") { $0.authRoleDelete.role = "root" } == invalid)
    #expect(
      try refusal(as: "root") {
        $0.authUserRevokeRole.name = "root"
        $0.authUserRevokeRole.role = "root"
      } == invalid
    )
  }

  @Test func whatIsNotThereCannotBeChanged() throws {
    try addUser("u")
    try addRole("r")
    let revision = test.applier.auth.revision
    #expect(try test.refusal { $0.authUserAdd.name = "u" } == .auth(.userExists("u")))
    #expect(try test.refusal { $0.authUserAdd.name = "" } == .auth(.userNameEmpty))
    #expect(
      try test.refusal {
        $0.authUserAdd.name = "v"
        $0.authUserAdd.hashedPassword = "*"
      } == .auth(.passwordUnreadable(user: "v"))
    )
    #expect(try test.refusal { $0.authUserDelete.name = "v" } == .auth(.userNotFound("v")))
    #expect(
      try test.refusal { $0.authUserChangePassword.name = "v" } == .auth(.userNotFound("v"))
    )
    #expect(try test.refusal { $0.authRoleAdd.name = "r" } == .auth(.roleExists("r")))
    #expect(try test.refusal { $0.authRoleAdd.name = "" } == .auth(.roleNameEmpty))
    #expect(try test.refusal { $0.authRoleDelete.role = "s" } == .auth(.roleNotFound("s")))
    #expect(
      try test.refusal {
        $0.authUserGrantRole.user = "u"
        $0.authUserGrantRole.role = "s"
      } == .auth(.roleNotFound("s"))
    )
    #expect(
      try test.refusal {
        $0.authUserRevokeRole.name = "u"
        $0.authUserRevokeRole.role = "r"
      } == .auth(.roleNotGranted(user: "u", role: "r"))
    )
    #expect(
      try test.refusal { $0.authRoleGrantPermission.name = "r" } == .auth(.permissionMissing)
    )
    #expect(
      try test.refusal {
        $0.authRoleGrantPermission.name = "r"
        $0.authRoleGrantPermission.perm.key = Data("b".utf8)
        $0.authRoleGrantPermission.perm.rangeEnd = Data("a".utf8)
      } == .auth(.invalidManagement)
    )
    #expect(
      try test.refusal {
        $0.authRoleRevokePermission.role = "r"
        $0.authRoleRevokePermission.key = Data("b".utf8)
      } == .auth(.permissionNotGranted(role: "r"))
    )
    #expect(test.applier.auth.revision == revision)
  }

  @Test func aDeletedRoleIsTakenFromItsUsers() throws {
    try addRole("r", (.read, "a", ""))
    try addRole("s")
    try addUser("u", roles: ["s", "r"])
    _ = try test.apply { $0.authRoleDelete.role = "r" }
    let rows = try test.rows(of: .authUsers)
    let user = try Authpb_User(serializedBytes: try #require(rows[Array("u".utf8)]))
    #expect(user.roles == ["s"])
    #expect(try test.rows(of: .authRoles).count == 1)
  }

  @Test func grantingARoleAgainChangesNothing() throws {
    try addRole("r")
    try addUser("u", roles: ["r"])
    let revision = test.applier.auth.revision
    #expect(
      try test.refusal {
        $0.authUserGrantRole.user = "u"
        $0.authUserGrantRole.role = "r"
      } == nil
    )
    #expect(test.applier.auth.revision == revision)
  }

  @Test func namesAreComparedByTheirBytes() throws {
    // The letter and the sign for Kelvin, which Swift takes for the same text.
    let (letter, sign) = ("K", "\u{212A}")
    for name in [letter, sign] { try addRole(name) }
    for name in [letter, sign] { try addUser(name, roles: [letter, sign]) }
    #expect(try test.rows(of: .authUsers).count == 2)
    #expect(test.applier.auth.user(letter)?.roles == [letter, sign])
    _ = try test.apply {
      $0.authUserRevokeRole.name = letter
      $0.authUserRevokeRole.role = sign
    }
    #expect(test.applier.auth.user(letter)?.roles.map { Array($0.utf8) } == [[75]])
    _ = try test.apply { $0.authRoleDelete.role = letter }
    #expect(test.applier.auth.user(letter)?.roles.isEmpty == true)
    #expect(test.applier.auth.user(sign)?.roles.map { $0.utf8.count } == [3])
    _ = try test.apply { $0.authUserDelete.name = sign }
    #expect(try test.rows(of: .authUsers).keys.map { $0 } == [[75]])
  }

  // MARK: Tokens

  /// What an applier tells of tokens.
  private final class Tokens: AuthTokens, @unchecked Sendable {
    // One thread applies entries and looks.
    var told: [String] = []
    func assign(_ token: String, to user: String) { told.append("\(token) for \(user)") }
    func invalidateTokens(of user: String) { told.append("none for \(user)") }
    func invalidateAllTokens() { told.append("none") }
  }

  @Test func tokensAreGivenInTheOrderOfTheLog() throws {
    let tokens = Tokens()
    var options = Applier.Options()
    options.tokens = tokens
    let test = try TestApplier(options: options)
    func authenticate(_ name: String) throws -> Applier.Outcome {
      try test.apply {
        $0.authenticate.name = name
        $0.authenticate.simpleToken = "abc"
      }
    }
    func refusal(_ name: String) throws -> Applier.Refusal? {
      if case .refused(let refusal) = try authenticate(name) { return refusal }
      return nil
    }
    for name in ["root", "alice", "none"] {
      _ = try test.apply {
        $0.authUserAdd.name = name
        $0.authUserAdd.options.noPassword = name == "none"
      }
    }
    _ = try test.apply {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    #expect(try refusal("root") == .auth(.notEnabled))
    _ = try test.apply { $0.authEnable = .init() }
    guard case .applied(.authenticated(let token, let revision)) = try authenticate("alice") else {
      Issue.record("alice is known")
      return
    }
    #expect(token == "abc.7" && revision == test.applier.auth.revision)
    #expect(try refusal("none") == .auth(.authenticationFailed(user: "none")))
    #expect(try refusal("ghost") == .auth(.authenticationFailed(user: "ghost")))
    for change in 0..<3 {
      _ = try test.apply { request in
        switch change {
        case 0: request.authUserChangePassword.name = "alice"
        case 1: request.authUserDelete.name = "alice"
        default: request.authDisable = .init()
        }
        request.setRequester("root", test.applier.auth.revision)
      }
    }
    #expect(tokens.told == ["abc.7 for alice", "none for alice", "none for alice", "none"])
  }

  // MARK: What is stored

  @Test func usersAndRolesAreStoredAsEtcdStoresThem() throws {
    try addRole("r", (.readwrite, "b", "c"), (.read, "a", ""), (.write, "b", "c"))
    try addUser("u", roles: ["root", "r"])
    _ = try test.apply {
      $0.authUserAdd.name = "v"
      $0.authUserAdd.options.noPassword = true
    }
    // Name, password, roles in order, options though they say nothing.
    let user =
      Wire.field(1, "u") + Wire.field(2, "pw") + Wire.field(3, "r") + Wire.field(3, "root")
      + Wire.field(4, "")
    #expect(
      try test.rows(of: .authUsers) == [
        Array("u".utf8): user,
        Array("v".utf8): Wire.field(1, "v") + Wire.field(4, Wire.field(1, varint: 1)),
      ]
    )
    let permissions =
      Wire.field(2, Wire.field(2, "a"))
      + Wire.field(2, Wire.field(1, varint: 1) + Wire.field(2, "b") + Wire.field(3, "c"))
    #expect(
      try test.rows(of: .authRoles) == [Array("r".utf8): Wire.field(1, "r") + permissions]
    )
    // One for the first opening, and one for each of eight changes.
    #expect(try test.rows(of: .auth) == [Array("authRevision".utf8): [0, 0, 0, 0, 0, 0, 0, 9]])
  }

  @Test func passwordsOfOlderLogsAreHashed() throws {
    var options = Applier.Options()
    options.hashesPassword = { Array("hash of \($0)".utf8) }
    let test = try TestApplier(options: options)
    for name in ["u", "v"] {
      _ = try test.apply {
        $0.authUserAdd.name = name
        $0.authUserAdd.password = "first"
      }
    }
    _ = try test.apply {
      $0.authUserChangePassword.name = "v"
      $0.authUserChangePassword.hashedPassword = "c2Vjb25k"
    }
    let rows = try test.rows(of: .authUsers)
    #expect(
      rows[Array("u".utf8)]?.starts(with: Wire.field(1, "u") + Wire.field(2, "hash of first"))
        == true
    )
    #expect(
      rows[Array("v".utf8)]?.starts(with: Wire.field(1, "v") + Wire.field(2, "second")) == true
    )
  }

  @Test func whatIsStoredIsReadAgain() throws {
    try enable()
    try test.keyspace.commit()
    let again = try AuthStore(test.keyspace, in: test.database.read())
    #expect(again.isEnabled)
    #expect(again.revision == test.applier.auth.revision)
    let alice = AuthStore.Requester(name: "alice", revision: again.revision)
    #expect(throws: Never.self) { try again.snapshot.check(alice, may: .write, Data("b".utf8)) }
    #expect(throws: AuthError.permissionDenied(user: "alice")) {
      try again.snapshot.check(alice, may: .write, Data("c".utf8))
    }
  }
}
