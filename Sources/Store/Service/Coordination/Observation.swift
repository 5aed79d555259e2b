internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// One call that is told who leads, and each time that changes or the leader proclaims something.
///
/// If what it needs fails, so does the call; etcd ends it then as if all were well.
final class Observation: RPCStreamHandler {
  private let call: RPCCall
  private let client: InnerClient
  private var prefix = Data()
  private var hasBegun = false
  private var stream: InnerStream<Etcdserverpb_WatchResponse>?

  /// An observation that begins with the request.
  init(_ call: RPCCall, _ client: InnerClient) {
    self.call = call
    self.client = client
  }

  func receive(_ message: ByteBuffer) {
    guard !hasBegun, let request: V3electionpb_LeaderRequest = call.read(message) else { return }
    hasBegun = true
    prefix = .prefix(of: request.name)
    findLeader()
  }

  func receiveEnd() {}

  func cancel(_ reason: RPCCancellation) { stop() }

  func becomeWritable() { stream?.becomeWritable() }

  private func findLeader() {
    client.range(.firstOfPrefix(prefix)) { [self] result in
      guard !call.isOver else { return }
      switch result {
      case .failure(let status): call.fail(status.asInner)
      case .success(let response):
        guard let leader = response.kvs.first else {
          return awaitLeader(since: response.header.revision)
        }
        send(leader, response.header)
        follow(leader.key, since: response.header.revision + 1)
      }
    }
  }

  /// Waits for the first key under the name.
  private func awaitLeader(since revision: Int64) {
    let range = Etcdserverpb_RangeRequest.ofPrefix(prefix)
    let request = Etcdserverpb_WatchCreateRequest.with {
      $0.key = range.key
      $0.rangeEnd = range.rangeEnd
      $0.startRevision = revision
      $0.filters = [.nodelete]
    }
    watch(request) { [self] response in
      guard let leader = response.events.first?.kv else { return }
      var header = response.header
      // The response may have later revisions as well.
      header.revision = leader.modRevision
      send(leader, header)
      follow(leader.key, since: header.revision + 1)
    }
  }

  /// Tells of what a leader proclaims, until its key is gone.
  private func follow(_ key: Data, since revision: Int64) {
    let request = Etcdserverpb_WatchCreateRequest.with {
      $0.key = key
      $0.startRevision = revision
    }
    watch(request) { [self] response in
      for event in response.events {
        guard event.type == .put else {
          stop()
          return findLeader()
        }
        send(event.kv, response.header)
      }
    }
  }

  private func watch(
    _ request: Etcdserverpb_WatchCreateRequest,
    _ take: @escaping (Etcdserverpb_WatchResponse) -> Void
  ) {
    stop()
    stream = client.watch(request) { [self] result in
      switch result {
      case .failure(let status): end(status.asInner)
      case .success(let response):
        guard response.canceled else { return take(response) }
        guard response.compactRevision == 0 else {
          stop()
          return findLeader()
        }
        end(RPCStatus.watchRefused(response.cancelReason).asInner)
      }
    }
    stream?.canTake = { [weak call] in call?.isWritable ?? false }
  }

  private func send(_ leader: Mvccpb_KeyValue, _ header: Etcdserverpb_ResponseHeader) {
    call.send(
      V3electionpb_LeaderResponse.with {
        $0.header = header
        $0.kv = leader
      }
    )
  }

  private func end(_ status: RPCStatus) {
    stop()
    call.fail(status)
  }

  private func stop() {
    stream?.cancel()
    stream = nil
  }
}
