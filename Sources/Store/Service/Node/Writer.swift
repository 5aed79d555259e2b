internal import Apply
internal import Bolt
internal import EtcdMessages
internal import FileIO
internal import Glibc
internal import MVCC
internal import NIOCore
internal import RPC
internal import SwiftProtobuf
internal import Synchronization
internal import WAL

/// The one thread that writes: it takes all requests that wait, appends them to the log with one
/// sync, applies them in order, and answers them.
///
/// Beside that it commits what was applied to the database's file, compacts, revokes leases that have
/// ended and takes snapshots of the members, each when its time has come. It sleeps when there is
/// nothing to do.
///
/// What is answered is durable: the log was synced before. If the log or the database fails, nothing
/// is written any more, and whoever asks is told why; what was applied can still be read.
///
/// Source: etcd 3.5, `server/etcdserver/raft.go`, `server/etcdserver/server.go`.
final class Writer: @unchecked Sendable {
  // The thread owns everything but `mailbox` and `status`, which guard themselves.

  /// What is left for the thread.
  enum Work: Sendable {
    /// A request for the log.
    case proposal(Proposal)

    /// Something to be done between requests.
    case task(@Sendable (Writer) -> Void)
  }

  /// What may be chosen.
  struct Options: Sendable {
    /// How many entries are applied between two snapshots of the members.
    var entriesPerSnapshot: UInt64 = 100_000

    /// How many snapshots are kept.
    var snapshotCount = 5

    /// How many segments of the log are kept.
    var segmentCount = 5

    /// How many bytes of requests are synced at one time, about.
    var batchByteCount = 16 << 20

    /// How long a compaction pauses between two steps.
    var compactionPause: Duration = .milliseconds(10)

    /// Requests that take longer to apply are told of.
    var expectedApplyDuration: Duration = .milliseconds(100)

    /// What etcd does.
    init() {}
  }

  let status: NodeStatus
  let lessor: Lessor
  let keyspace: Keyspace
  let applier: Applier
  let log: WALWriter
  let ids: RequestIDs

  private let mailbox = Mailbox<Work>()
  private let loops: [NodeLoop]
  private let options: Options
  private let logger: @Sendable (String) -> Void
  private let onSlowApply: @Sendable (SlowApply) -> Void
  let snapshots: MemberSnapshots
  private let fileSystem: any FileSystem

  private var thread: WorkerThread?
  private var batch: [Proposal] = []
  private var batchByteCount = 0
  /// By the loops' slots.
  private var replies: [[(Proposal.Reply, Result<Applied, RPCStatus>)]]
  private var hasNews = false
  private var nextCompactionStep: ContinuousClock.Instant?
  private var compactionStart: ContinuousClock.Instant?
  /// How long the compaction under way has looked at keys.
  private var indexCompaction = Duration.zero
  /// Who waits for the end of a compaction.
  private var compactionWaiters: [(target: Int64, Proposal.Reply)] = []

  /// A writer of a store, which begins when it is started.
  init(
    _ store: OpenedStore,
    loops: [NodeLoop],
    ids: RequestIDs,
    lessor: Lessor,
    _ options: Options,
    logger: @escaping @Sendable (String) -> Void,
    onSlowApply: @escaping @Sendable (SlowApply) -> Void
  ) {
    keyspace = store.keyspace
    applier = store.applier
    log = store.log
    fileSystem = store.fileSystem
    self.loops = loops
    self.ids = ids
    self.options = options
    self.logger = logger
    self.onSlowApply = onSlowApply
    status = NodeStatus(index: store.log.lastIndex.rawValue)
    self.lessor = lessor
    snapshots = MemberSnapshots(of: store, keeping: options.snapshotCount)
    replies = Array(repeating: [], count: loops.count)
    status.alarms = applier.alarmMembers
    status.member = Etcdserverpb_Member(store.member)
    noteSize()
  }

  // MARK: From other threads

  /// Starts the thread.
  func start() { thread = WorkerThread { [self] in run() } }

  /// Takes no more requests, finishes those that wait, makes everything durable and ends the thread.
  func stop() {
    mailbox.close()
    thread?.join()
    thread = nil
  }

