internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import RPC
internal import SwiftProtobuf

/// One call that wants to lead; belongs to the call's event loop.
final class Campaign {
  private let call: RPCCall
  private let client: InnerClient
  private let session: Session
  private let request: V3electionpb_CampaignRequest
  private let prefix: Data
  private var key = Data()
  private var revision: Int64 = 0
  private var header = Etcdserverpb_ResponseHeader()

  // Set while predecessors are waited for.
  private var wait: PredecessorWait?

  /// A campaign that begins with ``begin()``.
  init(_ call: RPCCall, _ client: InnerClient, _ request: V3electionpb_CampaignRequest) {
    self.call = call
    self.client = client
    self.request = request
    session = Session(request.lease, client)
    prefix = .prefix(of: request.name)
  }

  /// Becomes a candidate, waits until it leads and answers.
  func begin() {
    call.onCancel = { [self] _ in cancel() }
    session.open { [self] result in
      switch result {
      case .failure(let status): call.fail(status.asInner)
      case .success(let lease):
        key = prefix.key(of: lease)
        enter(lease)
      }
    }
  }

  /// Makes the key, or finds it if the lease has it already.
  private func enter(_ lease: Int64) {
    guard !call.isOver else { return session.close() }
    let txn = Etcdserverpb_TxnRequest.with {
      $0.compare = [.isCreated(key, at: 0)]
      $0.success = [.put(key, request.value, lease: lease)]
      $0.failure = [.range(.ofKey(key))]
    }
    client.txn(txn) { [self] result in
      switch result {
      case .failure(let status): fail(status)
      case .success(let response): entered(response)
      }
    }
  }

  private func entered(_ response: Etcdserverpb_TxnResponse) {
    header = response.header
    revision = response.header.revision
    let known = response.responses.first?.responseRange.kvs.first
    if !response.succeeded, let known { revision = known.createRevision }
    guard !call.isOver else {
      // A candidacy that was there already is somebody's.
      if response.succeeded { resign() } else { session.close() }
      return
    }
    if !response.succeeded, let known, known.value != request.value { return proclaim() }
    waitForPredecessors()
  }

  private func proclaim() {
    let txn = Etcdserverpb_TxnRequest.proclaiming(
      request.value,
      by: key,
      since: revision,
      lease: session.lease
    )
    client.txn(txn) { [self] result in
      guard !call.isOver else { return session.close() }
      switch result {
      case .success(let response) where response.succeeded: waitForPredecessors()
      case .success: fail(.electionNotLeader)
      case .failure(let status):
        resign()
        call.fail(status.asInner)
      }
    }
  }

  private func waitForPredecessors() {
    session.keepAlive()
    let wait = PredecessorWait(for: prefix, upTo: revision - 1, client) { [self] result in
      self.wait = nil
      switch result {
      case .success: answer()
      case .failure(let status): fail(status)
      }
    }
    self.wait = wait
    wait.begin()
  }

  private func answer() {
    session.orphan()
    call.answer(
      V3electionpb_CampaignResponse.with {
        $0.header = header
        $0.leader.name = request.name
        $0.leader.key = key
        $0.leader.rev = revision
        $0.leader.lease = session.lease
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
    resign()
  }

  private func resign() {
    client.txn(.resigning(key, since: revision)) { [session] _ in session.close() }
  }
}
