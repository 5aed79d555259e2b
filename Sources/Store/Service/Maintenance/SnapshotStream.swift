internal import Bolt
internal import Crypto
internal import EtcdMessages
internal import NIOCore
internal import RPC
internal import SwiftProtobuf
internal import Synchronization

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A snapshot on its way to a client: the file's image in pieces, and its SHA-256 behind them.
///
/// The image is read by a thread of its own, which waits while the client is slower. One that takes
/// nothing for long loses the call: as long as it lasts, pages of the file cannot be used anew. (etcd
/// waits for ever.)
///
/// Source: etcd 3.5, `server/etcdserver/api/v3rpc/maintenance.go`, `Snapshot`.
final class SnapshotStream: RPCStreamHandler {
  /// The size of a piece, in bytes (etcd `snapshotSendBufferSize`).
  private static let pieceByteCount = 32 << 10

  private let call: RPCCall
  private let node: Node
  /// Has something in it when the thread may send the next piece.
  private let gate = Mailbox<Void>()
  private var hasBegun = false

  init(_ call: RPCCall, _ node: Node) {
    self.call = call
    self.node = node
    _ = gate.send(())
  }

  func receive(_ message: ByteBuffer) {
    guard !hasBegun else { return }
    hasBegun = true
    guard
      call.admitted(by: { () throws(RPCStatus) in
        try node.admission.admitToDatabase(call)
      }) != nil
    else { return }
    let pending = NIOLoopBound(call, eventLoop: call.eventLoop)
    let loop = call.eventLoop
    let gate = gate
    node.withCommittedState { [node] state in
      switch state {
      case .failure(let status): loop.execute { pending.value.fail(status) }
      case .success(let transaction):
        let isSent = node.snapshotThreads.run {
          let start = ContinuousClock.now
          defer { node.status.snapshots.record(start.duration(to: .now)) }
          SnapshotStream.send(
            transaction,
            to: pending,
            on: loop,
            through: gate,
            version: node.status.clusterVersion,
            stallTimeout: node.options.snapshotStallTimeout
          )
        }
        if !isSent { loop.execute { pending.value.fail(.tooManyRequests) } }
      }
    }
  }

  func receiveEnd() {}

  func cancel(_ reason: RPCCancellation) { gate.close() }

  func becomeWritable() { _ = gate.send(()) }

  private static func send(
    _ transaction: ReadTransaction,
    to pending: NIOLoopBound<RPCCall>,
    on loop: any EventLoop,
    through gate: Mailbox<Void>,
    version: String,
    stallTimeout: Duration
  ) {
    var hash = SHA256()
    var rest = UInt64(transaction.byteCount)
    func piece(_ bytes: UnsafeRawBufferPointer, rest: UInt64) throws(Ended) {
      let message = Etcdserverpb_SnapshotResponse.with {
        $0.remainingBytes = rest
        $0.blob = Data(bytes)
        $0.version = version
      }
      guard let room = gate.receive(until: .now + stallTimeout) else { throw Ended() }
      guard !room.isEmpty else { throw Ended(isStalled: true) }
      loop.execute {
        let call = pending.value
        call.send(message)
        if call.isWritable { _ = gate.send(()) }
      }
    }
    do throws(Ended) {
      try transaction.sendImage { bytes throws(Ended) in
        var start = 0
        while start < bytes.count {
          let end = min(bytes.count, start + pieceByteCount)
          let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
          hash.update(bufferPointer: part)
          rest -= min(rest, UInt64(part.count))
          try piece(part, rest: rest)
          start = end
        }
      }
      let digest = Array(hash.finalize())
      let result: Result<Void, Ended> = digest.withUnsafeBytes { bytes in
        do throws(Ended) { return .success(try piece(bytes, rest: 0)) } catch {
          return .failure(error)
        }
      }
      try result.get()
      loop.execute { pending.value.finish() }
    } catch {
      // Otherwise the client is gone, and nobody waits for the rest.
      guard error.isStalled else { return }
      loop.execute { pending.value.fail(.stalledSnapshot) }
    }
  }

  /// Nobody waits for the rest of a snapshot.
  private struct Ended: Error {
    /// Whether the client is there, and takes nothing.
    var isStalled = false
  }
}

/// Threads that send snapshots: what else takes time must not wait for a client that does not read.
final class SnapshotThreads: Sendable {
  /// How many snapshots are sent at once.
  static let limit = 32

  private let count = Atomic<Int>(0)

  /// Has a thread do something, unless too many do.
  ///
  /// - Parameter body: What is done.
  /// - Returns: Whether it will be done.
  func run(_ body: @escaping @Sendable () -> Void) -> Bool {
    guard count.add(1, ordering: .relaxed).newValue <= Self.limit else {
      count.subtract(1, ordering: .relaxed)
      return false
    }
    WorkerThread { [self] in
      body()
      count.subtract(1, ordering: .relaxed)
    }.detach()
    return true
  }
}
