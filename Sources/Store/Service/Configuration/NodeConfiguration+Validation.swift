internal import Logging

extension NodeConfiguration {
  /// Checks that the values go together.
  ///
  /// The texts are etcd's where it refuses the same. Files are not looked at.
  ///
  /// Source: etcd 3.5, `server/embed/config.go`, `Validate`; `server/embed/etcd.go`,
  /// `configureClientListeners`; `client/pkg/transport/listener.go`.
  ///
  /// - Returns: What is allowed and should be said.
  /// - Throws: `ConfigurationError.invalid`.
  @discardableResult
  public func validate() throws(ConfigurationError) -> [Notice] {
    try checkLogging()
    try checkEndpoints()
    try checkTimes()
    guard endpoints.advertisedClient != nil else {
      throw .invalid(
        "--advertise-client-urls is required when --listen-client-urls is set explicitly"
      )
    }
    _ = try compaction.retention()
    _ = try auth.tokenKind()
    guard leaseCheckpoint || !leaseCheckpointPersist else {
      throw .invalid(
        "setting experimental-enable-lease-checkpoint-persist requires "
          + "experimental-enable-lease-checkpoint"
      )
    }
    try checkTransport()
    return notices
  }

  private func checkLogging() throws(ConfigurationError) {
    switch logging.logger {
    case "zap": break
    case "capnslog": throw .invalid("--logger=capnslog is removed in v3.5")
    default: throw .invalid("unknown logger option \(GoValue.quoted(logging.logger))")
    }
    for output in logging.outputs {
      if output == "default", logging.outputs.count > 1 {
        throw .invalid("multi logoutput for \"default\" is not supported yet")
      }
      if output == "systemd/journal" {
        throw .invalid(
          "--log-outputs=systemd/journal is not served: under systemd, the journal takes what goes "
            + "to standard error"
        )
      }
      if let colon = output.split(separator: "://", omittingEmptySubsequences: false).first,
        colon.count < output.count, colon != "file"
      {
        let scheme = GoValue.quoted(String(colon))
        throw .invalid(
          "open sink \(GoValue.quoted(output)): no sink found for scheme \(scheme)"
        )
      }
    }
  }

  private func checkEndpoints() throws(ConfigurationError) {
    let listening = [endpoints.peer, endpoints.client, endpoints.clientHTTP, endpoints.metrics]
    for url in listening.joined() {
      guard url.isBindable else { throw .invalid("expected IP in URL for binding (\(url))") }
      guard url.isSocket || url.port.isEmpty || UInt16(url.port) != nil else {
        throw .invalid("listen tcp: address \(url.port): invalid port")
      }
    }
    try NodeConfiguration.check(
      advertised: endpoints.advertisedPeer,
      flag: "initial-advertise-peer-urls"
    )
    try NodeConfiguration.check(
      advertised: endpoints.advertisedClient ?? [],
      flag: "advertise-client-urls"
    )
    let client = Set(endpoints.client.map(\.address))
    for url in endpoints.clientHTTP where client.contains(url.address) {
      throw .invalid(
        "cannot bind both --client-listen-urls and --client-listen-http-urls on the same url \(url)"
      )
    }
    var schemes: [String: EndpointURL] = [:]
    for url in endpoints.client + endpoints.clientHTTP + endpoints.metrics {
      // Port 0 is another one each time.
      guard url.isSocket || (url.port != "0" && !url.port.isEmpty) else { continue }
      if let other = schemes.updateValue(url, forKey: url.address) {
        throw .invalid("cannot listen twice on one address: \(other) and \(url)")
      }
    }
  }

  private static func check(
    advertised urls: [EndpointURL],
    flag: String
  ) throws(ConfigurationError) {
    for url in urls where url.isSocket || url.host.isEmpty {
      let list = GoValue.quoted(urls.map(\.text).joined(separator: ","))
      let cause =
        url.isSocket
        ? "address \(url.socketPath): missing port in address" : "unexpected empty host (\(url))"
      throw .invalid("--\(flag) \(list) must be \"host:port\" (\(cause))")
    }
  }

