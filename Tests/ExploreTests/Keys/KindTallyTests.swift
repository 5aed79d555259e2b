import Schema
import Decode
@testable import Explore
import TestSupport
import Testing

@Suite struct KindTallyTests {
  private func tally(_ pairs: [(key: String, value: [UInt8])]) -> KindTally {
    let tally = KindTally(decoder: Decoder(catalogue: .builtIn))
    for (key, value) in pairs {
      Array(key.utf8).withUnsafeBytes { key in
        value.withUnsafeBytes { tally.add(key, value: $0) }
      }
    }
    return tally
  }

  /// `name count keyBytes valueBytes` of each group.
  private func lines(_ tally: KindTally) -> [String] {
    tally.sortedGroups.map {
      "\($0.name ?? "others") \($0.count) \($0.keyByteCount) \($0.valueByteCount)"
    }
  }

  @Test func objectsAreCountedByTheTypeThatIsStored() {
    let pod = Wire.stored(apiVersion: "v1", kind: "Pod", [])
    let old = Wire.stored(apiVersion: "extensions/v1beta1", kind: "Deployment", [])
    let new = Wire.stored(apiVersion: "apps/v1", kind: "Deployment", [])
    let custom = Array("{\"apiVersion\":\"example.org/v1\",\"kind\":\"Widget\"}".utf8)
    let tally = tally([("a", pod), ("bb", pod), ("c", old), ("d", new), ("e", custom)])
    #expect(
      lines(tally) == [
        "apps/v1 Deployment 1 1 \(new.count)", "example.org/v1 Widget 1 1 \(custom.count)",
        "extensions/v1beta1 Deployment 1 1 \(old.count)", "v1 Pod 2 3 \(2 * pod.count)",
      ]
    )
    #expect(tally.count == 5)
    #expect(tally.total.count == 5)
    #expect(tally.total.keyByteCount == 6)
  }

  @Test func whatHasNoTypeIsCountedByItsForm() {
    let values = [
      [], Array("text".utf8), Array("k8s:enc:aescbc:v1:key1:0123456789abcdef".utf8),
      Array("{\"no\":\"kind\"}".utf8), [0xFF, 0xFE, 0x00],
    ]
    let tally = tally(values.enumerated().map { ("k\($0)", $1) })
    #expect(tally.sortedGroups.map(\.count) == [1, 1, 1, 1, 1])
    #expect(tally.sortedGroups.allSatisfy { $0.name?.first == "(" && $0.name?.last == ")" })
  }

  @Test func damagedEnvelopesAreCountedAllTheSame() {
    let pod = Wire.stored(apiVersion: "v1", kind: "Pod", [1, 2, 3])
    let tally = tally(Damage.truncations(of: pod).map { ("key", $0) })
    #expect(tally.count == pod.count)
    #expect(tally.total.count == pod.count)
  }

  @Test func theKindsOfAClusterAreThoseOfItsObjects() throws {
    let archive = SharedArchive.cluster
    let source = try FileSource("\(try #require(archive.folder))/cluster.db")
    let tally = KindTally(decoder: Decoder(catalogue: .builtIn))
    try source.forEachLiveRow(.unordered(.all), progress: nil) { row throws(SourceError) in
      if let value = try row.value(in: source) { tally.add(row.key, value: value) }
    }
    let keys = try source.keys()
    #expect(tally.total.count == keys.count)
    let namespaces = keys.filter { $0.key.starts(with: "/registry/namespaces/".utf8) }
    #expect(tally.sortedGroups.first { $0.name == "v1 Namespace" }?.count == namespaces.count)
    #expect(tally.sortedGroups.contains { $0.name == "autoscaling/v1 HorizontalPodAutoscaler" })
  }
}
