internal import Decode

/// A number for every value of a document: values that are equal have the same.
///
/// Objects are equal whatever the order of their keys, numbers if they are the same number. Two
/// values that differ have the same number only by chance, one in 2^64, which nobody can bring
/// about: the numbers are others in every run.
///
/// Values may be left out, as if the document did not have them; so nothing has to be copied. A key
/// that an object has twice counts twice.
struct DocumentDigest {
  let document: JSONDocument

  /// By node.
  private let digests: [UInt64]

  /// By node, whether a value is left out; empty if none is.
  private let isLeftOut: [Bool]

  /// What ``DocumentEdit`` would take out for it: keys, with their values, and items of arrays.
  private let removedNodes: Set<Int>

  /// The numbers of a document's values.
  ///
  /// - Parameters:
  ///   - document: The document.
  ///   - leftOut: Values that are left out. A container that loses all its values goes with them, but
  ///     for the document itself.
  init(_ document: JSONDocument, leavingOut leftOut: [Int] = []) {
    self.document = document
    var isLeftOut = [Bool](repeating: false, count: leftOut.isEmpty ? 0 : document.nodes.count)
    for value in leftOut where value > 0 { isLeftOut[value] = true }
    var removedNodes: Set<Int> = []
    var digests = [UInt64](repeating: 0, count: document.nodes.count)
    let seed = DocumentDigest.seed
    // Children stand behind their container, so from the end on they are ready when it comes.
    for index in document.nodes.indices.reversed() {
      let node = document.nodes[index]
      var digest = UInt64(node.kind.rawValue) &* 0x9E37_79B9_7F4A_7C15
      switch node.kind {
      case .null, .true, .false: break
      case .string:
        digest = document.text.withUnsafeBytes { text in
          let bytes = text[node.textOffset..<(node.textOffset + node.count)]
          return ByteHash.hash(UnsafeRawBufferPointer(rebasing: bytes), seed: digest ^ seed)
        }
      case .number: digest ^= DocumentDigest.number(document.string(of: node))
      case .array:
        let before = removedNodes.count
        var item = index + 1
        while item < node.end {
          if !isLeftOut.isEmpty, isLeftOut[item] {
            removedNodes.insert(item)
          } else {
            digest = DocumentDigest.mix(digest ^ digests[item])
          }
          item = document.nodes[item].end
        }
        let lossCount = removedNodes.count - before
        if lossCount > 0, lossCount == node.count, index > 0 { isLeftOut[index] = true }
      case .object:
        let before = removedNodes.count
        if !isLeftOut.isEmpty {
          var key = index + 1
          while key < node.end {
            if isLeftOut[key + 1] { removedNodes.insert(key) }
            key = document.nodes[key + 1].end
          }
        }
        let lossCount = removedNodes.count - before
        if lossCount > 0, lossCount == node.count, index > 0 { isLeftOut[index] = true }
        // A sum of the fields' numbers is the same whatever their order.
        var sum: UInt64 = 0
        var key = index + 1
        while key < node.end {
          if lossCount == 0 || !removedNodes.contains(key) {
            sum &+= DocumentDigest.mix(DocumentDigest.mix(digests[key]) ^ digests[key + 1])
          }
          key = document.nodes[key + 1].end
        }
        digest = DocumentDigest.mix(digest ^ sum)
      }
      digests[index] = DocumentDigest.mix(digest &+ 1)
    }
    self.digests = digests
    self.isLeftOut = isLeftOut
    self.removedNodes = removedNodes
  }

  subscript(index: Int) -> UInt64 { digests[index] }

  private func isThere(_ value: Int) -> Bool { isLeftOut.isEmpty || !isLeftOut[value] }

  /// The nodes of an object's keys in the order of their bytes, but for those that are left out.
  func keys(of object: Int) -> [Int] {
    let keys = document.sortedKeys(of: object)
    return isLeftOut.isEmpty ? keys : keys.filter { !isLeftOut[$0 + 1] }
  }

  /// The items of an array, but for those that are left out.
  func items(of array: Int) -> [Int] {
    let items = document.items(of: array)
    return isLeftOut.isEmpty ? items : items.filter { !isLeftOut[$0] }
  }

  /// The value of a key of an object, if it is not left out.
  func value(of key: String, in object: Int) -> Int? {
    document.value(of: key, in: object).flatMap { isThere($0) ? $0 : nil }
  }

  /// Appends a value as JSON, without what is left out of it.
  func appendJSON(of value: Int, to output: inout OutputBuffer) {
    guard !removedNodes.isEmpty else { return document.writeInOrder(value, to: &output) }
    var copy = JSONDocument()
    copy.append(copyOf: value, in: document, without: removedNodes)
    copy.writeInOrder(0, to: &output)
  }

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
