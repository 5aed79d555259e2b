public import Decode
public import WAL

/// Records of a log as lines for people: `INDEX TERM TYPE REQUEST`.
public struct LogLine: Sendable {
  private let text: RequestText

  /// Lines of records.
  ///
  /// - Parameter decoder: Tells of what kind values are.
  public init(decoder: Decoder) {
    text = RequestText(decoder: decoder)
  }

  /// The names of the columns.
  public static let header = line("INDEX", "TERM", "TYPE", "REQUEST")

  /// An entry with what it asks for.
  public func line(
    _ entry: EntryView,
    _ request: LoggedRequest,
    isOverwritten: Bool = false
  ) -> String {
    LogLine.line(
      "\(entry.index.rawValue)",
      "\(entry.term.rawValue)",
      request.kind.group,
      text.line(request) + (isOverwritten ? " (overwritten)" : "")
    )
  }

  /// A record that is no entry.
  public func line(note item: LogSource.Item) -> String {
    switch item.record.content {
    case .entry: ""
    case .metadata(let metadata):
      LogLine.line("-", "-", "metadata", LogLine.text(metadata))
    case .hardState(let state):
      LogLine.line("-", "\(state.term.rawValue)", "state", LogLine.text(state))
    case .checksum:
      LogLine.line(
        "-",
        "-",
        "checksum",
        "\(IDText.checksum(item.record.checksum)) at \(item.record.place.offset) of \(item.segmentName)"
      )
    case .snapshot(let snapshot):
      LogLine.line(
        "\(snapshot.index.rawValue)",
        "\(snapshot.term.rawValue)",
        "snapshot",
        LogLine.text(snapshot)
      )
    }
  }

  /// Where the log ends and what it says there.
  public func line(endOf log: LogSource) -> String {
    guard let end = log.end else { return "" }
    let segment = LogSource.name(of: log.segmentPaths[end.segmentSlot])
    return LogLine.line(
      "\(log.state.lastIndex.rawValue)",
      "\(log.state.lastTerm.rawValue)",
      "end",
      "committed up to \(log.state.hardState.commit.rawValue), at \(end.offset) of \(segment)"
    )
  }

  private static func text(_ metadata: WALMetadata) -> String {
    "member \(IDText.member(metadata.nodeID.rawValue))"
      + " of cluster \(IDText.member(metadata.clusterID.rawValue))"
  }

  private static func text(_ state: HardState) -> String {
    let vote = state.vote == .nobody ? "no vote" : "voted for \(IDText.member(state.vote.rawValue))"
    return "\(vote), committed up to \(state.commit.rawValue)"
  }

  private static func text(_ snapshot: WALSnapshot) -> String {
    guard let members = snapshot.confState else { return "" }
    var parts: [String] = []
    if !members.voters.isEmpty { parts.append("voters \(text(members.voters))") }
    if !members.learners.isEmpty { parts.append("learners \(text(members.learners))") }
    return parts.joined(separator: ", ")
  }

  private static func text(_ members: [NodeID]) -> String {
    members.map { IDText.member($0.rawValue) }.joined(separator: " ")
  }

  private static func line(
    _ index: String,
    _ term: String,
    _ type: String,
    _ request: String
  ) -> String {
    let place = "\(right(index, 10)) \(right(term, 6))  "
    guard !request.isEmpty else { return place + type + "\n" }
    return place + type + String(repeating: " ", count: max(0, 10 - type.count)) + "  \(request)\n"
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
