import ArgumentParser
import Store
import Logging

#if canImport(Glibc)
import Glibc
#endif

/// `explorer serve`: a node, with etcd's flags.
struct ServeCommand: ParsableCommand {
  // For the list of subcommands: its own arguments never come to the parser.
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves the etcd v3 API from a data directory; flags are etcd's."
  )

  /// Serves until a signal ends it.
  ///
  /// - Parameter arguments: The arguments behind `serve`.
  /// - Returns: The status to exit with: 0 stopped, 1 not started or failed, 2 wrong arguments.
  static func serve(_ arguments: [String]) -> Int32 {
    let environment = variables()
    let source = ConfigurationSource(arguments: arguments, environment: environment)
    var output = StandardOutput()
    do throws(ConfigurationError) {
      switch try source.request() {
      case .help: output.write(FlagHelp.text)
      case .version: output.write("explorer Version: \(Explorer.configuration.version)\n")
      case .serve(let configuration, let notices):
        let process = NodeProcess(
          configuration,
          notices: [.running(CommandLine.arguments)] + notices,
          notifySocket: environment["NOTIFY_SOCKET"],
          report: { report($0) }
        )
        return process.run(makeNode)
      }
      return NodeProcess.stopped
    } catch {
      report("\(error)\(error.isUsage ? " (see `explorer serve --help`)" : "")")
      return error.isUsage ? 2 : NodeProcess.failed
    }
  }

  /// Makes the node of a configuration.
  private static func makeNode(
    _ configuration: NodeConfiguration,
    _ logger: Logger,
    _ fail: @escaping @Sendable (any Error) -> Void
  ) throws -> any ServedNode {
    try NodeServer(configuration, logger)
  }

  private static func report(_ cause: String) {
    Diagnostics.report(CommandFailure("serve", cause))
  }

  private static func variables() -> [String: String] {
    var variables: [String: String] = [:]
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      let name = String(text.prefix { $0 != "=" })
      if text.contains("=") { variables[name] = String(text.dropFirst(name.count + 1)) }
      next += 1
    }
    return variables
  }
}
