import ArgumentParser
import EtcdClient
import Store

#if canImport(Glibc)
import Glibc
#endif

/// The options that say which servers are called and how: etcdctl's, with its environment.
///
/// For each there is a variable, `ETCDCTL_` and the name in capitals. A flag wins over its variable;
/// etcdctl refuses to run if both are there. Without any endpoint, those of the control plane that
/// this machine belongs to are called, if it does.
///
/// Source: etcd, `etcdctl/ctlv3/ctl.go` and `etcdctl/ctlv3/command/global.go`.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Servers, separated by commas (default: 127.0.0.1:2379).",
      valueName: "host:port"
    )
  )
  var endpoints: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("Those who sign the servers' certificates.", valueName: "path")
  )
  var cacert: String?

  @Option(name: .long, help: ArgumentHelp("The client's own certificate.", valueName: "path"))
  var cert: String?

  @Option(name: .long, help: ArgumentHelp("The key of that certificate.", valueName: "path"))
  var key: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Who calls; without a password it is asked for on the terminal.",
      valueName: "name[:password]"
    )
  )
  var user: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The user's password; then --user has none.", valueName: "text")
  )
  var password: String?

  @Flag(
    name: .customLong("insecure-skip-tls-verify"),
    help: "Take any certificate of a server for good."
  )
  var skipsVerification = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "false to encrypt connections to servers without a scheme.",
      valueName: "true|false",
      visibility: .hidden
    )
  )
  var insecureTransport: GoBool?

  @Option(
    name: .long,
    help: ArgumentHelp("How long a connection may take to be made.", valueName: "2s")
  )
  var dialTimeout: GoDuration?

  @Option(
    name: .long,
    help: ArgumentHelp("How long an answer may take, 0 for any time.", valueName: "5s")
  )
  var commandTimeout: GoDuration?

  @Option(
    name: .long,
    help: ArgumentHelp("How long a server may be silent, at least 5s.", valueName: "5s")
  )
  var keepaliveTime: GoDuration?

  @Option(
    name: .long,
    help: ArgumentHelp("How long it may then take to give a sign of life.", valueName: "6s")
  )
  var keepaliveTimeout: GoDuration?

  /// What the options are read together with.
  struct Surroundings {
    /// The value of a variable of the environment.
    var variable: (String) -> String? = { name in
      getenv(name).map { String(cString: $0) }
    }

    /// The folder that stands for `/`.
    var root = ""

    /// Asks for a password.
    var ask: (String) throws -> String = { try TerminalPassword.ask($0) }

    /// Tells what was found without having been asked for.
    var note: (String) -> Void = { Diagnostics.note("", $0) }
  }

  /// A client that connects with its first call.
  func open() throws -> EtcdClient {
    EtcdClient(try clientOptions())
  }

  /// Where to call, how, and as whom.
  ///
  /// - Parameter surroundings: The environment and the machine.
  /// - Returns: What a client is made with.
  /// - Throws: `CommandFailure`.
  func clientOptions(
    in surroundings: Surroundings = Surroundings()
  ) throws -> EtcdClient.Options {
    try called(in: surroundings).options
  }

  /// The servers, as they were named, and how to call them.
  struct Called: Sendable {
    /// What was written, without blanks around it, for each of the endpoints.
    var names: [String]

    /// What a client is made with.
    var options: EtcdClient.Options
  }

  /// As ``clientOptions(in:)``, with the names.
  func called(in surroundings: Surroundings = Surroundings()) throws -> Called {
    try requireOpenFiles()
    let given = Given(options: self, variable: surroundings.variable)
    var certificates = try given.certificates()
    let named = given.endpoints
    var names = named
    if named.isEmpty, certificates == Certificates(),
      let plane = ControlPlane.find(root: surroundings.root, note: surroundings.note)
    {
      names = plane.endpoints
      certificates = plane.certificates
    }
    let isSecure = try certificates != Certificates() || given.insecureTransport() == false
    var options = EtcdClient.Options(endpoints: [])
    do {
      if names.isEmpty { names = ["127.0.0.1:2379"] }
      for name in names {
        options.endpoints.append(try Endpoint(name, isSecure: isSecure))
      }
    } catch {
      throw CommandFailure("", error)
    }
    options.connection.certificates = certificates
    options.connection.dialTimeout =
      try given.time("dial-timeout", dialTimeout) ?? .seconds(2)
    let callTimeout = try given.time("command-timeout", commandTimeout) ?? .seconds(5)
    options.callTimeout = callTimeout == .zero ? nil : callTimeout
    // A server ends connections that ask more often.
    let interval = try given.time("keepalive-time", keepaliveTime) ?? .zero
    options.connection.keepalive = Keepalive(
      interval: max(interval, .seconds(5)),
      timeout: try given.time("keepalive-timeout", keepaliveTimeout) ?? .seconds(6)
    )
    options.user = try given.user(ask: surroundings.ask)
    return Called(names: names, options: options)
  }
}

