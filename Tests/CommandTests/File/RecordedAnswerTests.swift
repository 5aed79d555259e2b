import TestSupport
import Testing

/// What is read from files is what etcd answered before it left them behind.
@Suite struct RecordedAnswerTests {
  /// A line of `keys -o json`.
  private struct Row: Equatable {
    let key: [UInt8]
    let modRevision: Int64
    let byteCount: Int

    init(_ answer: EtcdFixture.KeyValue) {
      key = answer.key
      modRevision = answer.modRevision
      byteCount = answer.value.count
    }

    init?(_ line: some StringProtocol) throws {
      guard let fields = try JSONObject(line.utf8),
        let modRevision = fields.number("modRevision"),
        let byteCount = fields.number("valueSize").map(Int.init)
      else { return nil }
      key = fields.base64("keyBase64") ?? Array((fields.string("key") ?? "").utf8)
      self.modRevision = modRevision
      self.byteCount = byteCount
    }
  }

  /// The newest of those that were asked about, and one in the middle.
  private func revisions(of fixture: EtcdFixture) -> Set<Int64> {
    let all = fixture.keys.keys.sorted()
    return Set([all[all.count / 2], all[all.count - 1]])
  }

  @Test(arguments: EtcdFixture.all)
  func keysAndValuesAreThoseThatEtcdAnswered(name: EtcdFixture.Name) throws {
    let fixture = try EtcdFixture(name)
    for revision in revisions(of: fixture) {
      let expected = try #require(fixture.keys[revision])
      let options = ["--wal", "--rev", "\(revision)"]
      let keys = try FileCommands.run("keys", fixture.dataDirectory, options + ["-o", "json"])
      #expect(try keys.lines.map { try Row($0) } == expected.map { Row($0) }, "\(revision)")
      #expect(keys.status == (expected.isEmpty ? 1 : 0))
      let values = try FileCommands.run(
        "get",
        fixture.dataDirectory,
        options + ["-A", "-o", "hex"]
      )
      let hex = values.text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      #expect(
        hex.map { [UInt8](hexadecimal: String($0)) } == expected.map(\.value),
        "\(revision)"
      )
    }
    try expectRefusals(fixture)
  }

  /// Revisions that are still to come, or have been compacted, are refused as etcd does.
  private func expectRefusals(_ fixture: EtcdFixture) throws {
    let path = fixture.dataDirectory
    let future = fixture.facts.revision + 1
    let ahead = try FileCommands.run("keys", path, ["--wal", "--rev", "\(future)"])
    #expect(ahead.status == 2)
    #expect(
      ahead.errors.hasSuffix(
        "explorer: revision \(future) is a future revision, "
          + "the current one is \(future - 1)\n"
      )
    )
    let compacted = fixture.facts.compactRevision
    guard compacted > 1 else { return }
    let older = try FileCommands.run("keys", path, ["--wal", "--rev", "\(compacted - 1)"])
    #expect(older.status == 2)
    #expect(
      older.errors.hasSuffix(
        "explorer: revision \(compacted - 1) has been compacted, the oldest is \(compacted)\n"
      )
    )
  }
}
