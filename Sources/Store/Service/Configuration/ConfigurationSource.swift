#if canImport(Glibc)
internal import Glibc
#endif

/// Where a configuration comes from: a command line, the environment, or a file.
///
/// As in etcd, a file that is named, by `--config-file` or `ETCD_CONFIG_FILE`, is all that counts;
/// otherwise a flag on the command line beats its variable in the environment, which is `ETCD_` and the
/// flag's name in capitals with underscores. (etcd itself does not start if both are there.)
public struct ConfigurationSource: Sendable {
  /// The command line, without the names of program and command.
  public var arguments: [String]

  /// The environment.
  public var environment: [String: String]

  /// The address that other machines know this one by, if there is one.
  public var defaultHost: @Sendable () -> String?

  /// What is asked for.
  public enum Request: Equatable, Sendable {
    /// To say how flags are used.
    case help

    /// To say which version this is.
    case version

    /// To serve.
    case serve(NodeConfiguration, notices: [Notice])
  }

  /// A source by its parts.
  public init(
    arguments: [String],
    environment: [String: String] = [:],
    defaultHost: @escaping @Sendable () -> String? = DefaultHost.address
  ) {
    self.arguments = arguments
    self.environment = environment
    self.defaultHost = defaultHost
  }

  /// Reads it.
  ///
  /// - Returns: What is asked for; a configuration is valid.
  /// - Throws: The first thing that is wrong.
  public func request() throws(ConfigurationError) -> Request {
    let flags = try CommandLineFlags(arguments)
    if flags.asksForHelp { return .help }
    if flags.asksForVersion { return .version }
    let file =
      flags.configurationFile.isEmpty
      ? environment["ETCD_CONFIG_FILE"] ?? "" : flags.configurationFile
    var values = ConfigurationValues()
    if file.isEmpty {
      try read(flags, into: &values)
    } else {
      try ConfigurationFile(path: file).read(into: &values)
      values.notices.append(.loaded(path: file))
    }
    try values.checkConflicts()
    var configuration = values.configuration
    values.notices += configuration.settle(defaultHost: defaultHost)
    values.notices += try configuration.validate()
    return .serve(configuration, notices: values.notices)
  }

  private func read(
    _ flags: CommandLineFlags,
    into values: inout ConfigurationValues
  ) throws(ConfigurationError) {
    for flag in flags.given {
      do throws(ValueFault) {
        try values.set(flag.name, flag.value)
      } catch {
        let isBoolean = FlagTable.byName[flag.name]?.isBoolean ?? false
        throw .value(flag.value, flag: flag.name, isBoolean: isBoolean, error)
      }
    }
    try readEnvironment(beside: Set(flags.given.map(\.name)), into: &values)
    // Where clients find a listener that was chosen is not for us to guess.
    if values.isSet("listen-client-urls"), !values.isSet("advertise-client-urls") {
      values.configuration.endpoints.advertisedClient = nil
    }
  }

  private func readEnvironment(
    beside given: Set<String>,
    into values: inout ConfigurationValues
  ) throws(ConfigurationError) {
    var rest = environment.filter { $0.key.hasPrefix("ETCD_") }
    rest["ETCD_CONFIG_FILE"] = nil
    if let version = rest.removeValue(forKey: "ETCD_VERSION"), !version.isEmpty {
      values.notices.append(.specialVariable("ETCD_VERSION", version))
    }
    for flag in FlagTable.all.sorted(by: { $0.name < $1.name }) {
      guard let value = rest[flag.variable] else { continue }
      if given.contains(flag.name) {
        rest[flag.variable] = nil
        values.notices.append(.shadowed(flag.variable))
      } else if !value.isEmpty {
        rest[flag.variable] = nil
        do throws(ValueFault) {
          try values.set(flag.name, value)
        } catch {
          throw .environment(value, variable: flag.variable, error)
        }
        values.notices.append(.used(flag.variable, value))
      }
    }
    for (variable, value) in rest.sorted(by: { $0.key < $1.key }) {
      values.notices.append(.unrecognized("\(variable)=\(value)"))
    }
  }
}

/// A configuration while it is put together.
struct ConfigurationValues {
  var configuration = NodeConfiguration()

  var notices: [Notice] = []

  /// The flags that were given, with their values.
  private(set) var given: [String: String] = [:]

  func isSet(_ flag: String) -> Bool { given[flag] != nil }

  /// Takes the value of a flag of the table.
  mutating func set(_ name: String, _ value: String) throws(ValueFault) {
    try FlagTable.byName[name]?.set(value, &configuration)
    given[name] = value
  }

  /// Looks for flags that are not served, and for two that say the same.
  func checkConflicts() throws(ConfigurationError) {
    let gates = FeatureGate.names(in: given["feature-gates"] ?? "")
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let flag = FlagTable.byName[name] else { continue }
      if case .refused(let reason) = flag.treatment, !flag.harmless.contains(value) {
        throw .refused(flag: name, value: value, reason: reason)
      }
      if let replacement = flag.replacement, isSet(replacement) {
        throw .twice(old: name, new: replacement)
      }
      if let gate = flag.gate, gates.contains(gate.rawValue) {
        throw .gatedTwice(flag: name, feature: gate.rawValue)
      }
    }
  }
}
