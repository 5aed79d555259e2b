internal import MVCC
internal import NIOCore
internal import RPC

/// The service `etcdserverpb.Watch`: streams of watches, each on the loop of its connection.
final class WatchService: Sendable {
  /// One for each loop, in the order of the loops.
  let shards: [WatchShard]

  /// A service without watches, which has delivered what the keyspace has now.
  ///
  /// - Parameters:
  ///   - loops: The loops that calls come on.
  ///   - keyspace: What is watched.
  ///   - identity: Who answers.
  ///   - options: What may be chosen.
  init(
    on loops: [any EventLoop],
    of keyspace: Keyspace,
    identity: WatchIdentity,
    _ options: WatchOptions = WatchOptions()
  ) {
    shards = loops.map { WatchShard(on: $0, of: keyspace, identity: identity, options) }
  }

  /// The method `Watch`.
  var method: RPCMethod {
    .stream { [shards] call in
      let shard = shards.first { $0.eventLoop === call.eventLoop }
      guard let shard else { preconditionFailure("a call comes on one of the service's loops") }
      return WatchStream(of: call, in: shard)
    }
  }

  /// Ends all streams, and takes no more.
  func stop() {
    for shard in shards { shard.eventLoop.execute { shard.stop() } }
  }

  /// Says whether the node can take requests; streams that insist on it end if not.
  func setLeader(_ hasLeader: Bool) {
    for shard in shards { shard.eventLoop.execute { shard.setLeader(hasLeader) } }
  }
}
