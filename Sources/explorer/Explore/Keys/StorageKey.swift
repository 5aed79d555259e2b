/// What a key says of the object that lies under it.
public struct StorageKey: Hashable, Sendable {
  /// The resource with its group, as kubectl writes it: `deployments.apps`, `pods`.
  ///
  /// For a key that is none of Kubernetes' it is the beginning of the key.
  public let resource: String

  /// The kind, where the resource is known: `Deployment`.
  public let kind: String?

  /// The API group; empty for the core group, and where it is unknown.
  public let group: String

  /// The namespace; nil where there is none.
  public let namespace: String?

  /// The name; empty for a key that has none.
  public let name: String
}

/// Takes keys apart, in place.
///
/// A parser never changes and may be shared between threads.
public struct StorageKeyParser: Sendable {
  /// Where the parts of a key lie in it.
  struct Parts: Equatable {
    /// The slot of the resource; -1 for one that is not known.
    var slot: Int32

    /// The bytes that tell resources apart: the path behind the prefix, or the beginning of a key
    /// that is none of Kubernetes'.
    var resource: Range<Int>

    /// The namespace, empty where there is none.
    var namespace: Range<Int>

    /// The name, empty where there is none.
    var name: Range<Int>

    /// Whether the key lies below the registry's prefix.
    var isRegistry: Bool
  }

  /// The resources, in the order of their slots.
  let resources: [StoredResource]

  /// The slot of `namespaces`, whose objects are the namespaces themselves.
  private let namespacesSlot: Int32

  /// The registry's prefix with slashes on both sides.
  private let prefix: [UInt8]
  private let paths: Paths

  private static let slash = UInt8(ascii: "/")
  private static let calico = Array("/calico/".utf8)
  private static let calicoResources = Array("/calico/resources/v3/projectcalico.org/".utf8)
  private static let namespacedCalico = ["networkpolicies", "networksets", "workloadendpoints"]
    .map { Array($0.utf8) }

  /// The paths of resources.
  ///
  /// It is Sendable because nothing changes it once the parser is made.
  private final class Paths: @unchecked Sendable {
    var table = ByteTable()

    /// The slot of the resource that each path is; -1 for the beginning of one: `services`.
    var slots: [Int32] = []

    /// Of each resource, whether it has namespaces.
    var isNamespaced: [Bool] = []

    /// The slot of a path, -1 for the beginning of one; nil if no resource has it.
    @inline(__always)
    func slot(of path: UnsafeRawBufferPointer) -> Int32? { table.find(path).map { slots[$0] } }

    func add(_ path: String, slot: Int32) {
      let place = Array(path.utf8).withUnsafeBytes { table.insert($0) }
      if place == slots.count { slots.append(slot) } else { slots[place] = slot }
    }
  }

  /// A parser for the resources of a table.
  ///
  /// - Parameters:
  ///   - resources: The resources that keys are told by.
  ///   - registryPrefix: What the keys of Kubernetes begin with.
  public init(resources: ResourceTable, registryPrefix: String = "/registry") {
    self.resources = resources.resources
    prefix = Array("\(TargetResolver.normalised(prefix: registryPrefix))/".utf8)
    paths = Paths()
    paths.isNamespaced = resources.resources.map(\.isNamespaced)
    var namespacesSlot: Int32 = -1
    for (slot, resource) in resources.resources.enumerated() where resource.path.first != "/" {
      if resource.path == "namespaces" { namespacesSlot = Int32(slot) }
      // A path whose first part has a dot, a group, is looked up whole at once.
      let parts = resource.path.split(separator: "/")
      if parts.count == 2, !parts[0].contains(".") { paths.add(String(parts[0]), slot: -1) }
      paths.add(resource.path, slot: Int32(slot))
    }
    self.namespacesSlot = namespacesSlot
  }

  /// The bounds behind the keys of each known resource, in order.
  var resourceEnds: [[UInt8]] {
    let ends = resources.compactMap { resource in
      let path = Array(resource.path.utf8)
      let root = path.first == StorageKeyParser.slash ? path : prefix + path
      return KeyRange(prefix: root + [StorageKeyParser.slash]).upperBound
    }
    return ends.sorted { $0.lexicographicallyPrecedes($1) }
  }

  // MARK: Parts

  /// Where the parts of a key lie in it.
  @inline(__always)
  func parts(of key: UnsafeRawBufferPointer) -> Parts {
    KeyOrder.hasPrefix(key, prefix) ? registryParts(of: key) : foreignParts(of: key)
  }

