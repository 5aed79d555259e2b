/// What a Calico IPAM block says: which of its addresses are taken, and by whom.
///
/// Format: JSON with `cidr`, `affinity` (`host:NAME` or null), `allocations` (one entry an address:
/// null or an index into `attributes`), `unallocated`, and `attributes` with a `handle_id` and
/// `secondary` facts.
///
/// Source: projectcalico/libcalico-go, lib/backend/model/block.go (`AllocationBlock`).
enum CalicoBlock {
  /// No more addresses than these are listed, nor more of an owner's name.
  private static let maximumAddressCount = 256
  private static let maximumOwnerLength = 300

  /// The block in words, or nil if the document is not one.
  static func description(of document: JSONDocument) -> String? {
    guard let cidr = document.string(of: "cidr", in: 0), let slash = cidr.firstIndex(of: "/"),
      let base = IPAddress(cidr[..<slash]),
      let allocations = document.value(of: "allocations", in: 0),
      document.nodes[allocations].kind == .array,
      let attributes = document.value(of: "attributes", in: 0)
    else { return nil }
    let owners = document.items(of: attributes).prefix(maximumAddressCount).map {
      String(owner(of: $0, in: document).prefix(maximumOwnerLength))
    }
    var taken: [String] = []
    var takenCount = 0
    let slots = document.items(of: allocations)
    for (offset, slot) in slots.enumerated() where document.nodes[slot].kind == .number {
      takenCount += 1
      guard takenCount <= maximumAddressCount, let address = base.advanced(by: UInt128(offset))
      else { continue }
      let index = Int(document.string(of: document.nodes[slot])) ?? -1
      let owner = owners.indices.contains(index) ? owners[index] : "no attribute \(index)"
      taken.append("\(address) \(owner)")
    }
    let host =
      document.string(of: "affinity", in: 0)
      ?? document.string(of: "hostAffinity", in: 0).map { "host:\($0)" } ?? "no host"
    let more = takenCount > maximumAddressCount ? ", ..." : ""
    let list = taken.isEmpty ? "" : ": " + taken.joined(separator: ", ") + more
    return "block \(cidr) of \(host): \(takenCount) of \(slots.count) allocated\(list)"
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
