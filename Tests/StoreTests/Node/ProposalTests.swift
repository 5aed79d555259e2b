import Apply
import EtcdMessages
import Foundation
import MVCC
import NIOCore
import SwiftProtobuf
import Testing

@testable import Store

/// What is put together for the log is what the general form of a request would be.
@Suite struct ProposalTests {
  @Test(arguments: ["", "alice"])
  func entriesAreRequestsOfTheLog(_ name: String) throws {
    let put = Etcdserverpb_PutRequest.with {
      $0.key = Data("k".utf8)
      $0.value = Data(repeating: 7, count: 300)
      $0.lease = 9
    }
    let delete = Etcdserverpb_DeleteRangeRequest.with { $0.key = Data("k".utf8) }
    let txn = Etcdserverpb_TxnRequest.with { $0.success = [.with { $0.requestPut = put }] }
    var expected: [Etcdserverpb_InternalRaftRequest] = [.init(), .init(), .init()]
    expected[0].put = put
    expected[1].deleteRange = delete
    expected[2].txn = txn
    let changes: [(KeyChange, any Message)] = [
      (.put(PutRequest(put)), put), (.delete(DeleteRequest(delete)), delete),
      (.transaction(TransactionRequest(txn)), txn),
    ]
    for (index, (change, message)) in changes.enumerated() {
      expected[index].header.id = 1 << 63 + 5
      expected[index].header.username = name
      expected[index].header.authRevision = UInt64(name.count)
      let bytes: [UInt8] = try message.serializedBytes()
      let proposed = ProposedChange(change: change, message: ByteBuffer(bytes: bytes))
      let requester = AuthStore.Requester(name: name, revision: UInt64(name.count))
      let data = proposed.entry(id: 1 << 63 + 5, requester)
      #expect(Array(data.readableBytesView) == (try expected[index].serializedBytes() as [UInt8]))
      let proposal = Proposal(.change(change), data: data, reply: nil)
      #expect(proposal.request == expected[index])
    }
  }
}
