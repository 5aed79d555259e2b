internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// The service `v3lockpb.Lock`: locks that last as long as a lease.
///
/// Format: everybody who wants the lock has a key `NAME/LEASE`, the lease in hexadecimal; the key
/// that was made first is the owner's.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3lock/lock.go`, `client/v3/concurrency/mutex.go`.
struct LockService: Sendable {
  /// What it calls: the methods of KV, Lease and Watch.
  let inner: [String: RPCMethod]

  /// Its methods by their paths.
  var methods: [String: RPCMethod] {
    [
      "/v3lockpb.Lock/Lock": .unary(V3lockpb_LockRequest.self) { call, request in
        LockAttempt(call, InnerClient(inner, for: call), request).begin()
      },
      "/v3lockpb.Lock/Unlock": .unary(V3lockpb_UnlockRequest.self, unlock),
    ]
  }

  private func unlock(_ call: RPCCall, _ message: V3lockpb_UnlockRequest) {
    let request = Etcdserverpb_DeleteRangeRequest.with { $0.key = message.key }
    InnerClient(inner, for: call).delete(request) { result in
      switch result {
      case .failure(let status): call.fail(status.asInner)
      case .success(let response):
        call.answer(V3lockpb_UnlockResponse.with { $0.header = response.header })
      }
    }
  }
}

/// One call that wants a lock; belongs to the call's event loop.
private final class LockAttempt {
  private let call: RPCCall
  private let client: InnerClient
  private let session: Session
  private let prefix: Data
  private var key = Data()

  // Set while predecessors are waited for.
  private var wait: PredecessorWait?

  init(_ call: RPCCall, _ client: InnerClient, _ request: V3lockpb_LockRequest) {
    self.call = call
    self.client = client
    session = Session(request.lease, client)
    prefix = .prefix(of: request.name)
  }

  func begin() {
    call.onCancel = { [self] _ in cancel() }
    session.open { [self] result in
      switch result {
      case .failure(let status): call.fail(status.asInner)
      case .success(let lease):
        key = prefix.key(of: lease)
        acquire(lease)
      }
    }
  }

  /// Makes the key, or finds it if the lease has it already, and sees whose the lock is.
  private func acquire(_ lease: Int64) {
    guard !call.isOver else { return session.close() }
    let owner = Etcdserverpb_RequestOp.range(.firstOfPrefix(prefix))
    let request = Etcdserverpb_TxnRequest.with {
      $0.compare = [.isCreated(key, at: 0)]
      $0.success = [.put(key, Data(), lease: lease), owner]
      $0.failure = [.range(.ofKey(key)), owner]
    }
    client.txn(request) { [self] result in
      switch result {
      case .failure(let status): fail(status)
      case .success(let response): acquired(response)
      }
    }
  }

  private func acquired(_ response: Etcdserverpb_TxnResponse) {
    var revision = response.header.revision
    if !response.succeeded, let own = response.responses.first?.responseRange.kvs.first {
      revision = own.createRevision
    }
    guard !call.isOver else {
      // Nobody gets to know of a key that was made for nobody; one that was there is somebody's.
      if response.succeeded { release() } else { session.close() }
      return
    }
    let owner = response.responses.last?.responseRange.kvs.first
    guard let owner, owner.createRevision != revision else { return answer(response.header) }
    session.keepAlive()
    let wait = PredecessorWait(for: prefix, upTo: revision - 1, client) { [self] result in
      self.wait = nil
      switch result {
      case .success: confirm()
      case .failure(let status):
        release()
        call.fail(status.asInner)
      }
    }
    self.wait = wait
    wait.begin()
  }

  /// Sees whether the key has lasted as long as the wait.
  private func confirm() {
    client.range(.ofKey(key)) { [self] result in
      guard !call.isOver else { return release() }
      switch result {
      case .failure(let status):
        release()
        call.fail(status.asInner)
      case .success(let response):
        guard !response.kvs.isEmpty else { return fail(.sessionExpired) }
        answer(response.header)
      }
    }
  }

  private func answer(_ header: Etcdserverpb_ResponseHeader) {
    session.orphan()
    call.answer(
      V3lockpb_LockResponse.with {
        $0.header = header
        $0.key = key
      }
    )
  }

  private func fail(_ status: RPCStatus) {
    session.close()
    call.fail(status.asInner)
  }

  private func cancel() {
    // What is under way sees that the call is over.
    guard let wait else { return }
    wait.cancel()
    self.wait = nil
    release()
  }

  /// Gives the place in the queue up.
  private func release() {
    client.delete(Etcdserverpb_DeleteRangeRequest.with { $0.key = key }) { [session] _ in
      session.close()
    }
  }
}
