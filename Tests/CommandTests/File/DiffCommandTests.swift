import TestSupport
import Testing

@Suite struct DiffCommandTests {
  private let cluster = FileCommands.cluster

  private func diff(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["diff"] + arguments)
  }

  // MARK: States

  @Test func twoRevisionsAreNamedInThreeWays() throws {
    let first = try diff("300", "510", "deploy", "--file", cluster)
    #expect(first.status == 1)
    #expect(first.errors == "explorer: note: 0 added, 0 removed, 3 changed, 0 equal\n")
    #expect(
      first.lines.filter { !$0.hasPrefix(" ") }.allSatisfy { $0.hasPrefix("~ /registry/deploy") }
    )
    #expect(first.text.contains("\n    ~ spec.replicas 3 \u{2192} 2\n"))
    #expect(try diff("\(cluster)@300", "\(cluster)@510", "deploy").output == first.output)
    #expect(try diff("\(cluster)@300", cluster, "deploy").output == first.output)
    #expect(try diff("@300", "@510", "deploy", "--file", cluster).output == first.output)
  }

  @Test func equalStatesAreStatusZero() throws {
    let same = try diff(cluster, cluster)
    #expect(same.status == 0)
    #expect(same.output.isEmpty)
    #expect(same.errors == "explorer: note: 0 added, 0 removed, 0 changed, 339 equal\n")
    #expect(try diff(cluster, cluster, "-o", "json").errors == "")
    #expect(try diff("300", "510", "pods/demo/none", "--file", cluster).status == 0)
  }

  @Test(arguments: EtcdVersion.allCases)
  func twoFilesAreCompared(version: EtcdVersion) throws {
    let plain = try EtcdFixture(version, "plain")
    let later = try EtcdFixture(version, "compacted")
    let result = try diff(
      try #require(plain.snapshotPath),
      later.databasePath,
      "--keys-only"
    )
    let before = Dictionary(
      uniqueKeysWithValues: plain.keys[plain.facts.revision]?.map { ($0.key, $0.value) } ?? []
    )
    let after = Dictionary(
      uniqueKeysWithValues: later.keys[later.facts.revision]?.map { ($0.key, $0.value) } ?? []
    )
    let added = after.keys.count { before[$0] == nil }
    let removed = before.keys.count { after[$0] == nil }
    let changed = after.count { before[$0.key] != nil && before[$0.key] != $0.value }
    let equal = after.count - added - changed
    #expect(
      result.errors
        == "explorer: note: \(added) added, \(removed) removed, \(changed) changed, \(equal) equal\n"
    )
    #expect(result.status == (added + removed + changed > 0 ? 1 : 0))
    #expect(result.lines.count == added + removed + changed)
  }

  // MARK: Forms

  @Test func changesAreLinesOfYAML() throws {
    let result = try diff("508", "510", "deploy/demo/web", "--file", cluster, "-o", "yaml")
    #expect(result.status == 1)
    #expect(
      result.text == """
        --- 508:/registry/deployments/demo/web
        +++ 510:/registry/deployments/demo/web
        @@ -4,7 +4,7 @@
           annotations:
             deployment.kubernetes.io/revision: "1"
           creationTimestamp: "2026-11-21T04:16:47Z"
        -  generation: 2
        +  generation: 3
           labels:
             app: web
             tier: frontend
        @@ -34,6 +34,7 @@
             metadata:
               annotations:
                 a: b
        +        kubectl.kubernetes.io/restartedAt: "2026-11-21T04:18:58Z"
               creationTimestamp: null
               labels:
                 app: web

        """
    )
  }

  /// What `diff` prints takes `get`'s old text to its new one, as `patch` would.
  @Test func theLinesMakeTheNewTextOfTheOldOne() throws {
    let result = try diff(
      "300",
      "510",
      "--file",
      cluster,
      "-o",
      "yaml",
      "--ignore",
      "none",
      "--show-secrets"
    )
    let differences = Patch.split(result.text)
    #expect(differences.count == 96)
    let keys = try keysOfSummary("300", "510")
    #expect(differences.map(\.key).sorted() == keys.sorted())
    // Each is one more run of the program, so not all of them.
    for (place, patch) in differences.enumerated() where place % 6 == 0 {
      let old = try FileCommands.run("get", cluster, ["--exact", patch.key, "--rev", "300"])
      let new = try FileCommands.run("get", cluster, ["--exact", patch.key, "--rev", "510"])
      #expect(patch.isAddition == (old.status == 1))
      let lines = try #require(
        patch.applied(
          to: old.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        )
      )
      #expect(lines.joined(separator: "\n") == new.text, "\(patch.key)")
    }
  }

  private func keysOfSummary(_ first: String, _ second: String) throws -> [String] {
    try diff(first, second, "--file", cluster, "--keys-only").lines.map { String($0.dropFirst(2)) }
  }

  /// What is added, removed and changed is what two lists of keys say.
  @Test func keysThatDifferAreThoseOfTwoLists() throws {
    func revisions(_ revision: String) throws -> [String: Int64] {
      let lines = try FileCommands.run("keys", cluster, ["--rev", revision, "-o", "json"]).lines
      let rows = try lines.compactMap { try JSONObject($0.utf8) }
      return Dictionary(
        uniqueKeysWithValues: rows.map { ($0.string("key") ?? "", $0.number("modRevision") ?? 0) }
      )
    }
    for (first, second) in [("300", "510"), ("510", "300"), ("500", "511"), ("1", "511")] {
      let (old, new) = (try revisions(first), try revisions(second))
      let lines = try diff(first, second, "--file", cluster, "--keys-only").lines
      func keys(_ mark: String) -> Set<String> {
        Set(lines.filter { $0.hasPrefix("\(mark) ") }.map { String($0.dropFirst(2)) })
      }
      #expect(keys("+") == Set(new.keys).subtracting(old.keys))
      #expect(keys("-") == Set(old.keys).subtracting(new.keys))
      // A write need not change anything, but nothing changes without one.
      #expect(keys("~").isSubset(of: new.keys.filter { old[$0] != nil && old[$0] != new[$0] }))
      #expect(lines.count == keys("+").count + keys("-").count + keys("~").count)
    }
  }

  @Test func aLineOfJSONHoldsAKey() throws {
    let result = try diff("508", "510", "deploy/demo/web", "--file", cluster, "-o", "json")
    #expect(
      result.text == """
        {"key":"/registry/deployments/demo/web","kind":"changed","oldRevision":508,"newRevision":510,\
        "changes":[{"path":"metadata.generation","kind":"changed","old":2,"new":3},{"path":\
        "spec.template.metadata.annotations[\\"kubectl.kubernetes.io/restartedAt\\"]","kind":"added",\
        "new":"2026-11-21T04:18:58Z"}]}

        """
    )
    let added = try diff("200", "230", "deploy/demo/web", "--file", cluster, "-o", "json")
    #expect(
      added.text
        == "{\"key\":\"/registry/deployments/demo/web\",\"kind\":\"added\",\"newRevision\":229}\n"
    )
    let removed = try diff("230", "200", "deploy/demo/web", "--file", cluster)
    #expect(removed.text == "- /registry/deployments/demo/web\n")
  }

  /// Only managedFields differ between these two.
  @Test func fieldsThatDoNotCountAreNoDifference() throws {
    let ignored = "metadata.generation,spec.template.metadata.annotations,metadata.managedFields"
    for form in ["summary", "yaml", "json"] {
      let result = try diff(
        "508",
        "510",
        "deploy/demo/web",
        "--file",
        cluster,
        "-o",
        form,
        "--ignore",
        ignored
      )
      #expect(result.status == 0)
      #expect(result.output.isEmpty)
      if form == "summary" { #expect(result.errors.contains("1 changed in nothing that counts")) }
      let all = try diff(
        "508",
        "510",
        "deploy/demo/web",
        "--file",
        cluster,
        "-o",
        form,
        "--ignore",
        "none"
      )
      #expect(all.status == 1)
      #expect(all.text.contains("kubectl-rollout"))
    }
  }

  /// A path can be given as the output has it.
  @Test func pathsAreTakenFromTheOutput() throws {
    for ignored in [
      #"metadata.generation,spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]"#,
      ".metadata.generation,spec.template.metadata.annotations.kubectl.kubernetes.io/restartedAt",
    ] {
      let result = try diff(
        "508",
        "510",
        "deploy/demo/web",
        "--file",
        cluster,
        "--ignore",
        "\(ignored),metadata.managedFields"
      )
      #expect(result.status == 0, "\(ignored): \(result.text)")
    }
  }

  @Test func secretsAreMaskedUnlessAskedFor() throws {
    let masked = try diff("200", "510", "secret/demo/sec-opaque", "--file", cluster, "-o", "yaml")
    #expect(masked.text.contains("+  password: '***'\n"))
    #expect(!masked.text.contains("czNjcjN0Cg=="))
    // Not even without the field that tells that it is one.
    let nameless = try diff(
      "200",
      "510",
      "secret/demo/sec-opaque",
      "--file",
      cluster,
      "-o",
      "yaml",
      "--ignore",
      "kind"
    )
    #expect(nameless.status == 1 && !nameless.text.contains("czNjcjN0Cg=="))
    let shown = try diff(
      "200",
      "510",
      "secret/demo/sec-opaque",
      "--file",
      cluster,
      "-o",
      "yaml",
      "--show-secrets"
    )
    #expect(shown.text.contains("+  password: czNjcjN0Cg==\n"))
  }

  @Test func valuesOfOtherProgramsAreComparedAsText() throws {
    let fixture = try EtcdFixture(.v35, "plain")
    let result = try diff("55", "58", "/lives", "--file", fixture.dataDirectory)
    #expect(result.status == 1)
    #expect(
      result.text == """
        ~ /lives
            ~ "life 1, second version" \u{2192} "life 2, second version"

        """
    )
  }

  // MARK: Errors

  @Test(arguments: [
    (["300", "510"], "300: a revision needs --file, or a file in front: FILE@300"),
    (["/none", "/none"], "/none: no such file or directory"),
    (["/none@5", "/none"], "/none: no such file or directory"),
    (["300", "510", "--file", "/none"], "/none: no such file or directory"),
    (["1", "2", "-o", "table"], "Please provide one of 'summary', 'yaml'"),
    (["1", "2", "--nope"], "Unknown option '--nope'"),
    (["1", "2", "--prefix", "--exact"], "--prefix and --exact exclude each other"),
    (["1", "2", "--uncommitted"], "--uncommitted goes with --wal"),
    (["/none@-5", "/none"], "/none@-5: no such file or directory"),
    (["a.db"], "Missing expected argument '<b>'"), ([], "Missing expected argument '<a>'"),
  ])
  func wrongArgumentsSayWhatIsRight(arguments: [String], message: String) throws {
    let result = try Program.run(Program.explorer, ["diff"] + arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(message), "\(result.errors)")
  }

  @Test func aRevisionThatIsNotThereIsStatusTwo() throws {
    let result = try diff("300", "9999", "--file", cluster)
    #expect(result.status == 2)
    #expect(result.errors.contains("revision 9999 is a future revision"))
  }
}

