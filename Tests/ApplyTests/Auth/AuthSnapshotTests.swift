import Bolt
import EtcdMessages
import Foundation
import MVCC
import SwiftProtobuf
import Synchronization
import TestSupport
import Testing

@testable import Apply

/// Requests against what they could do to each key of a small space.
///
/// A request that is let through and should not be, reads or writes what is another's; one that is
/// refused and should not be, stops its user.
@Suite struct AuthSnapshotTests {
  /// All keys of up to two of four bytes: those at the ends of the order among them.
  private static let keys: [[UInt8]] = {
    let bytes: [UInt8] = [0, 1, 97, 255]
    return bytes.map { [$0] } + bytes.flatMap { first in bytes.map { [first, $0] } }
  }()

  /// What a user may do, key by key.
  private struct Model {
    var readable: Set<[UInt8]> = []
    var writable: Set<[UInt8]> = []

    mutating func allow(_ type: Authpb_Permission.TypeEnum, _ key: [UInt8], _ end: [UInt8]) {
      let keys = Model.keys(key, end)
      if type != .write { readable.formUnion(keys) }
      if type != .read { writable.formUnion(keys) }
    }

    /// The keys of a range, and one behind each of them that no permission begins or ends at.
    static func keys(_ key: [UInt8], _ end: [UInt8]) -> Set<[UInt8]> {
      let space = AuthSnapshotTests.keys + AuthSnapshotTests.keys.map { $0 + [0, 7] }
      if end.isEmpty { return [key] }
      return Set(
        space.filter {
          !$0.lexicographicallyPrecedes(key)
            && (end == [0] || $0.lexicographicallyPrecedes(end))
        }
      )
    }
  }

  private struct Random {
    var generator: SeededGenerator
    mutating func one<Element>(of elements: [Element]) -> Element {
      elements[Int.random(in: 0..<elements.count, using: &generator)]
    }
    mutating func range() -> (key: [UInt8], end: [UInt8]) {
      (one(of: AuthSnapshotTests.keys), one(of: AuthSnapshotTests.keys + [[], [], [0], [0]]))
    }
  }

  private let requester = AuthStore.Requester(name: "u", revision: 5)

  /// A snapshot with one user, who has some roles, and what they may do.
  private func snapshot(_ random: inout Random) -> (AuthSnapshot, Model) {
    var model = Model()
    var roles: [[UInt8]: Authpb_Role] = [:]
    var user = Authpb_User()
    for name in ["a", "b", "c"] where random.one(of: [true, true, false]) {
      let isGranted = random.one(of: [true, true, false])
      if isGranted { user.roles.append(name) }
      var role = Authpb_Role()
      for _ in 0..<random.one(of: [0, 1, 2, 4]) {
        var permission = Authpb_Permission()
        permission.permType = random.one(of: [.read, .write, .readwrite])
        let (key, end) = random.range()
        permission.key = Data(key)
        permission.rangeEnd = Data(end)
        role.keyPermission.append(permission)
        // A range that no key lies in, as etcd 3.4 lets be granted, allows none.
        if isGranted { model.allow(permission.permType, key, end) }
      }
      roles[Array(name.utf8)] = role
    }
    let users = [Array("u".utf8): user]
    return (AuthSnapshot(isEnabled: true, revision: 5, users: users, roles: roles), model)
  }

  @Test func rangesAreAllowedExactlyIfAllTheirKeysAre() {
    var random = Random(generator: SeededGenerator(seed: 1))
    var counts = [true: 0, false: 0]
    for _ in 0..<400 {
      let (snapshot, model) = snapshot(&random)
      for _ in 0..<50 {
        let (key, end) = random.range()
        // Where no key lies between, etcd asks whether the first one may be touched.
        let isEmpty = !end.isEmpty && end != [0] && !key.lexicographicallyPrecedes(end)
        let wanted = isEmpty ? [key] : Model.keys(key, end)
        for (access, allowed) in [(KeyAccess.read, model.readable), (.write, model.writable)] {
          // Behind all keys of the space there are others, which only an open range has.
          let isAllowed = wanted.isSubset(of: allowed)
          let found = (try? snapshot.check(requester, may: access, key, end)) != nil
          if found != isAllowed { Issue.record("\(access) \(key) \(end): \(found)") }
          counts[isAllowed, default: 0] += 1
        }
      }
    }
    #expect((counts[true] ?? 0) > 2000 && (counts[false] ?? 0) > 2000)
  }

  @Test func transactionsAreAllowedExactlyIfAllTheirPartsAre() throws {
    let test = try TestApplier()
    var random = Random(generator: SeededGenerator(seed: 2))
    var counts = [true: 0, false: 0]
    for _ in 0..<2000 {
      let (snapshot, model) = snapshot(&random)
      var isAllowed = true
      let txn = txn(&random, model, &isAllowed, depth: 0)
      let found = (try? snapshot.check(requester, mayDo: txn, in: test.keyspace)) != nil
      if found != isAllowed { Issue.record("\(txn): \(found)") }
      counts[isAllowed, default: 0] += 1
    }
    #expect((counts[true] ?? 0) > 100 && (counts[false] ?? 0) > 100)
  }

