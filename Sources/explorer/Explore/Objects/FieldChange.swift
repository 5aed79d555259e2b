public import Decode

/// A difference between two objects at one place.
public struct FieldChange: Equatable, Sendable {
  /// What happened.
  public enum Kind: String, Sendable {
    case added, removed, changed

    /// The items of a list are the same, or were compared each with its own, but stand in another
    /// order.
    case reordered

    /// The mark in front of a line.
    public var mark: String {
      switch self {
      case .added: "+"
      case .removed: "-"
      case .changed, .reordered: "~"
      }
    }
  }

  /// What happened.
  public let kind: Kind

  /// Where: `spec.template.spec.containers[name=web].image`, `spec.ports[0]`,
  /// `metadata.labels["app.kubernetes.io/name"]`; empty for the whole object.
  public let path: String

  /// The old value as compact JSON; nil where there was none.
  ///
  /// For a list in another order it has the names of its items.
  public let old: String?

  /// The new value, likewise.
  public let new: String?

  /// A line for people, such as `~ spec.replicas 2 -> 3`, with an arrow instead of `->`.
  ///
  /// - Parameter valueLimit: How many characters of a value are shown at most.
  /// - Returns: The line, without a line break.
  public func summary(valueLimit: Int = 80) -> String {
    let values = [old, new].compactMap { $0 }.map { FieldChange.shortened($0, to: valueLimit) }
    let place = path.isEmpty ? "" : " \(OneLine.escaped(path))"
    return "\(kind.mark)\(place) \(OneLine.escaped(values.joined(separator: " \u{2192} ")))"
  }

  private static func shortened(_ text: String, to limit: Int) -> String {
    // Cutting costs only as much as is left; counting the characters first would cost them all.
    let start = text.prefix(limit)
    return start.endIndex == text.endIndex ? text : start + "\u{2026}"
  }

  /// Appends the change as a JSON object: `path`, `kind`, and `old` and `new` where they are.
  public func appendJSON(to output: inout OutputBuffer) {
    output.append("{\"path\":")
    JSONText.append(path, to: &output)
    output.append(",\"kind\":\"\(kind.rawValue)\"")
    if let old { output.append(",\"old\":\(old)") }
    if let new { output.append(",\"new\":\(new)") }
    output.append("}")
  }
}
