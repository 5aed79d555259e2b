internal import RPC
internal import Snapshot
internal import Synchronization
internal import WAL

// The figures of the member, of its calls and of its process.
extension NodeMetrics {
  func writeServer(to text: inout MetricsText) {
    let applies = node.status.figures.applies.all
    if !applies.isEmpty {
      let name = "etcd_server_apply_duration_seconds"
      text.begin(name, .histogram, "The latency distributions of v2 apply called by backend.")
      for apply in applies { text.lines(name, apply.labels, apply.histogram) }
    }
    writeHealth(to: &text)
    text.write(
      "etcd_server_id",
      .gauge,
      "Server or member ID in hexadecimal format. 1 for 'server_id' label with current ID.",
      labels: [("server_id", node.header.memberID.hexadecimal)],
      1
    )
    text.write(
      "etcd_server_is_leader",
      .gauge,
      "Whether or not this member is a leader. 1 if is, 0 otherwise.",
      node.status.failure == nil ? 1 : 0
    )
    text.write(
      "etcd_server_is_learner",
      .gauge,
      "Whether or not this member is a learner. 1 if is, 0 otherwise.",
      0
    )
    writeOthers(to: &text)
    // It has elected itself when it was started.
    text.write(
      "etcd_server_leader_changes_seen_total",
      .counter,
      "The number of leader changes seen.",
      1
    )
    writeProposals(to: &text)
    text.write(
      "etcd_server_quota_backend_bytes",
      .gauge,
      "Current backend storage quota size in bytes.",
      node.options.quotaByteCount ?? 0
    )
    text.write(
      "etcd_server_slow_apply_total",
      .counter,
      "The total number of slow apply requests (likely overloaded from slow disk).",
      node.status.figures.slowApplies.value
    )
    text.write(
      "etcd_server_version",
      .gauge,
      "Which version is running. 1 for 'server_version' label with current version.",
      labels: [("server_version", ServedVersion.server)],
      1
    )
  }

  /// What happens to members that have others, and never here.
  private func writeOthers(to text: inout MetricsText) {
    let figures: [(name: String, kind: MetricsText.Kind, help: String)] = [
      (
        "heartbeat_send_failures_total", .counter,
        "The total number of leader heartbeat send failures (likely overloaded from slow disk)."
      ),
      (
        "learner_promote_successes", .counter,
        "The total number of successful learner promotions while this member is leader."
      ),
      ("read_indexes_failed_total", .counter, "The total number of failed read indexes seen."),
      (
        "slow_read_indexes_total", .counter,
        "The total number of pending read indexes not in sync with leader's or timed out read index"
          + " requests."
      ),
      (
        "snapshot_apply_in_progress_total", .gauge,
        "1 if the server is applying the incoming snapshot. 0 if none."
      ),
    ]
    for figure in figures {
      text.write("etcd_server_\(figure.name)", figure.kind, figure.help, 0)
    }
  }

  private func writeHealth(to text: inout MetricsText) {
    text.write(
      "etcd_server_has_leader",
      .gauge,
      "Whether or not a leader exists. 1 is existence, 0 is not.",
      node.status.failure == nil ? 1 : 0
    )
    let counts = health.healthCounts
    text.write(
      "etcd_server_health_failures",
      .counter,
      "The total number of failed health checks",
      counts.failed
    )
    text.write(
      "etcd_server_health_success",
      .counter,
      "The total number of successful health checks",
      counts.succeeded
    )
    let tallies = health.tallies.sorted {
      ($0.check.rawValue, $0.kind.rawValue) < ($1.check.rawValue, $1.kind.rawValue)
    }
    guard !tallies.isEmpty else { return }
    text.begin("etcd_server_healthcheck", .gauge, "The result of each kind of healthcheck.")
    for tally in tallies {
      let labels = [("name", tally.check.rawValue), ("type", tally.kind.rawValue)]
      text.line("etcd_server_healthcheck", labels, tally.isSuccess ? "1" : "0")
    }
    text.begin(
      "etcd_server_healthchecks_total",
      .counter,
      "The total number of each kind of healthcheck."
    )
    for tally in tallies {
      for (status, count) in [("error", tally.failed), ("success", tally.succeeded)]
      where count > 0 {
        let labels = [
          ("name", tally.check.rawValue), ("status", status), ("type", tally.kind.rawValue),
        ]
        text.line("etcd_server_healthchecks_total", labels, "\(count)")
      }
    }
  }

