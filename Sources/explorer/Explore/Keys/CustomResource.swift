internal import Decode

/// What a CustomResourceDefinition says of the resource that it defines.
public struct CustomResource: Hashable, Sendable {
  /// The group, such as `stable.example.com`.
  public let group: String

  /// The plural, such as `crontabs`.
  public let plural: String

  /// The singular; the kind in lower case where the definition has none.
  public let singular: String

  /// The kind, such as `CronTab`.
  public let kind: String

  /// Abbreviations.
  public let shortNames: [String]

  /// The categories, such as `all`.
  public let categories: [String]

  /// Whether objects live in namespaces.
  public let isNamespaced: Bool

  /// Reads a definition, of apiextensions.k8s.io/v1 or v1beta1; nil if the object is none.
  public init?(_ object: DecodedObject) {
    let document = object.document
    guard document.string(of: "kind", in: 0) == "CustomResourceDefinition",
      let spec = document.value(of: "spec", in: 0),
      let group = document.string(of: "group", in: spec), !group.isEmpty,
      let names = document.value(of: "names", in: spec),
      let plural = document.string(of: "plural", in: names), !plural.isEmpty,
      let kind = document.string(of: "kind", in: names)
    else { return nil }
    self.group = group
    self.plural = plural
    self.kind = kind
    let singular = document.string(of: "singular", in: names) ?? ""
    self.singular = singular.isEmpty ? kind.lowercased() : singular
    shortNames = document.strings(of: "shortNames", in: names)
    categories = document.strings(of: "categories", in: names)
    // v1beta1 takes a definition without a scope for a namespaced one.
    isNamespaced = document.string(of: "scope", in: spec) != "Cluster"
  }

  /// The resource as etcd holds it.
  public var resource: StoredResource {
    StoredResource(
      name: plural,
      singular: singular,
      kind: kind,
      group: group,
      shortNames: shortNames,
      path: "\(group)/\(plural)",
      isNamespaced: isNamespaced
    )
  }
}
