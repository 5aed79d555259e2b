internal import Decode

/// Turns what users type into the keys that it stands for.
///
/// A TARGET is one word:
///
/// | word | keys, for `/registry` |
/// | --- | --- |
/// | `pods`, `po`, `Pod` | all below `/registry/pods/` |
/// | `pods/kube-system` | all below `/registry/pods/kube-system/` |
/// | `pods/kube-system/web-0` | that key alone |
/// | `nodes/n1` | `/registry/minions/n1` |
/// | `deployments.apps`, `deploy.v1.apps` | all below `/registry/deployments/` |
/// | `pods,svc` | both |
/// | `all` | what `kubectl get all` gets |
/// | `crontabs.stable.example.com/ns/name` | `/registry/stable.example.com/crontabs/ns/name` |
/// | `calico`, `calico/ippools` | Calico's, in its own keys and in its custom resources |
/// | `/registry/pods/default` | that key, and all below `/registry/pods/default/` |
/// | `/registry/pods/` | all that begin so |
///
/// With a namespace beside it, `pods/web-0` is an object of that namespace, and a word that is no
/// resource behind one that is names an object: `pods web-0 web-1`.
///
/// A word that stands for a namespace or a resource never takes in what only begins alike:
/// `pods/kube-system` leaves out `kube-system-2`.
public struct TargetResolver: Sendable {
  /// The namespaces that count.
  public enum NamespaceScope: Hashable, Sendable {
    /// Those that the words name; all where they name none.
    case unsaid

    /// One.
    case named(String)

    /// All, and the words must not name one.
    case all
  }

  /// What words stand for keys as they are.
  public enum LiteralRule: Hashable, Sendable {
    /// Those that begin with a slash: for the key, and for all that lie below it as in a folder.
    case paths

    /// All, each for the key that it is.
    case keys

    /// All, each for the keys that begin with it.
    case prefixes
  }

  /// How words are understood.
  public struct Options: Hashable, Sendable {
    /// What the keys of Kubernetes begin with, as the API server's `--etcd-prefix` has it.
    public var registryPrefix = "/registry"

    /// The namespaces that count.
    public var namespace = NamespaceScope.unsaid

    /// What words stand for keys as they are.
    public var literals = LiteralRule.paths

    /// The defaults: `/registry`, no namespace, words with a slash in front.
    public init() {}
  }

  /// Words that are no resources.
  static let specialWords = ["calico", "cilium", "compact_rev_key"]

  private let resources: ResourceTable
  private let options: Options

  /// The registry's prefix with a slash in front and none behind.
  private let prefix: String

  /// A resolver for the resources of a table.
  public init(resources: ResourceTable, options: Options = Options()) {
    self.resources = resources
    self.options = options
    prefix = TargetResolver.normalised(prefix: options.registryPrefix)
  }

  /// A prefix as the API server takes it: with a slash in front and none behind.
  static func normalised(prefix: String) -> String {
    let parts = prefix.split(separator: "/")
    return parts.map { "/\($0)" }.joined()
  }

  // MARK: Words

  /// What words stand for.
  ///
  /// - Parameter words: The words; none stand for everything, or for everything of the namespace
  ///   that the options name.
  /// - Returns: A target for each word, but for resources whose names follow.
  /// - Throws: ``TargetError`` for the first word that stands for nothing.
  public func targets(of words: [String]) throws(TargetError) -> [KeyTarget] {
    guard !words.isEmpty else { return [everything] }
    var targets: [KeyTarget] = []
    // The resource that the last word was, with no more; names may follow it.
    var bare: (resource: Named, slot: Int?)?
    for word in words.flatMap(pieces) {
      guard !word.isEmpty else { throw .empty }
      if isLiteral(word) {
        targets.append(literal(word))
        bare = nil
        continue
      }
      let parts = word.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      if let special = special(parts, word: word) {
        targets.append(special)
        bare = nil
        continue
      }
      if parts.count == 1, let (resource, slot) = bare, isName(word, of: resource) {
        let target = try self.target(named: word, of: resource)
        // The resource stood there for its names' sake.
        if let slot { targets.remove(at: slot) }
        bare = (resource, nil)
        targets.append(target)
        continue
      }
      let named = try self.named(parts[0], in: word)
      let range = try ranges(of: named, parts: parts, word: word)
      bare = parts.count == 1 && named.count == 1 ? (named[0], targets.count) : nil
      targets.append(KeyTarget(word: word, ranges: range))
    }
    return targets
  }

