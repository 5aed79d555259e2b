import TestSupport
import Testing

@Suite struct KeysCommandTests {
  private let cluster = FileCommands.cluster

  private func keys(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["keys", "--file", cluster] + arguments)
  }

  // MARK: Which keys

  @Test func allKeysAreListedInTheirOrder() throws {
    let result = try keys()
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(ClusterFacts.keys.count == 339)
    #expect(result.lines == ClusterFacts.keys.map(\.key))
  }

  @Test func wordsAreThoseOfKubernetes() throws {
    let pods = ClusterFacts.keys(below: "/registry/pods/").map(\.key)
    #expect(try keys("pods").lines == pods)
    for words in [
      ["po"], ["Pod"], ["pod", "-A"], ["pods", "--all-namespaces"], ["/registry/pods/"],
      ["--prefix", "/registry/pods/"], ["/registry/pods"], ["/registry/pods", "po"],
    ] {
      #expect(try Program.run(Program.explorer, ["keys", "--file", cluster] + words).lines == pods)
    }
    let demo = pods.filter { $0.hasPrefix("/registry/pods/demo/") }
    #expect(try keys("pods/demo").lines == demo)
    #expect(try keys("pods", "-n", "demo").lines == demo)
    #expect(try keys("pods/demo/pod-min").lines == ["/registry/pods/demo/pod-min"])
    #expect(try keys("nodes").lines.allSatisfy { $0.hasPrefix("/registry/minions/") })
    let network = ClusterFacts.keys(below: "/registry/services/").map(\.key)
    #expect(try keys("svc,ep", "-n", "demo").lines == network.filter { $0.contains("/demo/") })
    #expect(try keys("svc", "ep").lines == network)
    #expect(
      try keys("crontabs.stable.example.com").lines.first?.hasPrefix(
        "/registry/stable.example.com/"
      )
        == true
    )
    #expect(try keys("--exact", "/registry/pods/demo").status == 1)
    let namespace = try keys("-n", "demo")
    #expect(namespace.lines.contains("/registry/namespaces/demo"))
    #expect(namespace.lines == ClusterFacts.keys(ofNamespace: "demo").map(\.key))
  }

  @Test func noSuchKeysIsStatusOneAndSaysWhatIsNear() throws {
    let result = try keys("pods/a")
    #expect(result.status == 1)
    #expect(result.output.isEmpty)
    #expect(
      result.errors == """
        explorer: note: near it: 13 keys begin with /registry/pods/, \
        the next one is /registry/pods/default/pod-rc

        """
    )
    #expect(try keys("--rev", "10", "pods").status == 1)
  }

  @Test func anUnknownWordSaysWhatIsNear() throws {
    let result = try keys("deploymentz")
    #expect(result.status == 2)
    #expect(
      result.errors == "explorer: deploymentz: no such resource, did you mean deployments.apps?\n"
        || result.errors.contains("deploymentz: no such resource, did you mean deployment")
    )
  }

  // MARK: At a revision

  @Test func olderKeysAreThoseOfTheRevision() throws {
    let pods = try keys("pods").lines
    let older = try keys("pods", "--rev", "300").lines
    // None of the pods was deleted.
    let made = ClusterFacts.keys(below: "/registry/pods/").filter { $0.createRevision <= 300 }
    #expect(older == made.map(\.key) && older.count < pods.count)
    #expect(try keys("pods", "--rev", "0").lines == pods)
  }

  @Test func revisionsOutsideAreRefusedInEtcdsWords() throws {
    let future = try keys("--rev", "9999")
    #expect(future.status == 2)
    #expect(
      future.errors
        == "explorer: revision 9999 is a future revision, the current one is 511\n"
    )
    for form in ["--all-revisions", "--count", "--tree"] {
      #expect(try keys("--rev", "9999", form).errors == future.errors)
    }
    let fixture = try EtcdFixture(.v35, "compacted")
    let compacted = try Program.explorer("keys", "--file", fixture.dataDirectory, "--rev", "5")
    #expect(compacted.status == 2)
    #expect(
      compacted.errors.hasSuffix(
        "explorer: revision 5 has been compacted, the oldest is \(fixture.facts.compactRevision)\n"
      )
    )
  }

  @Test(arguments: EtcdVersion.allCases)
  func aDeletedKeyIsListedWithAllRevisionsOnly(version: EtcdVersion) throws {
    let path = try EtcdFixture(version, "plain")
    let live = try Program.explorer("keys", "--file", path.dataDirectory)
    #expect(!live.lines.contains("/gone"))
    let all = try Program.explorer("keys", "--file", path.dataDirectory, "/gone", "--all-revisions")
    #expect(all.text == "          59  PUT     /gone\n          60  DELETE  /gone\n")
    let older = try Program.explorer(
      "keys",
      "--file",
      path.dataDirectory,
      "/gone",
      "--all-revisions",
      "--rev",
      "59",
      "--sizes"
    )
    #expect(older.text == "          59  PUT              8  /gone\n")
    let json = try Program.explorer(
      "keys",
      "--file",
      path.dataDirectory,
      "/gone",
      "--all-revisions",
      "-o",
      "json"
    )
    #expect(
      json.text == """
        {"key":"/gone","modRevision":59,"valueSize":8}
        {"key":"/gone","modRevision":60,"deleted":true}

        """
    )
    #expect(
      try Program.explorer("keys", "--file", path.dataDirectory, "--rev", "59", "/gone").status == 0
    )
  }

  // MARK: Forms

  @Test func keysAreCounted() throws {
    #expect(try keys("--count").text == "\(ClusterFacts.keys.count)\n")
    let pods = ClusterFacts.keys(below: "/registry/pods/")
    let bytes = pods.reduce(0) { $0 + $1.byteCount + $1.key.utf8.count }
    #expect(try keys("--count", "pods", "--sizes").text == "\(pods.count) \(bytes)\n")
    #expect(try keys("--count", "pods", "-o", "json").text == "{\"keys\":13}\n")
    #expect(
      try keys("--count", "-o", "json", "--sizes", "pods").text
        == "{\"keys\":13,\"bytes\":\(bytes)}\n"
    )
    let none = try keys("--count", "pods/none")
    #expect(none.text == "0\n" && none.status == 1)
  }

  @Test(arguments: ["resource", "namespace", "kind", "prefix", "prefix:3"])
  func groupsAddUpToAll(grouping: String) throws {
    let text = try keys("--by", grouping, "--sizes")
    #expect(text.status == 0)
    let rows = text.lines.dropFirst().map { $0.split(separator: " ").map(String.init) }
    let numbers = rows.map { $0.prefix(3).compactMap { Int($0) } }
    let last = try #require(numbers.last)
    #expect(rows.last?.last == "(all)")
    for column in 0..<3 {
      #expect(numbers.dropLast().reduce(0) { $0 + $1[column] } == last[column])
    }
    let all = ClusterFacts.keys
    #expect(
      last == [
        all.count, all.reduce(0) { $0 + $1.key.utf8.count }, all.reduce(0) { $0 + $1.byteCount },
      ]
    )
    // The largest first.
    let sizes = numbers.dropLast().map { $0[1] + $0[2] }
    #expect(sizes == sizes.sorted(by: >))
    let json = try keys("--by", grouping, "--sizes", "-o", "json").lines
    #expect(json.count == rows.count - 1)
    #expect(json.allSatisfy { $0.hasPrefix("{\"name\":\"") && $0.contains("\"valueBytes\":") })
    #expect(try keys("--by", grouping, "--limit", "2").lines.count == 4)
  }

  @Test func resourcesKindsAndNamespacesHaveTheirNames() throws {
    let resources = try keys("--by", "resource").text
    #expect(resources.hasPrefix("KEYS  RESOURCE\n  64  clusterroles.rbac.authorization.k8s.io\n"))
    #expect(resources.contains("  13  pods\n"))
    // What the stored values say of themselves, as auger read it.
    var counts: [String: Int] = [:]
    for key in ClusterFacts.keys { counts["\(key.apiVersion) \(key.kind)", default: 0] += 1 }
    for line in try keys("--by", "kind").lines.dropFirst().dropLast() {
      let columns = line.split(separator: " ", maxSplits: 1).map(String.init)
      let kind = columns[1].drop { $0 == " " }
      #expect(counts.removeValue(forKey: String(kind)) == Int(columns[0]), "\(line)")
    }
    #expect(counts.isEmpty)
    let kinds = try keys("--by", "kind", "-n", "demo", "deploy").text
    #expect(kinds == "KEYS  KIND\n   3  apps/v1 Deployment\n   3  (all)\n")
    #expect(
      try keys("--by", "namespace", "ns").text == "KEYS  NAMESPACE\n   6  (none)\n   6  (all)\n"
    )
  }

  @Test func aTreeIsDrawn() throws {
    #expect(
      try keys("--tree", "/registry/services/specs").text == """
        /registry/services/specs (5 keys)
        \u{251C}\u{2500}\u{2500} default/kubernetes
        \u{2514}\u{2500}\u{2500} demo (4 keys)
            \u{251C}\u{2500}\u{2500} ext
            \u{251C}\u{2500}\u{2500} headless
            \u{251C}\u{2500}\u{2500} lb
            \u{2514}\u{2500}\u{2500} web

        """
    )
    let sizes = try keys("--tree", "--sizes", "ns/default")
    let byteCount = ClusterFacts.key("/registry/namespaces/default")?.byteCount ?? 0
    #expect(sizes.text == "/registry/namespaces/default (\(byteCount) B)\n")
  }

  @Test func aLimitSaysWhatItLeavesOut() throws {
    let limited = try keys("pods", "--limit", "2")
    #expect(limited.lines.count == 2)
    #expect(limited.errors == "explorer: note: 2 of 13 keys shown\n")
    let nothing = try keys("pods", "--limit", "0")
    #expect(nothing.output.isEmpty && nothing.status == 0)
    #expect(try keys("pods", "--limit", "13").errors == "")
    let all = try keys("pods", "--all-revisions", "--limit", "1")
    #expect(all.lines.count == 1)
    #expect(all.errors == "explorer: note: 1 of 18 revisions shown\n")
  }

  @Test func sizesAreThoseOfTheValues() throws {
    let sizes = try keys("--sizes").lines.map { $0.split(separator: " ").map(String.init) }
    #expect(sizes == ClusterFacts.keys.map { ["\($0.byteCount)", $0.key] })
    let json = try keys("-o", "json").lines
    #expect(
      json
        == ClusterFacts.keys.map {
          "{\"key\":\"\($0.key)\",\"modRevision\":\($0.modRevision),\"valueSize\":\($0.byteCount)}"
        }
    )
  }

  // MARK: Arguments

  @Test(arguments: [
    (["--prefix", "--exact"], "--prefix and --exact exclude each other"),
    (["-n", "a", "-A"], "Give either -n or -A"),
    (["--by", "size"], "--by size: resource, namespace, kind, prefix or prefix:N"),
    (["--by", "prefix:0"], "--by prefix:0: resource"),
    (["--tree", "--by", "kind"], "--tree and --by exclude each other"),
    (["--all-revisions", "--count"], "--all-revisions lists"),
    (["--all-revisions", "--tree"], "--all-revisions lists"),
    (["--limit=-1"], "--limit must not be negative"),
    (["--rev=-1"], "--rev must not be negative"),
    (["--uncommitted"], "--uncommitted goes with --wal"),
    (["--wal"], "no log beside it: only a data directory has one"),
    (["-o", "yaml"], "Please provide one of 'text' and 'json'"),
    (["--rev", "x"], "The value 'x' is invalid for '--rev"),
    (["--nope"], "Unknown option '--nope'"),
    (["pods//x"], "pods//x"), (["pods/a/b/c"], "pods/a/b/c"),
  ])
  func wrongArgumentsSayWhatIsRight(arguments: [String], message: String) throws {
    let result = try Program.run(Program.explorer, ["keys", "--file", cluster] + arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func fileAndEndpointsExcludeEachOther() throws {
    let result = try Program.explorer("keys", "--file", cluster, "--endpoints", "127.0.0.1:1")
    #expect(result.status == 2)
    #expect(result.errors.contains("--file and --endpoints exclude each other"))
  }
}
