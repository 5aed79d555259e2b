/// A resource as etcd holds it: what it is called, and below which path its objects lie.
public struct StoredResource: Hashable, Sendable {
  /// The plural, such as `deployments`.
  public let name: String

  /// The singular, such as `deployment`.
  public let singular: String

  /// The kind, such as `Deployment`.
  public let kind: String

  /// The API group, such as `apps`; empty for the core group.
  public let group: String

  /// Other groups that serve, or served, the same objects: `extensions` for deployments.
  public let otherGroups: [String]

  /// The abbreviations that kubectl has for it, such as `deploy`.
  public let shortNames: [String]

  /// The path below the registry's prefix, such as `deployments` or `services/specs`.
  ///
  /// One that begins with a slash does not lie below that prefix.
  public let path: String

  /// Whether objects live in namespaces.
  public let isNamespaced: Bool

  /// A resource of the given names and place.
  public init(
    name: String,
    singular: String,
    kind: String,
    group: String = "",
    otherGroups: [String] = [],
    shortNames: [String] = [],
    path: String,
    isNamespaced: Bool
  ) {
    self.name = name
    self.singular = singular
    self.kind = kind
    self.group = group
    self.otherGroups = otherGroups
    self.shortNames = shortNames
    self.path = path
    self.isNamespaced = isNamespaced
  }

  /// The name with its group, as kubectl writes it: `deployments.apps`, `pods`.
  public var qualifiedName: String { group.isEmpty ? name : "\(name).\(group)" }

  /// Everything that a user may call it, without a group and in lower case.
  var words: [String] {
    var words: [String] = []
    for word in [name, singular, kind.lowercased()] + shortNames where !words.contains(word) {
      words.append(word)
    }
    return words
  }

  /// Whether a group is one of those that serve it.
  func isServed(by group: String) -> Bool { self.group == group || otherGroups.contains(group) }
}
