import Foundation
import TestSupport
import Testing

@testable import Store

@Suite struct DowngradeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func downgradeIsCheckedBegunAndEnded() async throws {
    try await ServedTestNode.with(folder.path("data")) { node in
      func ask(_ action: String, _ version: String = "") throws -> String {
        let body = "{\"action\":\"\(action)\",\"version\":\"\(version)\"}"
        let answer = try HTTPTalk(node.port, "POST", "/v3/maintenance/downgrade", body: body)
          .answer()
        return answer.body
      }
      func isUnderWay() throws -> Bool {
        let answer = try HTTPTalk(node.port, "POST", "/v3/maintenance/status", body: "{}").answer()
        return answer.body.contains("\"targetVersion\":\"3.5.0\"")
      }
      for action in ["VALIDATE", "ENABLE"] {
        #expect(try ask(action, "x").contains("wrong downgrade target version format"))
        #expect(try ask(action).contains("wrong downgrade target version format"))
        for version in ["3.6.0", "3.4", "3.7", "2.5.0"] {
          #expect(try ask(action, version).contains("invalid downgrade target version"))
        }
      }
      #expect(try ask("VALIDATE", "3.5").contains("\"version\":\"3.6.0\""))
      let isIdle = try !isUnderWay()
      #expect(isIdle)
      #expect(try ask("ENABLE", "3.5.7").contains("\"version\":\"3.6.0\""))
      #expect(try isUnderWay())
      func versions() throws -> String { try HTTPTalk(node.port, "GET", "/version").answer().body }
      #expect(try versions().contains("\"etcdcluster\":\"3.5.0\",\"storage\":\"3.5.0\""))
      let status = try HTTPTalk(node.port, "POST", "/v3/maintenance/status", body: "{}").answer()
      #expect(status.body.contains("\"storageVersion\":\"3.5.0\""))
      let figures = try HTTPTalk(node.port, "GET", "/metrics").answer().body
      #expect(figures.contains("etcd_cluster_version{cluster_version=\"3.5\"} 1"))
      for action in ["VALIDATE", "ENABLE"] {
        #expect(try ask(action, "3.5.0").contains("cluster has a downgrade job in progress"))
      }
      #expect(try ask("CANCEL").contains("\"version\":\"3.5.0\""))
      #expect(try !isUnderWay())
      #expect(try versions().contains("\"etcdcluster\":\"3.6.0\",\"storage\":\"3.6.0\""))
      #expect(try ask("CANCEL").contains("\"version\":\"3.6.0\""))
    }
  }

  @Test(arguments: [
    ("3.5", "3.5.0"), ("3.5.0", "3.5.0"), ("3.5.17", "3.5.0"), ("3.5.0-rc.1", "3.5.0"),
    ("10.20", "10.20.0"), ("3", nil), ("", nil), ("3.", nil), ("3.x", nil), ("3.5.", nil),
    ("3.5.0.1", nil), ("v3.5", nil), ("-3.5", nil),
  ])
  func versionIsReadAsEtcdReadsIt(text: String, expected: String?) {
    #expect(ServedVersion.clusterVersion(text) == expected)
  }
}
