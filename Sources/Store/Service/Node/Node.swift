internal import Apply
internal import EtcdMessages
internal import FileIO
internal import MVCC
internal import NIOCore
internal import NIOPosix
internal import RPC
internal import Snapshot
internal import SwiftProtobuf
internal import Synchronization
internal import WAL

/// One member that is a whole cluster: the store, the thread that writes it, and what the services
/// need of both.
///
/// A request that changes something goes to the ``Writer`` and comes back when it is durable and
/// applied. Reads do not pass it: what has been answered has been applied, so the current state of the
/// keyspace holds every write that was acknowledged before, and a read of it is linearizable.
final class Node: Sendable {
  /// What may be chosen.
  struct Options: Sendable {
    /// How the store is opened.
    var store = OpenedStore.Options()

    /// How the thread writes.
    var writer = Writer.Options()

    /// The size that the database may have, in bytes; nil for any.
    var quotaByteCount: Int? = 2 << 30

    /// The size that a request may have, in bytes.
    var requestByteCount = 1536 << 10

    /// How many operations a transaction may have.
    var operationsPerTransaction = 128

    /// How users are known again: see ``TokenProvider``.
    var tokens = TokenProvider.simple(SimpleTokens())

    /// How much work it is to check a password: see ``Bcrypt``.
    var passwordCost = Bcrypt.defaultCost

    /// Whether the name in a client's certificate is a user's.
    var trustsCertificates = false

    /// How keys are watched.
    var watches = WatchOptions()

    /// The time of an election, which leases last longer after a start.
    var electionTimeout: Duration = .milliseconds(1000)

    /// How often it is written down what long leases have left; nil for never.
    var leaseCheckpointInterval: Duration?

    /// How long a client may take nothing of a snapshot before the call is ended.
    var snapshotStallTimeout: Duration = .seconds(60)

    /// What etcd does.
    init() {}
  }

  /// The keys.
  let keyspace: Keyspace

  /// When leases end.
  let lessor: Lessor

  /// What the writer tells of itself.
  let status: NodeStatus

  /// Who answers.
  let header: ResponseHeader

  /// What may be chosen.
  let options: Options

  /// Numbers for requests and leases.
  let ids: RequestIDs

  /// The thread that writes.
  let writer: Writer

  /// The event loops.
  let loops: [NodeLoop]

  /// The one member.
  var member: Etcdserverpb_Member { status.member }

  /// Tokens of users.
  let tokens: TokenProvider

  /// Says who may do what.
  let admission: Admission

  /// Who watches keys.
  let watches: WatchService

  /// Threads for what takes long: passwords, hashes.
  let pool: NIOThreadPool

  /// Threads that wait for those who read snapshots.
  let snapshotThreads = SnapshotThreads()

  /// Opens a data directory and begins to write.
  ///
  /// - Parameters:
  ///   - directory: Where the data lies.
  ///   - options: What may be chosen.
  ///   - eventLoops: The event loops that requests come from.
  ///   - pool: Threads for what takes long, which run already.
  ///   - milliseconds: The time since 1970.
  ///   - fileSystem: What the directory lies in.
  ///   - logger: Takes what somebody should know of.
  ///   - onSlowApply: Takes what took long, on the thread that writes.
  /// - Throws: ``NodeError``.
  init(
    _ directory: DataDirectory,
    _ options: Options,
    loops eventLoops: [any EventLoop],
    pool: NIOThreadPool,
    milliseconds: UInt64,
    in fileSystem: any FileSystem = LocalFileSystem(),
    logger: @escaping @Sendable (String) -> Void,
    onSlowApply: @escaping @Sendable (SlowApply) -> Void = { _ in }
  ) throws(NodeError) {
    self.pool = pool
    tokens = options.tokens
    var storeOptions = options.store
    storeOptions.tokens = tokens.keeper
    let cost = options.passwordCost
    // Only entries of etcd 3.4 have a password as it was typed.
    storeOptions.hashesPassword = { (try? Bcrypt.hash($0, cost: cost)) ?? [] }
    let store = try OpenedStore.open(directory, storeOptions, in: fileSystem, warn: logger)
    let metadata = store.log.metadata
    self.options = options
    keyspace = store.keyspace
    ids = RequestIDs(of: metadata.nodeID, milliseconds: milliseconds)
    header = ResponseHeader(
      clusterID: metadata.clusterID,
      memberID: metadata.nodeID,
      term: store.log.hardState.term
    )
    let admission = Admission(
      store.applier.auth.directory,
      tokens: tokens,
      keyspace: store.keyspace,
      trustsCertificates: options.trustsCertificates
    )
    self.admission = admission
    var watching = options.watches
    watching.authorize = { call, key, rangeEnd in
      do throws(RPCStatus) {
        try admission.admit(call, toWatch: key, rangeEnd)
        return nil
      } catch {
        return error
      }
    }
    watching.onFault = { logger("a watch cannot be served: \($0)") }
    let watches = WatchService(
      on: eventLoops,
      of: store.keyspace,
      identity: WatchIdentity(
        clusterID: metadata.clusterID.rawValue,
        memberID: metadata.nodeID.rawValue,
        raftTerm: store.log.hardState.term.rawValue
      ),
      watching
    )
    self.watches = watches
    loops = eventLoops.enumerated().map { slot, loop in
      NodeLoop(loop, slot: slot) { watches.shards[slot].advance(to: $0) }
    }
    lessor = Lessor(checkpointInterval: options.leaseCheckpointInterval)
    writer = Writer(
      store,
      loops: loops,
      ids: ids,
      lessor: lessor,
      options.writer,
      logger: logger,
      onSlowApply: onSlowApply
    )
    status = writer.status
    lessor.arm(store.keyspace.allLeases, extension: options.electionTimeout, now: .now)
    writer.resumeCompaction()
    writer.start()
  }

