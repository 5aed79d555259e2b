import Testing

@testable import Store

/// What values mean, and which do not go together.
@Suite struct NodeConfigurationTests {
  private func fault(_ change: (inout NodeConfiguration) throws -> Void) rethrows -> String? {
    var configuration = NodeConfiguration()
    try change(&configuration)
    do throws(ConfigurationError) {
      try configuration.validate()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func defaultsAreValid() {
    #expect(fault { _ in } == nil)
  }

  @Test func timesAreChecked() {
    #expect(
      fault { $0.heartbeatInterval = .zero } == "--heartbeat-interval must be >0 (set to 0ms)"
    )
    #expect(fault { $0.electionTimeout = .zero } == "--election-timeout must be >0 (set to 0ms)")
    #expect(
      fault { $0.heartbeatInterval = .milliseconds(201) }
        == "--election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[201ms]"
    )
    #expect(
      fault { $0.electionTimeout = .seconds(51) }
        == "--election-timeout[51000ms] is too long, and should be set less than 50000ms"
    )
  }

  @Test(arguments: [
    (100, 1000, 2), (100, 500, 1), (1000, 5000, 7), (10_000, 50_000, 70), (300, 1700, 3),
  ])
  func aLeaseLivesOneAndAHalfElections(_ heartbeat: Int, _ election: Int, _ seconds: Int64) {
    var configuration = NodeConfiguration()
    configuration.heartbeatInterval = .milliseconds(heartbeat)
    configuration.electionTimeout = .milliseconds(election)
    #expect(configuration.minimumLeaseTTLSeconds == seconds)
  }

  @Test func whatIsEncryptedNeedsACertificate() throws {
    func secure(_ change: (inout TransportSecurity) -> Void) throws -> String? {
      try fault {
        $0.endpoints.client = [try EndpointURL("https://127.0.0.1:1")]
        change(&$0.transport)
      }
    }
    #expect(
      try secure { _ in }
        == "TLS key/cert (--cert-file, --key-file) must be provided for client url "
        + "https://127.0.0.1:1 with HTTPS scheme"
    )
    #expect(
      try secure { $0.certificateFile = "c" }
        == "KeyFile and CertFile must both be present[key: , cert: c]"
    )
    let both = { (transport: inout TransportSecurity) in
      transport.certificateFile = "c"
      transport.keyFile = "k"
    }
    #expect(try secure(both) == nil)
    let refusal = try secure {
      both(&$0)
      $0.clientCertificateAuth = true
    }
    #expect(refusal?.hasPrefix("--client-cert-auth needs --trusted-ca-file") == true)
    #expect(
      try secure {
        both(&$0)
        $0.clientCertificateAuth = true
        $0.trustedCAFile = "a"
      } == nil
    )
    #expect(
      try secure {
        both(&$0)
        $0.allowedCommonNames = ["a"]
        $0.allowedHostnames = ["b"]
      } == "AllowedCNs and AllowedHostnames are mutually exclusive"
    )
  }

  @Test func suitesAndVersionsAreChecked() {
    #expect(
      fault { $0.transport.cipherSuites = ["FOO"] } == "unexpected TLS cipher suite \"FOO\""
    )
    #expect(
      fault { $0.transport.cipherSuites = ["TLS_RSA_WITH_RC4_128_SHA"] }
        == "TLS cipher suite \"TLS_RSA_WITH_RC4_128_SHA\" is weak and not served"
    )
    #expect(
      fault {
        $0.transport.cipherSuites = [
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "TLS_AES_128_GCM_SHA256",
        ]
      } == nil
    )
    #expect(
      fault {
        $0.transport.minVersion = .thirteen
        $0.transport.maxVersion = .twelve
      } == "min version (TLS1.3) is greater than max version (TLS1.2)"
    )
    #expect(
      fault {
        $0.transport.minVersion = .thirteen
        $0.transport.cipherSuites = ["TLS_RSA_WITH_AES_128_CBC_SHA"]
      } == "cipher suites cannot be configured when only TLS1.3 is enabled"
    )
  }

  @Test func anAddressIsListenedOnOnce() throws {
    let http = try EndpointURL("http://127.0.0.1:1")
    let https = try EndpointURL("https://127.0.0.1:1")
    #expect(
      fault {
        $0.endpoints.client = [http]
        $0.endpoints.clientHTTP = [http]
      }
        == "cannot bind both --client-listen-urls and --client-listen-http-urls on the same url "
        + "http://127.0.0.1:1"
    )
    #expect(
      fault { $0.endpoints.client = [http, https] }
        == "cannot listen twice on one address: http://127.0.0.1:1 and https://127.0.0.1:1"
    )
  }

  @Test func outputsOfTheLogAreChecked() {
    #expect(fault { $0.logging.logger = "capnslog" } == "--logger=capnslog is removed in v3.5")
    #expect(fault { $0.logging.logger = "x" } == "unknown logger option \"x\"")
    #expect(
      fault { $0.logging.outputs = ["default", "stdout"] }
        == "multi logoutput for \"default\" is not supported yet"
    )
    #expect(
      fault { $0.logging.outputs = ["foo://bar"] }
        == "open sink \"foo://bar\": no sink found for scheme \"foo\""
    )
    #expect(fault { $0.logging.outputs = ["systemd/journal"] }?.contains("journal") == true)
    #expect(fault { $0.logging.outputs = ["stderr", "/tmp/a", "file:///tmp/b"] } == nil)
  }

  @Test(arguments: [
    ("periodic", "0", NodeConfiguration.Compaction.Retention.all),
    ("periodic", "", .all), ("periodic", "5", .period(.seconds(5 * 3600))),
    ("periodic", "5m", .period(.seconds(300))), ("periodic", "0s", .all),
    ("revision", "1000", .revisions(1000)), ("revision", "0", .all),
  ])
  func aRetentionIsATimeOrACount(
    _ mode: String,
    _ text: String,
    _ expected: NodeConfiguration.Compaction.Retention
  ) throws {
    var compaction = NodeConfiguration.Compaction()
    compaction.mode = mode
    compaction.retentionText = text
    #expect(try compaction.retention() == expected)
  }

  @Test(arguments: [
    ("periodic", "a"), ("periodic", "-5"), ("periodic", "-5m"), ("periodic", "2562048"),
    ("revision", "5m"), ("revision", "-1"), ("", "0"), ("other", "0"),
  ])
  func whatIsNoRetentionIsRefused(_ mode: String, _ text: String) {
    var compaction = NodeConfiguration.Compaction()
    compaction.mode = mode
    compaction.retentionText = text
    #expect(throws: ConfigurationError.self) { try compaction.retention() }
  }

  @Test func aTokenIsRandomOrSigned() throws {
    func kind(_ text: String) throws -> NodeConfiguration.Auth.TokenKind {
      var auth = NodeConfiguration.Auth()
      auth.token = text
      return try auth.tokenKind()
    }
    #expect(try kind("") == .none)
    #expect(try kind("simple") == .simple)
    #expect(
      try kind("jwt,pub-key=a,priv-key=b,sign-method=RS256,ttl=10m")
        == .jwt(signMethod: "RS256", publicKey: "a", privateKey: "b", ttl: .seconds(600))
    )
    #expect(
      try kind("jwt,priv-key=b,sign-method=HS256")
        == .jwt(signMethod: "HS256", publicKey: nil, privateKey: "b", ttl: .seconds(300))
    )
    for text in [
      "jwt", "x", "jwt,sign-method=RS256", "jwt,sign-method=XX,priv-key=a", "simple,a",
      "jwt,sign-method=RS256,priv-key=a,priv-key=a", "jwt,sign-method=RS256,priv-key=a,ttl=1",
      "jwt,sign-method=RS256,priv-key=a,other=b",
    ] {
      #expect(throws: ConfigurationError.invalid("auth: invalid auth options")) { try kind(text) }
    }
  }

  @Test func zeroMeansEtcdsOwnNumbers() {
    var configuration = NodeConfiguration()
    #expect(configuration.storage.effectiveBatchInterval == .milliseconds(100))
    #expect(configuration.storage.effectiveBatchLimit == 10_000)
    #expect(configuration.compaction.effectiveBatchLimit == 1000)
    #expect(configuration.compaction.effectiveSleepInterval == .milliseconds(10))
    configuration.limits.quotaBackendBytes = -1
    #expect(configuration.limits.quotaByteCount == nil)
    configuration.auth.bcryptCost = 99
    #expect(configuration.auth.effectiveBcryptCost == 10)
  }

  @Test func whatIsAllowedAndOddIsSaid() throws {
    var configuration = NodeConfiguration()
    configuration.transport.certificateFile = "c"
    configuration.transport.keyFile = "k"
    configuration.transport.clientCertificateAuth = true
    configuration.auth.bcryptCost = 99
    configuration.limits.maxRequestByteCount = 99_999_999
    configuration.limits.quotaBackendBytes = 9 << 30
    configuration.leaseCheckpoint = true
    let messages = try configuration.validate().map { $0.message.prefix(40) }
    #expect(messages.count == 6)
    #expect(messages[0] == "scheme is http or unix while key and cer")
    #expect(messages[1] == "scheme is http or unix while --client-ce")
  }
}
