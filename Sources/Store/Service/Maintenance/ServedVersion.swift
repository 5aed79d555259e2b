/// Which etcd the node passes for.
///
/// Clients decide by it what they may ask: kube-apiserver asks for the progress of watches from 3.6
/// on, and of late releases before.
enum ServedVersion {
  /// The server's.
  static let server = "3.6.14"

  /// The cluster's, which is the lowest of its members', and the storage's: every release from 3.4 on
  /// reads it.
  static let cluster = "3.6.0"

  /// The only one that etcd goes back to from it.
  static let previousCluster = "3.5.0"

  /// The version of a cluster that a client names: with two numbers or with three and what may stand
  /// behind them, of which the first two count; nil if it is none.
  static func clusterVersion(_ text: String) -> String? {
    let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, let major = UInt16(parts[0]), let minor = UInt16(parts[1]) else {
      return nil
    }
    if parts.count == 3 {
      guard UInt16(parts[2].prefix { $0 != "-" && $0 != "+" }) != nil else { return nil }
    }
    return "\(major).\(minor).0"
  }
}
