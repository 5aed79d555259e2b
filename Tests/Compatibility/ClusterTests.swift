import Decode
import Schema
private import Foundation
import TestSupport
import Testing

/// Everything that a real cluster had in its etcd, against what its API server answered.
@Suite struct ClusterTests {
  private struct Row {
    let number: String
    let key: String
    let hasAnswer: Bool
  }

  private func rows() throws -> [Row] {
    let table = try #require(SharedArchive.cluster.bytes("meta.tsv"))
    return String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst().map { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return Row(number: columns[0], key: columns[1], hasAnswer: columns[11] == "200")
    }
  }

  @Test func everyValueIsWhatTheAPIServerAnswered() throws {
    let archive = SharedArchive.cluster
    let decoder = Decoder()
    var tally = Tally("cluster values")
    for row in try rows() {
      let stored = try #require(archive.bytes("values/\(row.number).bin"))
      let (json, notes) = try decoder.decode(stored, as: .json, key: row.key)
      #expect(!notes.contains { if case .unknownKind = $0 { true } else { false } })
      guard row.hasAnswer else { continue }
      let answer = try #require(archive.bytes("api/\(row.number).json"))
      let object = row.key.dropFirst("/registry/".count)
      tally.count(
        try comparable(json) == comparable(answer),
        row.key,
        exception: Exceptions.all.reason(
          set: "cluster",
          object: String(object),
          form: "decode"
        )
      )
    }
    tally.report()
    #expect(tally.failures.isEmpty)
    #expect(tally.total == 337)
  }

  @Test func everyValueEncodesToTheStoredBytesAgain() throws {
    let archive = SharedArchive.cluster
    let decoder = Decoder()
    var options = Encoder.Options()
    options.release = .init(major: 1, minor: 20)
    let encoder = Encoder(options: options)
    var tally = Tally("cluster values encoded again from JSON")
    for row in try rows() {
      let stored = try #require(archive.bytes("values/\(row.number).bin"))
      let text = try decoder.decode(stored, as: .json, key: row.key).bytes
      let isEqual = (try? encoder.encode(text, as: .storage))?.first?.bytes == stored
      tally.count(
        isEqual,
        row.key,
        exception: Exceptions.all.reason(
          set: "cluster",
          object: String(row.key.dropFirst("/registry/".count)),
          form: "again"
        )
      )
    }
    tally.report()
    #expect(tally.failures.isEmpty)
  }

  /// An object with what the API server adds taken away: it knows the revision from etcd.
  private func comparable(_ json: [UInt8]) throws -> NSDictionary {
    let parsed = try JSONSerialization.jsonObject(with: Data(json)) as? [String: Any]
    var object = try #require(parsed)
    if var metadata = object["metadata"] as? [String: Any] {
      metadata["resourceVersion"] = nil
      metadata["selfLink"] = nil
      object["metadata"] = metadata
    }
    return object as NSDictionary
  }
}