/// A difference of one key, as `diff -u` prints it.
private struct Patch {
  let key: String

  /// Whether the key was not there before.
  let isAddition: Bool
  private var lines: [Substring] = []

  /// Takes the output of `diff -o yaml` apart.
  static func split(_ text: String) -> [Patch] {
    var patches: [Patch] = []
    var oldName: Substring = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("--- ") {
        oldName = line.dropFirst(4)
      } else if line.hasPrefix("+++ ") {
        let newName = line.dropFirst(4)
        let name = newName == "/dev/null" ? oldName : newName
        let key = name.drop { $0 != ":" }.dropFirst()
        patches.append(Patch(key: String(key), isAddition: oldName == "/dev/null"))
      } else if !patches.isEmpty {
        patches[patches.count - 1].lines.append(line)
      }
    }
    return patches
  }

  private init(key: String, isAddition: Bool) {
    self.key = key
    self.isAddition = isAddition
  }

  /// The new text; nil if the old one is not what the difference was made of.
  func applied(to old: [String]) -> [String]? {
    var result: [String] = []
    var place = 0
    for line in lines where !line.isEmpty {
      let text = line.dropFirst()
      switch line.first {
      case "@":
        // `@@ -4,7 +4,7 @@`; of an empty range the line in front of it is named.
        let range = line.split(separator: " ")[1].dropFirst().split(separator: ",")
        guard let number = Int(range[0]) else { return nil }
        let start = range.count == 2 && range[1] == "0" ? number : number - 1
        guard start >= place, start <= old.count else { return nil }
        result += old[place..<start]
        place = start
      case "+": result.append(String(text))
      case " ", "-":
        guard place < old.count, old[place] == text else { return nil }
        if line.first == " " { result.append(old[place]) }
        place += 1
      default: return nil
      }
    }
    return result + old[place...]
  }
}
