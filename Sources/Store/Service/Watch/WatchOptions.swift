internal import MVCC
internal import NIOCore
internal import RPC

/// What may be chosen for watches, and what they ask of the node.
struct WatchOptions: Sendable {
  /// How often watchers that ask for it are told how far they are, if they have no events; up to a
  /// tenth is added, so that not all are told at once.
  ///
  /// Source: etcd, `--experimental-watch-progress-notify-interval`.
  var progressInterval = TimeAmount.minutes(10)

  /// From which size on a response is cut into fragments, if the watcher allows that, in bytes: the
  /// limit of a request, and etcd's allowance of 512 KiB.
  ///
  /// Source: etcd, `server/etcdserver/api/v3rpc/watch.go`, `sendFragments`; `--max-request-bytes`.
  var fragmentByteCount = 1_572_864 + 524_288

  /// Tells why a caller may not read a range, or nil if he may.
  ///
  /// It gets the range's end as requests have it: empty for one key, one zero byte for no end. (etcd
  /// takes a range without end for its first key here, so whoever may read that may watch all.)
  var authorize: @Sendable (RPCCall, _ key: [UInt8], _ rangeEnd: [UInt8]) -> RPCStatus? = {
    _,
    _,
    _ in nil
  }

  /// Is told of a fault of the database that a watch has met; the streams concerned have ended.
  var onFault: @Sendable (MVCCError) -> Void = { _ in }

  /// How much is done at a time.
  var limits = WatchLimits()
}

/// How much is done at a time, so that the loop serves others in between.
struct WatchLimits: Sendable {
  /// How many rows are looked at in one go.
  var rowsPerRound = 1000

  /// How many bytes of rows are looked at in one go; at least one revision is.
  var bytesPerRound = 1 << 20

  /// How many pairs of an event and a watcher are gathered in one go.
  var matchesPerRound = 100_000

  /// From which size on a response takes no further revision, in bytes.
  ///
  /// The events of one revision are never torn apart, except into fragments.
  var responseByteCount = 1 << 16

  /// How many answers to requests a stream may have waiting while its client does not read.
  var unreadAnswerCount = 1 << 16

  /// The pause between two goes, in which the loop serves its sockets.
  var pause = LoopPause.time
}

/// Who answers: what the header of every response says.
struct WatchIdentity: Sendable {
  /// The cluster's id.
  var clusterID: UInt64

  /// The member's id.
  var memberID: UInt64

  /// The term of the member's log.
  var raftTerm: UInt64
}

/// What there is to count on a loop.
struct WatchCounts: Sendable, Equatable {
  /// How many streams are open.
  var streams = 0

  /// How many watchers there are.
  var watchers = 0

  /// How many of them are behind.
  var slowWatchers = 0

  /// How many events were sent, ever.
  var events = 0
}
