/// What `explorer serve --help` prints.
public enum FlagHelp {
  /// The lines that come first.
  public static let usage = """
    Usage:

      explorer serve [flags]
        Serve the etcd v3 API from a data directory, as a cluster of one.

      explorer serve --version
        Show the version.

      explorer serve -h | --help
        Show this.

      explorer serve --config-file FILE
        Read the flags from a YAML file; those on the command line and in the environment are then
        ignored.

    For example:

      explorer serve --data-dir default.etcd --listen-client-urls http://127.0.0.1:2379 \\
        --advertise-client-urls http://127.0.0.1:2379

    The flags are etcd's, with one dash or two. ETCD_NAME in the environment is --name, and so on.
    """

  /// All flags: those that are served, in etcd's groups, and what becomes of the others.
  public static var text: String {
    var text = usage + "\n"
    for group in Flag.Group.allCases where group != .former {
      let flags = FlagTable.all.filter { $0.group == group && $0.treatment == .served }
      guard !flags.isEmpty else { continue }
      text += "\n\(group.rawValue):\n"
      for flag in flags {
        text += "  --\(flag.name) '\(flag.defaultText)'\n"
        text += wrapped(flag.help, indent: 4)
      }
    }
    text += "\nUnder former names:\n"
    for flag in FlagTable.all where flag.group == .former && flag.treatment == .served {
      text += "  --\(flag.name)\n" + wrapped(meaning(of: flag), indent: 4)
    }
    text += "\nTaken, without effect on a cluster of one:\n"
    text += list { if case .accepted(let reason) = $0 { reason } else { nil } }
    text += "\nNot served:\n"
    text += list { if case .refused(let reason) = $0 { reason } else { nil } }
    return text
  }

  private static func meaning(of flag: Flag) -> String {
    if let replacement = flag.replacement { return "--\(replacement)" }
    if let gate = flag.gate { return "--feature-gates=\(gate.rawValue)=true" }
    return flag.name == "debug" ? "--log-level=debug" : "--log-outputs"
  }

  /// The flags that a reason is given for, those with the same one together.
  private static func list(_ reason: (Flag.Treatment) -> String?) -> String {
    var order: [String] = []
    var names: [String: [String]] = [:]
    for flag in FlagTable.all {
      guard let reason = reason(flag.treatment) else { continue }
      if names[reason] == nil { order.append(reason) }
      names[reason, default: []].append("--\(flag.name)")
    }
    return order.map { reason in
      wrapped((names[reason] ?? []).joined(separator: " "), indent: 2)
        + wrapped("\(reason).", indent: 4)
    }.joined()
  }

  /// Lines of up to 100 characters.
  private static func wrapped(_ text: String, indent: Int) -> String {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, indent + line.count + 1 + word.count > 100 {
        lines.append(margin + line)
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    if !line.isEmpty { lines.append(margin + line) }
    return lines.joined(separator: "\n") + "\n"
  }
}
