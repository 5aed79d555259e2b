extension FlagTable {
  static let member: [Flag] = [
    .text("name", .member, \.name, "What people call this member."),
    .text("data-dir", .member, \.dataDirectory, "The data directory.", shown: "${name}.etcd"),
    .text("wal-dir", .member, \.walDirectory, "The log's directory, if it lies elsewhere."),
    .special("snapshot-count", .member, "100000", "Applied entries between two snapshots.") {
      (text, configuration) throws(ValueFault) in
      configuration.storage.snapshotCount = try GoValue.unsigned(text)
    },
    .time(
      "heartbeat-interval",
      .member,
      in: .milliseconds(1),
      \.heartbeatInterval,
      "Milliseconds of a heartbeat; with --election-timeout it says how long leases live at least."
    ),
    .time(
      "election-timeout",
      .member,
      in: .milliseconds(1),
      \.electionTimeout,
      "Milliseconds of an election; a lease lives at least 1.5 times as long."
    ),
    .urls(
      "listen-client-urls",
      .member,
      \.endpoints.client,
      "URLs to listen on for clients: gRPC, and HTTP unless --listen-client-http-urls is given."
    ),
    .urls(
      "listen-client-http-urls",
      .member,
      \.endpoints.clientHTTP,
      "URLs to listen on for HTTP only; those of --listen-client-urls then have gRPC only."
    ),
    .count("max-snapshots", .member, \.storage.maxSnapshots, "Snapshot files to keep; 0 is all."),
    .count("max-wals", .member, \.storage.maxWALs, "Files of the log to keep; 0 is all."),
    .special(
      "quota-backend-bytes",
      .member,
      "0",
      "Size of the database at which writes stop with an alarm: 0 is 2 GiB, less is no limit."
    ) { (text, configuration) throws(ValueFault) in
      configuration.limits.quotaBackendBytes = try GoValue.signed(text)
    },
    .duration(
      "backend-batch-interval",
      .member,
      \.storage.batchInterval,
      "How long changes wait for a commit to the database; 0 is 100ms."
    ),
    .number(
      "backend-batch-limit",
      .member,
      \.storage.batchLimit,
      "How many changes wait for a commit to the database; 0 is 10000."
    ),
    .count(
      "max-txn-ops",
      .member,
      \.limits.maxTransactionOperations,
      "Operations that a transaction may have."
    ),
    .count(
      "max-request-bytes",
      .member,
      \.limits.maxRequestByteCount,
      "Bytes that a request may have."
    ),
    .special(
      "max-concurrent-streams",
      .member,
      "4294967295",
      "Calls that a connection may have open at a time."
    ) { (text, configuration) throws(ValueFault) in
      guard let value = UInt32(exactly: try GoValue.unsigned(text)) else { throw .range }
      configuration.limits.maxConcurrentStreams = value
    },
    .toggle(
      "enable-grpc-gateway",
      .member,
      \.grpcGateway,
      "Answer JSON over HTTP below /v3/."
    ),
    .duration(
      "grpc-keepalive-min-time",
      .member,
      \.keepAlive.minTime,
      "A client that pings more often is sent away."
    ),
    .duration(
      "grpc-keepalive-interval",
      .member,
      \.keepAlive.interval,
      "How long a connection is idle before the node pings it; 0 is never."
    ),
    .duration(
      "grpc-keepalive-timeout",
      .member,
      \.keepAlive.timeout,
      "How long the answer to a ping may take; 0 is for ever."
    ),
    .toggle(
      "socket-reuse-port",
      .member,
      \.endpoints.reusesPort,
      "Let other processes listen on the same port."
    ),
    .toggle("memory-mlock", .member, \.storage.locksMemory, "Keep the process out of swap."),
    .accepted(
      "listen-peer-urls",
      .member,
      .urls,
      "http://localhost:2380",
      "\(alone), so nothing listens there"
    ).writing { (text, configuration) throws(ValueFault) in
      guard !text.isEmpty else { return }
      configuration.endpoints.peer = try EndpointURL.list(text)
    },
    .accepted("initial-election-tick-advance", .member, .boolean, "true", noElection),
    .accepted(
      "backend-bbolt-freelist-type",
      .member,
      .text,
      "map",
      "free pages are kept in one way; files do not show which"
    ),
    .accepted(
      "socket-reuse-address",
      .member,
      .boolean,
      "false",
      "a port is always listened on, although connections of a former process are not over"
    ),
    .accepted("raft-read-timeout", .member, .duration, "5s", alone),
    .accepted("raft-write-timeout", .member, .duration, "5s", alone),
    .accepted(
      "snapshot-catchup-entries",
      .member,
      .count,
      "5000",
      "no other member can fall behind"
    ),
  ]

  static let clustering: [Flag] =
    [
      .urls(
        "initial-advertise-peer-urls",
        .clustering,
        \.endpoints.advertisedPeer,
        "Where members of a cluster would find this one: its id is made of them."
      ),
      .text(
        "initial-cluster",
        .clustering,
        \.cluster.initial,
        "This member's name and peer URLs, when it begins."
      ),
      .special(
        "initial-cluster-state",
        .clustering,
        "new",
        "'new' or 'existing'; ignored by a member that has begun."
      ) { (text, configuration) throws(ValueFault) in
        guard let state = NodeConfiguration.Cluster.State(rawValue: text) else { throw .unknown }
        configuration.cluster.state = state
      },
      .text(
        "initial-cluster-token",
        .clustering,
        \.cluster.token,
        "What tells clusters apart that have the same URLs."
      ),
      .special(
        "advertise-client-urls",
        .clustering,
        "http://localhost:2379",
        "Where clients find this member, as the member list tells them."
      ) { (text, configuration) throws(ValueFault) in
        guard !text.isEmpty else { return }
        configuration.endpoints.advertisedClient = try EndpointURL.list(text)
      },
      .text(
        "auto-compaction-retention",
        .clustering,
        \.compaction.retentionText,
        "What is kept of old revisions: hours, or a time as '5m', or a number of revisions; 0 is all."
      ),
      .text(
        "auto-compaction-mode",
        .clustering,
        \.compaction.mode,
        "Whether the retention is a time, 'periodic', or a number of revisions, 'revision'."
      ),
      .accepted(
        "strict-reconfig-check",
        .clustering,
        .boolean,
        "true",
        "no members are ever added"
      ),
      .accepted("max-learners", .clustering, .number, "1", "no members are ever added"),
      .accepted("pre-vote", .clustering, .boolean, "true", noElection),
      .accepted(
        "v2-deprecation",
        .clustering,
        .someOf(["not-yet", "write-only", "write-only-skip-check", "write-only-drop-data", "gone"]),
        "not-yet",
        "the store of the second API holds nothing but members"
      ),
      .refused("enable-v2", .clustering, .boolean, "false", "the second API is not served"),
    ] + discovery

  private static let discovery: [Flag] =
    [
      "discovery", "discovery-proxy", "discovery-srv", "discovery-srv-name", "discovery-endpoints",
      "discovery-token", "discovery-cert", "discovery-key", "discovery-cacert", "discovery-user",
      "discovery-password",
    ].map { .refused($0, .clustering, .text, "", noDiscovery) } + [
      .accepted("discovery-fallback", .clustering, .oneOf(["proxy", "exit"]), "exit", noDiscovery),
      .accepted("discovery-dial-timeout", .clustering, .duration, "2s", noDiscovery),
      .accepted("discovery-request-timeout", .clustering, .duration, "5s", noDiscovery),
      .accepted("discovery-keepalive-time", .clustering, .duration, "2s", noDiscovery),
      .accepted("discovery-keepalive-timeout", .clustering, .duration, "6s", noDiscovery),
      .accepted("discovery-insecure-transport", .clustering, .boolean, "true", noDiscovery),
      .accepted("discovery-insecure-skip-tls-verify", .clustering, .boolean, "false", noDiscovery),
    ]
}
