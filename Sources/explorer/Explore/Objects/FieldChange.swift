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

  /// The change as part of a line: `status.phase Pending -> Running`, with an arrow instead of
  /// `->`, `+ finalizers[0] orphan`, `- labels.app web`.
  ///
  /// Strings stand without quotation marks, and `metadata` is left out in front of what lies in it.
  ///
  /// - Parameter valueLimit: How many characters of a value are shown at most; of what has fields
  ///   of its own and is longer nothing is shown, or its status where it has one.
  /// - Returns: The text, without a line break.
  public func words(valueLimit: Int = 40) -> String {
    let isMetadata = path.hasPrefix("metadata.")
    let place = isMetadata ? path.dropFirst("metadata.".count) : path[...]
    let before = old.map { FieldChange.word($0, limit: valueLimit) } ?? ""
    let after = new.map { FieldChange.word($0, limit: valueLimit) } ?? ""
    let text =
      switch kind {
      case .added: "+ \(place) \(after)"
      case .removed: "- \(place) \(before)"
      case .changed where before.isEmpty || after.isEmpty: "~ \(place)"
      case .changed: "\(place) \(before) \u{2192} \(after)"
      case .reordered: "~ \(place) in another order"
      }
    let escaped = OneLine.escaped(text)
    return escaped.hasSuffix(" ") ? String(escaped.dropLast()) : escaped
  }

  /// A value as a word of a line; empty if it has too many fields for one.
  private static func word(_ json: String, limit: Int) -> String {
    guard let first = json.utf8.first else { return "" }
    switch first {
    case UInt8(ascii: "\""):
      let text = (try? DecodedObject(json: Array(json.utf8))).flatMap { ObjectField($0).string }
      guard let text, !text.isEmpty, text.first != " ", text.last != " " else {
        return shortened(json, to: limit)
      }
      return shortened(text, to: limit)
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      if json.utf8.count <= limit { return json }
      let object = try? DecodedObject(json: Array(json.utf8))
      return object.map { shortened(ObjectField($0)["status"].text, to: limit) } ?? ""
    default: return shortened(json, to: limit)
    }
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
