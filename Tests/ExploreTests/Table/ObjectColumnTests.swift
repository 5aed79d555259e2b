import Schema
import Testing

@testable import Explore

@Suite struct ObjectColumnTests {
  @Test func everyKeyHasAllOfThem() throws {
    let parser = StorageKeyParser(resources: try ResourceTable())
    func row(_ key: String) -> ObjectRow {
      let storageKey = Array(key.utf8).withUnsafeBytes { parser.key($0) }
      return ObjectRow(key: key, storageKey: storageKey, summary: nil)
    }
    var pod = row("/registry/pods/demo/web-0")
    pod.modRevision = 12
    pod.createRevision = 10
    pod.version = 3
    pod.lease = 255
    pod.byteCount = 2345
    pod.creationSeconds = 1000
    pod.apiVersion = "v1"
    let cells = ObjectColumn.wide.map { $0.cell(pod, now: 1100) }
    #expect(
      cells == [
        "demo", "web-0", "Pod", "100s", "12", "2.3 kB", "v1", "10", "3", "ff",
        "/registry/pods/demo/web-0",
      ]
    )
    #expect(
      ObjectColumn.wide.map { $0.cell(row("compact_rev_key"), now: 1100) } == [
        "", "compact_rev_key", "<unknown>", "<unknown>", "0", "0 B", "<unknown>", "0", "0",
        "<none>", "compact_rev_key",
      ]
    )
    #expect(
      ObjectColumn.narrow.map(\.title).joined(separator: " ")
        == "NAMESPACE NAME KIND AGE REVISION SIZE"
    )
  }

  @Test(arguments: [
    (nil as Int64?, "<unknown>"), (1000, "0s"), (0, "16m"), (1001, "0s"), (1002, "<invalid>"),
    (Int64.min, "<invalid>"), (Int64.max, "<invalid>"),
  ])
  func agesOfAnyTimeAreShown(created: Int64?, expected: String) {
    #expect(ObjectColumn.age(created, now: 1000) == expected)
  }
}
