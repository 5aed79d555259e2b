#if canImport(Glibc)
internal import Glibc
#endif
public import Logging

/// Where a node's log goes: the files of `--log-outputs`, open.
public struct NodeLog: Sendable {
  private let sinks: [LogSink]
  private let level: Logger.Level
  private let format: LogFormat

  /// Opens the files; those that are not there are made.
  ///
  /// - Parameter configuration: What is logged, and where.
  /// - Throws: `ConfigurationError.invalid` if a file cannot be opened.
  public init(_ configuration: NodeConfiguration.Log) throws(ConfigurationError) {
    level = Logger.Level(configuration.level)
    let format = configuration.format
    self.format = format
    let dropLine: @Sendable (Int) -> [UInt8] = { count in
      LogLine(
        format,
        level: .warning,
        label: "",
        caller: #fileID,
        message: "dropped log lines, the output does not take them fast enough",
        fields: [("count", .stringConvertible(count))]
      ).bytes
    }
    var sinks: [String: LogSink] = [:]
    for output in configuration.outputs {
      switch output {
      case "default", "stderr":
        sinks["stderr"] = LogSink(STDERR_FILENO, isOwned: false, dropLine: dropLine)
      case "stdout": sinks[output] = LogSink(STDOUT_FILENO, isOwned: false, dropLine: dropLine)
      default:
        let path = output.hasPrefix("file://") ? String(output.dropFirst(7)) : output
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC
        let descriptor = open(path, flags, 0o644)
        guard descriptor >= 0 else {
          let cause = String(cString: strerror(errno)).lowercased()
          throw .invalid("open sink \(GoValue.quoted(output)): open \(path): \(cause)")
        }
        sinks[path] = LogSink(descriptor, isOwned: true, dropLine: dropLine)
      }
    }
    // As in etcd, whoever asks for nothing gets nothing.
    self.sinks = sinks["/dev/null"] == nil ? Array(sinks.values) : []
  }

  /// A logger that writes there.
  ///
  /// - Parameter label: Which part of the program it belongs to; empty for the program as a whole.
  /// - Returns: The logger; any number may write at a time.
  public func logger(label: String = "") -> Logger {
    let handler = EtcdLogHandler(label: label, level: level, format: format, sinks: sinks)
    return Logger(label: label, factory: { _ in handler })
  }

  /// Waits until everything is written, but not longer than told.
  public func flush(within limit: Duration = .seconds(2)) {
    for sink in sinks { sink.flush(within: limit) }
  }

  /// Lets go of the files.
  public func close() {
    for sink in sinks { sink.close() }
  }
}

extension Logger.Level {
  /// etcd's level.
  public init(_ level: LogLevel) {
    self =
      switch level {
      case .debug: .debug
      case .info: .info
      case .warn: .warning
      case .error: .error
      case .dpanic, .panic, .fatal: .critical
      }
  }
}
