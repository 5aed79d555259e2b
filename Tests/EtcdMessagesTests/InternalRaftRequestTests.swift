import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

/// Data of log entries that etcd 3.4.23 and 3.5.30 wrote.
@Suite struct InternalRaftRequestTests {
  @Test func putIsRead() throws {
    let request: Etcdserverpb_InternalRaftRequest = try recorded(
      "22150a066c65617365641201781889b2b3e6d5bfa8d813a2060b088bb2b3e6d5bfa8d89301"
    )
    #expect(request.header.id == 0x93b0_a1fd_5ccc_d90b)
    #expect(request.put.key == Data("leased".utf8))
    #expect(request.put.value == Data("x".utf8))
    #expect(request.put.lease == 0x13b0_a1fd_5ccc_d909)
    #expect(!request.hasRange)
  }

  @Test func transactionIsRead() throws {
    let request: Etcdserverpb_InternalRaftRequest = try recorded(
      """
      32340a0b080210021a03666f6f3009120812060a016112013112090a070a03666f6f180312081a060a01621201\
      631a060a040a027a7aa2060b0885b49dead5bfa8d89301
      """
    )
    let comparison = try #require(request.txn.compare.first)
    #expect(comparison.result == .less)
    #expect(comparison.target == .mod)
    #expect(comparison.targetUnion == .modRevision(9))
    #expect(request.txn.success.count == 3)
    #expect(request.txn.success.first?.requestPut.value == Data("1".utf8))
    #expect(request.txn.success[1].requestRange.limit == 3)
    #expect(request.txn.success[2].requestDeleteRange.rangeEnd == Data("c".utf8))
    #expect(request.txn.failure.first?.requestRange.key == Data("zz".utf8))
  }

  @Test func leaseIsRead() throws {
    let request: Etcdserverpb_InternalRaftRequest = try recorded(
      "420c084d108db49dead5bfa8d813a2060b088eb49dead5bfa8d89301"
    )
    #expect(request.leaseGrant.ttl == 77)
    #expect(request.leaseGrant.id == 0x13b0_a1fd_5d47_5a0d)
  }

  @Test func userIsRead() throws {
    let hashed: Etcdserverpb_InternalRaftRequest = try recorded(
      """
      a2060b0894b2b3e6d5bfa8d89301e244580a0275311a0022504a444a684a4445774a476c315454426f546d4a68\
      566c7068597a5257516b31326132526b524539494f44464d616b6c364f48526b5a58644d5253356c546d357062\
      4642526330777857544252576c464c
      """
    )
    #expect(hashed.authUserAdd.name == "u1")
    #expect(hashed.authUserAdd.hashedPassword.hasPrefix("JDJhJDEw"))
    let plain: Etcdserverpb_InternalRaftRequest = try recorded(
      "a2060b088bb49dead5bfa8d89301e244090a03753a701a020801"
    )
    #expect(plain.authUserAdd.name == "u:p")
    #expect(plain.authUserAdd.options.noPassword)
  }

  @Test func permissionIsRead() throws {
    let granted: Etcdserverpb_InternalRaftRequest = try recorded(
      "a2060b0889b49dead5bfa8d893019a4b0c0a027232120612016b1a016c"
    )
    #expect(granted.authRoleGrantPermission.name == "r2")
    #expect(granted.authRoleGrantPermission.perm.permType == .read)
    let revoked: Etcdserverpb_InternalRaftRequest = try recorded(
      "a2060b088ab49dead5bfa8d89301a24b0a0a02723212016b1a016c"
    )
    #expect(revoked.authRoleRevokePermission.role == "r2")
    #expect(revoked.authRoleRevokePermission.rangeEnd == Data("l".utf8))
  }

  @Test func legacyRequestIsRead() throws {
    let request: Etcdserverpb_Request = try recorded(
      """
      0882b2b3e6d5bfa8d8930112035055541a0a2f302f76657273696f6e2205332e352e3028003200380048005000\
      58006000680070007800800100
      """
    )
    #expect(request.method == "PUT")
    #expect(request.path == "/0/version")
    #expect(request.val == "3.5.0")
    #expect(!request.hasPrevExist)
    #expect(request.hasStream)
  }

  @Test func ownerOfALogIsRead() throws {
    let metadata: Etcdserverpb_Metadata = try recorded(
      "08cdd2918bd2b881cf8e0110b298eaf1948386fccd01"
    )
    #expect(metadata.nodeID == 0x8e9e_05c5_2164_694d)
    #expect(metadata.clusterID == 0xcdf8_1819_4e3a_8c32)
  }

