import EtcdMessages
import Foundation
import NIOCore
import NIOPosix
import RPC
import SwiftProtobuf
import TestSupport
import Testing

@testable import Apply
@testable import Store

/// What becomes of a password, and what of a token when something changes while it is given.
@Suite struct AuthServiceTests {
  private static let service = "/etcdserverpb.Auth/"

  private func add(_ node: AuthNode, _ name: String, _ password: String) throws {
    _ = try node.call(
      AuthServiceTests.service + "UserAdd",
      Etcdserverpb_AuthUserAddRequest.with {
        $0.name = name
        $0.password = password
      },
      Etcdserverpb_AuthUserAddResponse.self
    )
  }

  /// A node with the user root, authentication on.
  private func node(_ tokens: TokenProvider = .simple(SimpleTokens())) throws -> AuthNode {
    let node = try AuthNode(tokens: tokens)
    try add(node, "root", "first")
    try node.apply {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    try node.apply { $0.authEnable = .init() }
    return node
  }

  private func authenticate(_ node: AuthNode, _ name: String, _ password: String) throws -> String {
    try node.call(
      AuthServiceTests.service + "Authenticate",
      Etcdserverpb_AuthenticateRequest.with {
        $0.name = name
        $0.password = password
      },
      Etcdserverpb_AuthenticateResponse.self
    ).token
  }

  private func hashed(_ password: String) throws -> String {
    base64(try Bcrypt.hash(password, cost: 4))
  }

  @Test func allMethodsAreThere() throws {
    let names = try AuthNode().service.methods.keys.map { $0.split(separator: "/").last ?? "" }
    #expect(
      Set(names) == [
        "AuthEnable", "AuthDisable", "AuthStatus", "Authenticate", "UserAdd", "UserGet", "UserList",
        "UserDelete", "UserChangePassword", "UserGrantRole", "UserRevokeRole", "RoleAdd", "RoleGet",
        "RoleList", "RoleDelete", "RoleGrantPermission", "RoleRevokePermission",
      ]
    )
  }

