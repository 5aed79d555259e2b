import TestSupport
import Testing

@testable import Store

/// The command line and the environment.
@Suite struct ConfigurationSourceTests {
  /// A configuration from arguments and variables; no host has an address.
  private func configuration(
    _ arguments: [String],
    _ environment: [String: String] = [:],
    host: String? = nil
  ) throws -> (NodeConfiguration, [Notice]) {
    let source = ConfigurationSource(
      arguments: arguments,
      environment: environment,
      defaultHost: { host }
    )
    guard case .serve(let configuration, let notices) = try source.request() else {
      throw ConfigurationError.invalid("not asked to serve")
    }
    return (configuration, notices)
  }

  @Test func nothingGivesEtcdsDefaults() throws {
    let (configuration, notices) = try configuration([])
    var expected = NodeConfiguration()
    expected.dataDirectory = "default.etcd"
    #expect(configuration == expected)
    #expect(notices.map(\.message) == ["'data-dir' was empty; using default"])
    #expect(configuration.limits.quotaByteCount == 2_147_483_648)
    #expect(configuration.minimumLeaseTTLSeconds == 2)
    #expect(try configuration.compaction.retention() == .all)
    #expect(try configuration.auth.tokenKind() == .simple)
  }

  @Test func aFlagMayBeWrittenInFourWays() throws {
    for arguments in [["--name", "a"], ["--name=a"], ["-name", "a"], ["-name=a"]] {
      #expect(try configuration(arguments).0.name == "a")
    }
    #expect(try configuration(["--name", "a", "--name", "b"]).0.name == "b")
    #expect(try configuration(["--name="]).0.name == "")
    #expect(try configuration(["--name", "--data-dir"]).0.name == "--data-dir")
  }

