import TestSupport
import Testing

@testable import Store

/// Configuration files with etcd's keys.
@Suite struct ConfigurationFileTests {
  private func read(_ text: String) throws -> NodeConfiguration {
    var values = ConfigurationValues()
    try ConfigurationFile.read(text, into: &values)
    try values.checkConflicts()
    return values.configuration
  }

  /// The keys of the sample that etcd ships, with values of our own.
  private let sample = """
    name: 'm1'
    data-dir: /var/lib/etcd
    wal-dir:
    snapshot-count: 5000
    heartbeat-interval: 200
    election-timeout: 2000
    quota-backend-bytes: 1073741824
    listen-peer-urls: http://10.0.0.1:2380
    listen-client-urls: http://127.0.0.1:2379,https://10.0.0.1:2379
    max-snapshots: 3
    max-wals: 4
    cors:
    initial-advertise-peer-urls: http://10.0.0.1:2380
    advertise-client-urls: https://10.0.0.1:2379
    discovery:
    discovery-fallback: 'proxy'
    discovery-proxy:
    discovery-srv:
    initial-cluster: m1=http://10.0.0.1:2380
    initial-cluster-token: 'token'
    initial-cluster-state: 'existing'
    strict-reconfig-check: false
    enable-v2: false
    enable-pprof: no
    proxy: 'off'
    proxy-failure-wait: 5000
    client-transport-security:
      cert-file: server.pem
      key-file: server.key
      client-cert-auth: yes
      trusted-ca-file: ca.pem
      auto-tls: false
      allowed-hostname: [a.example, b.example]
    peer-transport-security:
      cert-file: peer.pem
      key-file: peer.key
      client-cert-auth: true
      trusted-ca-file: ca.pem
      auto-tls: false
      allowed-cn: [a]
      allowed-hostname:
    self-signed-cert-validity: 1
    log-level: debug
    logger: zap
    log-outputs: [stderr, /var/log/etcd.log]
    force-new-cluster: false
    auto-compaction-mode: periodic
    auto-compaction-retention: "1"
    """