  @Test func whatIsNoMessageIsRefused() throws {
    let node = try AuthNode()
    for path in node.service.methods.keys {
      let status = #expect(throws: RPCStatus.self) {
        // A field of 200 bytes that ends after none.
        try node.call(path, [0x0A, 0xC8, 0x01])
      }
      #expect(status?.code == .internal)
    }
  }

  @Test func whatIsTooLargeIsRefusedBeforeWhoMayNotAsk() throws {
    let node = try node()
    func refusal(_ method: String, _ request: some Message) -> RPCStatus? {
      #expect(throws: RPCStatus.self) {
        try node.call(AuthServiceTests.service + method, request)
      }
    }
    for (byteCount, expected) in [(10, RPCStatus.userEmpty), (1 << 17, .requestTooLarge)] {
      let name = String(repeating: "a", count: byteCount)
      #expect(
        refusal("RoleAdd", Etcdserverpb_AuthRoleAddRequest.with { $0.name = name }) == expected
      )
      let user = Etcdserverpb_AuthUserAddRequest.with {
        $0.name = name
        $0.password = "b"
      }
      #expect(refusal("UserAdd", user) == expected)
      let change = Etcdserverpb_AuthUserChangePasswordRequest.with {
        $0.name = name
        $0.password = "b"
      }
      #expect(refusal("UserChangePassword", change) == expected)
    }
  }

  @Test func onlyHashesAreWrittenToTheLog() throws {
    let node = try node()
    let user = try #require(node.directory.current.user("root"))
    #expect(user.password.starts(with: Data("$2a$04$".utf8)))
    #expect(Bcrypt.matches("first", Array(user.password)))
  }

  @Test func aTokenIsForTheRightPassword() throws {
    let node = try node()
    let token = try authenticate(node, "root", "first")
    let parts = token.split(separator: ".")
    #expect(parts.count == 2 && parts[0].count == 16)
    // The index of the entry that gave it.
    #expect(parts.last == "4")
    let list = try node.call(
      AuthServiceTests.service + "UserList",
      Etcdserverpb_AuthUserListRequest(),
      token: token,
      Etcdserverpb_AuthUserListResponse.self
    )
    #expect(list.users == ["root"])
    #expect(throws: RPCStatus.authFailed) { try authenticate(node, "root", "second") }
    #expect(throws: RPCStatus.authFailed) { try authenticate(node, "ghost", "first") }
  }

  @Test(arguments: [true, false])
  func aPasswordThatChangedMeanwhileIsCheckedAgain(staysRight: Bool) throws {
    let node = try node()
    node.writer.pause()
    let hash = try hashed(staysRight ? "first" : "second")
    let changer = Thread {
      // As soon as the token waits to be given.
      while node.writer.waitingCount == 0 { usleep(1000) }
      try? node.apply(by: node.admission.node) {
        $0.authUserChangePassword.name = "root"
        $0.authUserChangePassword.hashedPassword = hash
      }
      node.writer.goOn()
    }
    changer.start()
    if staysRight {
      let token = try authenticate(node, "root", "first")
      // The first one was given and thrown away.
      #expect(token.hasSuffix(".6"))
    } else {
      #expect(throws: RPCStatus.authFailed) { try authenticate(node, "root", "first") }
    }
  }

  @Test func aUserThatWasDeletedMeanwhileGetsNoToken() throws {
    let node = try node()
    let hash = try hashed("a")
    try node.apply(by: node.admission.node) {
      $0.authUserAdd.name = "alice"
      $0.authUserAdd.hashedPassword = hash
    }
    node.writer.pause()
    let changer = Thread {
      while node.writer.waitingCount == 0 { usleep(1000) }
      try? node.apply(by: node.admission.node) { $0.authUserDelete.name = "alice" }
      node.writer.goOn()
    }
    changer.start()
    #expect(throws: RPCStatus.authFailed) { try authenticate(node, "alice", "a") }
  }

  @Test func tokensEndWithPasswordsUsersAndAuthentication() throws {
    let node = try node()
    func isWorthSomething(_ token: String) throws -> Bool {
      do {
        let request = Etcdserverpb_AuthStatusRequest()
        _ = try node.call(
          AuthServiceTests.service + "AuthStatus",
          request,
          metadata: [("token", token)]
        )
        return true
      } catch let status as RPCStatus where status == .invalidAuthToken {
        return false
      }
    }
    let first = try authenticate(node, "root", "first")
    let second = try authenticate(node, "root", "first")
    #expect(first != second)
    #expect(try isWorthSomething(first))
    let hash = try hashed("first")
    try node.apply(by: node.admission.node) {
      $0.authUserChangePassword.name = "root"
      $0.authUserChangePassword.hashedPassword = hash
    }
    #expect(try !isWorthSomething(first))
    #expect(try !isWorthSomething(second))
    let third = try authenticate(node, "root", "first")
    try node.apply(by: node.admission.node) { $0.authDisable = .init() }
    try node.apply { $0.authEnable = .init() }
    #expect(try !isWorthSomething(third))
  }

  @Test func signedTokensSayTheRevision() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("secret")
    try Data("secret".utf8).write(to: URL(fileURLWithPath: path))
    let provider = try TokenProvider("jwt,sign-method=HS256,priv-key=\(path)")
    let node = try node(provider)
    let token = try authenticate(node, "root", "first")
    guard case .signed(let tokens) = provider else {
      Issue.record("tokens are signed")
      return
    }
    let expected = AuthStore.Requester(name: "root", revision: node.directory.current.revision)
    #expect(tokens.requester(of: token) == expected)
    let key = Data("a".utf8)
    let snapshot = node.directory.current
    #expect(throws: Never.self) { try snapshot.check(expected, may: .read, key) }
    // Any change makes it too old for keys.
    try node.apply(by: node.admission.node) { $0.authRoleAdd.name = "r" }
    #expect(throws: AuthError.oldRevision(found: 3, current: 4)) {
      try node.directory.current.check(expected, may: .read, key)
    }
  }

  @Test func withoutTokensNobodyAuthenticates() throws {
    let node = try node(.none)
    #expect(throws: RPCStatus.authFailed) { try authenticate(node, "root", "first") }
  }

  @Test func whatIsTooMuchToHashIsRefused() throws {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    defer { try? pool.syncShutdownGracefully() }
    let worker = PasswordWorker(on: pool, cost: 99)
    #expect(worker.cost == 10)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let count = PasswordWorker.waitingCount + 10
    let gate = DispatchSemaphore(value: 0)
    let results = try (0..<count).map { number in
      let promise = loop.makePromise(of: Bool.self)
      worker.run(backOn: loop) {
        if number == 0 { gate.wait() }
        return number
      } _: {
        promise.succeed($0 == number)
      }
      if number == count - 1 { gate.signal() }
      return promise.futureResult
    }.map { try $0.wait() }
    #expect(results.filter { $0 }.count == PasswordWorker.waitingCount)
    #expect(results.suffix(10).allSatisfy { !$0 })
  }
}
