internal import Apply
internal import EtcdMessages
internal import MVCC
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

/// The service `etcdserverpb.KV`.
///
/// Source: etcd 3.5, `server/etcdserver/api/v3rpc/key.go`, `server/etcdserver/v3_server.go`.
struct KVService: Sendable {
  let node: Node

  /// Its methods by their paths.
  var methods: [String: RPCMethod] {
    [
      "/etcdserverpb.KV/Range": .unary(Etcdserverpb_RangeRequest.self, range),
      "/etcdserverpb.KV/Put": .unary(Etcdserverpb_PutRequest.self, put),
      "/etcdserverpb.KV/DeleteRange": .unary(Etcdserverpb_DeleteRangeRequest.self, deleteRange),
      "/etcdserverpb.KV/Txn": .unary(Etcdserverpb_TxnRequest.self, txn),
      "/etcdserverpb.KV/Compact": .unary(Etcdserverpb_CompactionRequest.self, compact),
    ]
  }

  // MARK: Reading

  /// Reads a range.
  ///
  /// Whether it is to be linearizable makes no difference: see ``Node``.
  private func range(_ call: RPCCall, _ message: Etcdserverpb_RangeRequest) {
    let request = RangeRequest(message)
    guard !request.keys.start.isEmpty else { return call.fail(.emptyKey) }
    let admission = node.admission
    guard
      let requester = call.admitted(by: { () throws(RPCStatus) in
        try admission.admit(call, toRange: message)
      })
    else { return }
    let view = node.keyspace.view()
    if request.isArranged, view.estimatedRowCount(of: request) > LargeRead.rowCount {
      return LargeRead(call, node).run { () throws(MVCCError) in
        try view.range(request)
      } _: { call, result in
        answer(call, requester, request, result)
      }
    }
    do throws(MVCCError) {
      var reading = try RangeReading(of: view, request)
      guard let result = try reading.advance() else {
        return LongRange(self, call, requester, request, reading).readLater()
      }
      answer(call, requester, request, result)
    } catch {
      call.fail(RPCStatus(error))
    }
  }

  private func answer(
    _ call: RPCCall,
    _ requester: AuthStore.Requester,
    _ request: RangeRequest,
    _ result: RangeResult
  ) {
    let byteCount = result.byteCountHint
    guard byteCount < LongRange.byteCount else {
      return LongRange(self, call, requester, request).answer(result)
    }
    var buffer = call.buffer(capacity: byteCount)
    node.header.write(to: &buffer, revision: result.currentRevision)
    buffer.write(result)
    answer(call, requester, buffer)
  }

  /// Answers with what is made at once, or with why it cannot be made.
  private func answer(
    _ call: RPCCall,
    _ requester: AuthStore.Requester,
    _ body: () throws(MVCCError) -> ByteBuffer
  ) {
    let bytes: ByteBuffer
    do throws(MVCCError) { bytes = try body() } catch { return call.fail(RPCStatus(error)) }
    answer(call, requester, bytes)
  }

  private func answer(_ call: RPCCall, _ requester: AuthStore.Requester, _ bytes: ByteBuffer) {
    do throws(RPCStatus) {
      // Nobody sees what was read after the permission was taken away.
      try node.admission.confirm(requester)
    } catch {
      return call.fail(error)
    }
    call.answer(bytes)
  }

  // MARK: Changing

  private func put(_ call: RPCCall, _ message: Etcdserverpb_PutRequest, _ bytes: ByteBuffer) {
    let loop = node.loop(of: call)
    guard node.hasRoom(for: message.byteCost, on: loop) else { return call.fail(.noSpace) }
    if let refusal = message.refusal { return call.fail(refusal) }
    let admission = node.admission
    guard
      let requester = admitted(
        call,
        toPropose: bytes,
        by: { () throws(RPCStatus) in
          try admission.admit(call, toPut: message)
        }
      )
    else { return }
    let change = ProposedChange(change: .put(PutRequest(message)), message: bytes)
    propose(change, requester, call, loop) { answer, revision throws(MVCCError) in
      guard case .put(let result) = answer else { return nil }
      var buffer = call.buffer(capacity: 64)
      node.header.write(to: &buffer, revision: revision)
      if !result.previous.isEmpty { buffer.writeField(2, result.previous[0]) }
      return buffer
    }
  }

  private func deleteRange(
    _ call: RPCCall,
    _ message: Etcdserverpb_DeleteRangeRequest,
    _ bytes: ByteBuffer
  ) {
    if let refusal = message.refusal { return call.fail(refusal) }
    let admission = node.admission
    guard
      let requester = admitted(
        call,
        toPropose: bytes,
        by: { () throws(RPCStatus) in
          try admission.admit(call, toDelete: message)
        }
      )
    else { return }
    let change = ProposedChange(change: .delete(DeleteRequest(message)), message: bytes)
    propose(change, requester, call, node.loop(of: call)) { answer, revision throws(MVCCError) in
      guard case .delete(let result) = answer else { return nil }
      var buffer = call.buffer(capacity: 64)
      node.header.write(to: &buffer, revision: revision)
      buffer.write(result)
      return buffer
    }
  }

