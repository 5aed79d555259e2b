import Snapshot
import Testing
import WAL

/// Numbers that etcd gave.
@Suite struct IdentityTests {
  static func id(_ urls: String..., token: String) throws -> NodeID {
    NodeID(peerURLs: try urls.map { try PeerURL($0) }, token: token)
  }

  @Test func aClusterOfOneHasItsIDs() throws {
    let first = try Self.id("http://localhost:2380", token: "etcd-cluster")
    #expect(first.hexadecimal == "8e9e05c52164694d")
    #expect(ClusterID(of: [first]).hexadecimal == "cdf818194e3a8c32")
    let second = try Self.id("http://127.0.0.1:2380", token: "etcd-cluster")
    #expect(second.hexadecimal == "b71f75320dc06a6c")
    #expect(ClusterID(of: [second]).hexadecimal == "1c45a069f3a1d796")
  }

  @Test func aClusterOfThreeHasItsIDsInAnyOrder() throws {
    let ids = try (1...3).map { try Self.id("http://10.0.0.\($0):2380", token: "tkn") }
    #expect(
      ids.map(\.hexadecimal) == ["938e7772cd2277e3", "a8541d93194c0035", "f0f43b40119c769e"]
    )
    #expect(ClusterID(of: ids).hexadecimal == "b7d3aeee6f77f03c")
    #expect(ClusterID(of: ids.reversed()) == ClusterID(of: ids))
  }

  @Test func theOrderOfURLsDoesNotCount() throws {
    let one = try Self.id("http://10.0.0.1:2380", "http://10.0.0.1:2390", token: "tkn")
    let other = try Self.id("http://10.0.0.1:2390", "http://10.0.0.1:2380", token: "tkn")
    #expect(one == other)
    #expect(one.hexadecimal == "bf8bb291b69679f6")
  }

  @Test func anAddedMemberHasTheTimeInItsID() throws {
    let id = NodeID(peerURLs: [try PeerURL("http://10.0.0.4:2380")], addedAt: 1_700_000_000)
    #expect(id.hexadecimal == "515379a90beb2a3e")
  }

  @Test func zerosInFrontAreNotWritten() {
    #expect(NodeID(rawValue: 0xABC).hexadecimal == "abc")
    #expect(ClusterID(rawValue: 0xABC).hexadecimal == "abc")
  }
}
