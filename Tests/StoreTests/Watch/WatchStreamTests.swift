import Bolt
import EtcdMessages
import Foundation
import MVCC
import NIOCore
import NIOEmbedded
import RPC
import SwiftProtobuf
import Testing

@testable import Store

/// Watches answer as real etcd 3.5 does: what is expected here is what it was seen to answer.
@Suite struct WatchStreamTests {
  @Test func idsAreGivenFromZeroAndPassOverThoseInUse() throws {
    let node = try WatchNode()
    try node.put("a")
    let client = node.client()
    try client.create("a")
    try client.create("x", id: 2)
    try client.create("x")
    try client.create("x")
    try client.create("x", id: 2)
    try client.create("x", id: -5)
    let expected = [
      "0 created at 2", "2 created at 2", "1 created at 2", "3 created at 2",
      "-1 created at 2",
      "-1 canceled at 2: mvcc: duplicate watch ID provided on the WatchStream",
      "-5 created at 2",
    ]
    #expect(try client.lines() == expected)
  }

  @Test func emptyRangesAndNegativeRevisionsAreRefused() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("x", upTo: "x")
    try client.create("x", upTo: "a", id: 77)
    try client.create("x", from: -3)
    try client.create("x", upTo: "a", from: -3)
    let empty = ["-1 created at 1", "-1 canceled at 1: mvcc: watcher range is empty"]
    let negative = [
      "-1 created at 1",
      "-1 canceled at 1: etcdserver: mvcc: required revision has been compacted",
    ]
    #expect(try client.lines() == empty + empty + negative + negative)
    #expect(node.shard.counts.watchers == 0)
  }

  @Test func emptyKeyIsTheFirstOneAndZeroByteIsNoEnd() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("")
    try client.create("", upTo: "\0")
    try client.create("b", upTo: "\0")
    _ = try client.read()
    try node.put("a")
    try node.put("c")
    try node.put("\0")
    let lines = try client.lines().sorted()
    #expect(
      lines == [
        "0 put \0=v@4/4/1", "1 put \0=v@4/4/1", "1 put a=v@2/2/1", "1 put c=v@3/3/1",
        "2 put c=v@3/3/1",
      ]
    )
  }

  @Test func liveEventsComeByRevisionWithWhatWasBefore() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("k", upTo: "l") { $0.prevKv = true }
    _ = try client.read()
    try node.apply([put("k3", "1"), put("k1", "2"), put("z", "3"), put("k2", "4")])
    try node.apply([.delete(DeleteRequest(KeyRange(Array("k1".utf8)))), put("k3", "x")])
    try node.delete("k", upTo: "l")
    let responses = try client.read()
    #expect(responses.map(\.header.revision) == [2, 3, 4])
    #expect(
      responses.flatMap(\.lines) == [
        "0 put k3=1@2/2/1", "0 put k1=2@2/2/1", "0 put k2=4@2/2/1",
        "0 delete k1@3 was k1=2@2/2/1", "0 put k3=x@2/3/2 was k3=1@2/2/1",
        "0 delete k2@4 was k2=4@2/2/1", "0 delete k3@4 was k3=x@2/3/2",
      ]
    )
  }

  @Test func historyComesFromItsStartInOneResponseOfTheCurrentRevision() throws {
    let node = try WatchNode()
    for key in ["a", "b", "a", "c", "b"] { try node.put(key) }
    let client = node.client()
    try client.create("a", upTo: "c", from: 3) { $0.prevKv = true }
    #expect(try client.lines() == ["0 created at 6"])
    node.run()
    let responses = try client.read()
    #expect(responses.map(\.header.revision) == [6])
    #expect(
      responses.flatMap(\.lines) == [
        "0 put b=v@3/3/1", "0 put a=v@2/4/2 was a=v@2/2/1", "0 put b=v@3/6/2 was b=v@3/3/1",
      ]
    )
    try node.put("a")
    #expect(try client.lines() == ["0 put a=v@2/7/3"].map { $0 + " was a=v@2/4/2" })
  }

  @Test func startInTheFutureIsWaitedFor() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("a", from: 4)
    try client.requestProgress()
    for _ in 0..<4 { try node.put("a") }
    #expect(
      try client.lines() == ["0 created at 1", "0 put a=v@2/4/3", "0 put a=v@2/5/4"]
    )
  }

  @Test func filtersDropPutsOrDeletesOrBoth() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("y") { $0.filters = [.UNRECOGNIZED(7)] }
    try client.create("y") { $0.filters = [.noput, .nodelete] }
    try client.create("y") { $0.filters = [.noput, .noput] }
    try client.create("y") { $0.filters = [.nodelete] }
    _ = try client.read()
    try node.put("y")
    try node.delete("y")
    #expect(
      try client.lines().sorted() == [
        "0 delete y@3", "0 put y=v@2/2/1", "2 delete y@3", "3 put y=v@2/2/1",
      ]
    )
  }

  @Test func cancellingIsAnsweredOnceAndFreesTheID() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("a", id: 2)
    try client.cancel(99)
    try client.cancel(2)
    try client.cancel(2)
    try node.put("a")
    try client.create("a", id: 2)
    #expect(try client.lines() == ["2 created at 1", "2 canceled at 1", "2 created at 2"])
  }

  @Test func compactedStartIsCreatedThenCancelledAndKeepsItsID() throws {
    let node = try WatchNode()
    for _ in 0..<4 { try node.put("a") }
    try node.compact(to: 4)
    let client = node.client()
    try client.create("a", from: 3)
    try client.create("a", from: 4)
    node.run()
    try client.requestProgress()
    try client.create("a", id: 0)
    try client.cancel(0)
    try client.requestProgress()
    #expect(
      try client.lines() == [
        "0 created at 5", "1 created at 5", "0 canceled at 0 compacted 4",
        "1 put a=v@2/4/3", "1 put a=v@2/5/4",
        "2 created at 5", "0 canceled at 5", "-1 is at 5",
      ]
    )
  }

  @Test func tombstoneOfTheCompactedRevisionIsSeen() throws {
    let node = try WatchNode()
    try node.put("a")
    try node.delete("a")
    try node.put("b")
    try node.compact(to: 3)
    let client = node.client()
    try client.create("a", from: 3) { $0.prevKv = true }
    node.run()
    #expect(try client.lines() == ["0 created at 4", "0 delete a@3"])
  }

  @Test func progressIsToldOnlyIfAllWatchersAreSynced() throws {
    let node = try WatchNode()
    try node.put("a")
    let client = node.client()
    try client.requestProgress()
    #expect(try client.lines() == [])
    try client.create("a")
    try client.requestProgress()
    #expect(try client.lines() == ["0 created at 2", "-1 is at 2"])
    try client.create("b", from: 1)
    try client.requestProgress()
    #expect(try client.lines() == ["1 created at 2"])
    node.run()
    try client.requestProgress()
    #expect(try client.lines() == ["-1 is at 2"])
    try client.create("b", from: 3)
    try client.requestProgress()
    #expect(try client.lines() == ["2 created at 2"])
    try node.put("b")
    try client.requestProgress()
    #expect(try client.lines().last == "-1 is at 3")
  }

  @Test func progressWaitsForWhatWasAppliedBeforeItWasAsked() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("a")
    _ = try node.keyspace.put(PutRequest(Array("a".utf8), []))
    node.publish()
    try client.requestProgress()
    #expect(try client.lines() == ["0 created at 1"])
    node.advance()
    #expect(try client.lines() == ["0 put a=@2/2/1", "-1 is at 2"])
  }

  @Test func watcherIsToldWhereItIsUnlessEventsHave() throws {
    var options = WatchOptions()
    options.progressInterval = .seconds(10)
    let node = try WatchNode(options)
    let client = node.client()
    try client.create("a") { $0.progressNotify = true }
    try client.create("b") { $0.progressNotify = true }
    try client.create("c")
    _ = try client.read()
    try node.put("a")
    #expect(try client.lines() == ["0 put a=v@2/2/1"])
    node.loop.advanceTime(by: .seconds(9))
    #expect(try client.lines() == [])
    node.loop.advanceTime(by: .seconds(2))
    #expect(try client.lines() == ["1 is at 2"])
    node.loop.advanceTime(by: .seconds(11))
    #expect(try client.lines() == ["0 is at 2", "1 is at 2"])
    client.close()
    node.loop.advanceTime(by: .seconds(30))
    #expect(try client.lines() == [])
  }

  @Test func whoMayNotReadIsToldSoInTheAnswer() throws {
    var options = WatchOptions()
    options.authorize = { _, key, end in
      key == Array("a".utf8) && end.isEmpty ? nil : .permissionDenied
    }
    let node = try WatchNode(options)
    let client = node.client()
    try client.create("a")
    try client.create("a", upTo: "\0")
    #expect(
      try client.lines() == [
        "0 created at 1", "-1 created at 1",
        "-1 canceled at 1: rpc error: code = PermissionDenied desc = etcdserver: permission denied",
      ]
    )
  }

  @Test func watchesGoOnAfterTheClientHasSaidAll() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("a")
    client.endRequests()
    try node.put("a")
    #expect(try client.lines() == ["0 created at 1", "0 put a=v@2/2/1"])
    #expect(client.status == nil)
  }

  @Test func brokenMessageEndsTheStreamAndAnEmptyOneDoesNot() throws {
    let node = try WatchNode()
    let client = node.client()
    client.receive([])
    #expect(client.status == nil)
    client.receive([0x0A, 0xFF, 0xFF])
    #expect(client.status?.code == .internal)
    #expect(node.shard.counts == WatchCounts())
  }

  @Test func streamsEndWithTheServerAndWithoutALeader() throws {
    let node = try WatchNode()
    let strict = node.client(metadata: [("hasleader", "true")])
    let other = node.client()
    node.service.setLeader(false)
    node.loop.run()
    #expect(strict.status == .noLeader)
    #expect(other.status == nil)
    #expect(node.client(metadata: [("hasleader", "true")]).status == .noLeader)
    node.service.stop()
    node.loop.run()
    #expect(other.status == .stopped)
    #expect(node.client().status == .stopped)
    #expect(node.shard.counts == WatchCounts())
  }

  @Test func largeRevisionIsCutIntoFragmentsIfThatIsAllowed() throws {
    var options = WatchOptions()
    options.fragmentByteCount = 1000
    options.limits.responseByteCount = 500
    let node = try WatchNode(options)
    let client = node.client()
    try client.create("k", upTo: "l") { $0.fragment = true }
    try client.create("k", upTo: "l")
    _ = try client.read()
    try node.apply((0..<20).map { put("k\($0)", String(repeating: "v", count: 100)) })
    let messages = client.readMessages()
    let responses = try messages.map {
      try Etcdserverpb_WatchResponse(serializedBytes: Array($0.readableBytesView))
    }
    let whole = try #require(responses.first { $0.watchID == 1 })
    #expect(whole.events.count == 20)
    #expect(!whole.fragment)
    let fragments = responses.filter { $0.watchID == 0 }
    #expect(fragments.flatMap(\.events) == whole.events)
    #expect(fragments.map(\.fragment) == [true, true, false])
    let sizes = zip(messages, responses).filter { $0.1.watchID == 0 }.map(\.0.readableBytes)
    #expect(sizes.allSatisfy { $0 < 1000 })
  }

  @Test func clientThatAsksAndNeverReadsIsRefused() throws {
    var options = WatchOptions()
    options.limits.unreadAnswerCount = 100
    let node = try WatchNode(options)
    let client = node.client(window: 1000)
    for _ in 0..<1000 where client.status == nil {
      try client.create("a", id: 1)
      try client.cancel(1)
    }
    #expect(client.status == .tooManyRequests)
    #expect(client.mostUnreadByteCount < 6000)
  }

  @Test func responsesAreTheBytesOfTheMessage() throws {
    let node = try WatchNode()
    let client = node.client()
    try client.create("k", upTo: "l", id: .min) { $0.prevKv = true }
    try client.create("k", upTo: "k")
    try node.apply([put("k", "v"), put("kk", "")])
    try node.delete("k")
    let messages = client.readMessages()
    #expect(messages.count == 4)
    for message in messages {
      let bytes = Array(message.readableBytesView)
      let decoded = try Etcdserverpb_WatchResponse(serializedBytes: bytes)
      #expect(try decoded.serializedBytes() as [UInt8] == bytes)
      #expect(decoded.header.clusterID == WatchNode.identity.clusterID)
      #expect(decoded.header.memberID == WatchNode.identity.memberID)
      #expect(decoded.header.raftTerm == WatchNode.identity.raftTerm)
    }
  }

  @Test func damagedRowEndsTheStreamsThatNeedIt() throws {
    let node = try WatchNode()
    for _ in 0..<3 { try node.put("a") }
    try node.keyspace.commit()
    let transaction = try node.keyspace.database.write()
    let bucket = try transaction.bucketOrNew(Array("key".utf8))
    try bucket.put([0x0A, 0xFF], for: RowKey(Revision(main: 3)).bytes)
    try transaction.commit()
    try node.put("a")
    try node.keyspace.commit()
    let (broken, whole, live) = (node.client(), node.client(), node.client())
    try broken.create("a", from: 2)
    try whole.create("a", from: 4)
    try live.create("a")
    for _ in 0..<3 { node.run() }
    #expect(broken.status?.code == .unknown)
    try node.put("a")
    #expect(whole.status == nil)
    #expect(try whole.lines().count == 4)
    #expect(try live.lines() == ["0 created at 5", "0 put a=v@2/6/5"])
    #expect(node.faults.count == 1)
  }

  private func put(_ key: String, _ value: String) -> TransactionRequest.Operation {
    .put(PutRequest(Array(key.utf8), Array(value.utf8)))
  }
}
