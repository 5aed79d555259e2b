extension FlagTable {
  static let features: [Flag] = [
    .special(
      "feature-gates",
      .features,
      "",
      "Features to turn on or off, as 'InitialCorruptCheck=true,LeaseCheckpoint=true'; also "
        + "LeaseCheckpointPersist and StopGRPCServiceOnDefrag."
    ) { (text, configuration) throws(ValueFault) in
      try FeatureGate.set(text, in: &configuration)
    },
    .number(
      "compaction-batch-limit",
      .features,
      \.compaction.batchLimit,
      "Revisions that one step of a compaction removes; 0 is 1000."
    ),
    .duration(
      "compaction-sleep-interval",
      .features,
      \.compaction.sleepInterval,
      "How long a compaction waits between steps; 0 is 10ms."
    ),
    .duration(
      "watch-progress-notify-interval",
      .features,
      \.watchProgressNotifyInterval,
      "How often watchers that ask for it hear how far they are."
    ),
    .duration(
      "warning-apply-duration",
      .features,
      \.monitoring.slowApply,
      "Changes that take longer to apply are logged."
    ),
    .count(
      "bootstrap-defrag-threshold-megabytes",
      .features,
      \.storage.defragmentThresholdMegabytes,
      "Defragment at the start if that frees so much; 0 is never."
    ),
    .accepted("corrupt-check-time", .features, .duration, "0s", noComparing),
    .accepted("compact-hash-check-time", .features, .duration, "1m0s", noComparing),
    .accepted("downgrade-check-time", .features, .duration, "5s", alone),
  ]

  private static let noComparing = "there are no other members to compare with"
  private static let noTracing = "only --enable-distributed-tracing asks for it"

  /// Flags of which nothing is served.
  static let elsewhere: [Flag] =
    [
      .refused("proxy", .proxy, .oneOf(["off", "readonly", "on"]), "off", noProxy),
      .accepted("proxy-failure-wait", .proxy, .count, "5000", noProxy),
      .accepted("proxy-refresh-interval", .proxy, .count, "30000", noProxy),
      .accepted("proxy-dial-timeout", .proxy, .count, "1000", noProxy),
      .accepted("proxy-write-timeout", .proxy, .count, "5000", noProxy),
      .accepted("proxy-read-timeout", .proxy, .count, "0", noProxy),
      .refused("experimental-enable-v2v3", .proxy, .text, "", "the second API is not served"),
      .refused(
        "enable-distributed-tracing",
        .tracing,
        .boolean,
        "false",
        "spans are not collected; see --warning-unary-request-duration"
      ),
      .accepted("distributed-tracing-address", .tracing, .text, "localhost:4317", noTracing),
      .accepted("distributed-tracing-service-name", .tracing, .text, "etcd", noTracing),
      .accepted("distributed-tracing-instance-id", .tracing, .text, "", noTracing),
      .accepted("distributed-tracing-sampling-rate", .tracing, .number, "0", noTracing),
    ]
    + [
      "cluster-active-size", "cluster-remove-delay", "cluster-sync-interval", "config", "force",
      "max-result-buffer", "max-retry-attempts", "peer-heartbeat-interval", "peer-election-timeout",
      "retry-interval", "snapshot", "v", "vv", "test.coverprofile", "test.outputdir",
    ].map { .accepted($0, .former, .ignored, "", "etcd ignores it, too") }

  /// Names that etcd 3.4 and 3.5 have for flags of 3.6.
  static let former: [Flag] =
    renamed + [
      gated("experimental-initial-corrupt-check", .initialCorruptCheck),
      gated("experimental-enable-lease-checkpoint", .leaseCheckpoint),
      gated("experimental-enable-lease-checkpoint-persist", .leaseCheckpointPersist),
      gated("experimental-stop-grpc-service-on-defrag", .stopServiceOnDefragment),
      .accepted(
        gate: .compactHashCheck,
        "experimental-compact-hash-check-enabled",
        "false",
        noComparing
      ),
      .accepted(
        gate: .sharedBuffer,
        "experimental-txn-mode-write-with-shared-buffer",
        "true",
        "buffers have no such mode"
      ),
    ]

  /// Flags whose former name is the later one and `experimental-`.
  private static let renamed: [Flag] = {
    let names: Set = [
      "backend-bbolt-freelist-type", "bootstrap-defrag-threshold-megabytes",
      "compact-hash-check-time", "compaction-batch-limit", "compaction-sleep-interval",
      "corrupt-check-time", "distributed-tracing-address", "distributed-tracing-instance-id",
      "distributed-tracing-sampling-rate", "distributed-tracing-service-name",
      "downgrade-check-time", "enable-distributed-tracing", "memory-mlock",
      "peer-skip-client-san-verification", "snapshot-catchup-entries", "warning-apply-duration",
      "warning-unary-request-duration", "watch-progress-notify-interval",
    ]
    return (member + clustering + security + logging + features + elsewhere)
      .filter { names.contains($0.name) }
      .map { $0.formerly("experimental-\($0.name)") }
  }()

  private static func gated(_ name: String, _ gate: FeatureGate) -> Flag {
    .special(name, .former, "false", "", isBoolean: true, gate: gate) {
      (text, configuration) throws(ValueFault) in
      gate.set(try GoValue.boolean(text), in: &configuration)
    }
  }
}
