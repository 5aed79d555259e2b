internal import WAL

/// The members that a new cluster begins with, as `--initial-cluster` names them.
///
/// Source: etcd 3.5, `client/pkg/types/urlsmap.go`, `NewURLsMap`; `server/config/config.go`,
/// `VerifyBootstrap`.
public struct InitialCluster: Sendable {
  /// A name and the URLs that are given for it, in ascending order.
  public struct Peer: Hashable, Sendable {
    /// What people call the member.
    public let name: String

    /// Where it listens for the others; at least one.
    public let urls: [PeerURL]
  }

  /// The members, in the order in which their names come first.
  public let peers: [Peer]

  /// Reads `name=url,name=url`: a name that comes again adds a URL; what is empty between two commas
  /// does not count.
  ///
  /// - Parameter text: The text.
  /// - Throws: ``SnapshotError/peerURL(_:_:)``.
  public init(_ text: String) throws(SnapshotError) {
    var names: [String] = []
    var urls: [[PeerURL]] = []
    // By their bytes: two spellings of one character are two names for etcd.
    var slots: [[UInt8]: Int] = [:]
    for pair in text.split(separator: ",", omittingEmptySubsequences: true) {
      let name = pair.prefix { $0 != "=" }
      let url = try PeerURL(String(pair.dropFirst(name.count + 1)))
      if let slot = slots[Array(name.utf8)] {
        urls[slot].append(url)
      } else {
        slots[Array(name.utf8)] = names.count
        names.append(String(name))
        urls.append([url])
      }
    }
    peers = zip(names, urls).map { Peer(name: $0, urls: $1.sorted()) }
  }

  /// Checks what a member that is about to begin says of itself.
  ///
  /// The URLs that it advertises must be those that the cluster has for its name. URLs that are
  /// written differently are compared by the addresses of their hosts, except for `localhost`.
  ///
  /// - Parameters:
  ///   - name: The member's name.
  ///   - advertised: Where it says that it listens for the others.
  ///   - resolver: Is asked only if the URLs are not equal as they are written.
  /// - Throws: ``SnapshotError/nameNotInCluster(_:)``,
  ///   ``SnapshotError/notAdvertised(name:urls:advertised:)``,
  ///   ``SnapshotError/notInCluster(urls:name:cluster:)``, ``SnapshotError/duplicateURL(_:)``.
  public func check(
    name: String,
    advertised: [PeerURL],
    resolver: HostResolver = .system
  ) throws(SnapshotError) {
    guard let own = peers.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else {
      throw .nameNotInCluster(name)
    }
    if !InitialCluster.areEqual(own.urls, advertised.sorted(), resolver) {
      let missing = own.urls.filter { !advertised.contains($0) }
      guard missing.isEmpty else {
        throw .notAdvertised(
          name: name,
          urls: missing.map(\.text),
          advertised: advertised.map(\.text)
        )
      }
      let additional = advertised.filter { !own.urls.contains($0) }
      guard additional.isEmpty else {
        throw .notInCluster(
          urls: additional.map(\.text),
          name: name,
          cluster: own.urls.map(\.text)
        )
      }
      try InitialCluster.checkUnique(advertised)
    }
    try InitialCluster.checkUnique(peers.flatMap(\.urls))
  }

  /// The members with their ids, which ascend.
  ///
  /// - Parameter token: What tells clusters apart that have the same URLs.
  /// - Returns: The members; voters all.
  /// - Throws: ``SnapshotError/sameID(_:names:)``.
  public func members(token: String) throws(SnapshotError) -> [Member] {
    let members = peers.map { peer in
      Member(
        id: NodeID(peerURLs: peer.urls, token: token),
        name: peer.name,
        peerURLs: peer.urls.map(\.text)
      )
    }.sorted { $0.id.rawValue < $1.id.rawValue }
    for (left, right) in zip(members, members.dropFirst()) where left.id == right.id {
      throw .sameID(left.id, names: [left.name, right.name])
    }
    return members
  }

  private static func areEqual(
    _ left: [PeerURL],
    _ right: [PeerURL],
    _ resolver: HostResolver
  ) -> Bool {
    if left == right { return true }
    guard left.count == right.count else { return false }
    guard let left = resolved(left, resolver), let right = resolved(right, resolver) else {
      return false
    }
    return left == right
  }

  /// The URLs with addresses in place of names, in ascending order; nil if a host has no address.
  private static func resolved(_ urls: [PeerURL], _ resolver: HostResolver) -> [String]? {
    var texts: [String] = []
    for url in urls {
      guard let given = url.address, given.host != "localhost" else {
        texts.append(url.text)
        continue
      }
      guard let address = resolver.address(given.host, given.port) else { return nil }
      texts.append("\(url.text.prefix { $0 != ":" })://\(address)")
    }
    return texts.sorted()
  }

  private static func checkUnique(_ urls: [PeerURL]) throws(SnapshotError) {
    var seen: Set<PeerURL> = []
    for url in urls where !seen.insert(url).inserted { throw .duplicateURL(url.text) }
  }
}
