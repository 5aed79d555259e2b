import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing
import WAL

@testable import Explore

@Suite struct LoggedRequestTests {
  @Test func anEmptyEntryAsksForNothing() {
    #expect(SampleLog.decoded([]).kind == .nothing)
  }

  /// What etcd 3.5.30 wrote.
  @Test func requestsOfEtcd2AreTold() throws {
    let data = [UInt8](
      hexadecimal: """
        0882b2b3e6d5bfa8d8930112035055541a0a2f302f76657273696f6e2205332e352e3028003200380048005000\
        58006000680070007800800100
        """
    )
    guard case .legacy(let request) = SampleLog.decoded(data) else {
      Issue.record("no request of etcd 2")
      return
    }
    #expect(request.method == "PUT")
    #expect(request.path == "/0/version")
    #expect(request.val == "3.5.0")
  }

  @Test func requestsOfEtcd2InsideOthersAreTold() throws {
    let request = try SampleLog.request { $0.v2.method = "PUT" }
    #expect(request.kind == .legacy)
  }

  @Test func everyRequestHasItsKind() throws {
    var seen: Set<RequestKind> = []
    for number: UInt32 in [
      3, 4, 5, 6, 7, 8, 9, 10, 11, 1000, 1011, 1012, 1013, 1100, 1101, 1102, 1103, 1104, 1105, 1106,
      1107, 1200, 1201, 1202, 1203, 1204, 1300, 1301, 1302, 9900,
    ] {
      let kind = SampleLog.decoded(Wire.field(number, "")).kind
      #expect(kind != .unknown)
      #expect(seen.insert(kind).inserted, "field \(number)")
    }
  }

  @Test func whatIsNotKnownIsNotLost() throws {
    #expect(SampleLog.decoded(Wire.field(7777, "later")).kind == .unknown)
    guard case .unreadable(let bytes) = SampleLog.decoded([0xFF, 0xFF]) else {
      Issue.record("read")
      return
    }
    #expect(bytes == [0xFF, 0xFF])
    #expect(SampleLog.decoded([0xFF, 0xFF], as: .confChange).kind == .unknown)
    #expect(SampleLog.decoded([0xFF, 0xFF], as: .confChangeV2).kind == .unknown)
  }

  @Test func changesOfMembersAreToldApart() {
    func kind(_ action: ConfChange.Action, _ context: String) -> RequestKind {
      let change = ConfChange(
        action: action,
        nodeID: NodeID(rawValue: 5),
        context: Array(context.utf8)
      )
      return SampleLog.decoded(change.data, as: .confChange).kind
    }
    #expect(kind(.addNode, #"{"id":5}"#) == .memberAdd)
    #expect(kind(.addNode, #"{"id":5,"isPromote":false}"#) == .memberAdd)
    #expect(kind(.addNode, #"{"id":5,"isPromote":true}"#) == .memberPromote)
    #expect(kind(.addNode, "{") == .memberAdd)
    #expect(kind(.addLearnerNode, "") == .memberAddLearner)
    #expect(kind(.updateNode, "") == .memberUpdate)
    #expect(kind(.removeNode, "") == .memberRemove)
  }

  @Test func wordsStandForKindsAndGroups() {
    #expect(RequestKind.kinds(of: "put") == [.put])
    #expect(RequestKind.kinds(of: "lease") == [.leaseGrant, .leaseRevoke, .leaseCheckpoint])
    #expect(RequestKind.kinds(of: "lease-grant") == [.leaseGrant])
    #expect(RequestKind.kinds(of: "no-op") == [.nothing])
    #expect(RequestKind.kinds(of: "no").isEmpty)
    #expect(RequestKind.kinds(of: "").isEmpty)
    for kind in RequestKind.allCases {
      #expect(RequestKind.words.contains(kind.rawValue))
      #expect(RequestKind.kinds(of: kind.group).contains(kind))
    }
  }

  // MARK: Keys

  @Test func keysOfEveryRequestAreFound() throws {
    let range = KeyRange(prefix: Array("/b/".utf8))
    func isNamed(_ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void) throws -> Bool {
      try SampleLog.request(fill).names(keysIn: range)
    }
    #expect(try isNamed { $0.put.key = Data("/b/x".utf8) })
    #expect(try !isNamed { $0.put.key = Data("/b".utf8) })
    #expect(try !isNamed { $0.put.key = Data("/b0".utf8) })
    #expect(try isNamed { $0.range.key = Data("/b/x".utf8) })
    #expect(
      try isNamed {
        $0.deleteRange.key = Data("/a".utf8)
        $0.deleteRange.rangeEnd = Data("/b/a".utf8)
      }
    )
    #expect(
      try !isNamed {
        $0.deleteRange.key = Data("/a".utf8)
        $0.deleteRange.rangeEnd = Data("/b/".utf8)
      }
    )
    #expect(
      try isNamed {
        $0.deleteRange.key = Data("/a".utf8)
        $0.deleteRange.rangeEnd = Data([0])
      }
    )
    #expect(
      try !isNamed {
        $0.deleteRange.key = Data("/b/x".utf8)
        $0.deleteRange.rangeEnd = Data("/b/a".utf8)
      },
      "a range that ends before it begins"
    )
    #expect(try !isNamed { $0.leaseRevoke.id = 1 })
  }

  @Test func keysAreFoundDeepInTransactions() throws {
    let key = Data("/b/x".utf8)
    let range = KeyRange(key: key)
    var compared = Etcdserverpb_TxnRequest()
    compared.compare = [.with { $0.key = key }]
    var nested = Etcdserverpb_TxnRequest()
    nested.failure = [.with { $0.requestTxn = compared }]
    let found = try SampleLog.request { request in
      request.txn.success = [.with { $0.requestTxn = nested }]
    }
    #expect(found.names(keysIn: range))
    #expect(!found.names(keysIn: KeyRange(key: Array("/b/y".utf8))))
    for operation in [
      Etcdserverpb_RequestOp.with { $0.requestPut.key = key },
      .with { $0.requestRange.key = key },
      .with { $0.requestDeleteRange.key = key },
    ] {
      #expect(try SampleLog.request { $0.txn.failure = [operation] }.names(keysIn: range))
    }
  }
}
