public import Logging

/// Something about a configuration that has to be logged once there is a log.
public struct Notice: Equatable, Sendable {
  /// How grave it is.
  public var level: Logger.Level

  /// What it is.
  public var message: String

  /// What it is about.
  public var fields: [String: String]

  init(_ level: Logger.Level, _ message: String, _ fields: [String: String] = [:]) {
    self.level = level
    self.message = message
    self.fields = fields
  }

  /// The command line that a process was started with.
  public static func running(_ arguments: [String]) -> Notice {
    Notice(
      .info,
      "Running: ",
      ["args": "[" + arguments.map(GoValue.quoted).joined(separator: ",") + "]"]
    )
  }

  /// Logs it.
  public func log(to logger: Logger) {
    logger.log(level: level, "\(message)", metadata: fields.mapValues { .string($0) })
  }
}

// etcd's texts, where etcd says the same.
extension Notice {
  static func loaded(path: String) -> Notice {
    Notice(
      .info,
      "loaded server configuration, other configuration command line flags and environment "
        + "variables will be ignored if provided",
      ["path": path]
    )
  }

  static func specialVariable(_ name: String, _ value: String) -> Notice {
    Notice(.warning, "cannot set special environment variable", ["key": name, "value": value])
  }

  static func shadowed(_ variable: String) -> Notice {
    Notice(
      .warning,
      "conflicting environment variable is shadowed by corresponding command-line flag (either "
        + "unset environment variable or disable flag)",
      ["environment-variable": variable]
    )
  }

  static func used(_ variable: String, _ value: String) -> Notice {
    Notice(
      .info,
      "recognized and used environment variable",
      ["variable-name": variable, "variable-value": value]
    )
  }

  static func unrecognized(_ pair: String) -> Notice {
    Notice(.warning, "unrecognized environment variable", ["environment-variable": pair])
  }

  static func withoutEffect(_ flag: String, _ reason: String) -> Notice {
    Notice(.info, "flag has no effect on a cluster of one", ["flag": flag, "reason": reason])
  }
}
