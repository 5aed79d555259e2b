/// How far targets reach: what a table of their objects has to tell apart.
public struct TargetScope: Hashable, Sendable {
  /// Whether objects of more than one resource may be among them.
  public private(set) var hasSeveralResources = false

  /// Whether objects of more than one namespace may be among them.
  public private(set) var hasSeveralNamespaces = false

  /// The scope of targets, whatever there is of their objects.
  ///
  /// - Parameters:
  ///   - targets: The targets.
  ///   - parser: Takes their keys apart.
  public init(_ targets: [KeyTarget], parser: StorageKeyParser) {
    var resources: Set<[UInt8]> = []
    var namespaces: Set<[UInt8]> = []
    for target in targets {
      for range in target.ranges {
        let reach = parser.reach(of: range)
        if let resource = reach.resource {
          resources.insert(resource)
        } else {
          hasSeveralResources = true
        }
        if let namespace = target.namespace.map({ Array($0.utf8) }) ?? reach.namespace {
          if !namespace.isEmpty { namespaces.insert(namespace) }
        } else {
          hasSeveralNamespaces = true
        }
      }
    }
    if resources.count > 1 { hasSeveralResources = true }
    if namespaces.count > 1 { hasSeveralNamespaces = true }
  }
}

extension StorageKeyParser {
  /// What the keys of a range have in common.
  ///
  /// - Parameter range: One key, or all with a prefix; of others nothing is known.
  /// - Returns: The path of the resource, nil if there may be several; the namespace, empty where
  ///   there is none, nil if there may be several.
  fileprivate func reach(of range: KeyRange) -> (resource: [UInt8]?, namespace: [UInt8]?) {
    let key = range.lowerBound
    let isSingle = range.singleKey != nil
    guard isSingle || range == KeyRange(prefix: key) else { return (nil, nil) }
    return key.withUnsafeBytes { key in
      let parts = parts(of: key)
      // A prefix says what the resource is only if that goes no further.
      let isWhole = isSingle || key.count > parts.resource.upperBound
      guard parts.isRegistry, isWhole,
        parts.slot >= 0 || key[parts.resource].contains(UInt8(ascii: "/"))
      else { return (nil, isSingle ? Array(key[parts.namespace]) : nil) }
      let hasNamespaces = parts.slot < 0 || resources[Int(parts.slot)].isNamespaced
      let isNamespaceKnown = isSingle || !hasNamespaces || !parts.namespace.isEmpty
      return (Array(key[parts.resource]), isNamespaceKnown ? Array(key[parts.namespace]) : nil)
    }
  }
}
