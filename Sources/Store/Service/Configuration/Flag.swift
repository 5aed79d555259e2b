/// One of etcd's flags, and what becomes of it here.
struct Flag: Sendable {
  /// Where etcd's help has it.
  enum Group: String, CaseIterable, Sendable {
    case member = "Member"
    case clustering = "Clustering"
    case security = "Security"
    case auth = "Auth"
    case monitoring = "Profiling and Monitoring"
    case logging = "Logging"
    case features = "Features"
    case unsafe = "Unsafe feature"
    case proxy = "v2 Proxy"
    case tracing = "Distributed tracing"
    case former = "Of former releases"
  }

  /// What becomes of it.
  enum Treatment: Equatable, Sendable {
    /// It does what it does in etcd.
    case served

    /// Any value is taken, since it means nothing for one member; why.
    case accepted(String)

    /// Only the value that changes nothing is taken; why.
    case refused(String)
  }

  /// Reads a value and writes it down.
  typealias Setter = @Sendable (String, inout NodeConfiguration) throws(ValueFault) -> Void

  /// The name, without dashes.
  let name: String

  /// Where etcd's help has it.
  let group: Group

  /// Whether it may stand without a value.
  let isBoolean: Bool

  /// Whether its value is a time with a unit; in a file it may be a number of nanoseconds.
  let isDuration: Bool

  /// The value that it has if it is not given, as help prints it.
  let defaultText: String

  /// What it does; empty where nothing is served.
  let help: String

  /// What becomes of it.
  let treatment: Treatment

  /// Of a refused flag, the values that change nothing.
  let harmless: Set<String>

  /// The flag that took its place in a later release.
  let replacement: String?

  /// The feature gate that took its place in a later release.
  let gate: FeatureGate?

  /// Reads a value and writes it down; checks it only if nothing is served.
  let set: Setter

  private init(
    _ name: String,
    _ group: Group,
    isBoolean: Bool = false,
    isDuration: Bool = false,
    defaultText: String,
    help: String = "",
    treatment: Treatment = .served,
    harmless: Set<String> = [],
    replacement: String? = nil,
    gate: FeatureGate? = nil,
    set: @escaping Setter
  ) {
    self.name = name
    self.group = group
    self.isBoolean = isBoolean
    self.isDuration = isDuration
    self.defaultText = defaultText
    self.help = help
    self.treatment = treatment
    self.harmless = harmless
    self.replacement = replacement
    self.gate = gate
    self.set = set
  }

  /// The variable of the environment that gives it a value.
  var variable: String { Flag.variable(name) }

  /// The variable of the environment for a flag.
  static func variable(_ name: String) -> String {
    "ETCD_"
      + name.uppercased().split(separator: "-", omittingEmptySubsequences: false)
      .joined(separator: "_")
  }

  /// The same flag under the name that a former release gave it.
  func formerly(_ former: String) -> Flag {
    let name = name
    let set = set
    return Flag(
      former,
      .former,
      isBoolean: isBoolean,
      isDuration: isDuration,
      defaultText: defaultText,
      treatment: treatment,
      harmless: harmless,
      replacement: name
    ) { (text, configuration) throws(ValueFault) in
      let others = configuration.withoutEffect
      try set(text, &configuration)
      // What is said of it names the flag that was given.
      if !others.contains(name), configuration.withoutEffect.remove(name) != nil {
        configuration.withoutEffect.insert(former)
      }
    }
  }
}

// What the table is made of.
extension Flag {
  typealias Path<Value> = any WritableKeyPath<NodeConfiguration, Value> & Sendable

  static func toggle(
    _ name: String,
    _ group: Group,
    _ path: Path<Bool>,
    _ help: String,
    inverted: Bool = false
  ) -> Flag {
    let isOn = NodeConfiguration()[keyPath: path] != inverted
    return Flag(name, group, isBoolean: true, defaultText: "\(isOn)", help: help) {
      (text, configuration) throws(ValueFault) in
      configuration[keyPath: path] = try GoValue.boolean(text) != inverted
    }
  }

  static func text(
    _ name: String,
    _ group: Group,
    _ path: Path<String>,
    _ help: String,
    shown: String? = nil
  ) -> Flag {
    let value = shown ?? NodeConfiguration()[keyPath: path]
    return Flag(name, group, defaultText: value, help: help) {
      (text, configuration) throws(ValueFault) in
      configuration[keyPath: path] = text
    }
  }

  static func count(_ name: String, _ group: Group, _ path: Path<Int>, _ help: String) -> Flag {
    Flag(name, group, defaultText: "\(NodeConfiguration()[keyPath: path])", help: help) {
      (text, configuration) throws(ValueFault) in
      configuration[keyPath: path] = try GoValue.count(text)
    }
  }

  static func number(_ name: String, _ group: Group, _ path: Path<Int>, _ help: String) -> Flag {
    Flag(name, group, defaultText: "\(NodeConfiguration()[keyPath: path])", help: help) {
      (text, configuration) throws(ValueFault) in
      guard let value = Int(exactly: try GoValue.signed(text)) else { throw .range }
      configuration[keyPath: path] = value
    }
  }

  static func duration(
    _ name: String,
    _ group: Group,
    _ path: Path<Duration>,
    _ help: String
  ) -> Flag {
    let value = GoValue.text(NodeConfiguration()[keyPath: path])
    return Flag(name, group, isDuration: true, defaultText: value, help: help) {
      (text, configuration) throws(ValueFault) in
      configuration[keyPath: path] = try GoValue.duration(text)
    }
  }