  private func txn(_ call: RPCCall, _ message: Etcdserverpb_TxnRequest, _ bytes: ByteBuffer) {
    let loop = node.loop(of: call)
    let cost = message.byteCost
    guard cost == 0 || node.hasRoom(for: cost, on: loop) else { return call.fail(.noSpace) }
    let transaction = TransactionRequest(message)
    do throws(MVCCError) {
      try transaction.validate(operationLimit: node.options.operationsPerTransaction)
    } catch {
      return call.fail(RPCStatus(error))
    }
    let admission = node.admission
    if transaction.isReadOnly {
      guard
        let requester = call.admitted(by: { () throws(RPCStatus) in
          try admission.admit(call, toDo: message)
        })
      else { return }
      let view = node.keyspace.view()
      guard view.estimatedRowCount(of: transaction) <= LargeRead.rowCount else {
        return LargeRead(call, node).run { () throws(MVCCError) in
          let result = try view.read(transaction)
          return response(result, revision: result.revision)
        } _: { call, bytes in
          answer(call, requester, bytes)
        }
      }
      return answer(call, requester) { () throws(MVCCError) in
        let result = try view.read(transaction)
        return response(result, revision: result.revision)
      }
    }
    guard
      let requester = admitted(
        call,
        toPropose: bytes,
        by: { () throws(RPCStatus) in
          try admission.admit(call, toDo: message)
        }
      )
    else { return }
    let change = ProposedChange(change: .transaction(transaction), message: bytes)
    propose(change, requester, call, loop) { answer, _ throws(MVCCError) in
      guard case .transaction(let result) = answer else { return nil }
      return response(result, revision: result.revision)
    }
  }

  private func response(_ result: TransactionResult, revision: Int64) -> ByteBuffer {
    var buffer = ByteBufferAllocator().buffer(capacity: 128)
    node.header.write(to: &buffer, revision: revision)
    buffer.write(result)
    return buffer
  }

  private func compact(_ call: RPCCall, _ message: Etcdserverpb_CompactionRequest) {
    let admission = node.admission
    guard
      let requester = call.admitted(by: { () throws(RPCStatus) in
        try admission.admitAdministrator(call)
      })
    else { return }
    var request = Etcdserverpb_InternalRaftRequest()
    request.compaction = message
    let loop = node.loop(of: call)
    let answered = answering(call) { _, revision in
      var buffer = call.buffer(capacity: 32)
      node.header.write(to: &buffer, revision: revision)
      return buffer
    }
    node.propose(request, by: requester, on: loop, answered)
  }

  /// What an admission says of what is to be written to the log, or nothing if the call was refused.
  ///
  /// etcd looks at permissions when it applies, after the request was too large for the log; who asks
  /// it wants to know before.
  private func admitted(
    _ call: RPCCall,
    toPropose message: ByteBuffer,
    by admit: () throws(RPCStatus) -> AuthStore.Requester
  ) -> AuthStore.Requester? {
    do throws(RPCStatus) {
      return try admit()
    } catch {
      var refusal = error
      if refusal != .invalidAuthToken,
        message.readableBytes > node.options.requestByteCount
      {
        refusal = .requestTooLarge
      }
      call.fail(refusal)
      return nil
    }
  }

  /// Has a change applied and answers with what comes of it.
  ///
  /// - Parameters:
  ///   - change: The change.
  ///   - requester: Who asked.
  ///   - call: The call.
  ///   - loop: The call's loop.
  ///   - response: Makes the response; nil if the answer is not to this request.
  private func propose(
    _ change: ProposedChange,
    _ requester: AuthStore.Requester,
    _ call: RPCCall,
    _ loop: NodeLoop,
    _ response: @escaping (Applier.Answer, Int64) throws(MVCCError) -> ByteBuffer?
  ) {
    node.propose(change, by: requester, on: loop, answering(call, response))
  }

  /// Answers a call with what became of its request.
  private func answering(
    _ call: RPCCall,
    _ response: @escaping (Applier.Answer, Int64) throws(MVCCError) -> ByteBuffer?
  ) -> @Sendable (Result<Applied, RPCStatus>) -> Void {
    // The answer comes on the loop that the call belongs to.
    let pending = NIOLoopBound((call, response), eventLoop: call.eventLoop)
    return { result in
      let (call, response) = pending.value
      switch result {
      case .failure(let status): call.fail(status)
      case .success(let applied):
        do throws(MVCCError) {
          guard let bytes = try response(applied.answer, applied.revision) else {
            preconditionFailure("the answer to a request is of the request's kind")
          }
          call.answer(bytes)
        } catch {
          call.fail(RPCStatus(error))
        }
      }
    }
  }
}

extension RPCCall {
  /// Memory for a message.
  func buffer(capacity: Int) -> ByteBuffer { ByteBufferAllocator().buffer(capacity: capacity) }
}

// What a request is refused for before anybody looks at the keys, and what it costs.
//
// Source: etcd 3.5, `server/etcdserver/api/v3rpc/key.go`, `server/etcdserver/quota.go`.
extension Etcdserverpb_PutRequest {
  fileprivate var refusal: RPCStatus? {
    if key.isEmpty { return .emptyKey }
    if ignoreValue, !value.isEmpty { return .valueProvided }
    if ignoreLease, lease != 0 { return .leaseProvided }
    return nil
  }

  /// How much the database grows by it, about.
  fileprivate var byteCost: Int { 256 + key.count + value.count }
}

extension Etcdserverpb_DeleteRangeRequest {
  fileprivate var refusal: RPCStatus? { key.isEmpty ? .emptyKey : nil }
}

extension Etcdserverpb_TxnRequest {
  fileprivate var byteCost: Int {
    func cost(_ operations: [Etcdserverpb_RequestOp]) -> Int {
      operations.reduce(0) { sum, operation in
        if case .requestPut(let put) = operation.request { sum + put.byteCost } else { sum }
      }
    }
    return max(cost(success), cost(failure))
  }
}
