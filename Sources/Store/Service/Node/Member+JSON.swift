#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Snapshot

extension Member {
  /// The peer URLs in a row of the bucket `members`.
  ///
  /// - Parameter json: The row's value.
  /// - Returns: The URLs; nil if it is no member or has none.
  static func peerURLs(inJSON json: [UInt8]) -> [String]? {
    struct Row: Decodable { var peerURLs: [String] }
    let row = try? JSONDecoder().decode(Row.self, from: Data(json))
    return row.flatMap { $0.peerURLs.isEmpty ? nil : $0.peerURLs }
  }
}
