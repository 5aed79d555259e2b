internal import Logging
internal import NIOCore
internal import RPC

// What a configuration says of where and how connections are taken.
extension RPCConfiguration {
  /// Listeners on URLs, with all that is said of connections.
  ///
  /// - Parameters:
  ///   - urls: Where to listen.
  ///   - configuration: What may be chosen.
  ///   - logger: Takes what happens to connections.
  init(_ urls: [EndpointURL], _ configuration: NodeConfiguration, _ logger: Logger) {
    self.init(
      listeners: urls.map { url in
        let address: RPCListener.Address =
          url.isSocket
          ? .unix(path: url.socketPath) : .tcp(host: url.host, port: Int(url.portNumber))
        var listener = RPCListener(address)
        listener.tls = url.isSecure ? RPCTLS(configuration.transport) : nil
        listener.sharesPort = configuration.endpoints.reusesPort
        return listener
      }
    )
    let fileCount = ProcessLimits.openFileCount
    // With little to be had, half of it.
    limits.maximumConnectionCount = max(fileCount - ProcessLimits.reservedFileCount, fileCount / 2)
    limits.maximumMessageByteCount = configuration.limits.maxMessageByteCount
    // The gateway's values are in base64.
    limits.maximumBodyByteCount = 2 * limits.maximumMessageByteCount
    limits.maximumConcurrentStreams = min(
      configuration.limits.maxConcurrentStreams,
      limits.maximumConcurrentStreams
    )
    keepalive = RPCKeepalive(configuration.keepAlive)
    let slowRequest = configuration.monitoring.slowRequest / .nanoseconds(1)
    expectedCallDuration = .nanoseconds(Int64(exactly: slowRequest.rounded()) ?? .max)
    onSlowCall = { logger.warning("request stats", metadata: $0.logFields) }
    log = { line in
      var metadata: Logger.Metadata = [:]
      metadata["remote-addr"] = line.peer.map { "\($0)" }
      metadata["error"] = line.error.map { "\($0)" }
      switch line.level {
      case .debug: logger.debug("\(line.message)", metadata: metadata)
      case .info: logger.info("\(line.message)", metadata: metadata)
      case .warning: logger.warning("\(line.message)", metadata: metadata)
      case .error: logger.error("\(line.message)", metadata: metadata)
      }
    }
  }
}

extension RPCTLS {
  /// What encrypts the connections of clients.
  init(_ security: TransportSecurity) {
    self.init(
      certificatePath: security.certificateFile,
      privateKeyPath: security.keyFile,
      clientAuthoritiesPath: security.trustedCAFile.isEmpty ? nil : security.trustedCAFile
    )
    allowedClientNames = security.allowedCommonNames
    allowedClientHostnames = security.allowedHostnames
    minimumVersion = security.minVersion == .thirteen ? .v1_3 : .v1_2
    maximumVersion = security.maxVersion.map { $0 == .thirteen ? .v1_3 : .v1_2 }
    guard !security.cipherSuites.isEmpty else { return }
    let chosen = security.cipherSuites.filter { TransportSecurity.suite($0) == .served }
    if chosen.isEmpty {
      // Only suites of TLS 1.3, which are on anyway: then no older version has one.
      minimumVersion = .v1_3
    } else {
      cipherSuites = chosen.map(TransportSecurity.canonicalName)
    }
  }
}

extension RPCKeepalive {
  /// When connections are asked whether they live.
  init(_ keepAlive: NodeConfiguration.KeepAlive) {
    self.init()
    // A hundred years are never.
    let never = TimeAmount.hours(876_000)
    interval = keepAlive.interval > .zero ? TimeAmount(keepAlive.interval) : never
    timeout = keepAlive.timeout > .zero ? TimeAmount(keepAlive.timeout) : never
    minimumClientInterval = TimeAmount(max(keepAlive.minTime, .zero))
  }
}
