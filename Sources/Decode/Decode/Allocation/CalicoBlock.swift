/// What a Calico IPAM block says: which of its addresses are taken, and by whom.
///
/// Format: JSON with `cidr`, `affinity` (`host:NAME` or null), `allocations` (one entry an address:
/// null or an index into `attributes`), `unallocated`, and `attributes` with a `handle_id` and
/// `secondary` facts.
///
/// Source: projectcalico/libcalico-go, lib/backend/model/block.go (`AllocationBlock`).
enum CalicoBlock {
  /// The block in words, or nil if the document is not one.
  static func description(of document: JSONDocument) -> String? {
    guard let cidr = document.string(of: "cidr", in: 0), let slash = cidr.firstIndex(of: "/"),
      let base = IPAddress(cidr[..<slash]),
      let allocations = document.value(of: "allocations", in: 0),
      document.nodes[allocations].kind == .array,
      let attributes = document.value(of: "attributes", in: 0)
    else { return nil }
    let owners = document.items(of: attributes).map { owner(of: $0, in: document) }
    var taken: [String] = []
    let slots = document.items(of: allocations)
    for (offset, slot) in slots.enumerated() where document.nodes[slot].kind == .number {
      guard let address = base.advanced(by: UInt128(offset)) else { continue }
      let index = Int(document.string(of: document.nodes[slot])) ?? -1
      let owner = owners.indices.contains(index) ? owners[index] : "no attribute \(index)"
      taken.append("\(address) \(owner)")
    }
    let host =
      document.string(of: "affinity", in: 0)
      ?? document.string(of: "hostAffinity", in: 0).map { "host:\($0)" } ?? "no host"
    let list = taken.isEmpty ? "" : ": " + taken.joined(separator: ", ")
    return "block \(cidr) of \(host): \(taken.count) of \(slots.count) allocated\(list)"
  }

  /// `namespace/pod`, or the type of an address that no pod has, or the handle.
  private static func owner(of attribute: Int, in document: JSONDocument) -> String {
    if let facts = document.value(of: "secondary", in: attribute) {
      if let pod = document.string(of: "pod", in: facts) {
        return "\(document.string(of: "namespace", in: facts) ?? "")/\(pod)"
      }
      if let type = document.string(of: "type", in: facts) { return type }
    }
    return document.string(of: "handle_id", in: attribute) ?? "without a handle"
  }
}
