/// Keys and bytes counted by what the keys have in common.
///
/// It is for one thread; what several threads counted is put together with ``merge(_:)``. Counting
/// a key allocates nothing unless it is the first of its group.
public final class KeyTally {
  /// What groups have in common.
  public enum Grouping: Hashable, Sendable {
    /// The resource, with its group: `deployments.apps`.
    case resource

    /// The namespace; keys without one are a group too.
    case namespace

    /// The kind; the resource, where only an object would tell the kind.
    case kind

    /// The first parts of the path, as many as the number says: `/registry/pods/` has two.
    case prefix(Int)
  }

  /// What has been counted of one group.
  public struct Group: Hashable, Sendable {
    /// What the keys have in common; empty for keys that have no namespace, and nil for all keys
    /// that came after there were as many groups as there may be.
    public let name: String?

    /// How many keys there are.
    public let count: Int

    /// The bytes of the keys.
    public let keyByteCount: Int

    /// The bytes of the values.
    public let valueByteCount: Int
  }

  private struct Count {
    var count = 0
    var keyByteCount = 0
    var valueByteCount = 0

    @inline(__always)
    mutating func add(_ keyByteCount: Int, _ valueByteCount: Int) {
      count &+= 1
      self.keyByteCount &+= keyByteCount
      self.valueByteCount &+= valueByteCount
    }

    mutating func add(_ other: Count) {
      count &+= other.count
      keyByteCount &+= other.keyByteCount
      valueByteCount &+= other.valueByteCount
    }
  }

  /// What groups have in common.
  public let grouping: Grouping

  private let parser: StorageKeyParser
  private let groupLimit: Int

  /// The counts of known resources, by the parser's slot.
  private var knownCounts: [Count]

  /// The counts of other groups, by the slot of their bytes.
  private var counts: [Count] = []
  private var names = ByteTable()

  /// Whether a group of `names` is a path below the registry, by slot.
  private var isRegistry: [Bool] = []

  /// What came after there were as many groups as there may be.
  private var others = Count()

  /// Everything together.
  private var sum = Count()

  /// A tally without keys.
  ///
  /// - Parameters:
  ///   - grouping: What groups have in common.
  ///   - parser: Takes keys apart.
  ///   - groupLimit: How many groups there may be beside those of known resources; the keys of
  ///     more are counted together, so that no store of keys takes all memory.
  public init(by grouping: Grouping, parser: StorageKeyParser, groupLimit: Int = 1_000_000) {
    self.grouping = grouping
    self.parser = parser
    self.groupLimit = groupLimit
    knownCounts = Array(repeating: Count(), count: parser.resources.count)
  }

  // MARK: Counting

  /// Counts a key.
  ///
  /// - Parameters:
  ///   - key: The key's bytes, read during the call only.
  ///   - valueByteCount: The size of its value.
  public func add(_ key: UnsafeRawBufferPointer, valueByteCount: Int) {
    sum.add(key.count, valueByteCount)
    switch grouping {
    case .resource, .kind:
      let parts = parser.parts(of: key)
      if parts.slot >= 0 {
        knownCounts[Int(parts.slot)].add(key.count, valueByteCount)
      } else {
        add(key, parts.resource, parts.isRegistry, valueByteCount)
      }
    case .namespace: add(key, parser.parts(of: key).namespace, false, valueByteCount)
    case .prefix(let partCount):
      add(key, 0..<KeyTally.prefixByteCount(of: key, partCount), false, valueByteCount)
    }
  }

  @inline(__always)
  private func add(
    _ key: UnsafeRawBufferPointer,
    _ range: Range<Int>,
    _ isRegistry: Bool,
    _ valueByteCount: Int
  ) {
    let name = UnsafeRawBufferPointer(rebasing: key[range])
    let slot = names.insert(name, scope: isRegistry ? 1 : 0, limit: groupLimit)
    guard slot >= 0 else { return others.add(key.count, valueByteCount) }
    if slot == counts.count {
      counts.append(Count())
      self.isRegistry.append(isRegistry)
    }
    counts[slot].add(key.count, valueByteCount)
  }

  /// The bytes of a key's first parts, with the slash behind them if there is one.
  private static func prefixByteCount(of key: UnsafeRawBufferPointer, _ partCount: Int) -> Int {
    var found = 0
    // A slash in front begins the first part.
    for offset in key.indices.dropFirst() where key[offset] == UInt8(ascii: "/") {
      found += 1
      if found >= partCount { return offset + 1 }
    }
    return key.count
  }

  /// Adds what another tally of the same grouping and the same parser has counted.
  public func merge(_ other: KeyTally) {
    precondition(
      grouping == other.grouping && knownCounts.count == other.knownCounts.count,
      "tallies are merged that were made alike"
    )
    for slot in knownCounts.indices { knownCounts[slot].add(other.knownCounts[slot]) }
    for slot in other.counts.indices {
      let isRegistry = other.isRegistry[slot]
      let found = names.insert(other.names[slot], scope: isRegistry ? 1 : 0, limit: groupLimit)
      guard found >= 0 else {
        others.add(other.counts[slot])
        continue
      }
      if found == counts.count {
        counts.append(Count())
        self.isRegistry.append(isRegistry)
      }
      counts[found].add(other.counts[slot])
    }
    others.add(other.others)
    sum.add(other.sum)
  }

  // MARK: Results

  /// Everything that has been counted, as one group without a name.
  public var total: Group { KeyTally.group(nil, sum) }

  /// The groups that have keys, sorted by name; what came after there were too many stands last.
  public var groups: [Group] {
    var found: [String: Count] = [:]
    for (slot, count) in knownCounts.enumerated() where count.count > 0 {
      let resource = parser.resources[slot]
      // Resources may share a kind, as endpoints and masterleases do.
      found[grouping == .kind ? resource.kind : resource.qualifiedName, default: Count()].add(count)
    }
    for (slot, count) in counts.enumerated() {
      found[name(of: slot), default: Count()].add(count)
    }
    var groups = found.sorted { KeyTally.precedes($0.key, $1.key) }
      .map { KeyTally.group($0.key, $0.value) }
    if others.count > 0 { groups.append(KeyTally.group(nil, others)) }
    return groups
  }

  private func name(of slot: Int) -> String {
    let bytes = names[slot]
    guard grouping == .resource || grouping == .kind else {
      return String(decoding: bytes, as: UTF8.self)
    }
    let parts = StorageKeyParser.Parts(
      slot: -1,
      resource: 0..<bytes.count,
      namespace: 0..<0,
      name: 0..<0,
      isRegistry: isRegistry[slot]
    )
    return parser.name(ofResource: parts, in: bytes)
  }

  private static func group(_ name: String?, _ count: Count) -> Group {
    Group(
      name: name,
      count: count.count,
      keyByteCount: count.keyByteCount,
      valueByteCount: count.valueByteCount
    )
  }

  /// The order of bytes, which no locale changes.
  static func precedes(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }
}

extension KeyTally.Grouping {
  /// A grouping by its name on the command line: `resource`, `namespace`, `kind`, `prefix`, which
  /// stands for two parts, or `prefix:3`; nil for any other text.
  public init?(_ text: String) {
    switch text {
    case "resource": self = .resource
    case "namespace": self = .namespace
    case "kind": self = .kind
    case "prefix": self = .prefix(2)
    default:
      guard text.hasPrefix("prefix:"), let count = Int(text.dropFirst("prefix:".count)), count > 0
      else { return nil }
      self = .prefix(count)
    }
  }
}
