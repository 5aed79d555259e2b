/// A minor release of Kubernetes, such as 1.20.
public struct Release: Comparable, Hashable, Sendable {
  /// The number before the dot.
  public let major: Int

  /// The number behind the dot.
  public let minor: Int

  /// A release by its two numbers.
  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// A release from text: `1.20`, `v1.20` or `v1.20.3`; nil for anything else.
  public init?(_ text: some StringProtocol) {
    let digits = text.hasPrefix("v") ? text.dropFirst() : text[...]
    let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard (2...3).contains(parts.count), let major = Int(parts[0]), let minor = Int(parts[1]),
      major >= 0, minor >= 0
    else { return nil }
    self.init(major: major, minor: minor)
  }

  /// Whether the first release is older than the second.
  public static func < (left: Release, right: Release) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }
}

extension Release: CustomStringConvertible {
  /// The release as Kubernetes writes it, without a `v`: `1.20`.
  public var description: String { "\(major).\(minor)" }
}

/// The releases in which something stood: from the first to the last, both included.
public struct ReleaseRange: Hashable, Sendable {
  /// The first release that had it.
  public let first: Release

  /// The last release that had it, or nil when the newest known release still has it.
  public let last: Release?

  /// A range from `first` to `last`; without `last` it is still open.
  public init(first: Release, last: Release?) {
    self.first = first
    self.last = last
  }

  /// Whether something with this range stood in the given release; nil means the newest.
  public func contains(_ release: Release?) -> Bool {
    guard let release else { return last == nil }
    guard first <= release else { return false }
    return last.map { release <= $0 } ?? true
  }

  /// The release of this range that is nearest to the given one; nil means the newest.
  public func nearest(to release: Release?) -> Release? {
    guard let release else { return last }
    if release < first { return first }
    if let last, last < release { return last }
    return release
  }
}

extension ReleaseRange: CustomStringConvertible {
  /// The range as the catalogue writes it: `1.18-` or `1.15-1.21`.
  public var description: String { "\(first)-\(last.map(\.description) ?? "")" }
}