  @Test func etcdsKeysAreRead() throws {
    let configuration = try read(sample)
    #expect(configuration.name == "m1")
    #expect(configuration.dataDirectory == "/var/lib/etcd")
    #expect(configuration.storage.snapshotCount == 5000)
    #expect(configuration.storage.maxSnapshots == 3 && configuration.storage.maxWALs == 4)
    #expect(configuration.heartbeatInterval == .milliseconds(200))
    #expect(configuration.electionTimeout == .seconds(2))
    #expect(configuration.limits.quotaByteCount == 1 << 30)
    #expect(
      configuration.endpoints.client.map(\.text) == [
        "http://127.0.0.1:2379", "https://10.0.0.1:2379",
      ]
    )
    #expect(configuration.endpoints.advertisedClient?.map(\.text) == ["https://10.0.0.1:2379"])
    #expect(configuration.endpoints.origins == ["*"])
    #expect(configuration.cluster.initial == "m1=http://10.0.0.1:2380")
    #expect(configuration.cluster.token == "token")
    #expect(configuration.cluster.state == .existing)
    #expect(configuration.withoutEffect.contains("strict-reconfig-check"))
    #expect(configuration.transport.certificateFile == "server.pem")
    #expect(configuration.transport.keyFile == "server.key")
    #expect(configuration.transport.trustedCAFile == "ca.pem")
    #expect(configuration.transport.clientCertificateAuth)
    #expect(configuration.transport.allowedHostnames == ["a.example", "b.example"])
    #expect(configuration.logging.level == .debug)
    #expect(configuration.logging.outputs == ["/var/log/etcd.log", "stderr"])
    #expect(try configuration.compaction.retention() == .period(.seconds(3600)))
    #expect(configuration.withoutEffect.contains("peer-cert-allowed-cn"))
    try configuration.validate()
  }

  @Test func timesAreTextsOrNanoseconds() throws {
    #expect(try read("grpc-keepalive-min-time: 7s").keepAlive.minTime == .seconds(7))
    #expect(try read("grpc-keepalive-min-time: 7000000000").keepAlive.minTime == .seconds(7))
    #expect(
      throws: ConfigurationError.FileFault.value("7", key: "grpc-keepalive-min-time", .syntax)
    ) { try read("grpc-keepalive-min-time: '7'") }
    // etcd counts these in milliseconds and seconds, without a unit.
    #expect(try read("heartbeat-interval: 7").heartbeatInterval == .milliseconds(7))
    #expect(try read("auth-token-ttl: 7").auth.tokenTTL == .seconds(7))
  }

  @Test func listsAreSequencesOrTexts() throws {
    let suites = ["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"]
    let sequence = "cipher-suites: [\(suites.joined(separator: ", "))]"
    #expect(try read(sequence).transport.cipherSuites == suites)
    let text = "cipher-suites: \(suites.joined(separator: ","))"
    #expect(try read(text).transport.cipherSuites == suites)
    #expect(
      try read("client-transport-security: {allowed-cn: [a, b]}").transport.allowedCommonNames
        == ["a", "b"]
    )
  }

  @Test(arguments: ["", "# nothing\n", "---\n", "~", "client-transport-security:\n", "name:\n"])
  func nothingChangesNothing(_ text: String) throws {
    #expect(try read(text) == NodeConfiguration())
  }

  @Test(arguments: [
    ("nosuch: 1", ConfigurationError.FileFault.unknownKey("nosuch")),
    ("cert-file: a", .misplacedKey("cert-file", block: "client-transport-security")),
    (
      "client-cert-auth: true",
      .misplacedKey("client-cert-auth", block: "client-transport-security")
    ),
    ("peer-cert-file: a", .misplacedKey("peer-cert-file", block: "peer-transport-security")),
    ("config-file: a", .unknownKey("config-file")),
    ("client-transport-security: {nosuch: 1}", .unknownKey("client-transport-security.nosuch")),
    ("peer-transport-security: {nosuch: 1}", .unknownKey("peer-transport-security.nosuch")),
    ("client-transport-security: 1", .notMapping(key: "client-transport-security")),
    ("[1]", .notMapping(key: nil)),
    ("text", .notMapping(key: nil)),
    ("max-txn-ops: a", .value("a", key: "max-txn-ops", .syntax)),
    ("max-txn-ops: [1, [2]]", .value("[...]", key: "max-txn-ops", .syntax)),
    ("name: {a: b}", .value("{...}", key: "name", .syntax)),
    ("strict-reconfig-check: maybe", .value("maybe", key: "strict-reconfig-check", .syntax)),
  ])
  func whatIsWrongIsNamed(_ text: String, _ expected: ConfigurationError.FileFault) {
    #expect(throws: expected) { try read(text) }
  }

  @Test(arguments: ["a: b: c", "name: 'a", "name: a\nname: b", "\t", "- a\nb: c", "name: &a *b"])
  func whatIsNoYAMLIsOneLine(_ text: String) {
    let error = #expect(throws: ConfigurationError.FileFault.self) { try read(text) }
    #expect(error?.description.contains("\n") == false)
  }

  @Test func whatIsNotServedIsRefused() throws {
    for (text, flag) in [
      ("enable-pprof: true", "enable-pprof"), ("enable-v2: true", "enable-v2"),
      ("client-transport-security: {auto-tls: true}", "auto-tls"),
      ("discovery-config: {endpoints: [a]}", "discovery-endpoints"),
    ] {
      let error = #expect(throws: ConfigurationError.self, "\(text)") { try read(text) }
      guard case .refused(flag, _, _) = error else {
        Issue.record("\(text): \(String(describing: error))")
        continue
      }
    }
  }

  @Test func aFileIsAllThatCounts() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("etcd.yaml")
    let settings = "name: a\nlisten-client-urls: http://127.0.0.1:1\ndata-dir: d\n"
    try TestFile.write(settings.utf8, to: path)
    for (arguments, environment) in [
      (["--name", "b", "--enable-pprof", "--config-file", path], [:]),
      (["--name", "b"], ["ETCD_CONFIG_FILE": path, "ETCD_NAME": "c", "ETCD_NOSUCH": "d"]),
    ] {
      let source = ConfigurationSource(
        arguments: arguments,
        environment: environment,
        defaultHost: { nil }
      )
      guard case .serve(let configuration, let notices) = try source.request() else {
        Issue.record("not asked to serve")
        return
      }
      #expect(configuration.name == "a")
      #expect(configuration.cluster.initial == "a=http://localhost:2380")
      // In a file, etcd does not ask for what is to be advertised.
      #expect(configuration.endpoints.advertisedClient?.map(\.text) == ["http://localhost:2379"])
      #expect(notices == [.loaded(path: path)])
    }
  }

  @Test func aFileThatCannotBeReadIsNamed() throws {
    let folder = try TemporaryFolder()
    let missing = ConfigurationSource(arguments: ["--config-file", folder.path("no")])
    #expect(
      throws: ConfigurationError.file(
        path: folder.path("no"),
        .unreadable("No such file or directory")
      )
    ) { try missing.request() }
    try TestFile.write([0xFF, 0xFE], to: folder.path("bytes"))
    let bytes = ConfigurationSource(arguments: ["--config-file", folder.path("bytes")])
    #expect(
      throws: ConfigurationError.file(path: folder.path("bytes"), .syntax("not UTF-8"))
    ) { try bytes.request() }
    let long = [UInt8](repeating: UInt8(ascii: "#"), count: ConfigurationFile.limit + 1)
    try TestFile.write(long, to: folder.path("long"))
    let large = ConfigurationSource(arguments: ["--config-file", folder.path("long")])
    #expect(
      throws: ConfigurationError.file(
        path: folder.path("long"),
        .tooLarge(limit: ConfigurationFile.limit)
      )
    ) { try large.request() }
  }
}
