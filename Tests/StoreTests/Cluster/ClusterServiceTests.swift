import EtcdMessages
import Foundation
import Snapshot
import TestSupport
import Testing
import WAL

@testable import Store

@Suite struct ClusterServiceTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path("data")
  }

  private static func post(_ port: UInt16, _ path: String, _ body: String) throws -> String {
    try HTTPTalk(port, "POST", "/v3/cluster/member/" + path, body: body).answer().body
  }

  /// What an answer says, with the member's id and the URLs that differ by nature taken away.
  private static func comparable(_ body: String, id: UInt64) -> String {
    if let error = GatewayText.error(body) { return error }
    return GatewayText.comparable(body).replacing("\(id)", with: "ID")
      .replacing(/"name":"[a-z]+"/, with: "NAME")
      .replacing(/"clientURLs":\["[^"]+"\]/, with: "CLIENT")
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func whatOneMemberCanBeAskedIsAnsweredAsByEtcd() async throws {
    let etcd = try EtcdServer.start(version: .v35)
    let list = try ClusterServiceTests.post(etcd.clientPort, "list", "{}")
    let match = try #require(list.firstMatch(of: /"ID":"([0-9]+)"/))
    let theirID = try #require(UInt64(match.1))
    try await ServedTestNode.with(data) { node in
      let ourID = node.node.header.memberID.rawValue
      let url = "http://127.0.0.1:9"
      let requests: [(path: String, body: String)] = [
        ("update", #"{"ID":"ID","peerURLs":["\#(url)"]}"#),
        ("list", "{}"),
        ("list", #"{"linearizable":true}"#),
        ("update", #"{"ID":"ID","peerURLs":["\#(url)","http://127.0.0.1:8"]}"#),
        ("list", "{}"),
        ("update", #"{"ID":"1","peerURLs":["\#(url)"]}"#),
        ("promote", #"{"ID":"ID"}"#),
        ("promote", #"{"ID":"1"}"#),
        ("add", #"{"peerURLs":["x"]}"#),
        ("add", "{}"),
        ("add", #"{"peerURLs":["http://127.0.0.1:8"]}"#),
        ("add", #"{"peerURLs":["http://127.0.0.1:8"],"isLearner":true}"#),
        ("remove", #"{"ID":"ID"}"#),
        ("remove", #"{"ID":"1"}"#),
        ("list", "{}"),
      ]
      for (path, body) in requests {
        let ours = try ClusterServiceTests.post(
          node.port,
          path,
          body.replacing("\"ID\":\"ID\"", with: "\"ID\":\"\(ourID)\"")
        )
        let theirs = try ClusterServiceTests.post(
          etcd.clientPort,
          path,
          body.replacing("\"ID\":\"ID\"", with: "\"ID\":\"\(theirID)\"")
        )
        #expect(
          ClusterServiceTests.comparable(ours, id: ourID)
            == ClusterServiceTests.comparable(theirs, id: theirID),
          "\(path) \(body)"
        )
      }
    }
  }

  @Test func memberThatEtcdWouldAddIsRefusedSayingWhy() async throws {
    try await ServedTestNode.with(data) { node in
      for body in [
        #"{"peerURLs":["http://127.0.0.1:7"]}"#,
        #"{"peerURLs":["http://127.0.0.1:7"],"isLearner":true}"#,
      ] {
        let error = GatewayText.error(try ClusterServiceTests.post(node.port, "add", body))
        #expect(error?.hasPrefix("9 etcdserver: this node serves alone") == true)
      }
      let id = node.node.header.memberID.rawValue
      for urls in ["[]", #"["x"]"#, #"["http://127.0.0.1:7","http://127.0.0.1:7/path"]"#] {
        let body = #"{"ID":"\#(id)","peerURLs":\#(urls)}"#
        let error = GatewayText.error(try ClusterServiceTests.post(node.port, "update", body))
        #expect(error == "3 etcdserver: given member URLs are invalid")
      }
    }
  }

  @Test func newPeerURLsLastBeyondACrash() async throws {
    let urls = ["http://127.0.0.1:9", "http://127.0.0.1:8"]
    let crashed = folder.path("crashed")
    try await ServedTestNode.with(data) { node in
      let id = node.node.header.memberID.rawValue
      let body = #"{"ID":"\#(id)","peerURLs":["\#(urls[0])","\#(urls[1])"]}"#
      _ = try ClusterServiceTests.post(node.port, "update", body)
      #expect(node.node.member.peerUrls == urls)
      // What a kill leaves behind: the database is not committed yet, or just has been.
      try FileManager.default.copyItem(atPath: data, toPath: crashed)
    }
    for directory in [crashed, data, data] {
      let node = try TestNode(directory)
      #expect(node.node.member.peerUrls == urls, "\(directory)")
      try node.put("a", "b")
      node.close()
    }
  }

  @Test(arguments: EtcdVersion.installed)
  func realEtcdReadsTheChangeInTheLog(_ version: EtcdVersion) async throws {
    try await ServedTestNode.with(data) { node in
      let id = node.node.header.memberID.rawValue
      let body = #"{"ID":"\#(id)","peerURLs":["http://127.0.0.1:9"]}"#
      _ = try ClusterServiceTests.post(node.port, "update", body)
    }
    let etcd = try EtcdServer.start(version: version, dataDirectory: data)
    let list = try ClusterServiceTests.post(etcd.clientPort, "list", "{}")
    #expect(GatewayText.comparable(list).contains(#""peerURLs":["http://127.0.0.1:9"]"#))
  }
}
