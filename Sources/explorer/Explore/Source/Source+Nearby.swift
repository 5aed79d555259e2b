internal import Decode

// Where to look when nothing was found.
extension Source {
  /// What lies near keys of which there are none.
  ///
  /// - Parameters:
  ///   - range: The keys that are not there.
  ///   - revision: As of when.
  ///   - parser: Takes keys apart.
  /// - Returns: The nearest folder above that has keys, how many, and the first key behind the place
  ///   where the range would be; nil if there are no keys at all.
  /// - Throws: ``SourceError``.
  public func nearby(
    _ range: KeyRange,
    at revision: Int64?,
    parser: StorageKeyParser
  ) throws(SourceError) -> NearbyKeys? {
    func selection(_ range: KeyRange) -> KeySelection {
      KeySelection([KeyTarget(word: "", ranges: [range])], parser: parser)
    }
    var folder = range.lowerBound
    while true {
      // The folder above: up to the slash before the last part.
      while folder.last == NearbyKeys.slash { folder.removeLast() }
      while let last = folder.last, last != NearbyKeys.slash { folder.removeLast() }
      var question = RowQuestion(selection(KeyRange(prefix: folder)), at: revision, detail: .keys)
      let count = try count(question, progress: nil)
      if count > 0 {
        let rest = KeyRange(
          lowerBound: range.lowerBound,
          upperBound: KeyRange(prefix: folder).upperBound
        )
        question.selection = selection(rest)
        question.limit = 1
        var next: [UInt8]?
        try forEachLiveRow(question, progress: nil) { row throws(SourceError) in
          next = Array(row.key)
        }
        return NearbyKeys(folder: folder, count: count, next: next)
      }
      if folder.isEmpty { return nil }
    }
  }
}

/// Keys near a place where there are none.
public struct NearbyKeys: Hashable, Sendable {
  /// What the keys begin with.
  public let folder: [UInt8]

  /// How many there are.
  public let count: Int

  /// The first one behind the place, if it is not the last.
  public let next: [UInt8]?

  fileprivate static let slash = UInt8(ascii: "/")
}

extension NearbyKeys: CustomStringConvertible {
  /// One line: `57 keys begin with /registry/pods/, the next one is /registry/pods/default/web-0`.
  public var description: String {
    func text(_ bytes: [UInt8]) -> String {
      OneLine.escaped(String(decoding: bytes, as: UTF8.self))
    }
    var line = count == 1 ? "1 key" : "\(count) keys"
    if folder.isEmpty {
      line += " in all"
    } else {
      line += " \(count == 1 ? "begins" : "begin") with \(text(folder))"
    }
    if let next { line += ", the next one is \(text(next))" }
    return line
  }
}
