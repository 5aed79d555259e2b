import Decode
import Schema
import TestSupport
import Testing

@testable import Explore

@Suite struct ObjectRowTests {
  private func row(_ key: String, _ summary: ObjectSummary?) throws -> ObjectRow {
    let parser = StorageKeyParser(resources: try ResourceTable())
    let storageKey = Array(key.utf8).withUnsafeBytes { parser.key($0) }
    return ObjectRow(key: key, storageKey: storageKey, summary: summary)
  }

  private func summary(_ apiVersion: String, _ kind: String, _ namespace: String, _ name: String)
    throws -> ObjectSummary
  {
    try Decoder().summary(
      of: Array(
        """
        {"apiVersion":"\(apiVersion)","kind":"\(kind)","metadata":{"name":"\(name)",\
        "namespace":"\(namespace)","creationTimestamp":"2026-01-01T00:00:00Z"}}
        """.utf8
      )
    )
  }

  @Test func namesAreThoseOfKubectl() throws {
    let names = [
      (("v1", "Pod"), "pod/a"), (("apps/v1", "Deployment"), "deployment.apps/a"),
      (("networking.k8s.io/v1", "Ingress"), "ingress.networking.k8s.io/a"),
      (("stable.example.com/v1", "CronTab"), "crontab.stable.example.com/a"),
    ]
    for ((apiVersion, kind), expected) in names {
      let row = try row("/registry/x/n/a", try summary(apiVersion, kind, "n", "a"))
      #expect(row.resourceName == expected)
    }
    #expect(try row("/registry/secrets/n/a", nil).resourceName == "secret/a")
    #expect(try row("compact_rev_key", nil).resourceName == "compact_rev_key")
  }

  /// The times of a real cluster's objects are those that the decoder prints.
  @Test(.enabled(if: SharedArchive.cluster.isThere))
  func creationTimesAreFoundWithoutDecoding() throws {
    let decoder = Decoder()
    var count = 0
    for name in SharedArchive.cluster.names(in: "values") {
      guard let value = SharedArchive.cluster.bytes("values/\(name)"),
        let json = try? decoder.decode(value, as: .json).bytes,
        let object = try? DecodedObject(json: json)
      else { continue }
      let printed = object.document.string(at: "metadata.creationTimestamp")
      let seconds = try decoder.summary(of: value, key: "/x").creationSeconds
      let found = seconds.map { seconds in
        var output = OutputBuffer()
        GoTime.append(seconds: seconds, to: &output)
        return String(decoding: output.bytes, as: UTF8.self)
      }
      #expect(found == printed, "\(name)")
      if found != nil { count += 1 }
    }
    #expect(count > 300)
  }
}