  /// Leaves a request for the log.
  func propose(_ proposal: Proposal) {
    status.pendingCount.wrappingAdd(1, ordering: .relaxed)
    guard !mailbox.send(.proposal(proposal)) else { return }
    status.pendingCount.wrappingSubtract(1, ordering: .relaxed)
    proposal.reply?.fail(.stopped)
  }

  /// Has something done by the thread, between requests.
  ///
  /// - Returns: Whether it will be: not after ``stop()``.
  @discardableResult
  func perform(_ task: @escaping @Sendable (Writer) -> Void) -> Bool { mailbox.send(.task(task)) }

  // MARK: The thread

  private func run() {
    while let work = mailbox.receive(until: nextDeadline()) {
      for item in work {
        switch item {
        case .proposal(let proposal):
          add(proposal)
          if batchByteCount >= options.batchByteCount { writeBatch() }
        case .task(let task):
          writeBatch()
          task(self)
        }
      }
      writeBatch()
      keepHouse()
    }
    close()
  }

  /// When the thread has something to do though nobody asks for anything.
  private func nextDeadline() -> ContinuousClock.Instant? {
    if status.failure != nil { return nil }
    var deadline = keyspace.commitDeadline
    func consider(_ other: ContinuousClock.Instant?) {
      guard let other else { return }
      deadline = min(deadline ?? other, other)
    }
    consider(nextCompactionStep)
    // Not for each lease on its own: those that end within half a second are revoked together.
    consider(lessor.nextCheckpoint())
    consider(lessor.nextEnd().map { max($0, lastRevocation + Lessor.Limits.interval) })
    return deadline
  }

  private var lastRevocation = ContinuousClock.now

  private func add(_ proposal: Proposal) {
    if let failure = status.failure {
      status.pendingCount.wrappingSubtract(1, ordering: .relaxed)
      proposal.reply?.fail(failure)
      return
    }
    proposal.data.withUnsafeReadableBytes { data in
      log.stage(
        EntryView(
          type: .normal,
          term: log.hardState.term,
          index: log.lastIndex.next,
          data: data
        )
      )
    }
    batch.append(proposal)
    batchByteCount += proposal.data.readableBytes
  }

  /// Makes the requests durable that were added, applies them and answers.
  private func writeBatch() {
    guard !batch.isEmpty else { return }
    defer {
      status.pendingCount.wrappingSubtract(batch.count, ordering: .relaxed)
      batch.removeAll(keepingCapacity: true)
      batchByteCount = 0
    }
    let start = ContinuousClock.now
    do throws(WALError) {
      let state = log.hardState
      try log.appendStaged(
        hardState: HardState(term: state.term, vote: state.vote, commit: log.lastIndex)
      )
    } catch {
      fail("the log cannot be written: \(error)")
      status.figures.failures.add(batch.count)
      for proposal in batch { settle(proposal, .failure(status.failure ?? .stopped)) }
      return deliver()
    }
    status.figures.logSync.record(start.duration(to: .now))
    status.figures.logByteCount.add(batchByteCount)
    status.lastIndex.store(log.lastIndex.rawValue, ordering: .relaxed)
    let first = log.lastIndex.rawValue - UInt64(batch.count) + 1
    var begin = ContinuousClock.now
    for (place, proposal) in batch.enumerated() {
      let refusal = apply(proposal, at: first + UInt64(place))
      // The end of one is the beginning of the next: one look at the clock for each.
      let end = ContinuousClock.now
      let duration = begin.duration(to: end)
      begin = end
      status.figures.applies.record(
        duration,
        of: AppliedKind(proposal.content),
        succeeded: refusal == nil || refusal == .compacted
      )
      if duration > options.expectedApplyDuration {
        tell(SlowApply(proposal, duration, options.expectedApplyDuration, refusal))
      }
    }
    status.figures.putByteCount.set(keyspace.putByteCount)
    deliver()
  }

  private func tell(_ slow: SlowApply) {
    status.figures.slowApplies.add()
    onSlowApply(slow)
  }

