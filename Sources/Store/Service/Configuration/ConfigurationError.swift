/// Why there is no configuration.
///
/// The texts are etcd's where etcd refuses the same.
public enum ConfigurationError: Error, Equatable, Sendable {
  /// An argument that has dashes and is no flag.
  case flagSyntax(String)

  /// A flag that no release of etcd has.
  case unknownFlag(String)

  /// A flag at the end of the command line whose value is missing.
  case valueMissing(flag: String)

  /// A value that is none of the flag's type.
  case value(String, flag: String, isBoolean: Bool, ValueFault)

  /// An argument that is no flag.
  case argument(String)

  /// A value in the environment that is none of the flag's type.
  case environment(String, variable: String, ValueFault)

  /// A flag of etcd that cannot be served; why not.
  case refused(flag: String, value: String, reason: String)

  /// An old name and a new one of the same flag.
  case twice(old: String, new: String)

  /// A flag and a feature gate that say the same.
  case gatedTwice(flag: String, feature: String)

  /// A configuration file that cannot be read.
  case file(path: String, FileFault)

  /// Values that do not go together, or that etcd would not start with.
  case invalid(String)

  /// What is wrong with a configuration file.
  public enum FileFault: Error, Equatable, Sendable {
    /// The system's text.
    case unreadable(String)

    /// Longer than a configuration can be.
    case tooLarge(limit: Int)

    /// Not UTF-8, or not YAML; where and why.
    case syntax(String)

    /// YAML, but no mapping.
    case notMapping(key: String?)

    /// A key that is none of etcd's.
    case unknownKey(String)

    /// A flag that etcd ignores in a file outside its block.
    case misplacedKey(String, block: String)

    /// The same key again.
    case duplicateKey(String)

    /// A value that is none of the key's type.
    case value(String, key: String, ValueFault)
  }
}

extension ConfigurationError: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .flagSyntax(let argument): "bad flag syntax: \(argument)"
    case .unknownFlag(let flag): "flag provided but not defined: -\(flag)"
    case .valueMissing(let flag): "flag needs an argument: -\(flag)"
    case .value(let value, let flag, true, let fault):
      "invalid boolean value \(GoValue.quoted(value)) for -\(flag): \(fault)"
    case .value(let value, let flag, false, let fault):
      "invalid value \(GoValue.quoted(value)) for flag -\(flag): \(fault)"
    case .argument(let argument): "\(GoValue.quoted(argument)) is not a valid flag"
    case .environment(let value, let variable, let fault):
      "invalid value \(GoValue.quoted(value)) for \(variable): \(fault)"
    case .refused(let flag, let value, let reason): "--\(flag)=\(value) is not served: \(reason)"
    case .twice(let old, let new):
      "cannot set --\(old) and --\(new) at the same time, please use --\(new) only"
    case .gatedTwice(let flag, let feature):
      "cannot specify both --\(flag) and --feature-gates=\(feature) at the same time"
    case .file(let path, let fault): "\(path): \(fault)"
    case .invalid(let text): text
    }
  }

  /// Whether the command line itself is at fault, so that a word on how to use it helps.
  public var isUsage: Bool {
    switch self {
    case .flagSyntax, .unknownFlag, .valueMissing, .value, .argument, .refused, .twice, .gatedTwice:
      true
    case .environment, .file, .invalid: false
    }
  }
}

extension ConfigurationError.FileFault: CustomStringConvertible {
  /// What is wrong, as one part of a line.
  public var description: String {
    switch self {
    case .unreadable(let cause): cause
    case .tooLarge(let limit): "larger than \(limit) bytes"
    case .syntax(let cause): "no YAML: \(cause)"
    case .notMapping(let key?): "\(key): not a mapping"
    case .notMapping(nil): "not a mapping of flags to values"
    case .unknownKey(let key): "unknown key \(GoValue.quoted(key))"
    case .misplacedKey(let key, let block): "\(GoValue.quoted(key)) belongs into \(block)"
    case .duplicateKey(let key): "\(GoValue.quoted(key)) comes twice"
    case .value(let value, let key, let fault):
      "invalid value \(GoValue.quoted(value)) for \(GoValue.quoted(key)): \(fault)"
    }
  }
}
