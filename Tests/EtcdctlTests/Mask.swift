import Foundation

/// What may differ between the answers of two servers, by name, and what stands in its place.
struct Mask {
  let name: String
  private let expression: NSRegularExpression
  private let template: String

  init(_ name: String, _ pattern: String, _ template: String) throws {
    self.name = name
    expression = try NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
    self.template = template
  }

  func applied(to text: String) -> String {
    let range = NSRange(text.startIndex..., in: text)
    return expression.stringByReplacingMatches(in: text, range: range, withTemplate: template)
  }

  /// The member and the cluster of every server here, whose ids are no lease's.
  private static let ids = "b71f75320dc06a6c|1c45a069f3a1d796"
  private static let decimalIDs = "13195394291058371180|2037210783374497686"

  /// All masks, in the order in which they are applied.
  static let all: [Mask] = {
    do {
      return [
        try Mask("port of a connection", #"LocalAddr: '127\.0\.0\.1:\d+'"#, "LocalAddr"),
        try Mask(
          "time of a log line",
          #""ts":("[^"]*"|[0-9.e+]+)|\b20\d\d-\d\d-\d\d[T ][0-9:.]+Z?"#,
          "TIME"
        ),
        try Mask(
          "address in the client's memory",
          #"\b0x[0-9a-f]{6,}"#,
          "ADDRESS"
        ),
        try Mask("name of a client", #"(?<=endpoint://client-)[0-9a-f-]{36}"#, "NAME"),
        try Mask("stack of a client", #"\n+goroutine \d+ [\s\S]*"#, ""),
        try Mask("end of a command by the script", #"^.* Terminated .*\n"#, ""),
        try Mask(
          "duration",
          #""took":("[^"]*"|[0-9.e-]+)|(?<!TTL\()\b[0-9.]+([nµm]?s)\b"#,
          "DURATION"
        ),
        try Mask("rest of a lease", #"("ttl":|"TTL" : )\d+"#, "$1REST"),
        try Mask(
          "id of a lease",
          #"\b(?!\#(ids)|\#(decimalIDs))([1-9a-f][0-9a-f]{14,15}|\d{17,19})\b"#,
          "LEASE"
        ),
        try Mask("version of a server", #"\b3\.[456]\.\d+\b"#, "VERSION"),
        try Mask(
          "size of a file",
          #"\b[0-9.]+ [kM]?B\b|(?<="dbSize":|"dbSizeInUse":|"DBSize" : |"size":)\d+"#,
          "SIZE"
        ),
        try Mask(
          "raft index",
          #"(?<="raftIndex":|"raftAppliedIndex":|"RaftIndex" : |"RaftAppliedIndex" : )\d+"#,
          "INDEX"
        ),
        try Mask(
          "raft index of a row",
          #"((?:true|false)[ ,|│]+(?:true|false)[ ,|│]+\d+[ ,|│]+)\d+([ ,|│]+)\d+"#,
          "$1INDEX$2INDEX"
        ),
        try Mask("width of a column", #"[-─]{2,}|  +"#, " "),
      ]
    } catch {
      preconditionFailure("a mask is no regular expression: \(error)")
    }
  }()
}