  private func checkTimes() throws(ConfigurationError) {
    let heartbeat = Int64(heartbeatInterval / .milliseconds(1))
    let election = Int64(electionTimeout / .milliseconds(1))
    guard heartbeat > 0 else {
      throw .invalid("--heartbeat-interval must be >0 (set to \(heartbeat)ms)")
    }
    guard election > 0 else {
      throw .invalid("--election-timeout must be >0 (set to \(election)ms)")
    }
    guard election / 5 >= heartbeat else {
      throw .invalid(
        "--election-timeout[\(election)ms] should be at least as 5 times as "
          + "--heartbeat-interval[\(heartbeat)ms]"
      )
    }
    guard election <= 50_000 else {
      throw .invalid(
        "--election-timeout[\(election)ms] is too long, and should be set less than 50000ms"
      )
    }
  }

  private func checkTransport() throws(ConfigurationError) {
    for name in transport.cipherSuites {
      switch TransportSecurity.suite(name) {
      case .served?, .always?: break
      case .missing?:
        throw .invalid("TLS cipher suite \(GoValue.quoted(name)) is weak and not served")
      case nil: throw .invalid("unexpected TLS cipher suite \(GoValue.quoted(name))")
      }
    }
    if let newest = transport.maxVersion, transport.minVersion > newest {
      throw .invalid(
        "min version (\(transport.minVersion.rawValue)) is greater than max version "
          + "(\(newest.rawValue))"
      )
    }
    guard transport.minVersion == .twelve || transport.cipherSuites.isEmpty else {
      throw .invalid("cipher suites cannot be configured when only TLS1.3 is enabled")
    }
    let secure = (endpoints.client + endpoints.clientHTTP + endpoints.metrics).filter(\.isSecure)
    guard let first = secure.first else { return }
    guard !transport.isEmpty else {
      throw .invalid(
        "TLS key/cert (--cert-file, --key-file) must be provided for client url \(first) with "
          + "HTTPS scheme"
      )
    }
    guard !transport.certificateFile.isEmpty, !transport.keyFile.isEmpty else {
      throw .invalid(
        "KeyFile and CertFile must both be present[key: \(transport.keyFile), "
          + "cert: \(transport.certificateFile)]"
      )
    }
    guard !transport.clientCertificateAuth || !transport.trustedCAFile.isEmpty else {
      // etcd would take whoever has a certificate of any authority that the system trusts.
      throw .invalid(
        "--client-cert-auth needs --trusted-ca-file to know whose certificates to take"
      )
    }
    guard transport.allowedCommonNames.isEmpty || transport.allowedHostnames.isEmpty else {
      throw .invalid("AllowedCNs and AllowedHostnames are mutually exclusive")
    }
  }

  /// What is allowed and should be said.
  private var notices: [Notice] {
    var notices = withoutEffect.sorted().map { name in
      if case .accepted(let reason)? = FlagTable.byName[name]?.treatment {
        return Notice.withoutEffect(name, reason)
      }
      return .withoutEffect(name, "the feature is one of several members")
    }
    for url in endpoints.client + endpoints.clientHTTP where !url.isSecure {
      if !transport.isEmpty {
        notices.append(
          Notice(
            .warning,
            "scheme is http or unix while key and cert files are present; ignoring key and cert "
              + "files",
            ["client-url": url.text]
          )
        )
      }
      if transport.clientCertificateAuth {
        notices.append(
          Notice(
            .warning,
            "scheme is http or unix while --client-cert-auth is enabled; ignoring client cert auth "
              + "for this URL",
            ["client-url": url.text]
          )
        )
      }
    }
    if auth.effectiveBcryptCost != auth.bcryptCost {
      notices.append(
        Notice(
          .warning,
          "use default bcrypt cost instead of the invalid given cost",
          [
            "min-cost": "4", "max-cost": "31", "default-cost": "10",
            "given-cost": "\(auth.bcryptCost)",
          ]
        )
      )
    }
    if limits.maxRequestByteCount > 10 << 20 {
      notices.append(
        Notice(
          .warning,
          "exceeded recommended request limit",
          [
            "max-request-bytes": "\(limits.maxRequestByteCount)",
            "recommended-request-bytes": "\(10 << 20)",
          ]
        )
      )
    }
    if limits.quotaBackendBytes > 8 << 30 {
      notices.append(
        Notice(
          .warning,
          "quota exceeds the maximum value",
          [
            "quota-size-bytes": "\(limits.quotaBackendBytes)",
            "quota-maximum-size-bytes": "\(Int64(8) << 30)",
          ]
        )
      )
    }
    if leaseCheckpoint, !leaseCheckpointPersist {
      notices.append(
        Notice(
          .warning,
          "Detected that checkpointing is enabled without persistence. Consider enabling "
            + "experimental-enable-lease-checkpoint-persist"
        )
      )
    }
    return notices
  }
}