  /// The pieces of a word with commas.
  private func pieces(_ word: String) -> [String] {
    guard !isLiteral(word), word.contains(",") else { return [word] }
    return word.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  /// Everything, or everything of the namespace that the options name.
  private var everything: KeyTarget {
    guard case .named(let namespace) = options.namespace else {
      return KeyTarget(word: "", ranges: [KeyRange(prefix: [])])
    }
    return KeyTarget(
      word: "-n \(namespace)",
      ranges: [KeyRange(prefix: "\(prefix)/".utf8)],
      namespace: namespace
    )
  }

  // MARK: Keys as they are

  private func isLiteral(_ word: String) -> Bool { options.literals != .paths || word.first == "/" }

  private func literal(_ word: String) -> KeyTarget {
    let ranges =
      switch options.literals {
      case .keys: [KeyRange(key: word.utf8)]
      case .prefixes: [KeyRange(prefix: word.utf8)]
      case .paths: TargetResolver.path(word)
      }
    return unlessElsewhere(word, ranges)
  }

  /// The keys of ranges, but those of other namespaces than the options name.
  private func unlessElsewhere(_ word: String, _ ranges: [KeyRange]) -> KeyTarget {
    guard case .named(let namespace) = options.namespace else {
      return KeyTarget(word: word, ranges: ranges)
    }
    return KeyTarget(word: word, ranges: ranges, namespace: namespace)
  }

  /// A key and all below it; only what is below it, if it ends with a slash.
  private static func path(_ path: String) -> [KeyRange] {
    path.hasSuffix("/")
      ? [KeyRange(prefix: path.utf8)]
      : [KeyRange(key: path.utf8), KeyRange(prefix: "\(path)/".utf8)]
  }

  /// The words that are no resources.
  private func special(_ parts: [String], word: String) -> KeyTarget? {
    switch parts[0].lowercased() {
    case "calico":
      let rest = parts.dropFirst().joined(separator: "/")
      // In Kubernetes' datastore Calico's objects are custom resources.
      var roots = ["/calico", "\(prefix)/crd.projectcalico.org"]
      if !rest.isEmpty { roots.append("/calico/resources/v3/projectcalico.org") }
      return unlessElsewhere(word, roots.flatMap { TargetResolver.path("\($0)/\(rest)") })
    case "cilium":
      let path = parts.joined(separator: "/")
      return unlessElsewhere(word, TargetResolver.path(parts.count == 1 ? "\(path)/" : path))
    case "compact_rev_key" where parts.count == 1:
      return KeyTarget(word: word, ranges: [KeyRange(key: word.utf8)])
    default: return nil
    }
  }

  // MARK: Resources

  /// A resource that a word names, known or not.
  private enum Named {
    case known(StoredResource)

    /// A custom resource; where its objects lie is known, whether in namespaces is not.
    case custom(group: String, plural: String)

    var word: String {
      switch self {
      case .known(let resource): resource.qualifiedName
      case .custom(let group, let plural): "\(plural).\(group)"
      }
    }
  }

  private func named(_ resource: String, in word: String) throws(TargetError) -> [Named] {
    switch resources.meaning(of: resource) {
    case .resources(let found): return found.map { .known($0) }
    case .custom(let group, let plural): return [.custom(group: group, plural: plural)]
    case .ambiguous(let found):
      throw .ambiguous(word: word, candidates: found.map(\.qualifiedName))
    case nil:
      throw .unknownResource(word: word, nearest: nearest(to: resource))
    }
  }

  private func nearest(to word: String) -> String? {
    for candidates in resources.suggestions {
      if let nearest = EditDistance.nearest(to: word, among: candidates) { return nearest }
    }
    return nil
  }

  /// The path of a resource's keys, without a slash at its end.
  private func root(of named: Named) -> String {
    switch named {
    case .known(let resource):
      resource.path.first == "/" ? resource.path : "\(prefix)/\(resource.path)"
    case .custom(let group, let plural): "\(prefix)/\(group)/\(plural)"
    }
  }

  /// The keys of resources, of one of their namespaces, or of one object.
  private func ranges(
    of named: [Named],
    parts: [String],
    word: String
  ) throws(TargetError) -> [KeyRange] {
    var parts = parts.dropFirst()
    // A slash at the end says that more lies below, which is so for resources and namespaces.
    let endsWithSlash = parts.last == ""
    if endsWithSlash { parts.removeLast() }
    guard !parts.contains("") else { throw .emptyPart(word: word) }
    var ranges: [KeyRange] = []
    for resource in named {
      ranges += try self.ranges(of: resource, Array(parts), endsWithSlash, word: word)
    }
    return ranges
  }

  private func ranges(
    of named: Named,
    _ parts: [String],
    _ endsWithSlash: Bool,
    word: String
  ) throws(TargetError) -> [KeyRange] {
    let root = root(of: named)
    let below = parts.map { "/\($0)" }.joined()
    switch named {
    case .known(let resource) where !resource.isNamespaced:
      guard parts.count <= 1, parts.isEmpty || !endsWithSlash else {
        throw .tooManyParts(word: word, form: "\(resource.name)/NAME")
      }
      return [
        parts.isEmpty ? KeyRange(prefix: "\(root)/".utf8) : KeyRange(key: (root + below).utf8)
      ]
    case .known(let resource):
      return [try place(parts, endsWithSlash, of: resource.name, word: word).range(below: root)]
    case .custom(_, let plural):
      if parts.count == 1, options.namespace == .unsaid, !endsWithSlash {
        // It may be a namespace, or the name of an object that has none.
        return TargetResolver.path("\(root)/\(parts[0])")
      }
      return [try place(parts, endsWithSlash, of: plural, word: word).range(below: root)]
    }
  }

  /// Where the objects lie that parts behind a resource name.
  private struct Place {
    var namespace: String?
    var name: String?

    func range(below root: String) -> KeyRange {
      guard let namespace else { return KeyRange(prefix: "\(root)/".utf8) }
      guard let name else { return KeyRange(prefix: "\(root)/\(namespace)/".utf8) }
      return KeyRange(key: "\(root)/\(namespace)/\(name)".utf8)
    }
  }

  private func place(
    _ parts: [String],
    _ endsWithSlash: Bool,
    of resource: String,
    word: String
  ) throws(TargetError) -> Place {
    guard parts.count <= 2, parts.count < 2 || !endsWithSlash else {
      throw .tooManyParts(word: word, form: "\(resource)/NAMESPACE/NAME")
    }
    let name = parts.count == 2 ? parts[1] : nil
    switch (options.namespace, parts.first) {
    case (.named(let namespace), nil): return Place(namespace: namespace)
    case (_, nil): return Place()
    case (.unsaid, let first?): return Place(namespace: first, name: name)
    case (.all, _): throw .namespaceTwice(word: word)
    case (.named(let namespace), let first?):
      if parts.count == 1, !endsWithSlash { return Place(namespace: namespace, name: first) }
      guard first == namespace else { throw .namespaceTwice(word: word) }
      return Place(namespace: namespace, name: name)
    }
  }

  /// Whether a word behind a resource is a name, and not another resource.
  ///
  /// A word with dots that is no resource of Kubernetes' own may be either: `crd` and `nodes` are
  /// followed by such names. It is a name where a name can stand.
  private func isName(_ word: String, of named: Named) -> Bool {
    switch resources.meaning(of: word) {
    case nil: return true
    case .resources(let found)
    where !found.allSatisfy({ $0.path.contains(".") && word.contains(".") }):
      return false
    case .resources, .custom:
      if case .named = options.namespace { return true }
      if case .known(let resource) = named { return !resource.isNamespaced }
      return false
    case .ambiguous: return false
    }
  }

  /// The object of a name that follows a resource as a word of its own.
  private func target(named name: String, of named: Named) throws(TargetError) -> KeyTarget {
    let root = root(of: named)
    let whole = KeyTarget(word: name, ranges: [KeyRange(key: "\(root)/\(name)".utf8)])
    if case .known(let resource) = named, !resource.isNamespaced { return whole }
    switch options.namespace {
    case .named(let namespace):
      return KeyTarget(word: name, ranges: [KeyRange(key: "\(root)/\(namespace)/\(name)".utf8)])
    case .all: throw .nameInAllNamespaces(name: name)
    case .unsaid:
      // A custom resource may be one without namespaces.
      if case .custom = named { return whole }
      throw .nameWithoutNamespace(
        name: name,
        resource: named.word,
        nearest: nearest(to: name)
      )
    }
  }
}
