internal import EtcdMessages
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// The lease that a lock or a candidacy lasts as long as: the caller's, or one of the call's own.
///
/// A lease of its own is kept alive while the call waits. After the call nobody renews it: whoever
/// has got the lock has its TTL to do so by the lease in the key.
///
/// Source: etcd 3.5, `client/v3/concurrency/session.go`, which does not renew it while the call
/// waits either, so that a call that waits longer loses its place.
final class Session {
  /// The TTL of a lease of its own, in seconds (etcd `defaultSessionTTL`).
  static let ttlSeconds: Int64 = 60

  /// The lease; 0 until it is known.
  private(set) var lease: Int64

  private let client: InnerClient
  private let isOwn: Bool
  private var renewal: Repetition?

  /// A session.
  ///
  /// - Parameters:
  ///   - lease: The caller's lease; 0 for one of the call's own.
  ///   - client: Who calls.
  init(_ lease: Int64, _ client: InnerClient) {
    self.lease = lease
    self.client = client
    isOwn = lease == 0
  }

  /// Sees to it that there is a lease.
  func open(_ complete: @escaping (Result<Int64, RPCStatus>) -> Void) {
    guard isOwn else { return complete(.success(lease)) }
    let request = Etcdserverpb_LeaseGrantRequest.with { $0.ttl = Session.ttlSeconds }
    client.grant(request) { [self] result in
      switch result {
      case .success(let response):
        lease = response.id
        complete(.success(lease))
      case .failure(let status): complete(.failure(status))
      }
    }
  }

  /// Keeps a lease of its own alive until ``orphan()``.
  func keepAlive() {
    guard isOwn, renewal == nil else { return }
    let interval = TimeAmount.seconds(Session.ttlSeconds / 3)
    renewal = Repetition(every: interval, on: client.eventLoop) { [client, lease] in
      client.renew(lease)
    }
  }

  /// Leaves the lease to itself.
  func orphan() {
    renewal?.cancel()
    renewal = nil
  }

  /// Ends a lease of its own, which nobody else knows of; the caller's lease stays.
  func close() {
    orphan()
    guard isOwn, lease != 0 else { return }
    client.revoke(Etcdserverpb_LeaseRevokeRequest.with { $0.id = lease }) { _ in }
  }
}
