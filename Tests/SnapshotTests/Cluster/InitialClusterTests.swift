import Snapshot
import Testing
import WAL

@Suite struct InitialClusterTests {
  /// Nobody is asked anything.
  static let noResolver = HostResolver { host, port in
    Issue.record("asked for \(host):\(port)")
    return nil
  }

  static func urls(_ texts: String...) throws -> [PeerURL] {
    try texts.map { try PeerURL($0) }
  }

  @Test func namesGatherTheirURLs() throws {
    let cluster = try InitialCluster("b=http://b:2,a=http://a:1,,b=http://b:1,")
    #expect(cluster.peers.map(\.name) == ["b", "a"])
    #expect(
      cluster.peers.map { $0.urls.map(\.text) } == [["http://b:1", "http://b:2"], ["http://a:1"]]
    )
  }

  @Test func twoSpellingsOfACharacterAreTwoNames() throws {
    let cluster = try InitialCluster("\u{E9}=http://a:1,e\u{301}=http://b:1")
    #expect(cluster.peers.count == 2)
  }

  @Test func aNameMayBeEmpty() throws {
    let cluster = try InitialCluster("=http://a:1")
    try cluster.check(name: "", advertised: try Self.urls("http://a:1"), resolver: Self.noResolver)
  }

  @Test func aNameWithoutAURLIsRefused() {
    #expect(throws: SnapshotError.peerURL("", .scheme)) { try InitialCluster("default") }
  }

  @Test func theOwnNameMustBeThere() throws {
    for text in ["", "default=http://a:1"] {
      let cluster = try InitialCluster(text)
      #expect(throws: SnapshotError.nameNotInCluster("x")) {
        try cluster.check(name: "x", advertised: try Self.urls("http://a:1"))
      }
    }
  }

  @Test func urlsThatAreWrittenAlikeAreNotLookedUp() throws {
    let cluster = try InitialCluster("a=http://a:2,b=http://b:1,a=http://a:1")
    try cluster.check(
      name: "a",
      advertised: try Self.urls("http://a:1", "http://a:2"),
      resolver: Self.noResolver
    )
  }

  @Test func urlsWithTheSameAddressesAreAccepted() throws {
    let cluster = try InitialCluster("a=http://one.test:1,a=http://two.test:1")
    let resolver = HostResolver { host, port in
      ["one.test": "10.0.0.9:", "two.test": "10.0.0.1:", "10.0.0.9": "10.0.0.9:"][host]
        .map { $0 + port }
    }
    try cluster.check(
      name: "a",
      advertised: try Self.urls("http://10.0.0.9:1", "http://two.test:1"),
      resolver: resolver
    )
    #expect(
      throws: SnapshotError.notAdvertised(
        name: "a",
        urls: ["http://one.test:1"],
        advertised: ["https://10.0.0.9:1", "http://two.test:1"]
      )
    ) {
      try cluster.check(
        name: "a",
        advertised: try Self.urls("https://10.0.0.9:1", "http://two.test:1"),
        resolver: resolver
      )
    }
  }

  @Test func localhostIsNotLookedUp() throws {
    let cluster = try InitialCluster("a=http://localhost:1")
    let resolver = HostResolver { host, port in
      #expect(host != "localhost")
      return "127.0.0.1:\(port)"
    }
    #expect(throws: SnapshotError.self) {
      try cluster.check(
        name: "a",
        advertised: try Self.urls("http://127.0.0.1:1"),
        resolver: resolver
      )
    }
  }

  @Test func hostsWithoutAnAddressAreNotEqual() throws {
    let cluster = try InitialCluster("a=http://one.test:1")
    let error = SnapshotError.notAdvertised(
      name: "a",
      urls: ["http://one.test:1"],
      advertised: ["http://two.test:1"]
    )
    #expect(throws: error) {
      try cluster.check(
        name: "a",
        advertised: try Self.urls("http://two.test:1"),
        resolver: HostResolver { _, _ in nil }
      )
    }
    #expect(
      error.description
        == "initial cluster: has a=http://one.test:1, missing from the advertised peer URLs "
        + "http://two.test:1"
    )
  }

  @Test func urlsThatAreOnlyAdvertisedAreRefused() throws {
    let cluster = try InitialCluster("a=http://a:1")
    #expect(
      throws: SnapshotError.notInCluster(
        urls: ["http://a:2"],
        name: "a",
        cluster: ["http://a:1"]
      )
    ) {
      try cluster.check(
        name: "a",
        advertised: try Self.urls("http://a:1", "http://a:2"),
        resolver: Self.noResolver
      )
    }
  }

  @Test func urlsThatComeTwiceAreRefused() throws {
    let twice = SnapshotError.duplicateURL("http://a:1")
    let two = try InitialCluster("a=http://a:1,b=http://a:1")
    #expect(throws: twice) {
      try two.check(name: "a", advertised: try Self.urls("http://a:1"), resolver: Self.noResolver)
    }
    let one = try InitialCluster("a=http://a:1")
    #expect(throws: twice) {
      try one.check(
        name: "a",
        advertised: try Self.urls("http://a:1", "http://a:1"),
        resolver: Self.noResolver
      )
    }
  }

  @Test func membersWithTheSameURLsAreRefused() throws {
    let cluster = try InitialCluster("a=http://localhost:2380,b=http://localhost:2380")
    let error = #expect(throws: SnapshotError.self) { try cluster.members(token: "etcd-cluster") }
    guard case .sameID(let id, let names) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(id.hexadecimal == "8e9e05c52164694d")
    #expect(names.sorted() == ["a", "b"])
  }

  /// What etcdutl 3.5.30 printed for the same flags.
  @Test func membersAreThoseOfEtcdutl() throws {
    let cluster = try InitialCluster(
      "c=http://10.0.0.3:2380,b=http://10.0.0.2:2380,a=http://10.0.0.1:2390,a=http://10.0.0.1:2380"
    )
    let members = try cluster.members(token: "tkn")
    #expect(
      members.map(\.id.hexadecimal) == ["a8541d93194c0035", "bf8bb291b69679f6", "f0f43b40119c769e"]
    )
    #expect(members.map(\.name) == ["b", "a", "c"])
    #expect(members[1].peerURLs == ["http://10.0.0.1:2380", "http://10.0.0.1:2390"])
    #expect(ClusterID(of: members.map(\.id)).hexadecimal == "951edde5096f2b39")
  }
}
