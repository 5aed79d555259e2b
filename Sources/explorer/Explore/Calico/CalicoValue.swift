internal import Decode

/// A value of Calico's, as what it means: a block of addresses and who holds them, a handle, an
/// affinity, the state of felix on a node, an object, or a setting.
///
/// Calico keeps the same things in two ways: under paths of its own in etcd, and as custom resources
/// of the group crd.projectcalico.org.
public struct CalicoValue: Sendable {
  /// What it is.
  enum Content: Sendable {
    case block(AddressBlock)

    /// A handle and the networks with how many addresses it holds in each.
    case handle(name: String, counts: [String: Int64])

    /// A block and the node that takes addresses from it.
    case affinity(node: String, network: String, state: String)

    /// felix on a node: how long it has been up, whether this is the first it says, and whether it
    /// is what stays when felix is gone.
    case felix(node: String, seconds: Int64, isFirst: Bool, isLast: Bool)

    /// What is up or down, in words.
    case endpoint(String, state: String)

    /// An object, told by its kind.
    case object

    /// A setting and its value.
    case setting(String, value: String)
  }

  let content: Content

  /// The fields; nil where the value is no JSON.
  let object: DecodedObject?

  /// Reads a value of Calico's own data store; nil if the key is none of Calico's.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - value: The value, read during the call only.
  public init?(key: String, value: UnsafeRawBufferPointer) {
    guard let key = CalicoKey(key) else { return nil }
    let object = try? DecodedObject(json: value)
    self.object = object
    let text = String(decoding: value, as: UTF8.self)
    content =
      object.flatMap { CalicoValue.content(of: key.meaning, ObjectField($0)) }
      ?? CalicoValue.content(of: key, text)
  }

  /// Reads a custom resource, or an object of Calico's own; nil if it is none of Calico's.
  public init?(_ object: DecodedObject) {
    guard ["crd.projectcalico.org", "projectcalico.org"].contains(object.group) else { return nil }
    self.object = object
    let field = ObjectField(object)
    let spec = field["spec"]
    switch object.kind {
    case "IPAMBlock":
      content = AddressBlock(spec).map { .block($0) } ?? .object
    case "IPAMHandle":
      let name = spec["handleID"].string ?? object.name
      content = .handle(name: name, counts: CalicoValue.counts(spec["block"]))
    case "BlockAffinity":
      content = .affinity(
        node: spec["node"].text,
        network: spec["cidr"].text,
        state: spec["deleted"].text == "true" ? "being deleted" : spec["state"].text
      )
    default: content = .object
    }
  }

  /// What JSON under a key means; nil where it is not of the form that is expected.
  private static func content(of key: CalicoKey.Meaning, _ value: ObjectField) -> Content? {
    switch key {
    case .block: return AddressBlock(value).map { .block($0) }
    case .handle(let name): return .handle(name: name, counts: counts(value["block"]))
    case .affinity(let node, let network):
      let state = value["deleted"].flag == true ? "being deleted" : value["state"].text
      return .affinity(node: node, network: network, state: state)
    case .felixStatus(let node, let isLast):
      guard value["uptime"].isThere else { return nil }
      let seconds = Double(value["uptime"].scalar).flatMap { Int64(exactly: $0.rounded(.down)) }
      return .felix(
        node: node,
        seconds: seconds ?? 0,
        isFirst: value["first_update"].flag ?? false,
        isLast: isLast
      )
    case .workloadStatus(let node, let workload, let endpoint):
      return .endpoint("endpoint \(endpoint) of \(workload) on \(node)", state: state(value))
    case .hostEndpointStatus(let node, let endpoint):
      return .endpoint("host endpoint \(endpoint) of \(node)", state: state(value))
    case .resource, .addressConfiguration: return .object
    case .setting: return nil
    }
  }

  private static func state(_ value: ObjectField) -> String {
    value["status"].string ?? "of unknown state"
  }

  /// What text under a key means, or JSON that is not of the form that is expected.
  private static func content(of key: CalicoKey, _ text: String) -> Content {
    if case .affinity(let node, let network) = key.meaning, text.isEmpty {
      // Releases before 3.0.7 knew no states; there an affinity is one.
      return .affinity(node: node, network: network, state: "confirmed")
    }
    return .setting(key.name, value: text)
  }

