/// What the bitmap of a `RangeAllocation` says: which service addresses or node ports are taken.
///
/// Format: `data` is a big-endian number without leading zero bytes; bit i stands for the base plus
/// i, where the base of an address range is its first address after the network's own.
///
/// Source: kubernetes/kubernetes, pkg/registry/core/service/{allocator,ipallocator,portallocator}.
enum RangeAllocation {
  /// No more runs than these are listed.
  private static let maximumRunCount = 200

  /// The taken numbers as ranges, or nil if the object is not as expected.
  static func description(
    of message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>
  ) -> String? {
    guard let rangeField = plan.pointee.field(numbered: 2),
      let dataField = plan.pointee.field(numbered: 3),
      rangeField.pointee.element == .string, dataField.pointee.element == .bytes
    else { return nil }
    let range = String(
      decoding: unpackedBytes(at: message + rangeField.pointee.valueOffset),
      as: UTF8.self
    )
    let bitmap = unpackedBytes(at: message + dataField.pointee.valueOffset)
    return description(range: range, bitmap: bitmap)
  }

  static func description(range: String, bitmap: UnsafeRawBufferPointer) -> String? {
    let name: (UInt128) -> String?
    if let slash = range.firstIndex(of: "/"),
      let address = IPAddress(range[..<slash]),
      let prefix = Int(range[range.index(after: slash)...]),
      let base = address.network(prefixLength: prefix)
    {
      name = { offset in base.advanced(by: offset &+ 1)?.description }
    } else if let dash = range.firstIndex(of: "-"), let first = UInt128(range[..<dash]) {
      name = { offset in "\(first &+ offset)" }
    } else {
      return nil
    }

    var runs: [String] = []
    var total = 0
    var start: Int?
    let bitCount = bitmap.count * 8
    var next = 0
    while next <= bitCount {
      let bit = next
      // Nearly all of a bitmap is free.
      if start == nil, bit % 8 == 0, bit < bitCount, bitmap[bitmap.count - 1 - bit / 8] == 0 {
        next += 8
        continue
      }
      next += 1
      let isSet = bit < bitCount && bitmap[bitmap.count - 1 - bit / 8] & (1 << UInt8(bit % 8)) != 0
      if isSet {
        total += 1
        if start == nil { start = bit }
      } else if let first = start {
        start = nil
        guard runs.count <= maximumRunCount else { continue }
        guard let low = name(UInt128(first)), let high = name(UInt128(bit - 1)) else { return nil }
        runs.append(low == high ? low : "\(low)-\(high)")
      }
    }
    let listed = runs.prefix(maximumRunCount).joined(separator: ", ")
    let more = runs.count > maximumRunCount ? ", ..." : ""
    return "\(total) allocated of \(range)\(total == 0 ? "" : ": \(listed)\(more)")"
  }
}
