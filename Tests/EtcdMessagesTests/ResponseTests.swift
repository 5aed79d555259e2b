import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

/// Responses as etcdctl 3.4.23 and 3.5.30 printed them with `-w protobuf`, and rows of a database.
///
/// The member is ac7c97ef0ec193b0 of the cluster 8cc9da78b36d1115, in its second term.
@Suite struct ResponseTests {
  static let header = "0895a2b49b8bcff6e48c0110b0a786f6f0fda5beac01"

  func check(_ header: Etcdserverpb_ResponseHeader, revision: Int64) {
    #expect(header.clusterID == 0x8cc9_da78_b36d_1115)
    #expect(header.memberID == 0xac7c_97ef_0ec1_93b0)
    #expect(header.revision == revision)
    #expect(header.raftTerm == 2)
  }

  @Test func rowOfAKeyIsRead() throws {
    let row: Mvccpb_KeyValue = try recorded("0a03666f6f1002180220012a03626172")
    #expect(row.key == Data("foo".utf8))
    #expect(row.createRevision == 2)
    #expect(row.modRevision == 2)
    #expect(row.version == 1)
    #expect(row.value == Data("bar".utf8))
    #expect(row.lease == 0)
  }

  @Test func putIsRead() throws {
    let response: Etcdserverpb_PutResponse = try recorded(
      "0a1a\(Self.header)1803200212100a03666f6f1002180220012a03626172"
    )
    check(response.header, revision: 3)
    #expect(response.prevKv.value == Data("bar".utf8))
  }

  @Test func rangeIsRead() throws {
    let response: Etcdserverpb_RangeResponse = try recorded(
      "0a1a\(Self.header)1803200212100a03666f6f1002180320022a0362617a2001"
    )
    check(response.header, revision: 3)
    #expect(response.kvs.map(\.value) == [Data("baz".utf8)])
    #expect(response.kvs.first?.version == 2)
    #expect(response.count == 1)
    #expect(!response.more)
  }

  @Test func deletionIsRead() throws {
    let response: Etcdserverpb_DeleteRangeResponse = try recorded(
      """
      0a1a\(Self.header)1805200210011a1b0a066c65617365641004180420012a01783089b2b3e6d5bfa8d813
      """
    )
    check(response.header, revision: 5)
    #expect(response.deleted == 1)
    #expect(response.prevKvs.map(\.key) == [Data("leased".utf8)])
    #expect(response.prevKvs.first?.lease == 0x13b0_a1fd_5ccc_d909)
  }

  @Test func transactionIsRead() throws {
    let response: Etcdserverpb_TxnResponse = try recorded(
      "0a1a\(Self.header)1802200210011a0612040a0218021a060a040a0218021a061a040a021802"
    )
    check(response.header, revision: 2)
    #expect(response.succeeded)
    let kinds = response.responses.map { operation in
      switch operation.response {
      case .responseRange: "range"
      case .responsePut: "put"
      case .responseDeleteRange: "delete"
      case .responseTxn, nil: "other"
      }
    }
    #expect(kinds == ["put", "range", "delete"])
    #expect(response.responses.first?.responsePut.header.revision == 2)
  }

  @Test func watchIsRead() throws {
    let response: Etcdserverpb_WatchResponse = try recorded(
      "0a1a\(Self.header)180620025a10120e0a03666f6f1002180620032a0177"
    )
    check(response.header, revision: 6)
    #expect(response.events.map(\.type) == [.put])
    #expect(response.events.first?.kv.value == Data("w".utf8))
  }

  @Test func membersAreRead() throws {
    let response: Etcdserverpb_MemberAddResponse = try recorded(
      """
      0a18\(Self.header)2002122408fb938bf295f8eba5141a16687474703a2f2f3132372e302e302e313a323339\
      393928011a2408fb938bf295f8eba5141a16687474703a2f2f3132372e302e302e313a323339393928011a4408\
      b0a786f6f0fda5beac01120764656661756c741a16687474703a2f2f3132372e302e302e313a32333739312216\
      687474703a2f2f3132372e302e302e313a3233373930
      """
    )
    check(response.header, revision: 0)
    #expect(response.member == response.members.first)
    #expect(response.member.id == 0x144b_afc1_5e42_c9fb)
    #expect(response.member.isLearner)
    #expect(response.members.last?.name == "default")
    #expect(response.members.last?.peerUrls == ["http://127.0.0.1:23791"])
    #expect(response.members.last?.clientUrls == ["http://127.0.0.1:23790"])
  }

  @Test func roleIsRead() throws {
    let response: Etcdserverpb_AuthRoleGetResponse = try recorded(
      "0a1a\(Self.header)18052002120c08021203666f6f1a03666f70"
    )
    let permission = try #require(response.perm.first)
    #expect(permission.permType == .readwrite)
    #expect(permission.key == Data("foo".utf8))
    #expect(permission.rangeEnd == Data("fop".utf8))
  }

  @Test func stateOfAuthenticationIsRead() throws {
    let response: Etcdserverpb_AuthStatusResponse = try recorded("0a1a\(Self.header)180520021805")
    #expect(!response.enabled)
    #expect(response.authRevision == 5)
  }

  @Test func namesOfUsersAreRead() throws {
    let list: Etcdserverpb_AuthUserListResponse = try recorded(
      "0a1a\(Self.header)1805200212027531"
    )
    #expect(list.users == ["u1"])
    let user: Etcdserverpb_AuthUserGetResponse = try recorded("0a1a\(Self.header)1805200212027231")
    #expect(user.roles == ["r1"])
  }
}
