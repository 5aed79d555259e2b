public import Schema

/// Every resource that is known, by what users call it.
///
/// Kubernetes' own come from the catalogue; custom ones can be added where their definitions were
/// read. A table never changes and may be shared between threads.
public struct ResourceTable: Sendable {
  /// All resources, Kubernetes' own first, each path once.
  public let resources: [StoredResource]

  /// The resources of each category, as indices.
  private let categories: [String: [Int]]

  /// Resources by every word for them, as indices.
  private let slotsByWord: [String: [Int]]

  /// The groups that Kubernetes' own resources have.
  private let builtInGroups: Set<String>

  /// The resources of a catalogue, and custom ones.
  ///
  /// - Throws: ``CatalogueError`` if the catalogue's text is malformed.
  public init(
    catalogue: Catalogue = .builtIn,
    customResources: [CustomResource] = []
  ) throws(CatalogueError) {
    var resources = ResourceTable.builtIn(try catalogue.kinds())
    builtInGroups = Set(resources.flatMap { [$0.group] + $0.otherGroups }).subtracting([""])
    var slotsByPath: [String: Int] = [:]
    for (slot, resource) in resources.enumerated() { slotsByPath[resource.path] = slot }
    var categories = ["all": [Int]()]
    for (slot, resource) in resources.enumerated()
    where ShortNames.all.contains(resource.qualifiedName) {
      categories["all", default: []].append(slot)
    }
    for custom in customResources where slotsByPath[custom.resource.path] == nil {
      slotsByPath[custom.resource.path] = resources.count
      for category in custom.categories {
        categories[category.lowercased(), default: []].append(resources.count)
      }
      resources.append(custom.resource)
    }
    var slotsByWord: [String: [Int]] = [:]
    for (slot, resource) in resources.enumerated() {
      for word in resource.words { slotsByWord[word, default: []].append(slot) }
    }
    self.resources = resources
    self.categories = categories
    self.slotsByWord = slotsByWord
  }

  // MARK: Words

  /// What one word for resources names.
  enum Meaning: Equatable {
    /// One resource, or several that a category has.
    case resources([StoredResource])

    /// A custom resource of which no more is known than its group and its plural.
    case custom(group: String, plural: String)

    /// Several that have nothing to do with each other.
    case ambiguous([StoredResource])
  }

  /// What a word such as `po`, `Deployment.apps` or `crontabs.stable.example.com` names; nil for
  /// one that is not known.
  func meaning(of word: String) -> Meaning? {
    let word = word.lowercased()
    guard let dot = word.firstIndex(of: ".") else {
      if let slots = slotsByWord[word] { return meaning(of: slots) }
      return categories[word].map { .resources($0.map { resources[$0] }) }
    }
    let head = String(word[..<dot])
    let group = ResourceTable.group(in: word[word.index(after: dot)...])
    let slots = (slotsByWord[head] ?? []).filter { resources[$0].isServed(by: group) }
    if !slots.isEmpty { return meaning(of: slots) }
    // A group with a dot may be any cluster's own; but nobody can add to Kubernetes' groups.
    guard group.contains("."), !builtInGroups.contains(group), ResourceTable.isName(head),
      group.split(separator: ".", omittingEmptySubsequences: false)
        .allSatisfy({ ResourceTable.isName($0) })
    else { return nil }
    return .custom(group: group, plural: head)
  }

  private func meaning(of slots: [Int]) -> Meaning {
    let found = slots.map { resources[$0] }
    // As kubectl does, Kubernetes' own resource is preferred to custom ones of the same name.
    if let first = found.first, found.count == 1 || isBuiltIn(first) { return .resources([first]) }
    return .ambiguous(found)
  }

  private func isBuiltIn(_ resource: StoredResource) -> Bool {
    resource.group.isEmpty || builtInGroups.contains(resource.group)
  }

  /// The group in what follows a resource's name: `apps`, `v1.apps`; `v1.` has the core group.
  private static func group(in rest: Substring) -> String {
    guard let dot = rest.firstIndex(of: "."), isVersion(rest[..<dot]) else {
      return isVersion(rest) ? "" : String(rest)
    }
    return String(rest[rest.index(after: dot)...])
  }

