internal import Decode

/// A block of addresses of Calico's, and who holds which of them.
///
/// Format: JSON with `cidr`, `affinity` (`host:NAME`, `virtual:NAME` or null; `hostAffinity` in old
/// ones), `allocations`, which has for each address null or an index into `attributes`, and these,
/// with a `handle_id` and `secondary` facts of whoever holds the address. As a custom resource it is
/// the spec.
///
/// Source: projectcalico/libcalico-go, lib/backend/model/block.go (`AllocationBlock`).
public struct AddressBlock: Hashable, Sendable {
  /// Who holds an address.
  public struct Holder: Hashable, Sendable {
    /// What the address was taken with, such as `k8s-pod-network.283810b5bd16`; nil for none.
    public let handle: String?

    /// The namespace of the pod; empty if no pod has it.
    public let namespace: String

    /// The name of the pod; empty if no pod has it.
    public let pod: String

    /// The node; empty if it does not say.
    public let node: String

    /// What it is for if no pod has it, such as `ipipTunnelAddress`; else empty.
    public let type: String
  }

  /// Blocks have no more addresses than a /16 of IPv4.
  private static let maximumAddressCount = 1 << 16

  /// The network: `10.244.0.0/26`.
  public let network: String

  /// The host that takes its addresses from it; nil for none.
  public let host: String?

  /// Whether it is on its way out.
  public let isDeleted: Bool

  /// How many addresses it has.
  public let addressCount: Int

  /// Who holds the addresses that are taken, by their distance from the first.
  public let holders: [Int: Holder]

  private let first: IPAddress

  /// Reads a block; nil if it is none.
  init?(_ block: ObjectField) {
    let network = block["cidr"].text
    guard let slash = network.firstIndex(of: "/"), let first = IPAddress(network[..<slash]),
      block["allocations"].isThere
    else { return nil }
    self.network = network
    self.first = first
    let affinity = block["affinity"].text
    host =
      affinity.hasPrefix("host:")
      ? String(affinity.dropFirst("host:".count))
      : affinity.isEmpty ? block["hostAffinity"].string : affinity
    isDeleted = block["deleted"].flag ?? false
    let attributes = block["attributes"].items.map { Holder($0) }
    let allocations = block["allocations"].items
    addressCount = allocations.count
    var holders: [Int: Holder] = [:]
    for (ordinal, allocation) in allocations.prefix(AddressBlock.maximumAddressCount).enumerated() {
      guard let index = allocation.number else { continue }
      // A block that is damaged may point behind its attributes.
      let holder = Int(exactly: index).flatMap { attributes.indices.contains($0) ? $0 : nil }
      holders[ordinal] = holder.map { attributes[$0] } ?? Holder(handle: nil)
    }
    self.holders = holders
  }

  /// The address at a distance from the first; nil beyond the last one there can be.
  public func address(_ ordinal: Int) -> String? {
    guard ordinal >= 0 else { return nil }
    return first.advanced(by: UInt128(ordinal))?.description
  }

  /// What it is, in one line.
  var summary: String {
    let owner = host.map { " of \($0)" } ?? " of no node"
    return "block \(network)\(owner): \(holders.count) of \(addressCount) addresses allocated"
      + (isDeleted ? ", being deleted" : "")
  }

  /// What happened between an older version and this one.
  func changes(since old: AddressBlock) -> [String] {
    var changes: [String] = []
    for ordinal in Set(old.holders.keys).union(holders.keys).sorted() {
      let (before, after) = (old.holders[ordinal], holders[ordinal])
      guard before != after, let address = address(ordinal) else { continue }
      switch (before, after) {
      case (nil, .some(let after)): changes.append("\(address) allocated to \(after.placed)")
      case (.some(let before), nil): changes.append("\(address) released (was \(before))")
      case (.some(let before), .some(let after)):
        changes.append("\(address) passed from \(before) to \(after.placed)")
      case (nil, nil): break
      }
    }
    if old.host != host {
      let now = host.map { "taken by \($0)" } ?? "given up"
      changes.append("block \(network) \(now)" + (old.host.map { " (was of \($0))" } ?? ""))
    }
    if old.isDeleted != isDeleted {
      changes.append(
        "block \(network) " + (isDeleted ? "being deleted" : "no longer being deleted")
      )
    }
    if old.addressCount != addressCount {
      changes.append("block \(network) has \(addressCount) addresses (had \(old.addressCount))")
    }
    return changes
  }
}

extension AddressBlock.Holder: CustomStringConvertible {
  fileprivate init(_ attribute: ObjectField) {
    let facts = attribute["secondary"]
    self.init(
      handle: attribute["handle_id"].string,
      namespace: facts["namespace"].text,
      pod: facts["pod"].text,
      node: facts["node"].text,
      type: facts["type"].text
    )
  }

  fileprivate init(handle: String?) {
    self.init(handle: handle, namespace: "", pod: "", node: "", type: "")
  }

  /// `pod default/web-0`, `ipipTunnelAddress of node-0`, `handle x`, `nobody who is known`.
  public var description: String {
    if !pod.isEmpty { return "pod \(namespace.isEmpty ? "" : "\(namespace)/")\(pod)" }
    if !type.isEmpty { return node.isEmpty ? type : "\(type) of \(node)" }
    return handle.map { "handle \($0)" } ?? "nobody who is known"
  }

  /// The same with the node of a pod.
  var placed: String { pod.isEmpty || node.isEmpty ? description : "\(self) on node \(node)" }
}
