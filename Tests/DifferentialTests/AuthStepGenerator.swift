import EtcdMessages
import Foundation
import SwiftProtobuf

/// Makes requests of several users, whose permissions change all the time.
struct AuthStepGenerator {
  /// Makes the requests for keys.
  var keys: StepGenerator

  private var passwords = ["ann": "0", "bob": "0", "eve": "0"]
  private let users = ["ann", "bob", "eve", "root", "none"]
  private let roles = ["one", "two", "root", "none"]
  private let root = Caller(name: "root", password: "root")

  init(seed: UInt64) {
    keys = StepGenerator(seed: seed)
    // Whether somebody may ask for the keys of those, of which there are none, depends in etcd on the
    // shape of the tree in which it keeps the permissions.
    keys.hasReversedRanges = false
  }

  /// What makes users and roles, and asks from then on who calls.
  var beginning: [Step] {
    let steps: [AuthStep] =
      [.enable, .addUser(.with { $0.name = "" })]
      + ["root", "ann", "bob", "eve"].map { name in
        .addUser(
          .with {
            $0.name = name
            $0.password = passwords[name] ?? "root"
          }
        )
      }
      + [.enable, .addRole("root"), .addRole("one"), .addRole("two")]
      + [.grantRole("root", user: "root"), .grantRole("one", user: "ann"), .enable, .enable]
    return steps.map { .auth($0) }
  }

  /// What lets everybody do everything again.
  var end: [Step] { [.by(root, .auth(.disable))] }

  /// The next request.
  mutating func next() -> Step {
    switch keys.number(0..<100) {
    case 0..<28:
      let caller = keys.chance(85) ? root : self.caller()
      return .by(caller, .auth(authStep()))
    case 28..<29: return .by(root, .auth(.disable))
    case 29..<32: return .by(root, .auth(.enable))
    default: return .by(caller(), keyStep())
    }
  }

  private mutating func pick(_ names: [String]) -> String { names[keys.number(0..<names.count)] }

  private mutating func caller() -> Caller {
    switch keys.number(0..<20) {
    case 0: Caller(name: "", password: "")
    case 1: Caller(name: "ann", password: "wrong")
    case 2..<5: root
    default: known()
    }
  }

  private mutating func known() -> Caller {
    let name = pick(["ann", "bob", "eve"])
    return Caller(name: name, password: passwords[name] ?? "0")
  }

  // MARK: Keys

  private mutating func keyStep() -> Step {
    switch keys.number(0..<100) {
    case 0..<30: .range(closed(keys.range()))
    case 30..<52: .put(keys.put())
    case 52..<60: .delete(keys.delete())
    case 60..<80: .txn(keys.txn(depth: 1))
    case 80..<82: .compact(.with { $0.revision = keys.revision + 1 })
    case 82..<84: .hash(.init())
    case 84..<85: .alarms
    case 85..<88: keys.grantStep()
    case 88..<89: .revoke(.with { $0.id = keys.lease() })
    case 89..<91: .keepAlive(.with { $0.id = keys.lease() })
    case 91..<94:
      .timeToLive(
        .with {
          $0.id = keys.lease()
          $0.keys = keys.chance(50)
        }
      )
    case 94..<96: .leases
    default: .watchOnce(watch())
    }
  }

  private mutating func closed(_ request: Etcdserverpb_RangeRequest) -> Etcdserverpb_RangeRequest {
    var request = request
    request.revision = 0
    return request
  }

  private mutating func watch() -> Etcdserverpb_WatchCreateRequest {
    var request = keys.watch()
    request.startRevision = 0
    request.watchID = 0
    // etcd lets a watcher of all that follows a key in who may read that key only.
    if request.rangeEnd == Data([0]) { request.rangeEnd = Data() }
    return request
  }

  // MARK: Users and roles

  private mutating func authStep() -> AuthStep {
    switch keys.number(0..<100) {
    case 0..<25: return .grantPermission(grant())
    case 25..<40:
      let (key, end) = interval()
      return .revokePermission(
        .with {
          $0.role = pick(roles)
          $0.key = key
          $0.rangeEnd = end
        }
      )
    case 40..<52: return .grantRole(pick(roles), user: pick(users))
    case 52..<59: return .revokeRole(pick(roles), user: pick(["ann", "bob", "eve", "none"]))
    case 59..<64:
      let name = pick(users)
      return .addUser(
        .with {
          $0.name = name
          $0.password = passwords[name] ?? "root"
        }
      )
    case 64..<67: return .deleteUser(pick(["ann", "bob", "none"]))
    case 67..<70: return changePassword()
    case 70..<74: return .addRole(pick(roles))
    case 74..<76: return .deleteRole(pick(["one", "two", "none"]))
    case 76..<82: return .getUser(pick(users))
    case 82..<88: return .getRole(pick(roles))
    case 88..<91: return .listUsers
    case 91..<94: return .listRoles
    default: return .authenticate(caller())
    }
  }

  private mutating func changePassword() -> AuthStep {
    let name = pick(["ann", "bob", "eve", "none"])
    let password = "\(keys.number(0..<3))"
    passwords[name] = password
    return .changePassword(Caller(name: name, password: password))
  }

  private mutating func grant() -> Etcdserverpb_AuthRoleGrantPermissionRequest {
    let (key, end) = interval()
    return .with {
      $0.name = pick(roles)
      $0.perm = .with {
        $0.permType = [.read, .write, .readwrite][keys.number(0..<3)]
        $0.key = key
        $0.rangeEnd = end
      }
    }
  }

  /// Few different ones, so that what was granted is revoked now and then.
  private mutating func interval() -> (key: Data, end: Data) {
    switch keys.number(0..<12) {
    case 0: (Data("a/".utf8), Data("a0".utf8))
    case 1: (Data("b/".utf8), Data("b0".utf8))
    case 2: (Data("a/4".utf8), Data("b/5".utf8))
    case 3: (Data("app".utf8), Data("apq".utf8))
    case 4: (Data("a/2".utf8), Data())
    case 5: (Data("b/7".utf8), Data())
    case 6: (Data("z".utf8), Data([0]))
    case 7: (Data([0]), Data([0]))
    case 8: (Data("a/1".utf8), Data("a/5".utf8))
    case 9: (Data("a/5".utf8), Data("a/9".utf8))
    case 10: (Data("b".utf8), Data("a".utf8))
    default: (Data(), Data())
    }
  }
}