  /// Finishes what was asked for and makes everything durable.
  ///
  /// The files are held until the node is released, and all that reads from it.
  func close() { writer.stop() }

  /// Has a request written to the log and applied.
  ///
  /// - Parameters:
  ///   - request: The request; its header is filled in here.
  ///   - requester: Who asks.
  ///   - loop: Where the answer is awaited, which is the loop of the caller.
  ///   - complete: Called on that loop, once.
  func propose(
    _ request: Etcdserverpb_InternalRaftRequest,
    by requester: AuthStore.Requester = AuthStore.Requester(),
    on loop: NodeLoop,
    _ complete: @escaping @Sendable (Result<Applied, RPCStatus>) -> Void
  ) {
    if let failure = status.failure { return complete(.failure(failure)) }
    var request = request
    request.header.id = ids.next()
    request.header.username = requester.name
    request.header.authRevision = requester.revision
    propose(Proposal(request, reply: Proposal.Reply(loop: loop, complete: complete)))
  }

  /// Has a change of keys written to the log and applied.
  ///
  /// - Parameters:
  ///   - change: The change.
  ///   - requester: Who asks.
  ///   - loop: Where the answer is awaited, which is the loop of the caller.
  ///   - complete: Called on that loop, once.
  func propose(
    _ change: ProposedChange,
    by requester: AuthStore.Requester,
    on loop: NodeLoop,
    _ complete: @escaping @Sendable (Result<Applied, RPCStatus>) -> Void
  ) {
    if let failure = status.failure { return complete(.failure(failure)) }
    let reply = Proposal.Reply(loop: loop, complete: complete)
    let entry = change.entry(id: ids.next(), requester)
    propose(Proposal(.change(change.change), data: entry, reply: reply))
  }

  private func propose(_ proposal: Proposal) {
    guard proposal.data.readableBytes <= options.requestByteCount else {
      proposal.reply?.complete(.failure(.requestTooLarge))
      return
    }
    // etcd counts what is committed and not applied; here it waits for both.
    guard status.pendingCount.load(ordering: .relaxed) < Limits.pendingRequestCount else {
      proposal.reply?.complete(.failure(.tooManyRequests))
      return
    }
    writer.propose(proposal)
  }

  /// Whether the database may grow by so much; if not, the alarm is raised.
  func hasRoom(for byteCount: Int, on loop: NodeLoop) -> Bool {
    guard let quota = options.quotaByteCount else { return true }
    let size = status.databaseByteCount.load(ordering: .relaxed)
    guard size + byteCount >= quota else { return true }
    if !status.alarms.contains(where: { $0.alarm == .nospace }) {
      var request = Etcdserverpb_InternalRaftRequest()
      request.alarm.action = .activate
      request.alarm.memberID = header.memberID.rawValue
      request.alarm.alarm = .nospace
      propose(request, on: loop) { _ in }
    }
    return false
  }

  /// The node's view of a call's event loop.
  func loop(of call: RPCCall) -> NodeLoop { loop(of: call.eventLoop) }

  /// The node's view of an event loop.
  func loop(of eventLoop: any EventLoop) -> NodeLoop {
    for loop in loops where loop.eventLoop === eventLoop { return loop }
    preconditionFailure("calls come on the event loops that the node was made with")
  }

  /// The limits of a node.
  enum Limits {
    /// Requests that wait for the writer (etcd `maxGapBetweenApplyAndCommitIndex`).
    static let pendingRequestCount = 5000

    /// What a message may have beside the request, in bytes (etcd `grpcOverheadBytes`).
    static let messageOverheadByteCount = 512 << 10
  }
}