  /// Whether text is the version of an API: `v1`, `v2beta1`.
  private static func isVersion(_ text: Substring) -> Bool {
    guard text.first == "v" else { return false }
    let rest = text.dropFirst().drop { $0.isASCII && $0.isNumber }
    guard rest.count < text.count - 1 else { return false }
    for stage in ["", "alpha", "beta"] where rest.hasPrefix(stage) {
      let number = rest.dropFirst(stage.count)
      if number.isEmpty == stage.isEmpty, number.allSatisfy({ $0.isASCII && $0.isNumber }) {
        return true
      }
    }
    return false
  }

  /// Whether text can be a label of a DNS name.
  private static func isName(_ text: some StringProtocol) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        $0 >= 0x61 && $0 <= 0x7A || $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: "-")
      }
  }

  /// What a user may have meant by a word that is not known: first the names in full, then the
  /// abbreviations.
  var suggestions: [[String]] {
    let names = resources.flatMap { [$0.name, $0.singular] }
    let qualified = resources.filter { !$0.group.isEmpty }.map(\.qualifiedName)
    return [names + qualified + TargetResolver.specialWords, resources.flatMap(\.shortNames)]
  }

  // MARK: Building

  /// The resources among kinds: one for each storage path, by its best kind.
  private static func builtIn(_ kinds: [KindDefinition]) -> [StoredResource] {
    var kindsByPath: [String: [KindDefinition]] = [:]
    for kind in kinds {
      guard kind.resource != nil, let path = resourcePath(of: kind) else { continue }
      kindsByPath[path, default: []].append(kind)
    }
    var resources = kindsByPath.sorted { $0.key < $1.key }
      .compactMap { path, kinds -> StoredResource? in
        guard let best = kinds.min(by: isBetter), let name = best.resource else { return nil }
        let groups = Set(kinds.map(\.group)).subtracting([best.group])
        return StoredResource(
          name: name,
          singular: best.kind.lowercased(),
          kind: best.kind,
          group: best.group,
          otherGroups: groups.sorted(),
          shortNames: ShortNames.byResource[name] ?? [],
          path: path,
          isNamespaced: best.isNamespaced
        )
      }
    // Two paths hold objects that are no resource of their own.
    for (name, kind) in [("masterleases", "Endpoints"), ("ranges", "RangeAllocation")] {
      resources.append(
        StoredResource(
          name: name,
          singular: String(name.dropLast()),
          kind: kind,
          path: name,
          isNamespaced: false
        )
      )
    }
    return resources
  }

  /// Whether one kind stands for a resource rather than another: one that Kubernetes still has, not
  /// one of the old group `extensions`, the core group's, the newest version's.
  private static func isBetter(_ left: KindDefinition, _ right: KindDefinition) -> Bool {
    func rank(_ kind: KindDefinition) -> (Int, Int, Int, Int) {
      (
        kind.releases.last == nil ? 0 : 1, kind.group == "extensions" ? 1 : 0,
        kind.group.isEmpty ? 0 : 1, kind.apiVersion.contains("alpha") ? 1 : 0
      )
    }
    return rank(left) == rank(right)
      ? left.apiVersion > right.apiVersion : rank(left) < rank(right)
  }

  /// The storage path of a kind without the registry's prefix and the names' places.
  private static func resourcePath(of kind: KindDefinition) -> String? {
    guard var path = kind.storagePath?[...] else { return nil }
    for place in ["/<name>", "/<namespace>"] where path.hasSuffix(place) {
      path = path.dropLast(place.count)
    }
    let prefix = "/registry/"
    return String(path.hasPrefix(prefix) ? path.dropFirst(prefix.count) : path)
  }
}

extension KindDefinition {
  /// The group of the kind's API version; empty for the core group.
  var group: String {
    guard let slash = apiVersion.lastIndex(of: "/") else { return "" }
    return String(apiVersion[..<slash])
  }
}
