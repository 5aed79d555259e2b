public import Decode

/// Keys and bytes counted by the type that their values say to be of: the API version as it is
/// stored, and the kind.
///
/// It is for one thread. Counting an object in protobuf reads its envelope and allocates nothing;
/// other values are counted by their form where they do not tell a type.
public final class KindTally {
  private var names = ByteTable()
  private var groups: [KeyTally.Group] = []
  private let decoder: Decoder

  /// Why there is no end of kinds: values are whatever somebody wrote.
  private static let groupLimit = 100_000

  /// A tally without keys.
  public init(decoder: Decoder) { self.decoder = decoder }

  /// How many keys there are.
  public private(set) var count = 0

  /// Counts a key by its value.
  public func add(_ key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    count += 1
    if let type = StoredType(value) {
      // Both names in one place: an API version has no space in it.
      let capacity = type.apiVersion.count + type.kind.count + 1
      withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 1) { name in
        name.copyMemory(from: type.apiVersion)
        name[type.apiVersion.count] = UInt8(ascii: " ")
        UnsafeMutableRawBufferPointer(rebasing: name[(type.apiVersion.count + 1)...])
          .copyMemory(from: type.kind)
        add(key, valueByteCount: value.count, name: UnsafeRawBufferPointer(name))
      }
      return
    }
    let form = StoredForm(of: value)
    if form == .json || form == .cbor, let summary = try? decoder.summary(of: Array(value)),
      !summary.kind.isEmpty
    {
      let name = "\(summary.apiVersion) \(summary.kind)"
      Array(name.utf8).withUnsafeBytes { add(key, valueByteCount: value.count, name: $0) }
    } else {
      KindTally.name(of: form).withUTF8Buffer {
        add(key, valueByteCount: value.count, name: UnsafeRawBufferPointer($0))
      }
    }
  }

  /// What a value is that does not tell a type.
  private static func name(of form: StoredForm) -> StaticString {
    switch form {
    case .protobuf: "(damaged protobuf)"
    case .json: "(json)"
    case .cbor: "(cbor)"
    case .encrypted: "(encrypted)"
    case .text: "(text)"
    case .empty: "(empty)"
    case .unrecognised: "(unrecognised)"
    }
  }

  private func add(
    _ key: UnsafeRawBufferPointer,
    valueByteCount: Int,
    name: UnsafeRawBufferPointer
  ) {
    let slot = names.insert(name, limit: KindTally.groupLimit)
    guard slot >= 0 else {
      others = others.adding(key.count, valueByteCount)
      return
    }
    if slot == groups.count {
      groups.append(
        .init(
          name: String(decoding: name, as: UTF8.self),
          count: 0,
          keyByteCount: 0,
          valueByteCount: 0
        )
      )
    }
    groups[slot] = groups[slot].adding(key.count, valueByteCount)
  }

  private var others = KeyTally.Group(name: nil, count: 0, keyByteCount: 0, valueByteCount: 0)

  /// The groups, in the order of their names; what came after there were too many stands last.
  public var sortedGroups: [KeyTally.Group] {
    groups.sorted { KeyTally.precedes($0.name ?? "", $1.name ?? "") }
      + (others.count > 0 ? [others] : [])
  }

  /// Everything together.
  public var total: KeyTally.Group {
    (groups + [others]).reduce(
      KeyTally.Group(name: nil, count: 0, keyByteCount: 0, valueByteCount: 0)
    ) { sum, group in
      KeyTally.Group(
        name: nil,
        count: sum.count + group.count,
        keyByteCount: sum.keyByteCount + group.keyByteCount,
        valueByteCount: sum.valueByteCount + group.valueByteCount
      )
    }
  }
}

extension KeyTally.Group {
  /// The group with one key more.
  fileprivate func adding(_ keyByteCount: Int, _ valueByteCount: Int) -> KeyTally.Group {
    KeyTally.Group(
      name: name,
      count: count + 1,
      keyByteCount: self.keyByteCount + keyByteCount,
      valueByteCount: self.valueByteCount + valueByteCount
    )
  }
}
