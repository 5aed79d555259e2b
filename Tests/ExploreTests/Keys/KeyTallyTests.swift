import Decode
import Schema
import Testing

@testable import Explore

@Suite struct KeyTallyTests {
  private static let keys = [
    "/registry/pods/default/a", "/registry/pods/default/b", "/registry/pods/kube-system/c",
    "/registry/services/specs/default/kubernetes",
    "/registry/services/endpoints/default/kubernetes",
    "/registry/masterleases/10.0.0.1", "/registry/minions/n1",
    "/registry/stable.example.com/crontabs/default/x", "/registry/deployments/demo/d",
    "/registry/strange/one", "/calico/ipam/v2/config", "compact_rev_key",
  ]

  private func tally(
    _ grouping: KeyTally.Grouping,
    _ keys: [String] = KeyTallyTests.keys,
    groupLimit: Int = 1000
  ) throws -> KeyTally {
    let parser = StorageKeyParser(resources: try ResourceTable())
    let tally = KeyTally(by: grouping, parser: parser, groupLimit: groupLimit)
    for (number, key) in keys.enumerated() {
      Array(key.utf8).withUnsafeBytes { tally.add($0, valueByteCount: number + 1) }
    }
    return tally
  }

  /// `name=count` of each group.
  private func counts(_ tally: KeyTally) -> [String] {
    tally.groups.map { "\($0.name ?? "(others)")=\($0.count)" }
  }

  @Test func keysAreCountedByResource() throws {
    let tally = try tally(.resource)
    #expect(
      counts(tally) == [
        "/calico/ipam=1", "compact_rev_key=1", "crontabs.stable.example.com=1",
        "deployments.apps=1", "endpoints=1", "masterleases=1", "nodes=1", "pods=3", "services=1",
        "strange=1",
      ]
    )
    let pods = try #require(tally.groups.first { $0.name == "pods" })
    #expect(pods.valueByteCount == 6)
    #expect(pods.keyByteCount == 24 + 24 + 28)
    #expect(tally.total.count == 12)
    #expect(tally.total.valueByteCount == 78)
  }

  @Test func keysAreCountedByNamespaceAndKind() throws {
    #expect(counts(try tally(.namespace)) == ["=5", "default=5", "demo=1", "kube-system=1"])
    let kinds = counts(try tally(.kind))
    #expect(kinds.contains("Endpoints=2"))
    #expect(kinds.contains("Pod=3"))
    #expect(kinds.contains("crontabs.stable.example.com=1"))
  }

  @Test func keysAreCountedByTheirFirstParts() throws {
    #expect(
      counts(try tally(.prefix(1))) == ["/calico/=1", "/registry/=10", "compact_rev_key=1"]
    )
    #expect(counts(try tally(.prefix(2))).contains("/registry/services/=2"))
    #expect(counts(try tally(.prefix(99))).count == 12)
    #expect(
      counts(try tally(.prefix(2), ["", "/", "//", "///", "a", "a/b/c"])) == [
        "=1", "/=1", "//=1", "///=1", "a=1", "a/b/=1",
      ]
    )
  }

  @Test func whatSeveralThreadsCountedIsPutTogether() throws {
    for grouping in [KeyTally.Grouping.resource, .namespace, .kind, .prefix(3)] {
      let whole = try tally(grouping)
      let half = KeyTallyTests.keys.count / 2
      let first = try tally(grouping, Array(KeyTallyTests.keys[..<half]))
      first.merge(try tally(grouping, Array(KeyTallyTests.keys[half...])))
      #expect(counts(first) == counts(whole))
      #expect(first.total.count == whole.total.count)
      #expect(first.total.keyByteCount == whole.total.keyByteCount)
    }
  }

  @Test func tooManyGroupsAreCountedTogether() throws {
    let keys = (0..<50).map { "/registry/group\($0).example.com/things/a" }
    let tally = try tally(.resource, keys, groupLimit: 10)
    #expect(tally.groups.count == 11)
    #expect(tally.groups.last?.name == nil)
    #expect(tally.groups.last?.count == 40)
    #expect(tally.total.count == 50)
    let more = try self.tally(.resource, keys, groupLimit: 10)
    more.merge(tally)
    #expect(more.groups.last?.count == 80)
    #expect(more.total.count == 100)
  }

  @Test func thePathOfACustomResourceIsNoForeignKey() throws {
    // The same bytes, once below the registry and once not.
    let tally = try tally(
      .resource,
      ["/registry/a.b/c/x", "a.b/c", "/registry/compact/a", "compact"]
    )
    #expect(counts(tally) == ["a.b=1", "c.a.b=1", "compact=2"])
  }

  @Test(arguments: [
    ("resource", KeyTally.Grouping.resource), ("namespace", .namespace), ("kind", .kind),
    ("prefix", .prefix(2)), ("prefix:1", .prefix(1)), ("prefix:12", .prefix(12)),
  ])
  func groupingsHaveNames(text: String, grouping: KeyTally.Grouping) {
    #expect(KeyTally.Grouping(text) == grouping)
  }

  @Test(arguments: [
    "", "Resource", "prefix:", "prefix:0", "prefix:-1", "prefix:x", "prefix:99999999999999999999",
  ])
  func otherTextIsNoGrouping(text: String) { #expect(KeyTally.Grouping(text) == nil) }

  @Test func hostileKeysAreCountedLikeAnyOther() throws {
    let deep = String(repeating: "/", count: 200_000)
    let keys = [
      deep, "/registry/" + deep, "/registry/pods/" + String(repeating: "x", count: 1 << 20),
    ]
    for grouping in [KeyTally.Grouping.resource, .namespace, .kind, .prefix(100_000)] {
      #expect(try tally(grouping, keys).total.count == 3)
    }
    let parser = StorageKeyParser(resources: try ResourceTable())
    let tally = KeyTally(by: .resource, parser: parser)
    ([0xFF, 0x00, 0xC3] as [UInt8]).withUnsafeBytes { tally.add($0, valueByteCount: 0) }
    tally.add(UnsafeRawBufferPointer(start: nil, count: 0), valueByteCount: 0)
    #expect(tally.total.count == 2)
  }
}

