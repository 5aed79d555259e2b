internal import Logging

// What the values mean.
extension NodeConfiguration {
  /// The data directory: `NAME.etcd` in the working directory if none is given.
  public var dataPath: String { dataDirectory.isEmpty ? "\(name).etcd" : dataDirectory }

  /// The least time that a lease lives, in seconds.
  ///
  /// One and a half elections, rounded up: 2 for etcd's defaults.
  ///
  /// Source: etcd 3.5, `server/etcdserver/server.go`, `NewServer`; `server/lease/lessor.go`.
  public var minimumLeaseTTLSeconds: Int64 {
    guard heartbeatInterval > .zero else { return 0 }
    let ticks = Int64(electionTimeout / heartbeatInterval)
    let least = heartbeatInterval * (3 * ticks / 2)
    return least.components.seconds + (least.components.attoseconds > 0 ? 1 : 0)
  }

  /// Fills in what depends on other values.
  ///
  /// The cluster of a member that has a name is that member at the peer URLs that it advertises. A
  /// member that listens on all addresses of IPv4 and was not told what to advertise does so under the
  /// address of its machine.
  ///
  /// Source: etcd 3.5, `server/embed/config.go`, `UpdateDefaultClusterFromName`.
  ///
  /// - Parameter defaultHost: The address of this machine; only asked if it is needed.
  /// - Returns: What should be said of it.
  public mutating func settle(defaultHost: () -> String?) -> [Notice] {
    var notices: [Notice] = []
    let standard = NodeConfiguration()
    var host: String?
    let unspecified = { (url: EndpointURL?) in url?.host == "0.0.0.0" }
    let isPeerGuessed =
      endpoints.advertisedPeer == standard.endpoints.advertisedPeer
      && unspecified(endpoints.peer.first)
    let isClientGuessed =
      endpoints.advertisedClient == standard.endpoints.advertisedClient
      && unspecified(endpoints.client.first)
    if isPeerGuessed || isClientGuessed { host = defaultHost() }
    if let host {
      if isPeerGuessed, let url = endpoints.peer.first {
        endpoints.advertisedPeer = [url.with(host: host)]
      }
      if isClientGuessed, let url = endpoints.client.first {
        endpoints.advertisedClient = [url.with(host: host)]
      }
      notices.append(Notice(.info, "detected default host for advertise", ["host": host]))
    }
    if name != standard.name, cluster.initial == standard.cluster.initial {
      cluster.initial = endpoints.advertisedPeer.map { "\(name)=\($0)" }.joined(separator: ",")
    }
    if dataDirectory.isEmpty {
      dataDirectory = dataPath
      notices.append(
        Notice(.warning, "'data-dir' was empty; using default", ["data-dir": dataDirectory])
      )
    }
    return notices
  }
}

extension NodeConfiguration.Compaction {
  /// What is kept of old revisions.
  public enum Retention: Equatable, Sendable {
    /// All.
    case all

    /// Those of the last hours and minutes.
    case period(Duration)

    /// The last so many.
    case revisions(Int64)
  }

  /// What is kept of old revisions.
  ///
  /// Source: etcd 3.5, `server/embed/etcd.go`, `parseCompactionRetention`.
  ///
  /// - Throws: `ConfigurationError.invalid`.
  public func retention() throws(ConfigurationError) -> Retention {
    guard mode == "periodic" || mode == "revision" else {
      throw .invalid(
        mode.isEmpty
          ? "undefined auto-compaction-mode"
          : "unknown auto-compaction-mode \(GoValue.quoted(mode))"
      )
    }
    let text = retentionText.isEmpty ? "0" : retentionText
    let refusal = ConfigurationError.invalid(
      "error parsing CompactionRetention: time: invalid duration \(GoValue.quoted(text))"
    )
    if let count = Int64(text), count >= 0 {
      if count == 0 { return .all }
      if mode == "revision" { return .revisions(count) }
      // 2,562,047 hours are what fits in 63 bits of nanoseconds.
      guard count <= 2_562_047 else { throw refusal }
      return .period(.seconds(count * 3600))
    }
    guard mode == "periodic", let period = try? GoValue.duration(text), period >= .zero else {
      throw refusal
    }
    return period == .zero ? .all : .period(period)
  }
}

extension NodeConfiguration.Auth {
  /// What tokens are.
  public enum TokenKind: Equatable, Sendable {
    /// None are given: users have certificates.
    case none

    /// Random texts that this node remembers.
    case simple

    /// Signed ones. Of the options, `pub-key` and `priv-key` are paths.
    case jwt(signMethod: String, publicKey: String?, privateKey: String?, ttl: Duration)
  }

  /// What tokens are.
  ///
  /// Source: etcd 3.5, `server/auth/store.go`, `decomposeOpts` and `NewTokenProvider`;
  /// `server/auth/options.go`.
  ///
  /// - Throws: `ConfigurationError.invalid`.
  public func tokenKind() throws(ConfigurationError) -> TokenKind {
    let parts = token.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let refusal = ConfigurationError.invalid("auth: invalid auth options")
    var options: [String: String] = [:]
    for part in parts.dropFirst() {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2, options.updateValue(pair[1], forKey: pair[0]) == nil else {
        throw refusal
      }
    }
    switch parts.first {
    case "": return .none
    case "simple": return .simple
    case "jwt": break
    default: throw refusal
    }
    let known: Set = ["sign-method", "pub-key", "priv-key", "ttl"]
    guard let method = options["sign-method"], Self.signMethods.contains(method),
      options.keys.allSatisfy(known.contains)
    else { throw refusal }
    var ttl = Duration.seconds(300)
    if let text = options["ttl"], !text.isEmpty {
      guard let given = try? GoValue.duration(text) else { throw refusal }
      ttl = given
    }
    let path = { (option: String) in options[option].flatMap { $0.isEmpty ? nil : $0 } }
    guard path("pub-key") != nil || path("priv-key") != nil else { throw refusal }
    return .jwt(
      signMethod: method,
      publicKey: path("pub-key"),
      privateKey: path("priv-key"),
      ttl: ttl
    )
  }

  private static let signMethods: Set = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256",
    "HS384", "HS512",
  ]
}