  /// A transaction of single keys.
  private func txn(
    _ random: inout Random,
    _ model: Model,
    _ isAllowed: inout Bool,
    depth: Int
  ) -> Etcdserverpb_TxnRequest {
    var txn = Etcdserverpb_TxnRequest()
    // Mostly what is allowed, for else nothing ever would be.
    func key(_ allowed: Set<[UInt8]>) -> Data {
      let known = AuthSnapshotTests.keys.filter { allowed.contains($0) }
      let choice = random.one(of: [0, 1, 2, 3, 4, 5]) > 0 ? known : AuthSnapshotTests.keys
      return Data(random.one(of: choice.isEmpty ? AuthSnapshotTests.keys : choice))
    }
    if random.one(of: [true, false]) {
      let key = key(model.readable)
      txn.compare = [.with { $0.key = key }]
      isAllowed = isAllowed && model.readable.contains(Array(key))
    }
    for _ in 0..<random.one(of: [0, 1, 2]) {
      var operation = Etcdserverpb_RequestOp()
      let kind = random.one(of: [0, 1, 2, 3])
      let wantsPrevious = random.one(of: [true, false, false])
      switch kind {
      case 0:
        let key = key(model.readable)
        operation.requestRange.key = key
        isAllowed = isAllowed && model.readable.contains(Array(key))
      case 3 where depth < 3:
        operation.requestTxn = self.txn(&random, model, &isAllowed, depth: depth + 1)
      default:
        let key = key(wantsPrevious ? model.writable.intersection(model.readable) : model.writable)
        if kind == 1 {
          operation.requestPut = .with {
            $0.key = key
            $0.prevKv = wantsPrevious
          }
        } else {
          operation.requestDeleteRange = .with {
            $0.key = key
            $0.prevKv = wantsPrevious
          }
        }
        isAllowed = isAllowed && model.writable.contains(Array(key))
        if wantsPrevious { isAllowed = isAllowed && model.readable.contains(Array(key)) }
      }
      if random.one(of: [true, false]) {
        txn.success.append(operation)
      } else {
        txn.failure.append(operation)
      }
    }
    return txn
  }

  // MARK: Other threads

  @Test func aChangeIsSeenByAllOnceItIsMade() throws {
    let test = try TestApplier()
    let directory = test.applier.auth.directory
    #expect(!directory.isEnabled)
    _ = try test.apply { $0.authUserAdd.name = "root" }
    #expect(directory.current.user("root") != nil)
    #expect(directory.current.revision == test.applier.auth.revision)
    _ = try test.apply {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    let before = directory.current
    _ = try test.apply { $0.authEnable = .init() }
    #expect(directory.isEnabled && directory.current.isEnabled)
    // What somebody holds stays as it was.
    #expect(!before.isEnabled)
    _ = try test.apply {
      $0.authDisable = .init()
      $0.setRequester("root", 3)
    }
    #expect(!directory.isEnabled)
    #expect(directory.current.revision == before.revision + 1)
  }

  /// Users come and go, and authentication with them, while other threads ask.
  @Test func otherThreadsSeeOneStateOrTheNext() throws {
    let test = try TestApplier()
    let directory = test.applier.auth.directory
    for name in ["root", "u"] {
      _ = try test.apply { $0.authUserAdd.name = name }
    }
    _ = try test.apply {
      $0.authUserGrantRole.user = "root"
      $0.authUserGrantRole.role = "root"
    }
    _ = try test.apply { $0.authRoleAdd.name = "r" }
    _ = try test.apply {
      $0.authRoleGrantPermission.name = "r"
      $0.authRoleGrantPermission.perm.key = Data("a".utf8)
    }
    let isDone = Flag()
    let wrong = Flag()
    let threads = (0..<2).map { _ in
      Thread {
        var last: UInt64 = 0
        while !isDone.isSet {
          _ = directory.isEnabled
          let snapshot = directory.current
          if snapshot.revision < last { wrong.set() }
          last = snapshot.revision
          let requester = AuthStore.Requester(name: "u", revision: snapshot.revision)
          let isAllowed = (try? snapshot.check(requester, may: .read, Data("a".utf8))) != nil
          let hasRole = snapshot.user("u")?.hasRole("r") == true
          if isAllowed != (hasRole || !snapshot.isEnabled) { wrong.set() }
        }
      }
    }
    for thread in threads { thread.start() }
    for round in 0..<300 {
      _ = try test.apply { request in
        switch round % 4 {
        case 0: request.authEnable = .init()
        case 1:
          request.authUserGrantRole.user = "u"
          request.authUserGrantRole.role = "r"
        case 2: request.authDisable = .init()
        default:
          request.authUserRevokeRole.name = "u"
          request.authUserRevokeRole.role = "r"
        }
        request.setRequester("root", test.applier.auth.revision)
      }
    }
    isDone.set()
    while threads.contains(where: { !$0.isFinished }) { usleep(1000) }
    #expect(!wrong.isSet)
  }
}

/// Something that threads tell each other.
private final class Flag: Sendable {
  private let value = Atomic(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}
