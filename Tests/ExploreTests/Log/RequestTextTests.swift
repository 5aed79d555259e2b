import Decode
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing
import WAL

@testable import Explore

@Suite struct RequestTextTests {
  private let text = RequestText(decoder: Decoder())

  private func line(
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws -> String {
    text.line(try SampleLog.request(fill))
  }

  // MARK: Keys and values

  @Test func aPutSaysWhatItsValueIs() throws {
    let pod = Data(try Fixture.bytes("etcdctl/values/pod-min.bin"))
    func put(_ value: Data) throws -> String {
      try line {
        $0.put.key = Data("/registry/pods/demo/pod-min".utf8)
        $0.put.value = value
      }
    }
    #expect(try put(pod) == "/registry/pods/demo/pod-min v1/Pod \(pod.count)B")
    let json = #"{"kind":"Widget","apiVersion":"example.org/v1"}"#
    #expect(
      try put(Data(json.utf8)) == "/registry/pods/demo/pod-min example.org/v1/Widget 47B"
    )
    #expect(try put(Data()) == "/registry/pods/demo/pod-min 0B")
    #expect(try put(Data("text".utf8)) == "/registry/pods/demo/pod-min 4B")
    #expect(try put(Data([0xFF, 0])) == "/registry/pods/demo/pod-min 2B")
    #expect(
      try put(Data("k8s:enc:aescbc:v1:key1:abcd".utf8))
        == "/registry/pods/demo/pod-min (encrypted) 27B"
    )
  }

  @Test func aPutSaysWhatItLeavesAlone() throws {
    #expect(
      try line {
        $0.put.key = Data("a".utf8)
        $0.put.ignoreValue = true
        $0.put.ignoreLease = true
      } == "a (value kept) (lease kept)"
    )
    #expect(
      try line {
        $0.put.key = Data("a".utf8)
        $0.put.lease = 0x1234
        $0.header.username = "alice"
      } == "a 0B lease=0000000000001234 by=alice"
    )
  }

  @Test func keysThatCouldBeMistakenAreQuoted() {
    #expect(KeyText.text(Data("/a-b_c".utf8)) == "/a-b_c")
    #expect(KeyText.text(Data()) == #""""#)
    #expect(KeyText.text(Data("a b".utf8)) == #""a b""#)
    #expect(KeyText.text(Data(#"a"\ b"#.utf8)) == #""a\"\\ b""#)
    #expect(KeyText.text(Data("a\nb\u{1B}".utf8)) == #""a\u{a}b\u{1b}""#)
    #expect(KeyText.text(Data([0xC3, 0x28, 0x05])) == #""\xc3(\u{5}""#)
    #expect(KeyText.text(Data("\u{FC}".utf8)) == "\"\u{FC}\"")
  }

  @Test func rangesAreNamedByWhatTheyMean() {
    func text(_ key: String, _ end: String) -> String {
      KeyText.text(Data(key.utf8), to: Data(end.utf8))
    }
    #expect(text("a", "") == "a")
    #expect(text("a/", "a0") == "prefix a/")
    #expect(text("a", "c") == "a to c")
    #expect(text("a", "\0") == "from a")
    #expect(text("\0", "\0") == "all keys")
  }

  // MARK: Transactions

  @Test func aTransactionReadsAsASentence() throws {
    let key = Data("/k".utf8)
    #expect(
      try line {
        $0.txn.compare = [
          .with { compare in
            compare.key = key
            compare.target = .mod
            compare.modRevision = 5
          },
          .with { compare in
            compare.key = Data("/l".utf8)
            compare.rangeEnd = Data("/m".utf8)
            compare.target = .value
            compare.result = .notEqual
            compare.value = Data("abc".utf8)
          },
        ]
        $0.txn.success = [
          .with { operation in
            operation.requestPut.key = key
            operation.requestPut.value = Data("x".utf8)
          },
          .with { $0.requestDeleteRange.key = Data("/d".utf8) },
        ]
        $0.txn.failure = [
          .with { operation in
            operation.requestRange.key = key
            operation.requestRange.limit = 3
          }
        ]
      }
        == "if mod(/k)=5 and value(prefix /l)!=(3B) then put /k 1B, delete /d else get /k limit=3"
    )
  }

  @Test func partsOfATransactionMayBeMissing() throws {
    #expect(try line { $0.txn.success = [] } == "nothing")
    #expect(
      try line {
        $0.txn.compare = [
          .with { compare in
            compare.key = Data("k".utf8)
            compare.target = .lease
            compare.result = .greater
            compare.lease = 0x77
          }
        ]
        $0.txn.failure = [.init()]
      } == "if lease(k)>0000000000000077 then nothing else (unknown)"
    )
    #expect(
      try line {
        $0.txn.success = [
          .with { operation in
            operation.requestTxn.compare = [
              .with { compare in
                compare.key = Data("k".utf8)
                compare.result = .less
              }
            ]
          }
        ]
      } == "(if version(k)<0 then nothing)"
    )
  }

  /// As deep as the parser goes; deeper ones are no requests.
  @Test func nestedTransactionsDoNotOverflowTheStack() throws {
    var data = Wire.field(1, Wire.field(3, "k"))
    for depth in 1...200 {
      let request = SampleLog.decoded(Wire.field(6, data))
      #expect((request.kind == .txn) == (depth < 50), "depth \(depth)")
      _ = text.line(request)
      _ = request.fields
      data = Wire.field(2, Wire.field(4, data))
    }
  }

  // MARK: Others

  @Test func leasesAndAlarmsAreNamed() throws {
    #expect(
      try line {
        $0.leaseGrant.id = -1
        $0.leaseGrant.ttl = 60
      } == "grant ffffffffffffffff ttl=60s"
    )
    #expect(try line { $0.leaseRevoke.id = 7 } == "revoke 0000000000000007")
    #expect(
      try line {
        $0.leaseCheckpoint.checkpoints = [
          .with { checkpoint in
            checkpoint.id = 7
            checkpoint.remainingTtl = 30
          }
        ]
      } == "checkpoint 0000000000000007=30s"
    )
    #expect(
      try line {
        $0.alarm.action = .activate
        $0.alarm.alarm = .nospace
        $0.alarm.memberID = 0xab
      } == "activate NOSPACE member ab"
    )
    #expect(
      try line {
        $0.compaction.revision = 9
        $0.compaction.physical = true
      } == "revision 9 physical"
    )
  }

  @Test func usersAndRolesAreNamed() throws {
    #expect(
      try line {
        $0.authUserAdd.name = "a b"
        $0.authUserAdd.options.noPassword = true
      } == #"user-add "a b" no-password"#
    )
    #expect(
      try line {
        $0.authRoleGrantPermission.name = "r"
        $0.authRoleGrantPermission.perm.permType = .readwrite
        $0.authRoleGrantPermission.perm.key = Data("/a/".utf8)
        $0.authRoleGrantPermission.perm.rangeEnd = Data("/a0".utf8)
      } == "role-grant-permission r READWRITE prefix /a/"
    )
    #expect(
      try line {
        $0.authUserGrantRole.user = "u"
        $0.authUserGrantRole.role = "r"
      } == "user-grant-role u r"
    )
    #expect(try line { $0.authEnable = .init() } == "enable")
  }

  @Test func passwordsAndTokensAreNotShown() throws {
    let secrets = ["s3cret", "h4shed", "t0ken"]
    let requests = [
      try SampleLog.request {
        $0.authUserAdd.name = "u"
        $0.authUserAdd.password = "s3cret"
        $0.authUserAdd.hashedPassword = "h4shed"
      },
      try SampleLog.request {
        $0.authUserChangePassword.name = "u"
        $0.authUserChangePassword.password = "s3cret"
        $0.authUserChangePassword.hashedPassword = "h4shed"
      },
      try SampleLog.request {
        $0.authenticate.name = "u"
        $0.authenticate.password = "s3cret"
        $0.authenticate.simpleToken = "t0ken"
      },
    ]
    for request in requests {
      let shown = text.line(request) + "\(request.fields)"
      #expect(shown.contains("u"))
      for secret in secrets { #expect(!shown.contains(secret)) }
    }
  }

  @Test func membersAndVersionsAreNamed() throws {
    #expect(try line { $0.clusterVersionSet.ver = "3.6.0" } == "version 3.6.0")
    #expect(
      try line {
        $0.clusterMemberAttrSet.memberID = 0xab
        $0.clusterMemberAttrSet.memberAttributes.name = "m"
        $0.clusterMemberAttrSet.memberAttributes.clientUrls = ["http://a", "http://b"]
      } == "member ab m http://a,http://b"
    )
    #expect(
      try line {
        $0.downgradeInfoSet.enabled = true
        $0.downgradeInfoSet.ver = "3.5.0"
      } == "downgrade to 3.5.0"
    )
    let change = ConfChange(
      action: .addNode,
      nodeID: NodeID(rawValue: 0xab),
      context: Array("{\"id\":171}\n".utf8)
    )
    #expect(
      text.line(SampleLog.decoded(change.data, as: .confChange)) == #"add ab {"id":171}\u{a}"#
    )
  }

  @Test func whatIsNotKnownIsShownAsBytes() throws {
    let unknown = SampleLog.decoded(Wire.field(7777, "later"))
    #expect(text.line(unknown) == "9B 8ae603056c61746572")
    #expect(text.line(SampleLog.decoded([0xFF])) == "1B ff")
    #expect(text.line(SampleLog.decoded([UInt8](repeating: 0xFF, count: 17))).hasSuffix("ff..."))
  }

  @Test func damagedRequestsAreShownAsWhatTheySay() throws {
    let data = try SampleLog.data {
      $0.header.username = "u"
      $0.txn.compare = [.with { $0.key = Data("k".utf8) }]
      $0.txn.success = [
        .with { operation in
          operation.requestPut.key = Data("k".utf8)
          operation.requestPut.value = Data(Array("k8s\0".utf8) + [10, 4, 10, 2, 118, 49])
        }
      ]
      $0.txn.failure = [.with { $0.requestDeleteRange.rangeEnd = Data("z".utf8) }]
    }
    for damaged in Damage.bitFlips(of: data) {
      for type: EntryType in [.normal, .confChange, .confChangeV2] {
        let request = SampleLog.decoded(damaged, as: type)
        #expect(!text.line(request).contains("\n"))
        #expect(!request.fields.isEmpty || request.kind != .unknown)
      }
    }
  }
}