  /// Applies a request.
  ///
  /// - Returns: Why it has no effect, if it has none.
  private func apply(_ proposal: Proposal, at index: UInt64) -> RPCStatus? {
    if let failure = status.failure {
      settle(proposal, .failure(failure))
      return failure
    }
    var cause: RPCStatus?
    let before = keyspace.currentRevision
    keyspace.setConsistentIndex(
      ConsistentIndex(index: index, term: log.hardState.term.rawValue)
    )
    do throws(MVCCError) {
      switch try outcome(of: proposal) {
      case .applied(let answer):
        let revision = keyspace.currentRevision
        if revision != before { hasNews = true }
        status.figures.note(answer)
        if case .request(let request) = proposal.content { follow(request, answer) }
        settle(proposal, .success(Applied(answer: answer, revision: revision)))
      case .refused(let refusal):
        status.refusedCount.wrappingAdd(1, ordering: .relaxed)
        let refusal = RPCStatus(refusal)
        cause = refusal
        settle(proposal, .failure(refusal))
      case .passedOver, .unreadable:
        settle(proposal, .success(Applied(answer: .done, revision: before)))
      }
    } catch {
      fail("the database cannot be changed: \(error)")
      let failure = status.failure ?? .stopped
      cause = failure
      settle(proposal, .failure(failure))
    }
    status.appliedIndex.store(index, ordering: .releasing)
    return cause
  }

  private func outcome(of proposal: Proposal) throws(MVCCError) -> Applier.Outcome {
    if case .change(let change) = proposal.content, applier.appliesToAnybody {
      return try applier.apply(change)
    }
    guard let request = proposal.request else { return .unreadable }
    return try applier.apply(request)
  }

  /// What comes of an entry beside its answer.
  private func follow(_ request: Etcdserverpb_InternalRaftRequest, _ answer: Applier.Answer) {
    if case .lease(let lease) = answer {
      lessor.add(lease, now: .now)
    } else if request.hasLeaseRevoke {
      lessor.remove(LeaseID(rawValue: request.leaseRevoke.id))
    } else if request.hasAlarm {
      status.alarms = applier.alarmMembers
    } else if request.hasCompaction {
      nextCompactionStep = .now
      if compactionStart == nil { compactionStart = .now }
    }
  }

  // MARK: Answers

  private func settle(_ proposal: Proposal, _ result: Result<Applied, RPCStatus>) {
    guard let reply = proposal.reply else { return }
    if case .success = result, case .request(let request) = proposal.content,
      request.compaction.physical
    {
      compactionWaiters.append((request.compaction.revision, reply))
      return
    }
    replies[reply.loop.slot].append((reply, result))
  }

  /// Hands each loop its answers and, if there is something new, what is seen from now on: with one
  /// wake-up for both.
  private func deliver() {
    let view = hasNews ? keyspace.view() : nil
    hasNews = false
    for loop in loops {
      var answers: [(Proposal.Reply, Result<Applied, RPCStatus>)] = []
      swap(&answers, &replies[loop.slot])
      guard !answers.isEmpty || view != nil else { continue }
      // The loop goes through the answers before it sends anything.
      loop.eventLoop.execute { [answers] in
        for (reply, result) in answers { reply.complete(result) }
        if let view { loop.advance(view) }
      }
    }
  }

  /// Notes that nothing can be written any more.
  func fail(_ reason: String) {
    guard status.failure == nil else { return }
    logger(reason)
    status.fail(RPCStatus(.unavailable, "etcdserver: \(reason)"))
  }

  // MARK: Between requests

  private func keepHouse() {
    guard status.failure == nil else { return }
    let now = ContinuousClock.now
    revokeEndedLeases(now)
    writeCheckpoints(now)
    let start = ContinuousClock.now
    do throws(MVCCError) {
      if try keyspace.commitIfDue(now: now) {
        status.figures.commit.record(start.duration(to: .now))
        status.figures.rebalancing.record(keyspace.commitTimes.rebalancing)
        status.figures.spilling.record(keyspace.commitTimes.spilling)
        status.figures.writing.record(keyspace.commitTimes.writing)
        noteSize()
      }
      try continueCompaction(now)
    } catch {
      fail("the database cannot be written: \(error)")
    }
    guard log.lastIndex.rawValue >= snapshots.index + options.entriesPerSnapshot else { return }
    takeSnapshot()
  }

  /// Commits what was applied.
  ///
  /// - Throws: What keeps the file from being written, after which nothing is written any more.
  func commit() throws(MVCCError) {
    do throws(MVCCError) {
      try keyspace.commit()
      noteSize()
    } catch {
      fail("the database cannot be written: \(error)")
      throw error
    }
  }

