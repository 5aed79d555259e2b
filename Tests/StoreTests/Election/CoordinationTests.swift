import Foundation
import TestSupport
import Testing

@testable import Store

/// Locks and elections, the same requests to the node and to a real etcd.
@Suite struct CoordinationTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path("data")
  }

  private static func post(_ port: UInt16, _ path: String, _ body: String) throws -> String {
    let answer = try HTTPTalk(port, "POST", "/v3/" + path, body: body).answer().body
    return GatewayText.error(answer) ?? GatewayText.comparable(answer)
  }

  /// The keys under a name, with the leases that they are of.
  private static func keys(_ port: UInt16, _ name: String) throws -> String {
    let (start, end) = (GatewayText.base64(name + "/"), GatewayText.base64(name + "0"))
    return try post(port, "kv/range", #"{"key":"\#(start)","range_end":"\#(end)"}"#)
  }

  /// Waits until something is true.
  private static func wait(_ condition: () throws -> Bool) async throws {
    for _ in 0..<400 {
      if try condition() { return }
      try await Task.sleep(for: .milliseconds(25))
    }
    Issue.record("it did not become true")
  }

  /// Does something with the node and with etcd, and compares what comes of it.
  private func compare(_ script: (UInt16) async throws -> [String]) async throws {
    let etcd = try EtcdServer.start(version: .v35)
    try await ServedTestNode.with(data) { node in
      let ours = try await script(node.port)
      let theirs = try await script(etcd.clientPort)
      #expect(ours.count == theirs.count)
      for (place, (our, their)) in zip(ours, theirs).enumerated() {
        #expect(our == their, "step \(place)")
      }
    }
  }

  private static func grant(_ port: UInt16) throws {
    for id in [7, 8] { _ = try post(port, "lease/grant", #"{"ID":\#(id),"TTL":500}"#) }
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func locksAreThoseOfEtcd() async throws {
    try await compare { port in
      try CoordinationTests.grant(port)
      var seen: [String] = []
      func post(_ path: String, _ body: String) throws {
        seen.append(try CoordinationTests.post(port, path, body))
      }
      try post("lock/lock", #"{"name":"bA==","lease":12345}"#)
      try post("lock/lock", #"{"name":"bA==","lease":-1}"#)
      try post("lock/unlock", "{}")
      try post("lock/unlock", #"{"key":"eA=="}"#)
      try post("lock/lock", #"{"name":"bA==","lease":7}"#)
      try post("lock/lock", #"{"name":"bA==","lease":7}"#)
      try post("lock/lock", #"{"name":"","lease":7}"#)
      // A second one waits until the first gives the lock back.
      let waiting = try HTTPTalk(port, "POST", "/v3/lock/lock", body: #"{"name":"bA==","lease":8}"#)
      try await CoordinationTests.wait {
        try CoordinationTests.keys(port, "l").contains(#""count":"2""#)
      }
      #expect(waiting.isSilent(for: 0.2))
      try post("lock/unlock", #"{"key":"bC83"}"#)
      seen.append(GatewayText.comparable(try waiting.answer().body))
      seen.append(try CoordinationTests.keys(port, "l"))
      // A third one waits, and its lease ends before the lock is free.
      let lost = try HTTPTalk(port, "POST", "/v3/lock/lock", body: #"{"name":"bA==","lease":7}"#)
      try await CoordinationTests.wait {
        try CoordinationTests.keys(port, "l").contains(#""count":"2""#)
      }
      try post("lease/revoke", #"{"ID":7}"#)
      try post("lock/unlock", #"{"key":"bC84"}"#)
      seen.append(GatewayText.error(try lost.answer().body) ?? "no error")
      return seen
    }
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func clientThatGivesUpLeavesTheQueue() async throws {
    try await compare { port in
      try CoordinationTests.grant(port)
      var seen: [String] = []
      seen.append(try CoordinationTests.post(port, "lock/lock", #"{"name":"bA==","lease":7}"#))
      let lock = try HTTPTalk(port, "POST", "/v3/lock/lock", body: #"{"name":"bA==","lease":8}"#)
      try await CoordinationTests.wait {
        try CoordinationTests.keys(port, "l").contains(#""count":"2""#)
      }
      lock.cancel()
      try await CoordinationTests.wait {
        try CoordinationTests.keys(port, "l").contains(#""count":"1""#)
      }
      seen.append(try CoordinationTests.keys(port, "l"))
      let lead = #"{"name":"ZQ==","lease":7,"value":"YQ=="}"#
      seen.append(try CoordinationTests.post(port, "election/campaign", lead))
      let body = #"{"name":"ZQ==","lease":8,"value":"YQ=="}"#
      let campaign = try HTTPTalk(port, "POST", "/v3/election/campaign", body: body)
      try await CoordinationTests.wait {
        try CoordinationTests.keys(port, "e").contains(#""count":"2""#)
      }
      campaign.cancel()
      try await CoordinationTests.wait {
        try CoordinationTests.keys(port, "e").contains(#""count":"1""#)
      }
      seen.append(try CoordinationTests.keys(port, "e"))
      return seen
    }
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func electionsAreThoseOfEtcd() async throws {
    try await compare { port in
      try CoordinationTests.grant(port)
      var seen: [String] = []
      func post(_ path: String, _ body: String) throws {
        seen.append(try CoordinationTests.post(port, "election/" + path, body))
      }
      func leader(_ revision: Int, lease: Int = 7) -> String {
        #""leader":{"name":"ZQ==","key":"ZS83","rev":\#(revision),"lease":\#(lease)}"#
      }
      try post("leader", #"{"name":"ZQ=="}"#)
      try post("proclaim", "{}")
      try post("resign", "{}")
      try post("resign", #"{"leader":{}}"#)
      try post("campaign", #"{"name":"ZQ==","lease":9,"value":"YQ=="}"#)
      try post("campaign", #"{"name":"ZQ==","lease":7,"value":"YQ=="}"#)
      try post("leader", #"{"name":"ZQ=="}"#)
      try post("campaign", #"{"name":"ZQ==","lease":7,"value":"Yg=="}"#)
      try post("campaign", #"{"name":"ZQ==","lease":7,"value":"Yg=="}"#)
      try post("leader", #"{"name":"ZQ=="}"#)
      try post("proclaim", "{\(leader(1)),\"value\":\"Yw==\"}")
      try post("proclaim", "{\(leader(2)),\"value\":\"Yw==\"}")
      try post("proclaim", "{\(leader(2, lease: 99)),\"value\":\"Yw==\"}")
      try post("leader", #"{"name":"ZQ=="}"#)
      let body = #"{"name":"ZQ==","lease":8,"value":"eg=="}"#
      let next = try HTTPTalk(port, "POST", "/v3/election/campaign", body: body)
      try await CoordinationTests.wait {
        try CoordinationTests.keys(port, "e").contains(#""count":"2""#)
      }
      #expect(next.isSilent(for: 0.2))
      try post("resign", "{\(leader(1))}")
      #expect(next.isSilent(for: 0.2))
      try post("resign", "{\(leader(2))}")
      seen.append(GatewayText.comparable(try next.answer().body))
      try post("resign", "{\(leader(2))}")
      seen.append(try CoordinationTests.keys(port, "e"))
      return seen
    }
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func observersAreToldOfEachLeaderAndWhatItProclaims() async throws {
    try await compare { port in
      try CoordinationTests.grant(port)
      let observer = try HTTPTalk(port, "POST", "/v3/election/observe", body: #"{"name":"ZQ=="}"#)
      #expect(observer.isSilent(for: 0.3))
      func post(_ path: String, _ body: String) throws {
        _ = try CoordinationTests.post(port, path, body)
      }
      try post("election/campaign", #"{"name":"ZQ==","lease":7,"value":"YQ=="}"#)
      _ = try observer.lines(1)
      try post("kv/put", #"{"key":"ZS83","value":"Yg==","lease":7}"#)
      _ = try observer.lines(2)
      let late = try HTTPTalk(port, "POST", "/v3/election/observe", body: #"{"name":"ZQ=="}"#)
      var seen = try late.lines(1)
      try post("lease/revoke", #"{"ID":7}"#)
      try post("election/campaign", #"{"name":"ZQ==","lease":8,"value":"Yw=="}"#)
      seen += try late.lines(2)
      seen += try observer.lines(3)
      return seen.map(GatewayText.comparable)
    }
  }

  @Test func lockWithoutALeaseHasOneOfItsOwnThatEndsIfNobodyGetsTheLock() async throws {
    try await ServedTestNode.with(data) { node in
      let first = try CoordinationTests.post(node.port, "lock/lock", #"{"name":"bA=="}"#)
      #expect(first.contains(#""key":"#))
      #expect(node.node.lessor.count == 1)
      let ttl = node.node.lessor.inOrderOfEnd.first.flatMap {
        node.node.lessor.remaining($0, now: .now)?.ttl
      }
      #expect(ttl == .seconds(60))
      let second = try HTTPTalk(node.port, "POST", "/v3/lock/lock", body: #"{"name":"bA=="}"#)
      try await CoordinationTests.wait {
        try CoordinationTests.keys(node.port, "l").contains(#""count":"2""#)
      }
      #expect(node.node.lessor.count == 2)
      second.cancel()
      try await CoordinationTests.wait { node.node.lessor.count == 1 }
      #expect(try CoordinationTests.keys(node.port, "l").contains(#""count":"1""#))
      // So does the lease of a request that is refused.
      let body = #"{"leader":{"name":"ZQ==","key":"eA==","rev":1},"value":"YQ=="}"#
      let refused = try CoordinationTests.post(node.port, "election/proclaim", body)
      #expect(refused == "2 election: not leader")
      try await CoordinationTests.wait { node.node.lessor.count == 1 }
    }
  }

  @Test func hundredClientsHaveTheLockOneAfterTheOther() async throws {
    try await ServedTestNode.with(data) { node in
      let talks = try (0..<100).map { _ in
        try HTTPTalk(node.port, "POST", "/v3/lock/lock", body: #"{"name":"bA=="}"#)
      }
      try await CoordinationTests.wait {
        try CoordinationTests.keys(node.port, "l").contains(#""count":"100""#)
      }
      var left = talks
      // The one that has been answered gives the lock back, and exactly one other is answered.
      while !left.isEmpty {
        var owners: [Int] = []
        try await CoordinationTests.wait {
          owners = left.indices.filter { !left[$0].isSilent(for: 0) }
          return !owners.isEmpty
        }
        #expect(owners.count == 1)
        let owner = left.remove(at: owners[0])
        let match = try #require(try owner.answer().body.firstMatch(of: /"key":"([^"]+)"/))
        _ = try CoordinationTests.post(node.port, "lock/unlock", #"{"key":"\#(match.1)"}"#)
      }
      #expect(try CoordinationTests.keys(node.port, "l") == "{\"header\":{\"revision\":\"201\"}}")
    }
  }

  @Test func whoMayNotWriteTheKeyGetsNoLock() async throws {
    var options = Node.Options()
    options.passwordCost = 4
    try await ServedTestNode.with(data, options) { node in
      for (path, body) in [
        ("user/add", #"{"name":"root","password":"p"}"#), ("role/add", #"{"name":"root"}"#),
        ("user/grant", #"{"user":"root","role":"root"}"#), ("enable", "{}"),
      ] {
        _ = try CoordinationTests.post(node.port, "auth/" + path, body)
      }
      let lock = try CoordinationTests.post(node.port, "lock/lock", #"{"name":"bA=="}"#)
      #expect(lock == "2 etcdserver: user name is empty")
      let leader = try CoordinationTests.post(node.port, "election/leader", #"{"name":"bA=="}"#)
      #expect(leader == "2 etcdserver: user name is empty")
      #expect(node.node.lessor.count == 0)
    }
  }
}
