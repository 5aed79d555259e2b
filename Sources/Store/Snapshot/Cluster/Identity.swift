internal import Crypto
public import WAL

extension NodeID {
  /// The id of a member that a new cluster begins with.
  ///
  /// Format: the first 8 bytes, big-endian, of the SHA-1 of the member's peer URLs in ascending
  /// order, without anything between them, and the cluster's token.
  ///
  /// Source: etcd 3.5, `server/etcdserver/api/membership/member.go`, `computeMemberId`.
  ///
  /// - Parameters:
  ///   - peerURLs: Where the member listens for the others.
  ///   - token: What tells clusters apart that have the same URLs.
  public init(peerURLs: [PeerURL], token: String) {
    let text = peerURLs.sorted().map(\.text).joined() + token
    self.init(rawValue: firstWordOfSHA1(Array(text.utf8)))
  }

  /// The id of a member that is added to a cluster.
  ///
  /// Format: as that of a first member, with the time in place of the token.
  ///
  /// - Parameters:
  ///   - peerURLs: Where the member listens for the others.
  ///   - seconds: When it was added, in seconds since 1970.
  public init(peerURLs: [PeerURL], addedAt seconds: Int64) {
    self.init(peerURLs: peerURLs, token: String(seconds))
  }

  /// As etcd writes it: lower case, without zeros in front.
  public var hexadecimal: String { String(rawValue, radix: 16) }
}

extension ClusterID {
  /// The id of a cluster that begins with these members.
  ///
  /// Format: the first 8 bytes, big-endian, of the SHA-1 of the ids in ascending order, 8 bytes
  /// each, big-endian.
  ///
  /// Source: etcd 3.5, `server/etcdserver/api/membership/cluster.go`, `genID`.
  ///
  /// - Parameter members: The ids, in any order.
  public init(of members: [NodeID]) {
    let bytes = members.map(\.rawValue).sorted().flatMap { $0.bigEndianBytes }
    self.init(rawValue: firstWordOfSHA1(bytes))
  }

  /// As etcd writes it: lower case, without zeros in front.
  public var hexadecimal: String { String(rawValue, radix: 16) }
}

extension UInt64 {
  /// The eight bytes, the highest first.
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

private func firstWordOfSHA1(_ bytes: [UInt8]) -> UInt64 {
  // Not for secrecy: these numbers are etcd's, and they have to be equal.
  var hash = Insecure.SHA1()
  bytes.withUnsafeBytes { hash.update(bufferPointer: $0) }
  return hash.finalize().withUnsafeBytes { digest in
    UInt64(bigEndian: digest.loadUnaligned(as: UInt64.self))
  }
}
