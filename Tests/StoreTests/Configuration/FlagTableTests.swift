import TestSupport
import Testing

@testable import Store

/// Every flag of etcd is served, taken without effect, or refused by name: none is ignored silently.
///
/// What goes wrong otherwise: somebody moves a member here, with flags that guard it, and nobody says
/// that one of them does nothing.
@Suite struct FlagTableTests {
  /// The flags that `etcd --help` of a release names.
  private func namedFlags(_ version: EtcdVersion) throws -> Set<String> {
    let program = try #require(version.program("etcd"))
    let help = try Program.run(program, ["--help"])
    #expect(help.status == 0)
    let lines = (help.text + help.errors).split(separator: "\n")
    let flags = lines.filter { $0.hasPrefix("  --") }.compactMap { line in
      line.dropFirst(4).split(separator: " ").first.map(String.init)
    }
    return Set(flags)
  }

  @Test(arguments: EtcdVersion.installed)
  func everyFlagInTheHelpOfEtcdIsKnown(_ version: EtcdVersion) throws {
    let flags = try namedFlags(version)
    #expect(flags.count > 70)
    for flag in flags where FlagTable.byName[flag] == nil {
      #expect(FlagTable.ofProgram.contains(flag), "\(version): --\(flag)")
    }
  }

  @Test func everyFlagOfEtcd36IsKnown() {
    let flags = flagsOfEtcd36.split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(flags.count > 130)
    for flag in flags where FlagTable.byName[flag] == nil {
      #expect(FlagTable.ofProgram.contains(flag), "--\(flag)")
    }
  }

  /// etcd takes every flag of the table in one of its releases: none is made up.
  @Test func everyFlagIsOneOfEtcds() throws {
    guard EtcdVersion.installed.count == EtcdVersion.allCases.count else { return }
    var known = Set(flagsOfEtcd36.split(whereSeparator: \.isWhitespace).map(String.init))
    for version in EtcdVersion.installed { known.formUnion(try namedFlags(version)) }
    for flag in FlagTable.all where !known.contains(flag.name) {
      let value = flag.defaultText.isEmpty || flag.name == "data-dir" ? "1" : flag.defaultText
      let takers = try EtcdVersion.installed.filter { version in
        let program = try #require(version.program("etcd"))
        return try Program.run(program, ["--version", "--\(flag.name)=\(value)"]).status == 0
      }
      #expect(!takers.isEmpty, "--\(flag.name)")
    }
  }

  @Test func noFlagIsThereTwice() {
    #expect(Set(FlagTable.all.map(\.name)).count == FlagTable.all.count)
    for flag in FlagTable.all { #expect(FlagTable.byName[flag.name]?.name == flag.name) }
  }

  /// Help prints the value that the flag has when it is not given.
  @Test(arguments: FlagTable.all.map(\.name))
  func theDefaultInTheHelpChangesNothing(_ name: String) throws {
    let flag = try #require(FlagTable.byName[name])
    guard name != "data-dir", !flag.defaultText.isEmpty || !flag.isBoolean else { return }
    var configuration = NodeConfiguration()
    try flag.set(flag.defaultText, &configuration)
    configuration.withoutEffect = []
    // A version of TLS that is not given is the oldest, and is printed so.
    #expect(configuration == NodeConfiguration())
  }

  @Test(arguments: FlagTable.all.map(\.name))
  func everyFlagDoesWhatItsTreatmentSays(_ name: String) throws {
    let flag = try #require(FlagTable.byName[name])
    let changed = try #require(
      samples.first { sample in
        var configuration = NodeConfiguration()
        guard (try? flag.set(sample, &configuration)) != nil else { return false }
        switch flag.treatment {
        case .served: return configuration != NodeConfiguration()
        case .accepted:
          return configuration.withoutEffect == [name]
        case .refused:
          return configuration == NodeConfiguration() && !flag.harmless.contains(sample)
        }
      },
      "--\(name)"
    )
    switch flag.treatment {
    case .served: #expect(!flag.help.isEmpty || flag.group == .former)
    case .accepted(let reason), .refused(let reason): #expect(!reason.isEmpty)
    }
    let source = ConfigurationSource(arguments: ["--\(name)=\(changed)"], defaultHost: { nil })
    if case .refused(let reason) = flag.treatment {
      #expect(
        throws: ConfigurationError.refused(flag: name, value: changed, reason: reason)
      ) { try source.request() }
    }
  }

  /// Values of which every flag takes one that is not its default.
  private let samples = [
    "false", "true", "7", "7s", "http://127.0.0.1:7", "existing", "readonly", "TLS1.3", "console",
    "exit", "write-only", "LeaseCheckpoint=true", "debug", "word",
  ]

  @Test func helpNamesEveryFlag() {
    let help = FlagHelp.text
    for flag in FlagTable.all { #expect(help.contains("--\(flag.name)"), "\(flag.name)") }
    for line in help.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
    for group in ["Member:", "Clustering:", "Security:", "Auth:", "Logging:", "Not served:"] {
      #expect(help.contains("\n\(group)\n"))
    }
    #expect(help.contains("  --snapshot-count '100000'\n"))
    #expect(help.contains("  --grpc-keepalive-interval '2h0m0s'\n"))
  }
}

