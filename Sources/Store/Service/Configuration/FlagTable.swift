/// Every flag that etcd 3.4, 3.5 or 3.6 has, and what becomes of it here.
///
/// Source: etcd 3.4.40, `etcdmain/config.go`; etcd 3.5.33, `server/etcdmain/config.go`; etcd 3.6.14,
/// `server/etcdmain/config.go` and `server/embed/config.go`.
enum FlagTable {
  /// The flags, group after group.
  static let all: [Flag] =
    member + clustering + security + auth + monitoring + logging + features + unsafe + elsewhere
    + former

  /// The flags by their names.
  static let byName: [String: Flag] = Dictionary(
    all.map { ($0.name, $0) },
    uniquingKeysWith: { first, _ in preconditionFailure("--\(first.name) is in the table twice") }
  )

  /// The flags that print something, and those that name a file of flags.
  static let ofProgram = ["config-file", "version", "help", "h"]

  static let alone = "there are no other members to talk to"
  static let noElection = "one member needs no election"
  static let noDiscovery = "no other members are looked for"
  static let noProxy = "the proxy of the second API is not served"
}

extension FlagTable {
  fileprivate static let auth: [Flag] = [
    .text(
      "auth-token",
      .auth,
      \.auth.token,
      "Kind of token that Authenticate gives: 'simple', or 'jwt,sign-method=RS256,pub-key=FILE,"
        + "priv-key=FILE,ttl=10m'."
    ),
    .count(
      "bcrypt-cost",
      .auth,
      \.auth.bcryptCost,
      "What it costs to hash a password, from 4 to 31."
    ),
    .time(
      "auth-token-ttl",
      .auth,
      in: .seconds(1),
      \.auth.tokenTTL,
      "Seconds that a simple token lives without being used."
    ),
  ]

  fileprivate static let monitoring: [Flag] = [
    .refused("enable-pprof", .monitoring, .boolean, "false", "there is no Go program to profile"),
    .text(
      "metrics",
      .monitoring,
      \.monitoring.metrics,
      "Set to 'extensive' to have histograms of how long calls take."
    ),
    .urls(
      "listen-metrics-urls",
      .monitoring,
      \.endpoints.metrics,
      "URLs to listen on for /metrics and /health, beside those for clients."
    ),
  ]

  static let logging: [Flag] = [
    .text("logger", .logging, \.logging.logger, "Shape of the lines; only 'zap'."),
    .special(
      "log-outputs",
      .logging,
      "default",
      "Where lines go: 'default' and 'stderr' are standard error, 'stdout' is standard output, "
        + "anything else a file; with commas between them."
    ) { (text, configuration) throws(ValueFault) in
      configuration.logging.outputs = Set(Flag.words(text)).sorted()
    },
    .special(
      "log-level",
      .logging,
      "info",
      "The least that is logged: debug, info, warn, error, panic, or fatal."
    ) { (text, configuration) throws(ValueFault) in
      // zap takes both cases, and nothing for info.
      let word = text.isEmpty ? "info" : text
      guard word == word.lowercased() || word == word.uppercased(),
        let level = LogLevel(rawValue: word.lowercased())
      else { throw .unknown }
      configuration.logging.level = level
    },
    .special("log-format", .logging, "json", "Shape of a line: 'json' or 'console'.") {
      (text, configuration) throws(ValueFault) in
      guard let format = LogFormat(rawValue: text) else { throw .unknown }
      configuration.logging.format = format
    },
    .duration(
      "warning-unary-request-duration",
      .logging,
      \.monitoring.slowRequest,
      "Requests that take longer are logged."
    ),
    .refused(
      "enable-log-rotation",
      .logging,
      .boolean,
      "false",
      "logrotate with copytruncate does it, files are appended to"
    ),
    .accepted(
      "log-rotation-config-json",
      .logging,
      .text,
      "",
      "only --enable-log-rotation asks for it"
    ),
    .refused(
      "log-package-levels",
      .logging,
      .text,
      "",
      "packages have no levels of their own: use --log-level"
    ),
    .special(
      "debug",
      .former,
      "false",
      "",
      isBoolean: true
    ) { (text, configuration) throws(ValueFault) in
      if try GoValue.boolean(text) { configuration.logging.level = .debug }
    },
    .special("log-output", .former, "default", "") { (text, configuration) throws(ValueFault) in
      configuration.logging.outputs = Set(Flag.words(text)).sorted()
    },
  ]

  fileprivate static let unsafe: [Flag] = [
    .toggle(
      "force-new-cluster",
      .unsafe,
      \.cluster.forcesNew,
      "Make a cluster of one out of a member of several."
    ),
    .toggle(
      "unsafe-no-fsync",
      .unsafe,
      \.storage.syncs,
      "Answer before files are synced; a power failure then loses data.",
      inverted: true
    ),
  ]
}
