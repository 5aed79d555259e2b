import Glibc
import Logging
import Store

/// A process of a node that has no data, for tests of what is around the node.
///
/// The environment says what the node does: `NODE_START=fail`, `NODE_FAILS=1`, `NODE_SHUTDOWN=hang`.
@main
struct ServedProcess {
  static func main() {
    signal(SIGPIPE, SIG_IGN)
    var environment: [String: String] = [:]
    for name in ["NOTIFY_SOCKET", "NODE_START", "NODE_FAILS", "NODE_SHUTDOWN"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    let source = ConfigurationSource(arguments: Array(CommandLine.arguments.dropFirst()))
    guard case .serve(let configuration, let notices)? = try? source.request() else { exit(2) }
    let process = NodeProcess(
      configuration,
      notices: notices,
      notifySocket: environment["NOTIFY_SOCKET"],
      report: { text in
        let line = Array("report: \(text)\n".utf8)
        _ = write(2, line, line.count)
      }
    )
    exit(process.run { _, _, fail in EmptyNode(environment, fail) })
  }
}

private final class EmptyNode: ServedNode {
  let identity = (member: "8e9e05c52164694d", cluster: "cdf818194e3a8c32")
  private let environment: [String: String]
  private let fail: @Sendable (any Error) -> Void

  init(_ environment: [String: String], _ fail: @escaping @Sendable (any Error) -> Void) {
    self.environment = environment
    self.fail = fail
  }

  func start() throws {
    if environment["NODE_START"] == "fail" {
      throw ConfigurationError.invalid("the port is taken")
    }
    if environment["NODE_FAILS"] != nil { fail(ConfigurationError.invalid("the disk is gone")) }
  }

  func shutdown() {
    if environment["NODE_SHUTDOWN"] == "hang" { sleep(3600) }
  }
}