  /// A number of units that etcd writes without naming them.
  static func time(
    _ name: String,
    _ group: Group,
    in unit: Duration,
    _ path: Path<Duration>,
    _ help: String
  ) -> Flag {
    let value = Int64(NodeConfiguration()[keyPath: path] / unit)
    return Flag(name, group, defaultText: "\(value)", help: help) {
      (text, configuration) throws(ValueFault) in
      let count = try GoValue.count(text)
      // A thousand years; what is longer would overflow, and is no time that anybody waits.
      guard count <= 31_536_000_000_000 else { throw .range }
      configuration[keyPath: path] = unit * count
    }
  }

  static func urls(
    _ name: String,
    _ group: Group,
    _ path: Path<[EndpointURL]>,
    _ help: String
  ) -> Flag {
    let value = NodeConfiguration()[keyPath: path].map(\.text).joined(separator: ",")
    return Flag(name, group, defaultText: value, help: help) {
      (text, configuration) throws(ValueFault) in
      // etcd changes nothing where no URL is given.
      guard !text.isEmpty else { return }
      configuration[keyPath: path] = try EndpointURL.list(text)
    }
  }

  static func words(
    _ name: String,
    _ group: Group,
    _ path: Path<[String]>,
    _ help: String
  ) -> Flag {
    let value = NodeConfiguration()[keyPath: path].joined(separator: ",")
    return Flag(name, group, defaultText: value, help: help) {
      (text, configuration) throws(ValueFault) in
      configuration[keyPath: path] = text.isEmpty ? [] : Flag.words(text)
    }
  }

  /// A flag whose value is read in a way of its own.
  static func special(
    _ name: String,
    _ group: Group,
    _ defaultText: String,
    _ help: String,
    isBoolean: Bool = false,
    gate: FeatureGate? = nil,
    set: @escaping Setter
  ) -> Flag {
    Flag(
      name,
      group,
      isBoolean: isBoolean,
      defaultText: defaultText,
      help: help,
      gate: gate,
      set: set
    )
  }

  /// The parts of a text between commas, empty ones too.
  static func words(_ text: String) -> [String] {
    text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }
}

// Flags that nothing is done with.
extension Flag {
  /// What the value of a flag that does nothing has to be.
  enum Shape: Sendable {
    case boolean
    case text
    case count
    case number
    case duration
    case urls
    case oneOf([String])
    case someOf([String])
    /// Anything at all, or nothing: a flag that etcd itself ignores.
    case ignored

    var isBoolean: Bool {
      switch self {
      case .boolean, .ignored: true
      default: false
      }
    }

    var isDuration: Bool {
      if case .duration = self { return true }
      return false
    }

    func check(_ text: String) throws(ValueFault) {
      switch self {
      case .boolean: _ = try GoValue.boolean(text)
      case .text, .ignored: break
      case .count: _ = try GoValue.unsigned(text)
      case .number: _ = try GoValue.signed(text)
      case .duration: _ = try GoValue.duration(text)
      case .urls: _ = try EndpointURL.list(text)
      case .oneOf(let known): guard known.contains(text) else { throw .unknown }
      case .someOf(let known):
        guard words(text).allSatisfy(known.contains) else { throw .unknown }
      }
    }
  }

  static func accepted(
    _ name: String,
    _ group: Group,
    _ shape: Shape,
    _ defaultText: String,
    _ reason: String
  ) -> Flag {
    Flag(
      name,
      group,
      isBoolean: shape.isBoolean,
      isDuration: shape.isDuration,
      defaultText: defaultText,
      treatment: .accepted(reason)
    ) { (text, configuration) throws(ValueFault) in
      try shape.check(text)
      configuration.withoutEffect.insert(name)
    }
  }

  /// A flag of etcd 3.5 and before that later became a feature gate, which does nothing here.
  static func accepted(
    gate: FeatureGate,
    _ name: String,
    _ defaultText: String,
    _ reason: String
  ) -> Flag {
    Flag(
      name,
      .former,
      isBoolean: true,
      defaultText: defaultText,
      treatment: .accepted(reason),
      gate: gate
    ) { (text, configuration) throws(ValueFault) in
      _ = try GoValue.boolean(text)
      configuration.withoutEffect.insert(name)
    }
  }

  /// The same flag, whose value is written down although nothing is done with it.
  func writing(_ set: @escaping Setter) -> Flag {
    let check = self.set
    return Flag(
      name,
      group,
      isBoolean: isBoolean,
      defaultText: defaultText,
      treatment: treatment
    ) { (text, configuration) throws(ValueFault) in
      try check(text, &configuration)
      try set(text, &configuration)
    }
  }

  static func refused(
    _ name: String,
    _ group: Group,
    _ shape: Shape,
    _ defaultText: String,
    _ reason: String
  ) -> Flag {
    var harmless: Set = [defaultText]
    if case .boolean = shape { harmless = ["0", "f", "F", "false", "FALSE", "False"] }
    return Flag(
      name,
      group,
      isBoolean: shape.isBoolean,
      defaultText: defaultText,
      treatment: .refused(reason),
      harmless: harmless
    ) { (text, _) throws(ValueFault) in try shape.check(text) }
  }
}