  private static func counts(_ blocks: ObjectField) -> [String: Int64] {
    var counts: [String: Int64] = [:]
    for (network, count) in blocks.entries { counts[network] = count.number ?? 0 }
    return counts
  }

  /// The block, if it is one.
  public var block: AddressBlock? { if case .block(let block) = content { block } else { nil } }

  // MARK: In words

  /// What it is, in one line.
  public var summary: String {
    let text =
      switch content {
      case .block(let block): block.summary
      case .handle(let name, let counts): "handle \(name): \(CalicoValue.text(of: counts))"
      case .affinity(let node, let network, let state): "block \(network) of \(node), \(state)"
      case .felix(let node, let seconds, _, let isLast):
        "felix on \(node) up \(HumanText.age(seconds: seconds))"
          + (isLast ? " when it was last heard of" : "")
      case .endpoint(let name, let state): "\(name) \(state)"
      case .object: object.map { CalicoObject.summary(of: ObjectField($0)) } ?? ""
      case .setting(let name, let value): "\(name) = \(CalicoValue.shortened(value))"
      }
    return OneLine.escaped(text)
  }

  private static func text(of counts: [String: Int64]) -> String {
    let texts = counts.sorted { KeyTally.precedes($0.key, $1.key) }.map { network, count in
      "\(count) \(count == 1 ? "address" : "addresses") in \(network)"
    }
    return texts.isEmpty ? "no addresses" : texts.joined(separator: ", ")
  }

  private static func shortened(_ text: String) -> String {
    let limit = 100
    let start = text.prefix(limit)
    return start.endIndex == text.endIndex ? text : start + "\u{2026}"
  }

  /// What happened between an older version and this one, a text for each thing.
  ///
  /// - Parameters:
  ///   - old: The version before, of the same key.
  ///   - options: How fields are compared where nothing better is known.
  /// - Returns: The texts; none if nothing changed that has a meaning, as when felix says that it is
  ///   still there.
  public func changes(
    since old: CalicoValue,
    options: ObjectDifference.Options = ObjectDifference.Options()
  ) -> [String] {
    let texts: [String]
    switch (old.content, content) {
    case (.block(let before), .block(let after)): texts = after.changes(since: before)
    case (.handle(_, let before), .handle(_, let after)):
      texts = CalicoValue.changes(from: before, to: after)
    case (.affinity(_, _, let before), .affinity(let node, let network, let after)):
      texts = before == after ? [] : ["block \(network) of \(node): \(before) \u{2192} \(after)"]
    case (.felix(_, let before, _, _), .felix(let node, let after, let isFirst, _)):
      // A clock that runs on is no news.
      texts = isFirst || after < before ? ["felix on \(node) started anew"] : []
    case (.endpoint(_, let before), .endpoint(let name, let after)):
      texts = before == after ? [] : ["\(name): \(before) \u{2192} \(after)"]
    case (.setting(_, let before), .setting(_, let after)) where before == after:
      return []
    case (.setting(_, let before), .setting(let name, let after)):
      let fields = CalicoValue.fields(old.object, object, options)
      let whole = "\(CalicoValue.shortened(before)) \u{2192} \(CalicoValue.shortened(after))"
      texts = (fields.isEmpty ? [whole] : fields).map { "\(name): \($0)" }
    case (.object, .object): return CalicoValue.fields(old.object, object, options)
    default: return ["\(old.summary) \u{2192} \(summary)"]
    }
    return texts.map { OneLine.escaped($0) }
  }

  /// What fields of two objects differ; none if one of them is no object.
  private static func fields(
    _ old: DecodedObject?,
    _ new: DecodedObject?,
    _ options: ObjectDifference.Options
  ) -> [String] {
    guard let old, let new, !ObjectField(old).entries.isEmpty, !ObjectField(new).entries.isEmpty
    else { return [] }
    return ObjectDifference(from: old, to: new, options: options).changes.map { $0.words() }
  }

  private static func changes(from old: [String: Int64], to new: [String: Int64]) -> [String] {
    Set(old.keys).union(new.keys).sorted { KeyTally.precedes($0, $1) }.compactMap { network in
      let (before, after) = (old[network] ?? 0, new[network] ?? 0)
      guard before != after else { return nil }
      return "addresses in \(network): \(before) \u{2192} \(after)"
    }
  }
}