  /// Rewrites the database's file without its free pages; requests wait meanwhile, reads do not.
  ///
  /// - Throws: What keeps the file from being written.
  func defragment() throws(MVCCError) {
    guard status.failure == nil else { throw .changeFailedBefore }
    let start = ContinuousClock.now
    status.isDefragmenting.store(true, ordering: .relaxed)
    defer { status.isDefragmenting.store(false, ordering: .relaxed) }
    // If only the new file could not be made, the old one is as good as before.
    try keyspace.defragment(in: fileSystem)
    status.figures.defragment.record(start.duration(to: .now))
    noteSize()
  }

  private func continueCompaction(_ now: ContinuousClock.Instant) throws(MVCCError) {
    guard let due = nextCompactionStep, now >= due else { return }
    let start = ContinuousClock.now
    let isOfIndex = keyspace.isCompactingIndex
    let isUnfinished = try keyspace.continueCompaction()
    let duration = start.duration(to: .now)
    status.figures.compactionStep.record(duration)
    status.figures.compactedRows.set(keyspace.compactedRowCount)
    if isOfIndex {
      indexCompaction += duration
      if !keyspace.isCompactingIndex {
        status.figures.indexCompaction.record(indexCompaction)
        indexCompaction = .zero
      }
    }
    if isUnfinished {
      nextCompactionStep = .now + options.compactionPause
      return
    }
    status.lastCompaction.store(Int(time(nil)), ordering: .relaxed)
    if let compactionStart {
      status.figures.compaction.record(compactionStart.duration(to: .now))
      self.compactionStart = nil
    }
    nextCompactionStep = nil
    noteSize()
    for (_, reply) in compactionWaiters {
      let applied = Applied(answer: .done, revision: keyspace.currentRevision)
      replies[reply.loop.slot].append((reply, .success(applied)))
    }
    compactionWaiters = []
    deliver()
  }

  /// Continues a compaction that the database was in the middle of.
  func resumeCompaction() { if keyspace.isCompacting { nextCompactionStep = .now } }

  private func revokeEndedLeases(_ now: ContinuousClock.Instant) {
    guard let end = lessor.nextEnd(), end <= now else { return }
    guard now >= lastRevocation + Lessor.Limits.interval else { return }
    lastRevocation = now
    for lease in lessor.takeEnded(now: now) {
      status.figures.expirations.add()
      var request = Etcdserverpb_InternalRaftRequest()
      request.header.id = ids.next()
      request.leaseRevoke.id = lease.rawValue
      add(request)
    }
    writeBatch()
  }

  /// Adds a request that nobody waits for.
  private func add(_ request: Etcdserverpb_InternalRaftRequest) {
    status.pendingCount.wrappingAdd(1, ordering: .relaxed)
    add(Proposal(request, reply: nil))
  }

  private func writeCheckpoints(_ now: ContinuousClock.Instant) {
    let checkpoints = lessor.takeCheckpoints(now: now)
    guard !checkpoints.isEmpty else { return }
    var request = Etcdserverpb_InternalRaftRequest()
    request.header.id = ids.next()
    request.leaseCheckpoint.checkpoints = checkpoints.map { id, seconds in
      .with {
        $0.id = id.rawValue
        $0.remainingTtl = seconds
      }
    }
    add(request)
    writeBatch()
  }

  private func takeSnapshot() {
    do {
      // The log forgets only what the database does not need any more.
      try keyspace.commit()
      try snapshots.take(in: log)
      log.release(upTo: LogIndex(rawValue: snapshots.index))
      try log.purge(keeping: options.segmentCount)
    } catch {
      fail("no snapshot of the members can be taken: \(error)")
    }
  }

  private func noteSize() {
    // The size is for limits and people: if the system does not tell, the last one stays.
    guard let byteCount = try? keyspace.database.byteCount() else { return }
    status.databaseByteCount.store(byteCount, ordering: .relaxed)
    status.usedByteCount.store(
      byteCount - keyspace.database.freeByteCount,
      ordering: .relaxed
    )
  }

  private func close() {
    guard status.failure == nil else { return }
    do {
      try keyspace.commit()
      try log.sync()
      try log.close()
    } catch {
      logger("not everything was written at the end, and will be replayed: \(error)")
    }
  }
}

extension Proposal.Reply {
  /// Answers with a refusal, from any thread.
  func fail(_ status: RPCStatus) {
    loop.eventLoop.execute { complete(.failure(status)) }
  }
}