  private func registryParts(of key: UnsafeRawBufferPointer) -> Parts {
    let start = prefix.count
    var end = start
    var hasDot = false
    while end < key.count, key[end] != StorageKeyParser.slash {
      if key[end] == UInt8(ascii: ".") { hasDot = true }
      end += 1
    }
    var slot: Int32 = -1
    if hasDot {
      // A group: its resource is the part behind it.
      end = StorageKeyParser.endOfPart(key, after: end)
      slot = paths.slot(of: UnsafeRawBufferPointer(rebasing: key[start..<end])) ?? -1
    } else if let found = paths.slot(of: UnsafeRawBufferPointer(rebasing: key[start..<end])) {
      slot = found
      if slot < 0 {
        let second = StorageKeyParser.endOfPart(key, after: end)
        if let found = paths.slot(of: UnsafeRawBufferPointer(rebasing: key[start..<second])) {
          slot = found
          if slot >= 0 { end = second }
        }
      }
    }
    var parts = Parts(
      slot: slot,
      resource: start..<end,
      namespace: end..<end,
      name: min(end + 1, key.count)..<key.count,
      isRegistry: true
    )
    // Where the resource is not known, two parts behind it are taken for a namespace and a name.
    if slot < 0 || paths.isNamespaced[Int(slot)] {
      StorageKeyParser.splitNamespace(off: &parts, in: key)
    }
    return parts
  }

  /// A key that is none of the registry's: Calico's, or of another program.
  private func foreignParts(of key: UnsafeRawBufferPointer) -> Parts {
    var end: Int
    var isNamespaced = false
    if KeyOrder.hasPrefix(key, StorageKeyParser.calicoResources) {
      let start = StorageKeyParser.calicoResources.count
      end = StorageKeyParser.endOfPart(key, after: start - 1)
      let plural = UnsafeRawBufferPointer(rebasing: key[start..<end])
      isNamespaced = StorageKeyParser.namespacedCalico.contains {
        $0.count == plural.count && KeyOrder.hasPrefix(plural, $0)
      }
    } else if KeyOrder.hasPrefix(key, StorageKeyParser.calico) {
      end = StorageKeyParser.endOfPart(key, after: StorageKeyParser.calico.count - 1)
    } else {
      // A slash in front belongs to the first part.
      end = StorageKeyParser.endOfPart(key, after: 0)
    }
    var parts = Parts(
      slot: -1,
      resource: 0..<end,
      namespace: end..<end,
      name: min(end + 1, key.count)..<key.count,
      isRegistry: false
    )
    if isNamespaced { StorageKeyParser.splitNamespace(off: &parts, in: key) }
    return parts
  }

  /// The end of the part that begins behind `offset`: its slash, or the end of the key.
  @inline(__always)
  private static func endOfPart(_ key: UnsafeRawBufferPointer, after offset: Int) -> Int {
    var end = min(offset + 1, key.count)
    while end < key.count, key[end] != slash { end += 1 }
    return end
  }

  /// Takes the namespace off the front of the name, if there is a slash between two.
  @inline(__always)
  private static func splitNamespace(off parts: inout Parts, in key: UnsafeRawBufferPointer) {
    var end = parts.name.lowerBound
    while end < key.count, key[end] != slash { end += 1 }
    guard end < key.count else { return }
    parts.namespace = parts.name.lowerBound..<end
    parts.name = (end + 1)..<key.count
  }

  /// Whether an object lies in a namespace, or is that namespace.
  func isKey(_ key: UnsafeRawBufferPointer, in namespace: [UInt8]) -> Bool {
    let parts = parts(of: key)
    let isNamespaceItself = parts.slot >= 0 && parts.slot == namespacesSlot
    let found = UnsafeRawBufferPointer(
      rebasing: key[isNamespaceItself ? parts.name : parts.namespace]
    )
    return found.count == namespace.count && KeyOrder.hasPrefix(found, namespace)
  }

  // MARK: Text

  /// What a key says of its object.
  public func key(_ key: UnsafeRawBufferPointer) -> StorageKey {
    let parts = parts(of: key)
    func text(_ range: Range<Int>) -> String { String(decoding: key[range], as: UTF8.self) }
    let resource = parts.slot < 0 ? nil : resources[Int(parts.slot)]
    return StorageKey(
      resource: name(ofResource: parts, in: key),
      kind: resource?.kind,
      group: resource?.group ?? StorageKeyParser.group(of: parts, in: key),
      namespace: parts.namespace.isEmpty ? nil : text(parts.namespace),
      name: text(parts.name)
    )
  }

  /// What a key's resource is called: `deployments.apps`; `crontabs.stable.example.com` for a group
  /// and a resource that are not known; else the beginning of the key.
  func name(ofResource parts: Parts, in key: UnsafeRawBufferPointer) -> String {
    if parts.slot >= 0 { return resources[Int(parts.slot)].qualifiedName }
    let path = String(decoding: key[parts.resource], as: UTF8.self)
    let group = StorageKeyParser.group(of: parts, in: key)
    guard !group.isEmpty, let slash = path.lastIndex(of: "/") else { return path }
    return "\(path[path.index(after: slash)...]).\(group)"
  }

  /// The group of a custom resource, or of one of Calico's.
  private static func group(of parts: Parts, in key: UnsafeRawBufferPointer) -> String {
    if KeyOrder.hasPrefix(key, calicoResources) { return "projectcalico.org" }
    let path = key[parts.resource]
    guard parts.isRegistry, let end = path.lastIndex(of: slash) else { return "" }
    return String(decoding: path[..<end], as: UTF8.self)
  }
}