  private func writeProposals(to text: inout MetricsText) {
    text.write(
      "etcd_server_proposals_applied_total",
      .gauge,
      "The total number of consensus proposals applied.",
      node.status.appliedIndex.load(ordering: .relaxed)
    )
    text.write(
      "etcd_server_proposals_committed_total",
      .gauge,
      "The total number of consensus proposals committed.",
      node.status.lastIndex.load(ordering: .relaxed)
    )
    text.write(
      "etcd_server_proposals_failed_total",
      .counter,
      "The total number of failed proposals seen.",
      node.status.figures.failures.value
    )
    text.write(
      "etcd_server_proposals_pending",
      .gauge,
      "The current number of pending proposals to commit.",
      node.status.pendingCount.load(ordering: .relaxed)
    )
  }

  func writeCalls(to text: inout MetricsText, _ counts: [RPCMethodCounts]) {
    guard !counts.isEmpty else { return }
    text.begin(
      "grpc_server_handled_total",
      .counter,
      "Total number of RPCs completed on the server, regardless of success or failure."
    )
    for code in RPCStatus.Code.all.sorted(by: { $0.name < $1.name }) {
      for count in counts {
        let labels = [("grpc_code", code.name)] + count.labels
        text.line("grpc_server_handled_total", labels, "\(count.handled[code] ?? 0)")
      }
    }
    let figures: [(name: String, help: String, value: (RPCMethodCounts) -> Int)] = [
      (
        "grpc_server_msg_received_total",
        "Total number of RPC stream messages received on the server.",
        { $0.received }
      ),
      (
        "grpc_server_msg_sent_total", "Total number of gRPC stream messages sent by the server.",
        { $0.sent }
      ),
      (
        "grpc_server_started_total", "Total number of RPCs started on the server.",
        { $0.started }
      ),
    ]
    for figure in figures {
      text.begin(figure.name, .counter, figure.help)
      for count in counts { text.line(figure.name, count.labels, "\(figure.value(count))") }
    }
  }

  func writeProcess(to text: inout MetricsText) {
    guard let figures = ProcessFigures() else { return }
    let limit = ProcessFigures.fileLimit
    text.write("os_fd_limit", .gauge, "The file descriptor limit.", limit)
    text.write(
      "os_fd_used",
      .gauge,
      "The number of used file descriptors.",
      figures.openFileCount
    )
    text.write(
      "process_cpu_seconds_total",
      .counter,
      "Total user and system CPU time spent in seconds.",
      MetricsText.number(figures.processorSeconds)
    )
    text.write(
      "process_max_fds",
      .gauge,
      "Maximum number of open file descriptors.",
      limit
    )
    text.write(
      "process_network_receive_bytes_total",
      .counter,
      "Number of bytes received by the process over the network.",
      figures.network.received
    )
    text.write(
      "process_network_transmit_bytes_total",
      .counter,
      "Number of bytes sent by the process over the network.",
      figures.network.sent
    )
    text.write(
      "process_open_fds",
      .gauge,
      "Number of open file descriptors.",
      figures.openFileCount
    )
    text.write(
      "process_resident_memory_bytes",
      .gauge,
      "Resident memory size in bytes.",
      figures.residentByteCount
    )
    text.write(
      "process_start_time_seconds",
      .gauge,
      "Start time of the process since unix epoch in seconds.",
      MetricsText.number(figures.startSeconds)
    )
    text.write(
      "process_virtual_memory_bytes",
      .gauge,
      "Virtual memory size in bytes.",
      figures.virtualByteCount
    )
    text.write(
      "process_virtual_memory_max_bytes",
      .gauge,
      "Maximum amount of virtual memory available in bytes.",
      ProcessFigures.virtualLimit
    )
  }
}

extension RPCMethodCounts {
  fileprivate var labels: [(String, String)] {
    [("grpc_method", String(method)), ("grpc_service", String(service)), ("grpc_type", kind)]
  }
}
