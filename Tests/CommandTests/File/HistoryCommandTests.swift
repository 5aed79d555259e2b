import TestSupport
import Testing

@Suite struct HistoryCommandTests {
  private func history(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["history", "--file", FileCommands.cluster] + arguments)
  }

  @Test func eachRevisionTellsWhenByWhomAndWhat() throws {
    let result = try history("deploy/demo/web")
    #expect(result.status == 0)
    #expect(
      result.text.hasPrefix(
        """
        510  MODIFIED  2026-11-21T04:18:58Z  by kubectl-rollout  version 6  2439 B
            ~ metadata.generation 2 \u{2192} 3
            + spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"] \
        "2026-11-21T04:18:58Z"
        508  MODIFIED  after 2026-11-21T04:17:28Z  version 5  2217 B
            ~ metadata.generation 1 \u{2192} 2
            ~ spec.replicas 3 \u{2192} 2

        """
      )
    )
    #expect(
      result.lines.last == "229  ADDED  2026-11-21T04:16:47Z  by Python-urllib  version 1  1388 B"
    )
    #expect(result.errors == "")
  }

  @Test func differencesCanBeLinesOfYAML() throws {
    let result = try history("deploy/demo/web", "-o", "diff")
    #expect(
      result.text.contains(
        """
        --- revision 371
        +++ revision 508
        @@ -4,7 +4,7 @@
           annotations:
             deployment.kubernetes.io/revision: "1"
           creationTimestamp: "2026-11-21T04:16:47Z"
        -  generation: 1
        +  generation: 2

        """
      )
    )
    #expect(!result.text.contains("managedFields"))
    let everything = try history("deploy/demo/web", "-o", "diff", "--ignore", "none")
    #expect(everything.text.contains("+    manager: kubectl-rollout\n"))
  }

  @Test func aLineOfJSONHoldsARevision() throws {
    let result = try history("deploy/demo/web", "-o", "json")
    #expect(result.lines.count == 6)
    #expect(
      result.lines[1] == """
        {"key":"/registry/deployments/demo/web","revision":508,"event":"MODIFIED","version":5,\
        "size":2217,"changes":[{"path":"metadata.generation","kind":"changed","old":1,"new":2},\
        {"path":"spec.replicas","kind":"changed","old":3,"new":2}]}
        """
    )
    #expect(
      result.lines[5] == """
        {"key":"/registry/deployments/demo/web","revision":229,"event":"ADDED","version":1,\
        "size":1388,"time":"2026-11-21T04:16:47Z","manager":"Python-urllib"}
        """
    )
  }

  @Test(arguments: EtcdVersion.allCases)
  func deletionsAndNewLivesAreEvents(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "plain")
    let snapshot = try #require(fixture.snapshotPath)
    func history(_ arguments: String...) throws -> Program.Result {
      try FileCommands.run("history", snapshot, arguments)
    }
    #expect(
      try history("/lives", "--rev", "56").text == """
        56  DELETED  time unknown
        55  MODIFIED  time unknown  version 2  22 B
            ~ "life 1" \u{2192} "life 1, second version"
        54  RE-CREATED  time unknown  version 1  6 B
        53  DELETED  time unknown
        52  MODIFIED  time unknown  version 2  22 B
            ~ "life 0" \u{2192} "life 0, second version"
        51  ADDED  time unknown  version 1  6 B

        """
    )
    let events = try history("/gone", "-o", "json")
    #expect(
      events.lines == [
        "{\"key\":\"/gone\",\"revision\":60,\"event\":\"DELETED\"}",
        "{\"key\":\"/gone\",\"revision\":59,\"event\":\"ADDED\",\"version\":1,\"size\":8}",
      ]
    )
    let unknown = try history("/nope")
    #expect(unknown.status == 1)
    #expect(unknown.errors == "explorer: /nope: not known to this file\n")
    let early = try history("/gone", "--rev", "58")
    #expect(early.status == 1)
    #expect(early.errors == "explorer: /gone: not known up to revision 58, first at revision 59\n")
    let future = try history("/gone", "--rev", "70")
    #expect(future.status == 2)
    #expect(future.errors == "explorer: revision 70 is a future revision, the current one is 69\n")
  }

  /// An object does not tell when it was deleted, but that it was not before its last write.
  @Test func aDeletionCameAfterTheLastWrite() throws {
    let result = try history("cm/other/gone")
    #expect(
      result.text == """
        507  DELETED  after 2026-11-21T04:18:46Z
        506  ADDED  2026-11-21T04:18:46Z  by kubectl-create  version 1  193 B

        """
    )
  }

  /// Every revision of a key that etcd answered for is in its history, and no others between them.
  @Test(arguments: EtcdVersion.allCases)
  func allRevisionsThatEtcdKnowsAreThere(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "history")
    let snapshot = try #require(fixture.snapshotPath)
    let recorded = fixture.keys.values.flatMap { $0 }
    let newest = try #require(fixture.keys[fixture.facts.revision])
    for keyValue in newest.prefix(3) + newest.suffix(3) {
      let key = String(decoding: keyValue.key, as: UTF8.self)
      let lines = try FileCommands.run("history", snapshot, ["--exact", key, "-o", "json"]).lines
      let rows = try lines.compactMap { try JSONObject($0.utf8) }
      let revisions = rows.compactMap { $0.number("revision") }
      #expect(revisions.count == lines.count && revisions == revisions.sorted(by: >))
      #expect(revisions.first == keyValue.modRevision)
      for answer in recorded where answer.key == keyValue.key {
        let row = try #require(rows.first { $0.number("revision") == answer.modRevision })
        #expect(row.number("version") == answer.version)
        #expect(row.number("size") == Int64(answer.value.count))
        // This life begins there, and has as many revisions as its version says.
        let life = revisions.filter { $0 >= answer.createRevision && $0 <= answer.modRevision }
        #expect(Int64(life.count) == answer.version)
      }
    }
  }

  @Test func whatWasCompactedIsTold() throws {
    let fixture = try EtcdFixture(.v35, "compacted-tombstone")
    let result = try Program.explorer("history", "--file", fixture.dataDirectory, "/lives")
    #expect(result.text == "58  MODIFIED  time unknown  version 2  22 B\n")
    let compacted = fixture.facts.compactRevision
    #expect(
      result.errors
        == "explorer: note: older revisions have been compacted, at revision \(compacted)\n"
    )
    // A key that was never changed has all its history.
    let whole = try Program.explorer("history", "--file", fixture.dataDirectory, "/last")
    #expect(whole.status == 0 && whole.errors == "")
    let older = try Program.explorer(
      "history",
      "--file",
      fixture.dataDirectory,
      "/lives",
      "--rev",
      "57"
    )
    #expect(older.status == 1)
    #expect(
      older.errors == "explorer: /lives: not known up to revision 57, first at revision 58; "
        + "older revisions have been compacted, at revision \(compacted)\n"
    )
  }

  @Test(arguments: [
    (["pods"], "pods: not one key"), (["pods", "svc"], "not one key"), ([], "not one key"),
    (["pods/demo/pod-min", "-o", "yaml"], "Please provide one of 'text', 'diff'"),
    (["ns/demo", "--rev=-1"], "--rev must not be negative"),
    (["ns/demo", "--nope"], "Unknown option '--nope'"), (["-A"], "not one key"),
    (["ns/demo", "--encryption-config", "/none"], "/none: No such file or directory"),
    (["nosuch/a"], "nosuch/a: no such resource"),
  ])
  func wrongArgumentsSayWhatIsRight(arguments: [String], message: String) throws {
    let result = try Program.run(
      Program.explorer,
      ["history", "--file", FileCommands.cluster] + arguments
    )
    #expect(result.status == 2)
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