extension ConnectionOptions {
  /// Refuses to begin with fewer open files than a client has: the event loops would not start.
  private func requireOpenFiles() throws {
    let wanted = 32 + 4 * max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    let count = ProcessLimits.raiseOpenFiles()
    guard count < wanted else { return }
    throw CommandFailure("", "open files are limited to \(count), \(wanted) are needed: ulimit -n")
  }
}

/// What flags and the environment give together.
private struct Given {
  let options: ConnectionOptions
  let variable: (String) -> String?

  /// A flag's value, else that of its variable; an empty variable is none.
  func text(_ name: String, _ flag: String?) throws -> String? {
    if let flag {
      guard !flag.isEmpty else { throw CommandFailure("--\(name)", "empty") }
      return flag
    }
    return environment(name)
  }

  private func environment(_ name: String) -> String? {
    guard let value = variable(Self.variableName(name)), !value.isEmpty else { return nil }
    return value
  }

  private static func variableName(_ name: String) -> String {
    "ETCDCTL_" + String(name.map { $0 == "-" ? "_" : $0 }).uppercased()
  }

  func time(_ name: String, _ flag: GoDuration?) throws -> Duration? {
    try value(name, flag)?.duration
  }

  func insecureTransport() throws -> Bool? {
    try value("insecure-transport", options.insecureTransport)?.value
  }

  private func value<T: ExpressibleByArgument>(_ name: String, _ flag: T?) throws -> T? {
    if let flag { return flag }
    guard let text = environment(name) else { return nil }
    guard let value = T(argument: text) else {
      throw CommandFailure(Self.variableName(name), "not a value of --\(name), \(text)")
    }
    return value
  }

  var endpoints: [String] {
    let lists = options.endpoints.isEmpty ? [environment("endpoints") ?? ""] : options.endpoints
    return lists.flatMap { $0.split(separator: ",") }
      .map { String($0.trimmingBlanks()) }
      .filter { !$0.isEmpty }
  }

  func certificates() throws -> Certificates {
    var certificates = Certificates()
    certificates.authorities = try text("cacert", options.cacert)
    certificates.certificate = try text("cert", options.cert)
    certificates.key = try text("key", options.key)
    switch (certificates.certificate, certificates.key) {
    case (_?, nil): throw CommandFailure("--cert", "given without --key")
    case (nil, _?): throw CommandFailure("--key", "given without --cert")
    default: break
    }
    let skips: GoBool? = options.skipsVerification ? GoBool(true) : nil
    certificates.isUnverified = try value("insecure-skip-tls-verify", skips)?.value ?? false
    return certificates
  }

  func user(ask: (String) throws -> String) throws -> EtcdClient.User? {
    guard let user = try text("user", options.user) else { return nil }
    if let password = try text("password", options.password) {
      return EtcdClient.User(name: user, password: password)
    }
    guard let colon = user.firstIndex(of: ":") else {
      return EtcdClient.User(name: user, password: try ask("Password: "))
    }
    let password = String(user[user.index(after: colon)...])
    return EtcdClient.User(name: String(user[..<colon]), password: password)
  }
}

extension Substring {
  /// Without blanks at both ends.
  func trimmingBlanks() -> Substring {
    var rest = drop { $0.isWhitespace }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }
}
