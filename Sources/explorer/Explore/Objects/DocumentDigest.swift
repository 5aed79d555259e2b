internal import Decode

/// A number for every value of a document: values that are equal have the same.
///
/// Objects are equal whatever the order of their keys, numbers if they are the same number. Two
/// values that differ have the same number only by chance, one in 2^64, which nobody can bring
/// about: the numbers are others in every run.
struct DocumentDigest {
  let document: JSONDocument

  /// By node.
  private let digests: [UInt64]

  init(_ document: JSONDocument) {
    self.document = document
    var digests = [UInt64](repeating: 0, count: document.nodes.count)
    // Children stand behind their container, so from the end on they are ready when it comes.
    for index in document.nodes.indices.reversed() {
      let node = document.nodes[index]
      var digest = UInt64(node.kind.rawValue) &* 0x9E37_79B9_7F4A_7C15
      switch node.kind {
      case .null, .true, .false: break
      case .string:
        for byte in document.text[node.textOffset..<(node.textOffset + node.count)] {
          digest = DocumentDigest.mix(digest ^ UInt64(byte))
        }
      case .number: digest ^= DocumentDigest.number(document.string(of: node))
      case .array:
        var item = index + 1
        while item < node.end {
          digest = DocumentDigest.mix(digest ^ digests[item])
          item = document.nodes[item].end
        }
      case .object:
        for key in document.sortedKeys(of: index) {
          digest = DocumentDigest.mix(digest ^ digests[key])
          digest = DocumentDigest.mix(digest ^ digests[key + 1])
        }
      }
      digests[index] = DocumentDigest.mix(digest &+ 1)
    }
    self.digests = digests
  }

  subscript(index: Int) -> UInt64 { digests[index] }

  private static let seed = UInt64.random(in: .min ... .max) | 1

  private static func mix(_ word: UInt64) -> UInt64 {
    let product = (word ^ seed).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
    return product.high ^ product.low &+ seed
  }

  /// The same for `1`, `1.0` and `1e0`.
  private static func number(_ text: String) -> UInt64 {
    if let integer = Int64(text) { return UInt64(bitPattern: integer) }
    let value = Double(text) ?? .infinity
    if let integer = Int64(exactly: value) { return UInt64(bitPattern: integer) }
    return value.bitPattern
  }
}