@Suite struct ByteTableTests {
  @Test func slotsAreNumberedInTheOrderOfTheirComing() {
    var table = ByteTable()
    var generator = SeededGenerator(seed: 3)
    var expected: [[UInt8]: Int] = [:]
    for _ in 0..<20_000 {
      let key = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
        UInt8.random(in: 0...3, using: &generator)
      }
      let slot = key.withUnsafeBytes { table.insert($0) }
      if let known = expected[key] {
        #expect(slot == known)
      } else {
        #expect(slot == expected.count)
        expected[key] = slot
      }
    }
    #expect(table.count == expected.count)
    for (key, slot) in expected {
      let found = key.withUnsafeBytes { table.find($0) }
      #expect(found == slot)
      #expect(table[slot].elementsEqual(key))
    }
    let missing = ([9] as [UInt8]).withUnsafeBytes { table.find($0) }
    #expect(missing == nil)
  }

  @Test func scopesKeepBytesApart() {
    var table = ByteTable()
    let key: [UInt8] = [1, 2, 3]
    let slots = [0, 1, 0, 2].map { scope in
      key.withUnsafeBytes { table.insert($0, scope: Int32(scope)) }
    }
    #expect(slots == [0, 1, 0, 2])
    let full = key.withUnsafeBytes { table.insert($0, scope: 9, limit: 3) }
    #expect(full == -1)
    let known = key.withUnsafeBytes { table.insert($0, scope: 1, limit: 0) }
    #expect(known == 1)
  }
}

@Suite struct KeyTreeTests {
  private func tree(_ keys: [String], _ options: KeyTree.Options = KeyTree.Options()) -> String {
    let tree = KeyTree(options: options)
    for (number, key) in keys.enumerated() {
      Array(key.utf8).withUnsafeBytes { tree.add($0, valueByteCount: (number + 1) * 100) }
    }
    var output = OutputBuffer()
    tree.append(to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  @Test func partsAreDrawnWithTheirCounts() {
    let keys = [
      "/registry/pods/kube-system/c", "/registry/pods/default/b", "/registry/pods/default/a",
      "/registry/services/endpoints/default/kubernetes", "compact_rev_key",
    ]
    #expect(
      tree(keys) == """
        /registry (4 keys)
        ├── pods (3 keys)
        │   ├── default (2 keys)
        │   │   ├── a
        │   │   └── b
        │   └── kube-system/c
        └── services/endpoints/default/kubernetes
        compact_rev_key

        """
    )
    var options = KeyTree.Options()
    options.maximumDepth = 2
    options.showsSizes = true
    #expect(
      tree(keys, options) == """
        /registry (4 keys, 1.0 kB)
        ├── pods (3 keys, 600 B)
        └── services (1 key, 400 B)
        compact_rev_key (500 B)

        """
    )
  }

  @Test func aKeyThatIsAlsoAFolderIsCounted() {
    #expect(
      tree(["/a", "/a/b", "/a/b/c", "/a/b/c"]) == """
        /a (4 keys)
        └── b (3 keys)
            └── c (2 keys)

        """
    )
  }

  @Test func slashesWithoutTextArePartsToo() {
    #expect(tree(["/", "//", "a//b"]) == "/ (2 keys)\n└── /\na//b\n")
    #expect(tree([""]) == "")
    #expect(tree([]) == "")
    #expect(tree(["a\nb"]) == "a\\u{a}b\n")
  }

  @Test func tooManyPartsAreOnlyCounted() {
    var options = KeyTree.Options()
    options.partLimit = 3
    #expect(
      tree((0..<10).map { "/a/\($0)" }, options) == "/a (10 keys)\n├── 0\n└── 1\n"
    )
  }

  @Test func aVeryDeepKeyIsDrawn() {
    let deep = String(repeating: "/x", count: 20_000)
    let text = tree([deep, deep + "/y", "/x"])
    #expect(text.hasPrefix("/x (3 keys)\n└── x/x"))
    #expect(text.split(separator: "\n").count == 3)
  }

  /// Each part of such paths is a branch of its own, and what stands in front of it grows.
  @Test func manyBranchesBelowEachOtherAreDrawn() {
    var keys: [String] = []
    var path = ""
    for _ in 0..<500 {
      path += "/a"
      keys += [path, path + "/b"]
    }
    #expect(tree(keys).split(separator: "\n").count == 1000)
  }
}
