import TestSupport

/// Values of a real cluster, of as many kinds as there are.
enum ClusterSamples {
  /// A stored value and where it came from.
  struct Sample: Sendable, CustomStringConvertible {
    let key: String
    let bytes: [UInt8]

    var description: String { key }
  }

  /// The smallest value of each kind and form, smallest first.
  static let ofEachKind: [Sample] = {
    guard let table = SharedArchive.cluster.bytes("meta.tsv") else { return [] }
    var smallest: [String: Sample] = [:]
    for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count > 5, let bytes = SharedArchive.cluster.bytes("values/\(columns[0]).bin")
      else { continue }
      let kind = columns[2...4].joined(separator: " ")
      if let known = smallest[kind], known.bytes.count <= bytes.count { continue }
      smallest[kind] = Sample(key: columns[1], bytes: bytes)
    }
    return smallest.values.sorted { ($0.bytes.count, $0.key) < ($1.bytes.count, $1.key) }
  }()
}
