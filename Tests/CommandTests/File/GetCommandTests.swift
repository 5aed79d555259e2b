import TestSupport
import Testing

@Suite struct GetCommandTests {
  private let cluster = FileCommands.cluster

  private func get(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["get", "--file", cluster] + arguments)
  }

  // MARK: Forms

  @Test func anObjectIsShownAsDecodeShowsIt() throws {
    let raw = try get("deploy/demo/web", "-o", "raw")
    for form in ["yaml", "json", "json-pretty", "pb"] {
      let got = try get("deploy/demo/web", "-o", form)
      let key = "/registry/deployments/demo/web"
      let decoded = try Program.explorer("decode", "--key", key, "-o", form, input: raw.output)
      #expect(got.status == 0)
      #expect(got.output == decoded.output)
    }
    #expect(try get("deploy/demo/web").output == get("deploy/demo/web", "-o", "yaml").output)
    let hex = try get("deploy/demo/web", "-o", "hex")
    #expect([UInt8](hexadecimal: hex.lines[0]) == raw.output)
  }

  @Test func valuesAreTheStoredBytes() throws {
    #expect(ClusterFacts.keys.count == 339)
    let hex = try get("-A", "-o", "hex").lines
    #expect(hex.map { [UInt8](hexadecimal: $0) } == ClusterFacts.keys.map(\.value))
    let raw = try get("-A", "-o", "raw")
    #expect(raw.output == ClusterFacts.keys.flatMap { $0.value ?? [] })
  }

  @Test func objectsAreThoseThatTheAPIServerAnswered() throws {
    let keys = ClusterFacts.keys
    let result = try get("-A", "-o", "json", "--release", "1.20")
    #expect(result.status == 0)
    #expect(result.lines.count == keys.count)
    // The API server fills these in with defaults that are not stored.
    let defaulted: Set = [
      "/registry/persistentvolumeclaims/demo/data-db-0",
      "/registry/persistentvolumeclaims/demo/data-db-1", "/registry/statefulsets/demo/db",
    ]
    var comparedCount = 0
    for (key, line) in zip(keys, result.lines) where key.isServed && !defaulted.contains(key.key) {
      let answer = try #require(try ClusterFacts.answer(key))
      let object = try #require(try JSONObject(line.utf8))
      #expect(object.string("kind") == key.kind, "\(key.key)")
      // Of what is stored in another version, the API server tells in its own.
      guard answer.string("apiVersion") == key.apiVersion else { continue }
      // Made from the revision and the path when it answers.
      let revision = answer.object("metadata")?.string("resourceVersion")
      #expect(revision == "\(key.modRevision)")
      let expected = answer.removing(["resourceVersion", "selfLink"], from: "metadata")
      #expect(object.removing(["selfLink"], from: "metadata") == expected, "\(key.key)")
      comparedCount += 1
    }
    #expect(comparedCount > 250)
  }

  @Test func fieldsAreThoseOfEtcdctl() throws {
    let result = try get("-A", "-o", "fields")
    var expected: [String] = []
    for key in ClusterFacts.keys {
      expected += [
        "\"Key\" : \"\(key.key)\"", "\"CreateRevision\" : \(key.createRevision)",
        "\"ModRevision\" : \(key.modRevision)", "\"Version\" : \(key.version)",
        "\"Lease\" : \(key.lease)",
      ]
    }
    #expect(result.lines.filter { !$0.hasPrefix("\"Value\" : ") } == expected)
  }

  @Test func severalObjectsAreDocuments() throws {
    let yaml = try get("deploy", "-n", "demo")
    #expect(yaml.text.split(separator: "\n---\n").count == 3)
    #expect(!yaml.text.hasPrefix("---"))
    let json = try get("deploy", "-n", "demo", "-o", "json")
    #expect(json.lines.count == 3)
    #expect(json.lines.allSatisfy { $0.hasPrefix("{\"kind\":\"Deployment\"") })
    let names = try get("deploy,sts", "-n", "demo", "-o", "name").text
    #expect(
      names == """
        deployment.apps/recreate
        deployment.apps/ssa
        deployment.apps/web
        statefulset.apps/db

        """
    )
  }

  @Test func fieldsAreTakenOutByJSONPath() throws {
    let result = try get("deploy/demo/web", "-o", "jsonpath={.metadata.name} {.spec.replicas}")
    #expect(result.text == "web 2\n")
    let several = try get("ns/demo", "ns/default", "-o", "jsonpath={.status.phase}")
    #expect(several.text == "Active\nActive\n")
    let wrong = try get("ns/demo", "-o", "jsonpath={.a")
    #expect(wrong.status == 2)
    #expect(wrong.errors.contains("unclosed action"))
    let missing = try get("ns/demo", "-o", "jsonpath={.none.such}")
    #expect(missing.text == "\n")
  }

  @Test func aTemplateMayAskForAllObjectsTogether() throws {
    let names = try get("deploy", "-n", "demo", "-o", "name").lines.map {
      String($0.dropFirst("deployment.apps/".count))
    }
    let list = try get("deploy", "-n", "demo", "-o", "jsonpath={.items[*].metadata.name}")
    #expect(list.text == names.joined(separator: " ") + "\n")
    let range = #"jsonpath={range .items[*]}{.kind} {.metadata.name}{"\n"}{end}"#
    #expect(
      try get("deploy", "-n", "demo", "-o", range).lines.filter { !$0.isEmpty }
        == names.map { "Deployment \($0)" }
    )
    let wrong = try get("deploy", "-n", "demo", "-o", "jsonpath={.items[9].metadata.name}")
    #expect(wrong.status == 2)
    #expect(wrong.errors.contains("array index out of bounds"))
  }

  @Test func tablesHaveTheColumnsOfTheirKind() throws {
    let table = try get("deploy", "-n", "demo", "-o", "table")
    #expect(
      table.lines[0].split(separator: " ").map(String.init)
        == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    )
    #expect(table.lines.count == 4)
    #expect(table.lines[3].split(separator: " ").prefix(4).joined(separator: " ") == "web 0/2 3 0")
    let wide = try get("deploy/demo/web", "-o", "wide", "--no-headers")
    #expect(wide.lines.count == 1)
    #expect(wide.lines[0].contains("   app=web"))
    // With the namespace where there may be several.
    #expect(try get("deploy", "-o", "table").lines[0].hasPrefix("NAMESPACE   NAME"))
    #expect(try get("deploy", "-A", "-o", "table").lines[0].hasPrefix("NAMESPACE   NAME"))
  }

  /// Everything but the ages, which go on.
  @Test func tablesAreThoseOfKubectl() throws {
    let tables = [
      ("daemonsets", "-A"), ("services", "-A"), ("nodes", "-A"), ("secrets", "-A"),
      ("clusterrolebindings", "-A"),
    ]
    for (resource, scope) in tables {
      let recorded = try Fixture.text("kubectl/cluster/\(resource)-wide.txt")
      let printed = try get(resource, scope, "-o", "wide")
      func words(_ text: String) -> [String] {
        text.split(separator: "\n").map { line in
          line.split(separator: " ").filter { word in
            !(word.first?.isNumber ?? false && "smhdy".contains(word.last ?? " "))
          }.joined(separator: " ")
        }
      }
      #expect(words(printed.text) == words(recorded), "\(resource)")
    }
  }

  @Test func severalKindsHaveSeveralTables() throws {
    let both = try get("svc,deploy", "-n", "demo", "-o", "table")
    let blocks = both.text.split(separator: "\n\n")
    #expect(blocks.count == 2)
    #expect(blocks[0].contains("\ndeployment.apps/web "))
    #expect(blocks[1].hasPrefix("NAME "))
    #expect(blocks[1].contains("\nservice/"))
    let plain = try get("svc,deploy", "-n", "demo", "-o", "table", "--no-headers")
    #expect(!plain.text.contains("\n\n") && !plain.text.contains("NAME "))
    // What has no columns of its own.
    let others = try get("crontabs.stable.example.com", "-o", "table")
    #expect(
      others.lines[0].split(separator: " ").joined(separator: " ")
        == "NAMESPACE NAME KIND AGE REVISION SIZE"
    )
  }

  // MARK: Labels

  @Test func labelsChooseObjectsInEveryForm() throws {
    let all = try get("pods", "-n", "demo", "-o", "name").lines
    let web = try get("pods", "-n", "demo", "-o", "name", "-l", "app=web").lines
    #expect(!web.isEmpty && web.count < all.count)
    let others = try get("pods", "-n", "demo", "-o", "name", "--selector", "app!=web").lines
    #expect((web + others).sorted() == all.sorted())
    for form in ["json", "table", "raw", "hex", "jsonpath={.metadata.name}"] {
      let chosen = try get("pods", "-n", "demo", "-o", form, "-l", "app in (web)", "--no-headers")
      #expect(chosen.status == 0)
      if form != "raw" { #expect(chosen.lines.count == web.count, "\(form)") }
    }
    let clean = try get("deploy", "-n", "demo", "--clean", "-l", "app=web")
    #expect(clean.text.contains("name: web"))
    let none = try get("pods", "-n", "demo", "-l", "app=none")
    #expect(none.status == 1)
    #expect(none.errors == "explorer: -l app=none: no object has these labels\n")
    let wrong = try get("pods", "-l", "app in")
    #expect(wrong.status != 0)
    #expect(wrong.errors.contains("unable to parse requirement: found '' expected: '('"))
  }

  // MARK: In time

  @Test func wordsAreThoseOfKubectl() throws {
    for words in [
      ["pods/demo/pod-min"], ["pod", "pod-min", "-n", "demo"], ["pod/pod-min", "-n", "demo"],
      ["/registry/pods/demo/pod-min"], ["--exact", "/registry/pods/demo/pod-min"],
      ["--prefix", "/registry/pods/demo/pod-mi"],
    ] {
      let result = try FileCommands.run("get", cluster, words + ["-o", "name"])
      #expect(result.text == "pod/pod-min\n", "\(words)")
    }
    let pods = ClusterFacts.keys(below: "/registry/pods/").count
    for words in [["pods", "-A"], ["po"], ["/registry/pods/"], ["--prefix", "/registry/pods/"]] {
      #expect(try FileCommands.run("get", cluster, words + ["-o", "name"]).lines.count == pods)
    }
    // Services lie below another path than their name, and two words are two resources.
    let names = try get("svc", "ns", "-n", "demo", "-o", "name").lines
    #expect(names.contains("service/web") && names.contains("namespace/demo"))
    let exact = try get("--exact", "/registry/pods/demo")
    #expect(exact.status == 1)
    #expect(exact.errors == "explorer: /registry/pods/demo: not found\n")
  }

  @Test(arguments: EtcdVersion.allCases)
  func aDeletedKeySaysWhenAndHowToSeeIt(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    func get(_ arguments: String...) throws -> Program.Result {
      try FileCommands.run("get", snapshot, arguments)
    }
    for words in [
      ["/gone"], ["--exact", "/gone"], ["/gone", "--rev", "60"], ["/gone", "--rev", "1"],
    ] {
      let gone = try FileCommands.run("get", snapshot, words)
      #expect(gone.status == 1)
      #expect(gone.output.isEmpty)
      #expect(gone.errors == "explorer: /gone: deleted at revision 60; --rev 59 still shows it\n")
    }
    #expect(try get("/gone", "--rev", "59", "-o", "raw").text == "for good")
    let lives = [(52, "life 0, second version"), (54, "life 1"), (69, "life 2, second version")]
    for (revision, value) in lives {
      #expect(try get("/lives", "--rev", "\(revision)", "-o", "raw").text == value)
    }
    let between = try get("/lives", "--rev", "53")
    #expect(between.errors == "explorer: /lives: deleted at revision 53; --rev 52 still shows it\n")
    let all = try get("/lives", "--all-revisions", "-o", "json")
    #expect(
      all.lines == [
        "\"life 2, second version\"", "\"life 2\"", "\"life 1, second version\"", "\"life 1\"",
        "\"life 0, second version\"", "\"life 0\"",
      ]
    )
    #expect(all.errors.contains("note: /lives: deleted at revision 56\n"))
  }

  @Test func aDeletedKeyWhoseValueWasCompactedSaysSo() throws {
    // Compacted at the revision of two tombstones, which are kept.
    let fixture = try EtcdFixture(.v35, "compacted-tombstone")
    let compacted = fixture.facts.compactRevision
    let rows = try Program.explorer("keys", "--file", fixture.dataDirectory, "--all-revisions")
    let tombstones = rows.lines.map { $0.split(separator: " ").map(String.init) }
      .filter { $0[1] == "DELETE" && $0[0] == "\(compacted)" }
    #expect(tombstones.count == 2)
    for columns in tombstones {
      let result = try Program.explorer("get", "--file", fixture.dataDirectory, columns[2])
      #expect(result.status == 1)
      #expect(
        result.errors == "explorer: \(columns[2]): deleted at revision \(compacted); "
          + "its last value has been compacted\n"
      )
    }
  }

  @Test func revisionsOutsideAreRefused() throws {
    for arguments in [["ns/demo"], ["-A"], ["ns/demo", "--all-revisions"]] {
      let future = try FileCommands.run("get", cluster, arguments + ["--rev", "512"])
      #expect(future.status == 2)
      #expect(
        future.errors == "explorer: revision 512 is a future revision, the current one is 511\n"
      )
    }
    let fixture = try EtcdFixture(.v34, "compacted")
    let snapshot = try #require(fixture.snapshotPath)
    let compacted = fixture.facts.compactRevision
    let older = try FileCommands.run("get", snapshot, ["/lives", "--rev", "\(compacted - 1)"])
    #expect(older.status == 2)
    #expect(
      older.errors == "explorer: revision \(compacted - 1) has been compacted, "
        + "the oldest is \(compacted)\n"
    )
    let oldest = try FileCommands.run("get", snapshot, ["/lives", "--rev", "\(compacted)"])
    #expect(oldest.status == 0)
  }

  @Test func whatIsNotThereIsNamed() throws {
    let nope = try get("ns/nope")
    #expect(nope.status == 1)
    #expect(nope.errors == "explorer: /registry/namespaces/nope: not found\n")
    let pods = try get("pods/nowhere")
    #expect(pods.status == 1)
    #expect(
      pods.errors == """
        explorer: pods/nowhere: nothing found
        explorer: note: near it: 13 keys begin with /registry/pods/

        """
    )
    // As kubectl does: those that are there are shown.
    let some = try get("ns", "demo", "nope", "-o", "name")
    #expect(some.status == 1)
    #expect(some.text == "namespace/demo\n")
    #expect(some.errors == "explorer: /registry/namespaces/nope: not found\n")
    let paths = try get("/registry/namespaces/demo", "/registry/none", "-o", "name")
    #expect(paths.status == 1)
    #expect(paths.text == "namespace/demo\n")
    #expect(paths.errors == "explorer: /registry/none: not found\n")
    let elsewhere = try get("/registry/pods/demo/pod-min", "-n", "default")
    #expect(elsewhere.status == 1)
    #expect(elsewhere.output.isEmpty)
  }

  // MARK: Ready to apply

  @Test func aCleanObjectCanBeEncodedAndHasNothingOfItsCluster() throws {
    let clean = try get("deploy/demo/web", "--clean")
    #expect(clean.status == 0)
    for field in ["uid", "resourceVersion", "managedFields", "creationTimestamp: \"", "status:"] {
      #expect(!clean.text.contains(field), "\(field)")
    }
    #expect(clean.text.contains("\n  name: web\n  namespace: demo\nspec:\n"))
    // What the API server answered has the fields that make the object what it is.
    let key = try #require(ClusterFacts.key("/registry/deployments/demo/web"))
    let answer = try #require(try ClusterFacts.answer(key))
    let json = try get("deploy/demo/web", "--clean", "-o", "json")
    let object = try #require(try JSONObject(json.output))
    #expect(object.object("spec")?.number("replicas") == 2)
    #expect(object.object("status") == nil && answer.object("status") != nil)
    let labels = answer.object("metadata")?.object("labels")
    #expect(labels != nil && object.object("metadata")?.object("labels") == labels)
    let encoded = try Program.explorer("encode", input: clean.output)
    #expect(encoded.status == 0, "\(encoded.errors)")
    let withStatus = try get("deploy/demo/web", "--clean", "--keep-status")
    #expect(withStatus.text.contains("\nstatus:\n"))
  }

  @Test func aNamespaceIsAStreamThatCanBeApplied() throws {
    let stream = try get("-n", "demo", "--clean")
    #expect(stream.status == 0)
    let kinds = stream.lines.filter { $0.hasPrefix("kind: ") }.map { $0.dropFirst(6) }
    #expect(kinds.first == "Namespace")
    #expect(kinds.contains("Deployment") && !kinds.contains("Event"))
    let places = ["Namespace", "Secret", "Service", "Deployment"].compactMap {
      kinds.firstIndex(of: $0)
    }
    #expect(places.count == 4 && places == places.sorted())
    #expect(stream.errors.contains("objects left out that a cluster makes by itself"))
    let encoded = try Program.explorer("encode", "-o", "hex", input: stream.output)
    #expect(encoded.status == 0, "\(encoded.errors)")
    #expect(encoded.lines.count == kinds.count)
    // The same objects as JSON, in the same order, with nothing that only their cluster knew.
    let json = try get("-n", "demo", "--clean", "-o", "json")
    let objects = try json.lines.compactMap { try JSONObject($0.utf8) }
    #expect(objects.map { $0.string("kind") } == kinds.map(String.init))
    for object in objects {
      let metadata = try #require(object.object("metadata"))
      let name = "\(object.string("kind") ?? "") \(metadata.string("name") ?? "")"
      #expect(
        metadata.names.isDisjoint(with: [
          "uid", "resourceVersion", "managedFields", "creationTimestamp", "generation", "selfLink",
          "ownerReferences", "deletionTimestamp",
        ]),
        "\(name)"
      )
      #expect(!object.names.contains("status"), "\(name)")
      let namespace = metadata.string("namespace")
      #expect(namespace == (object.string("kind") == "Namespace" ? nil : "demo"), "\(name)")
    }
    // Left out is what has an owner, and what the cluster makes for itself.
    let owned = try ClusterFacts.keys(ofNamespace: "demo").filter { key in
      let metadata = try ClusterFacts.answer(key)?.object("metadata")
      let owners = metadata?.objects("ownerReferences") ?? []
      return owners.contains { $0.flag("controller") == true } || key.kind == "Event"
    }
    #expect(owned.count > 30)
    let names = Set(
      objects.map {
        "\($0.string("kind") ?? "")/\($0.object("metadata")?.string("name") ?? "")"
      }
    )
    for key in owned {
      #expect(!names.contains("\(key.kind)/\(key.key.split(separator: "/").last ?? "")"))
    }
  }

  // MARK: Arguments

  @Test(arguments: [
    (["pods", "-o", "xml"], "The value 'xml' is invalid"),
    (["pods", "--clean", "-o", "table"], "--clean goes with -o yaml and -o json"),
    (["pods", "--keep-status"], "go with --clean"), ([], "nothing to get"),
    (["pods", "--encryption-config", "/none"], "/none: No such file or directory"),
    (["nosuch"], "nosuch: no such resource"),
    (["pods", "--rev=-3"], "--rev must not be negative"),
    (["pods", "--prefix", "--exact"], "--prefix and --exact exclude each other"),
    (["pods", "-n", "a", "-A"], "Give either -n or -A"),
    (["pods", "--nope"], "Unknown option '--nope'"),
    (["pods", "-o", "jsonpath"], "The value 'jsonpath' is invalid"),
  ])
  func wrongArgumentsSayWhatIsRight(arguments: [String], message: String) throws {
    let result = try Program.run(Program.explorer, ["get", "--file", cluster] + arguments)
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
