import EtcdMessages
import Foundation
import NIOCore
import SwiftProtobuf
import Testing

@testable import RPC
@testable import Store

@Suite struct SlowCallTests {
  private func fields(
    _ method: String,
    _ request: some Message,
    _ answer: (some Message)?
  ) throws -> [String: String] {
    let bytes: [UInt8] = try request.serializedBytes()
    let answerBytes: [UInt8]? = try answer?.serializedBytes()
    let call = RPCSlowCall(
      path: "/etcdserverpb.\(method)",
      peer: "127.0.0.1:1",
      duration: .milliseconds(1500),
      request: ByteBuffer(bytes: bytes),
      answer: answerBytes.map { ByteBuffer(bytes: $0) },
      answerByteCount: answerBytes?.count ?? 0
    )
    return call.logFields.mapValues { "\($0)" }
  }

  @Test func valuesAreNotTold() throws {
    let put = Etcdserverpb_PutRequest.with {
      $0.key = Data("a\"\u{1}".utf8)
      $0.value = Data("secret".utf8)
      $0.lease = 7
    }
    let found = try fields("KV/Put", put, Etcdserverpb_PutResponse())
    #expect(found["request content"] == #"key:"a\"\001" value_size:6 lease:7 "#)
    #expect(found["request count"] == "1")
    #expect(found["request size"] == "15")
    #expect(found["response count"] == "0")
    #expect(found["time spent"] == "1.5s")
    #expect(found["remote"] == "127.0.0.1:1")
    #expect(found["start time"]?.hasPrefix("20") == true)
    let transaction = Etcdserverpb_TxnRequest.with {
      $0.success = [.with { $0.requestPut = put }]
      $0.failure = [.init(), .init()]
    }
    let answer = Etcdserverpb_TxnResponse.with { $0.succeeded = true }
    let other = try fields("KV/Txn", transaction, answer)
    #expect(other["request count"] == "1")
    #expect(other["request content"] == "compare:<0> success:<1> failure:<2>")
  }

  @Test func countsAreThoseOfTheAnswer() throws {
    let range = Etcdserverpb_RangeRequest.with {
      $0.key = Data("a".utf8)
      $0.rangeEnd = Data([0])
      $0.limit = 3
      $0.keysOnly = true
    }
    let answer = Etcdserverpb_RangeResponse.with { $0.count = 12 }
    let found = try fields("KV/Range", range, answer)
    #expect(found["request content"] == #"key:"a" range_end:"\000" limit:3 keys_only:true "#)
    #expect(found["response count"] == "12")
    #expect(found["response size"] == "2")
    let delete = Etcdserverpb_DeleteRangeRequest.with { $0.key = Data("a".utf8) }
    let none: Etcdserverpb_DeleteRangeResponse? = nil
    let refused = try fields("KV/DeleteRange", delete, none)
    #expect(refused["response count"] == "0")
    #expect(refused["response size"] == "0")
    #expect(refused["request content"] == #"key:"a" "#)
  }

  @Test func otherCallsAreNotLookedInto() throws {
    let grant = Etcdserverpb_LeaseGrantRequest.with { $0.ttl = 7 }
    let found = try fields("Lease/LeaseGrant", grant, Etcdserverpb_LeaseGrantResponse())
    #expect(found["response type"] == "/etcdserverpb.Lease/LeaseGrant")
    for name in ["request count", "request size", "response count", "response size"] {
      #expect(found[name] == "-1")
    }
    #expect(found["request content"]?.isEmpty == true)
  }
}