  @Test func changeOfMembersIsRead() throws {
    let change: Raftpb_ConfChange = try recorded(
      """
      0887b49dead5bfa8d89301100318fb938bf295f8eba51422517b226964223a3134363234353537343930353638\
      34323233352c227065657255524c73223a5b22687474703a2f2f3132372e302e302e313a3233393939225d2c22\
      69734c6561726e6572223a747275657d
      """
    )
    #expect(change.type == .confChangeAddLearnerNode)
    #expect(change.nodeID == 0x144b_afc1_5e42_c9fb)
    #expect(change.context.starts(with: Data(#"{"id":1462455749056842235,"#.utf8)))
  }

  static let fields: [(UInt32, @Sendable (Etcdserverpb_InternalRaftRequest) -> Bool)] = [
    (100, { $0.hasHeader }),
    (2, { $0.hasV2 }),
    (3, { $0.hasRange }),
    (4, { $0.hasPut }),
    (5, { $0.hasDeleteRange }),
    (6, { $0.hasTxn }),
    (7, { $0.hasCompaction }),
    (8, { $0.hasLeaseGrant }),
    (9, { $0.hasLeaseRevoke }),
    (10, { $0.hasAlarm }),
    (11, { $0.hasLeaseCheckpoint }),
    (1000, { $0.hasAuthEnable }),
    (1011, { $0.hasAuthDisable }),
    (1012, { $0.hasAuthenticate }),
    (1013, { $0.hasAuthStatus }),
    (1100, { $0.hasAuthUserAdd }),
    (1101, { $0.hasAuthUserDelete }),
    (1102, { $0.hasAuthUserGet }),
    (1103, { $0.hasAuthUserChangePassword }),
    (1104, { $0.hasAuthUserGrantRole }),
    (1105, { $0.hasAuthUserRevokeRole }),
    (1106, { $0.hasAuthUserList }),
    (1107, { $0.hasAuthRoleList }),
    (1200, { $0.hasAuthRoleAdd }),
    (1201, { $0.hasAuthRoleDelete }),
    (1202, { $0.hasAuthRoleGet }),
    (1203, { $0.hasAuthRoleGrantPermission }),
    (1204, { $0.hasAuthRoleRevokePermission }),
    (1300, { $0.hasClusterVersionSet }),
    (1301, { $0.hasClusterMemberAttrSet }),
    (1302, { $0.hasDowngradeInfoSet }),
    (9900, { $0.hasDowngradeVersionTest }),
  ]

  @Test(arguments: fields.indices)
  func everyFieldHasItsNumber(index: Int) throws {
    let number = Self.fields[index].0
    let request = try Etcdserverpb_InternalRaftRequest(serializedBytes: Wire.field(number, ""))
    let set = Self.fields.filter { $0.1(request) }.map(\.0)
    #expect(set == [number])
  }

  @Test func unknownFieldsAreKept() throws {
    let bytes = Wire.field(4, Wire.field(1, "k")) + Wire.field(7777, "later")
    let request = try Etcdserverpb_InternalRaftRequest(serializedBytes: bytes)
    #expect(try request.serializedBytes() == bytes)
  }

  @Test func endlessNestingIsRefused() {
    var bytes = Wire.field(3, "k")
    for _ in 0..<10_000 { bytes = Wire.field(2, Wire.field(4, bytes)) }
    #expect(throws: BinaryDecodingError.messageDepthLimit) {
      try Etcdserverpb_TxnRequest(serializedBytes: bytes)
    }
  }

  @Test func damageIsRefusedOrRead() {
    let bytes = [UInt8](
      hexadecimal: "22150a066c65617365641201781889b2b3e6d5bfa8d813a2060b088bb2b3e6d5bfa8d89301"
    )
    // The beginnings that are messages of their own: nothing, and the put without its header.
    let whole = [0, 23]
    for damaged in Damage.truncations(of: bytes) where !whole.contains(damaged.count) {
      #expect(throws: BinaryDecodingError.self) {
        try Etcdserverpb_InternalRaftRequest(serializedBytes: damaged)
      }
    }
    for damaged in Damage.bitFlips(of: bytes) {
      // Most flips make another request; none may end the process.
      _ = try? Etcdserverpb_InternalRaftRequest(serializedBytes: damaged)
    }
  }
}