  @Test func aTruthValueNeedsNoWord() throws {
    #expect(try configuration(["--unsafe-no-fsync"]).0.storage.syncs == false)
    #expect(try configuration(["--unsafe-no-fsync=false"]).0.storage.syncs == true)
    #expect(
      try configuration(["--enable-grpc-gateway=0"]).0.grpcGateway == false
    )
    #expect(throws: ConfigurationError.argument("false")) {
      try configuration(["--unsafe-no-fsync", "false"])
    }
  }

  @Test(arguments: [
    (["--nosuch"], ConfigurationError.unknownFlag("nosuch")),
    (["--name"], .valueMissing(flag: "name")),
    (["a"], .argument("a")),
    (["--", "a"], .argument("a")),
    (["---name"], .flagSyntax("---name")),
    (["--=a"], .flagSyntax("--=a")),
    (["-"], .argument("-")),
    (["--max-txn-ops=a"], .value("a", flag: "max-txn-ops", isBoolean: false, .syntax)),
    (["--client-cert-auth=a"], .value("a", flag: "client-cert-auth", isBoolean: true, .syntax)),
    (["--pre-vote=a"], .value("a", flag: "pre-vote", isBoolean: true, .syntax)),
    (
      ["--initial-cluster-state=a"],
      .value("a", flag: "initial-cluster-state", isBoolean: false, .unknown)
    ),
  ])
  func whatIsNoFlagIsRefused(_ arguments: [String], _ expected: ConfigurationError) {
    #expect(throws: expected) { try configuration(arguments) }
    #expect(expected.isUsage)
  }

  @Test func helpAndVersionComeBeforeAllElse() throws {
    func request(_ arguments: String...) throws -> ConfigurationSource.Request {
      try ConfigurationSource(arguments: arguments, defaultHost: { nil }).request()
    }
    #expect(try request("--help", "--nosuch") == .help)
    #expect(try request("-h") == .help)
    #expect(try request("--name", "a", "--version", "--heartbeat-interval", "0") == .version)
    #expect(throws: ConfigurationError.unknownFlag("nosuch")) { try request("--nosuch", "-h") }
  }

  @Test func theEnvironmentFillsInWhatTheCommandLineLacks() throws {
    let (configuration, notices) = try configuration(
      ["--name", "a"],
      [
        "ETCD_NAME": "b", "ETCD_MAX_TXN_OPS": "7", "ETCD_SNAPSHOT_COUNT": "", "ETCD_NOSUCH": "x",
        "ETCD_VERSION": "3", "OTHER": "y", "ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK": "true",
      ]
    )
    #expect(configuration.name == "a")
    #expect(configuration.limits.maxTransactionOperations == 7)
    #expect(configuration.storage.snapshotCount == 100_000)
    #expect(configuration.initialCorruptCheck)
    #expect(notices.contains(.shadowed("ETCD_NAME")))
    #expect(notices.contains(.used("ETCD_MAX_TXN_OPS", "7")))
    #expect(notices.contains(.unrecognized("ETCD_NOSUCH=x")))
    #expect(notices.contains(.unrecognized("ETCD_SNAPSHOT_COUNT=")))
    #expect(notices.contains(.specialVariable("ETCD_VERSION", "3")))
    #expect(throws: ConfigurationError.environment("z", variable: "ETCD_MAX_WALS", .syntax)) {
      try self.configuration([], ["ETCD_MAX_WALS": "z"])
    }
  }

  @Test func aRefusedFlagIsRefusedWhereverItComesFrom() throws {
    for (arguments, environment) in [
      (["--enable-pprof"], [:]), ([], ["ETCD_ENABLE_PPROF": "true"]),
    ] {
      let error = #expect(throws: ConfigurationError.self) {
        try configuration(arguments, environment)
      }
      guard case .refused("enable-pprof", "true", _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    _ = try configuration(["--enable-pprof=false", "--discovery=", "--proxy", "off"])
  }

  @Test func anOldNameAndTheNewOneDoNotGoTogether() throws {
    let old = ["--experimental-watch-progress-notify-interval=5s"]
    #expect(try configuration(old).0.watchProgressNotifyInterval == .seconds(5))
    #expect(
      throws: ConfigurationError.twice(
        old: "experimental-watch-progress-notify-interval",
        new: "watch-progress-notify-interval"
      )
    ) { try configuration(old + ["--watch-progress-notify-interval=5s"]) }
    #expect(
      throws: ConfigurationError.gatedTwice(
        flag: "experimental-initial-corrupt-check",
        feature: "InitialCorruptCheck"
      )
    ) {
      try configuration([
        "--experimental-initial-corrupt-check", "--feature-gates=InitialCorruptCheck=true",
      ])
    }
  }

  @Test func featureGatesTurnFeaturesOn() throws {
    let (some, notices) = try configuration([
      "--feature-gates",
      "InitialCorruptCheck=true, StopGRPCServiceOnDefrag=t,CompactHashCheck=true",
    ])
    #expect(some.initialCorruptCheck && some.monitoring.stopsServiceOnDefragment)
    #expect(!some.leaseCheckpoint)
    #expect(notices.contains { $0.fields["flag"] == "feature-gates=CompactHashCheck" })
    let (all, _) = try configuration(["--feature-gates=AllAlpha=true,LeaseCheckpointPersist=false"])
    #expect(all.initialCorruptCheck && all.leaseCheckpoint && !all.leaseCheckpointPersist)
    for (text, cause) in [
      ("Foo=true", "unrecognized feature gate: Foo"), ("Foo", "missing bool value for Foo"),
      (
        "LeaseCheckpoint=maybe",
        "invalid value of LeaseCheckpoint=maybe, err: strconv.ParseBool: parsing \"maybe\": "
          + "invalid syntax"
      ),
    ] {
      #expect(
        throws: ConfigurationError.value(
          text,
          flag: "feature-gates",
          isBoolean: false,
          .features(cause)
        )
      ) { try configuration(["--feature-gates", text]) }
    }
  }

  @Test func whatAFlagWithoutEffectIsForIsSaid() throws {
    let (configuration, notices) = try configuration(["--pre-vote=false", "--data-dir", "d"])
    #expect(configuration.withoutEffect == ["pre-vote"])
    #expect(notices == [.withoutEffect("pre-vote", FlagTable.noElection)])
  }

  @Test func theClusterHasTheMembersName() throws {
    #expect(try configuration(["--name", "a"]).0.cluster.initial == "a=http://localhost:2380")
    let (two, _) = try configuration([
      "--name", "a", "--initial-advertise-peer-urls", "http://10.0.0.2:1,http://10.0.0.1:1",
    ])
    #expect(two.cluster.initial == "a=http://10.0.0.1:1,a=http://10.0.0.2:1")
    let (given, _) = try configuration(["--name", "a", "--initial-cluster", "b=http://c:1"])
    #expect(given.cluster.initial == "b=http://c:1")
  }

  @Test func whoListensEverywhereAdvertisesTheMachine() throws {
    let (configuration, notices) = try configuration(
      ["--name", "a", "--listen-peer-urls", "http://0.0.0.0:99", "--data-dir", "d"],
      host: "192.0.2.7"
    )
    #expect(configuration.endpoints.advertisedPeer.map(\.text) == ["http://192.0.2.7:99"])
    #expect(configuration.cluster.initial == "a=http://192.0.2.7:99")
    #expect(configuration.endpoints.advertisedClient?.map(\.text) == ["http://localhost:2379"])
    #expect(notices.first?.message == "detected default host for advertise")
  }

  @Test func aChosenListenerHasToBeAdvertised() throws {
    #expect(
      throws: ConfigurationError.invalid(
        "--advertise-client-urls is required when --listen-client-urls is set explicitly"
      )
    ) { try configuration(["--listen-client-urls", "http://127.0.0.1:1"]) }
    _ = try configuration([
      "--listen-client-urls", "http://127.0.0.1:1", "--advertise-client-urls", "http://a:1",
    ])
  }

  @Test func theAddressOfThisMachineIsNumeric() {
    // There may be no route at all; then there is no address.
    guard let host = DefaultHost.address() else { return }
    #expect(!host.isEmpty && host.allSatisfy { $0.isHexDigit || ".:%".contains($0) || $0.isLetter })
  }
}
