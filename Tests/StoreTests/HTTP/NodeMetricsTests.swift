import Foundation
import TestSupport
import Testing

@testable import Store

@Suite struct NodeMetricsTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path("data")
  }

  /// Figures by their names with labels, and what is said of each name.
  private struct Figures {
    var help: [String: String] = [:]
    var kinds: [String: String] = [:]
    var values: [String: Double] = [:]

    init(_ text: String) {
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ", maxSplits: 3).map(String.init)
        if words[0] == "#" {
          if words[1] == "HELP" { help[words[2]] = words[3] } else { kinds[words[2]] = words[3] }
        } else if let space = line.lastIndex(of: " ") {
          values[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
      }
    }

    /// The names of labels of each figure.
    var labels: [String: [String]] {
      var labels: [String: [String]] = [:]
      for name in values.keys {
        guard let brace = name.firstIndex(of: "{") else { continue }
        let names = name[brace...].matches(of: /([a-z_]+)="/).map { String($0.1) }
        labels[String(name[..<brace])] = names
      }
      return labels
    }
  }

  private static func figures(_ port: UInt16) throws -> Figures {
    Figures(try HTTPTalk(port, "GET", "/metrics").answer().body)
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func everyFigureIsCalledAndExplainedAsInEtcd() async throws {
    let etcd = try EtcdServer.start(version: .v35)
    for path in ["/health", "/livez", "/readyz", "/metrics"] {
      _ = try HTTPTalk(etcd.clientPort, "GET", path).answer()
    }
    let put = "{\"key\":\"YQ==\"}"
    _ = try HTTPTalk(etcd.clientPort, "POST", "/v3/kv/put", body: put).answer()
    let theirs = try NodeMetricsTests.figures(etcd.clientPort)
    try await ServedTestNode.with(data) { node in
      for path in ["/health", "/livez", "/readyz", "/metrics"] {
        _ = try HTTPTalk(node.port, "GET", path).answer()
      }
      _ = try HTTPTalk(node.port, "POST", "/v3/kv/put", body: put).answer()
      let ours = try NodeMetricsTests.figures(node.port)
      #expect(ours.help.count > 50)
      for (name, help) in ours.help {
        #expect(theirs.help[name] == help, "\(name)")
        #expect(theirs.kinds[name] == ours.kinds[name], "\(name)")
      }
      for (name, labels) in ours.labels {
        #expect(theirs.labels[name] == labels, "\(name)")
      }
      let buckets = ours.values.keys.filter { $0.contains("_bucket{") }
      #expect(!buckets.isEmpty)
      for bucket in buckets { #expect(theirs.values[bucket] != nil, "\(bucket)") }
    }
  }

  @Test func figuresFollowWhatIsDone() async throws {
    try await ServedTestNode.with(data) { node in
      func post(_ path: String, _ body: String) throws {
        let answer = try HTTPTalk(node.port, "POST", path, body: body).answer()
        #expect(answer.status == 200, "\(path): \(answer.body)")
      }
      for _ in 0..<3 { try post("/v3/kv/put", "{\"key\":\"YQ==\",\"value\":\"Yg==\"}") }
      try post("/v3/kv/deleterange", "{\"key\":\"YQ==\"}")
      let put = "{\"request_put\":{\"key\":\"Yg==\"}}"
      let nested = "{\"request_txn\":{\"success\":[{\"request_put\":{\"key\":\"Yw==\"}}]}}"
      let range = "{\"request_range\":{\"key\":\"Yg==\"}}"
      try post("/v3/kv/txn", "{\"success\":[\(put),\(nested),\(range)]}")
      try post("/v3/lease/grant", "{\"ID\":7,\"TTL\":100}")
      try post("/v3/lease/keepalive", "{\"ID\":7}")
      try post("/v3/lease/revoke", "{\"ID\":7}")
      try post("/v3/kv/compaction", "{\"revision\":4,\"physical\":true}")
      try post("/v3/maintenance/hash", "{}")
      try post("/v3/maintenance/defragment", "{}")
      let values = try NodeMetricsTests.figures(node.port).values
      #expect(values["etcd_mvcc_put_total"] == 5)
      #expect(values["etcd_mvcc_delete_total"] == 1)
      #expect(values["etcd_mvcc_txn_total"] == 1)
      #expect(values["etcd_mvcc_range_total"] == 1)
      #expect(values["etcd_debugging_mvcc_keys_total"] == 2)
      #expect(values["etcd_debugging_mvcc_current_revision"] == 6)
      #expect(values["etcd_debugging_lease_granted_total"] == 1)
      #expect(values["etcd_debugging_lease_revoked_total"] == 1)
      #expect(values["etcd_debugging_lease_renewed_total"] == 1)
      #expect(values["etcd_debugging_lease_ttl_total_bucket{le=\"64\"}"] == 0)
      #expect(values["etcd_debugging_lease_ttl_total_bucket{le=\"128\"}"] == 1)
      #expect(values["etcd_debugging_lease_ttl_total_bucket{le=\"1.048576e+06\"}"] == 1)
      let compactions = "etcd_debugging_mvcc_db_compaction"
      #expect((values["\(compactions)_pause_duration_milliseconds_count"] ?? 0) > 0)
      #expect(values["\(compactions)_total_duration_milliseconds_count"] == 1)
      #expect(values["\(compactions)_keys_total"] == 2)
      func applied(_ operation: String, _ success: Bool = true) -> Double? {
        let labels = "op=\"\(operation)\",success=\"\(success)\",version=\"v3\""
        return values["etcd_server_apply_duration_seconds_count{\(labels)}"]
      }
      #expect(applied("Put") == 3)
      #expect(applied("DeleteRange") == 1)
      #expect(applied("Txn") == 1)
      #expect(applied("LeaseGrant") == 1)
      #expect(applied("LeaseRevoke") == 1)
      #expect(applied("Compaction") == 1)
      #expect(applied("Put", false) == nil)
      let index = "etcd_debugging_mvcc_index_compaction_pause_duration_milliseconds"
      #expect(values["\(index)_count"] == 1)
      // Three times a key and a value of a byte, and two keys alone.
      #expect(values["etcd_debugging_mvcc_total_put_size_in_bytes"] == 8)
      #expect((values["etcd_mvcc_db_open_read_transactions"] ?? 0) >= 1)
      #expect(values["etcd_debugging_auth_revision"] == 1)
      for part in ["rebalance", "spill", "write"] {
        let name = "etcd_debugging_disk_backend_commit_\(part)_duration_seconds"
        #expect(
          values["\(name)_count"] == values["etcd_disk_backend_commit_duration_seconds_count"]
        )
      }
      #expect((values["\(compactions)_last"] ?? 0) > 1_700_000_000)
      let hashes = ["etcd_mvcc_hash_duration_seconds", "etcd_mvcc_hash_rev_duration_seconds"]
      #expect(hashes.reduce(0) { $0 + (values["\($1)_count"] ?? 0) } == 1)
      #expect(values["etcd_disk_backend_defrag_duration_seconds_count"] == 1)
      #expect(values["etcd_disk_defrag_inflight"] == 0)
      #expect(values["etcd_server_has_leader"] == 1)
      #expect(values["etcd_server_quota_backend_bytes"] == Double(2 << 30))
      #expect((values["etcd_disk_wal_fsync_duration_seconds_count"] ?? 0) >= 7)
      #expect((values["etcd_disk_wal_write_bytes_total"] ?? 0) > 100)
      #expect((values["etcd_mvcc_db_total_size_in_bytes"] ?? 0) >= 16384)
      let applied = values["etcd_server_proposals_applied_total"]
      #expect(applied == values["etcd_server_proposals_committed_total"])
      #expect((values["process_resident_memory_bytes"] ?? 0) > 1_000_000)
      #expect((values["process_open_fds"] ?? 0) > 3)
      let start = values["process_start_time_seconds"] ?? 0
      let now = Date().timeIntervalSince1970
      #expect(start > now - 24 * 3600 && start < now + 5)
    }
  }

  @Test func histogramCountsEachTimeOnceAndBoundsAreInclusive() {
    let histogram = Histogram(from: .milliseconds(1), count: 3)
    for milliseconds in [0, 1, 2, 3, 4, 5, 1000] { histogram.record(.milliseconds(milliseconds)) }
    histogram.record(.seconds(-1))
    #expect(histogram.cumulativeCounts == [3, 4, 6, 8])
    #expect(histogram.seconds == 1.015)
    var text = MetricsText()
    text.write("x_seconds", "How long.", histogram)
    #expect(
      text.text == """
        # HELP x_seconds How long.
        # TYPE x_seconds histogram
        x_seconds_bucket{le="0.001"} 3
        x_seconds_bucket{le="0.002"} 4
        x_seconds_bucket{le="0.004"} 6
        x_seconds_bucket{le="+Inf"} 8
        x_seconds_sum 1.015
        x_seconds_count 8

        """
    )
  }

  @Test func labelsAreEscaped() {
    var text = MetricsText()
    text.write("x", .gauge, "X.", labels: [("a", "q\"b\\n\n")], 1)
    #expect(text.text.hasSuffix("x{a=\"q\\\"b\\\\n\\n\"} 1\n"))
  }
}
