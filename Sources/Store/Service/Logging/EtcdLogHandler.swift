public import Logging

/// Writes lines in etcd's shape to the files of a ``NodeLog``.
public struct EtcdLogHandler: LogHandler {
  /// Adds to what lines are about.
  public var metadataProvider: Logger.MetadataProvider?

  /// What all lines are about.
  public var metadata: Logger.Metadata = [:]

  /// The least that is written.
  public var logLevel: Logger.Level

  private let label: String
  private let format: LogFormat
  private let sinks: [LogSink]

  init(label: String, level: Logger.Level, format: LogFormat, sinks: [LogSink]) {
    self.label = label
    logLevel = level
    self.format = format
    self.sinks = sinks
  }

  /// One thing that all lines are about.
  public subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a line.
  public func log(event: LogEvent) {
    guard !sinks.isEmpty else { return }
    var fields = metadata
    if let provided = metadataProvider?.get() { fields.merge(provided) { $1 } }
    if let own = event.metadata { fields.merge(own) { $1 } }
    if let error = event.error { fields["error"] = .string("\(error)") }
    let line = LogLine(
      format,
      level: event.level,
      label: label,
      caller: "\(event.file):\(event.line)",
      message: event.message.description,
      fields: fields.sorted { $0.key < $1.key }
    )
    for sink in sinks { sink.write(line.bytes) }
  }
}
