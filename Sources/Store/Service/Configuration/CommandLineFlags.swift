/// The flags of a command line, read as Go's `flag` package reads them.
///
/// One dash or two; `--name value` or `--name=value`; a boolean flag takes a value only behind `=`.
/// The first argument that is no flag ends them, and is an error, since etcd has no other arguments.
///
/// Source: Go `flag`, `FlagSet.Parse`.
struct CommandLineFlags: Equatable {
  /// A flag that was given.
  struct Given: Equatable {
    let name: String
    let value: String
  }

  /// The flags of the table, in their order; of two with one name the last counts.
  private(set) var given: [Given] = []

  /// `--config-file`.
  private(set) var configurationFile = ""

  /// `--version`.
  private(set) var asksForVersion = false

  /// `--help` or `-h`, which ends the reading.
  private(set) var asksForHelp = false

  /// Reads arguments, without the names of program and command.
  ///
  /// - Parameter arguments: The arguments.
  /// - Throws: What is wrong with one of them; values are read as well.
  init(_ arguments: [String]) throws(ConfigurationError) {
    // Reading a value writes it down: here is where nobody looks.
    var scratch = NodeConfiguration()
    var rest = arguments[...]
    while let argument = rest.first {
      guard argument.hasPrefix("-"), argument != "-" else { throw .argument(argument) }
      rest = rest.dropFirst()
      if argument == "--" {
        if let next = rest.first { throw .argument(next) }
        return
      }
      let text = argument.dropFirst(argument.hasPrefix("--") ? 2 : 1)
      guard !text.hasPrefix("-"), !text.hasPrefix("="), !text.isEmpty else {
        throw .flagSyntax(argument)
      }
      let name = String(text.prefix { $0 != "=" })
      var value = text.contains("=") ? String(text.dropFirst(name.count + 1)) : nil
      if name == "help" || name == "h" {
        asksForHelp = true
        return
      }
      let isBoolean = name == "version" || FlagTable.byName[name]?.isBoolean == true
      guard isBoolean || name == "config-file" || FlagTable.byName[name] != nil else {
        throw .unknownFlag(name)
      }
      if value == nil, !isBoolean {
        guard let next = rest.popFirst() else { throw .valueMissing(flag: name) }
        value = next
      }
      try take(name, value ?? "true", isBoolean: isBoolean, &scratch)
    }
  }

  private mutating func take(
    _ name: String,
    _ value: String,
    isBoolean: Bool,
    _ scratch: inout NodeConfiguration
  ) throws(ConfigurationError) {
    do throws(ValueFault) {
      switch name {
      case "config-file": configurationFile = value
      case "version": asksForVersion = try GoValue.boolean(value)
      default:
        try FlagTable.byName[name]?.set(value, &scratch)
        given.append(Given(name: name, value: value))
      }
    } catch {
      throw .value(value, flag: name, isBoolean: isBoolean, error)
    }
  }
}
