/// Which etcd the node passes for.
///
/// Clients decide by it what they may ask: kube-apiserver asks for the progress of watches from 3.6
/// on, and of late releases before.
enum ServedVersion {
  /// The server's.
  static let server = "3.6.14"

  /// The cluster's, which is the lowest of its members'.
  static let cluster = "3.6.0"

  /// The storage's: every release from 3.4 on reads it.
  static let storage = "3.6.0"
}