/// The flags of etcd 3.6.14: `server/etcdmain/config.go` and `server/embed/config.go`.
private let flagsOfEtcd36 = """
      advertise-client-urls auth-token auth-token-ttl auto-compaction-mode
      auto-compaction-retention auto-tls backend-batch-interval backend-batch-limit
      backend-bbolt-freelist-type bcrypt-cost bootstrap-defrag-threshold-megabytes cert-file
      cipher-suites client-cert-allowed-hostname client-cert-auth client-cert-file client-crl-file
      client-key-file compact-hash-check-time compaction-batch-limit compaction-sleep-interval
      config-file corrupt-check-time cors data-dir discovery discovery-cacert discovery-cert
      discovery-dial-timeout discovery-endpoints discovery-fallback
      discovery-insecure-skip-tls-verify discovery-insecure-transport discovery-keepalive-time
      discovery-keepalive-timeout discovery-key discovery-password discovery-proxy
      discovery-request-timeout discovery-srv discovery-srv-name discovery-token discovery-user
      distributed-tracing-address distributed-tracing-instance-id
      distributed-tracing-sampling-rate distributed-tracing-service-name downgrade-check-time
      election-timeout enable-distributed-tracing enable-grpc-gateway enable-log-rotation
      enable-pprof experimental-bootstrap-defrag-threshold-megabytes
      experimental-compact-hash-check-enabled experimental-compact-hash-check-time
      experimental-compaction-batch-limit experimental-compaction-sleep-interval
      experimental-corrupt-check-time experimental-distributed-tracing-address
      experimental-distributed-tracing-instance-id experimental-distributed-tracing-sampling-rate
      experimental-distributed-tracing-service-name experimental-downgrade-check-time
      experimental-enable-distributed-tracing experimental-enable-lease-checkpoint
      experimental-enable-lease-checkpoint-persist experimental-initial-corrupt-check
      experimental-memory-mlock experimental-peer-skip-client-san-verification
      experimental-snapshot-catchup-entries experimental-stop-grpc-service-on-defrag
      experimental-txn-mode-write-with-shared-buffer experimental-warning-apply-duration
      experimental-warning-unary-request-duration experimental-watch-progress-notify-interval
      feature-gates force-new-cluster grpc-keepalive-interval grpc-keepalive-min-time
      grpc-keepalive-timeout heartbeat-interval host-whitelist initial-advertise-peer-urls
      initial-cluster initial-cluster-state initial-cluster-token initial-election-tick-advance
      key-file listen-metrics-urls listen-peer-urls log-format log-level log-outputs
      log-rotation-config-json logger max-concurrent-streams max-learners max-request-bytes
      max-snapshots max-txn-ops max-wals memory-mlock metrics name peer-auto-tls
      peer-cert-allowed-cn peer-cert-allowed-hostname peer-cert-file peer-client-cert-auth
      peer-client-cert-file peer-client-key-file peer-crl-file peer-key-file
      peer-skip-client-san-verification peer-trusted-ca-file pre-vote quota-backend-bytes
      raft-read-timeout raft-write-timeout self-signed-cert-validity snapshot-catchup-entries
      snapshot-count socket-reuse-address socket-reuse-port strict-reconfig-check tls-max-version
      tls-min-version trusted-ca-file unsafe-no-fsync v2-deprecation version wal-dir
      warning-apply-duration warning-unary-request-duration watch-progress-notify-interval
  """
