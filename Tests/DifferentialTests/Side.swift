import EtcdClient
import EtcdMessages
import Foundation
import RPC
import SwiftProtobuf
import Synchronization
import TestSupport

/// One of the two servers of a run, and what the run knows of it.
final class Side: Sendable {
  /// How answers are changed before they count: tests plant differences this way.
  struct Edits: Sendable {
    var answer: @Sendable (Step, Answer) -> Answer = { $1 }
    var watch: @Sendable (Etcdserverpb_WatchResponse) -> Etcdserverpb_WatchResponse? = { $0 }

    /// How long events are waited for, some of which may have been taken out.
    var patience = Duration.seconds(120)
  }

  let name: String
  let watchers: Watchers
  private let begin = ContinuousClock.now
  private let connection: Connection
  private let keepAlives:
    CallStream<Etcdserverpb_LeaseKeepAliveRequest, Etcdserverpb_LeaseKeepAliveResponse>
  private let leases = Mutex(LeaseNames())
  // Of callers who were let in, and of whoever makes the request that is under way.
  private let tokens = Mutex<[Caller: String]>([:])
  private let token = Mutex<String?>(nil)
  private let edits: Edits

  init(_ name: String, endpoint: String, edits: Edits = Edits()) async throws {
    self.name = name
    self.edits = edits
    var options = Connection.Options()
    options.dialTimeout = .seconds(120)
    options.keepalive?.timeout = .seconds(120)
    connection = try await Connection.open(try Endpoint(endpoint), options: options)
    keepAlives = connection.stream(.leaseKeepAlive)
    watchers = Watchers(connection, patience: edits.patience, edit: edits.watch)
  }

  deinit {
    connection.close()
  }

  /// Makes one request and brings the answer into a form that the other side's can be compared with.
  func perform(_ step: Step) async -> Answer {
    do throws(EtcdClientError) {
      return edits.answer(step, try await answer(step))
    } catch .refused(_, let status) {
      return edits.answer(step, .refused(status))
    } catch {
      return .failed(error)
    }
  }

  /// Makes a request of somebody, with a token if there is one to be had.
  private func answer(
    _ step: Step,
    by caller: Caller
  ) async throws(EtcdClientError) -> Answer {
    var token = tokens.withLock { $0[caller] }
    if token == nil, !caller.name.isEmpty {
      var request = Etcdserverpb_AuthenticateRequest()
      request.name = caller.name
      request.password = caller.password
      token = try? await connection.call(.authenticate, request).token
      tokens.withLock { $0[caller] = token }
    }
    self.token.withLock { $0 = token }
    defer { self.token.withLock { $0 = nil } }
    do throws(EtcdClientError) {
      if case .keepAlive(let request) = step { return try await keepAliveOnce(request) }
      return try await answer(step)
    } catch {
      if error.status?.code == .unauthenticated { tokens.withLock { $0[caller] = nil } }
      throw error
    }
  }

  /// What the request under way says of who makes it.
  private var metadata: [(name: String, value: String)] {
    token.withLock { $0.map { [("token", $0)] } ?? [] }
  }

  private func answer(_ step: Step) async throws(EtcdClientError) -> Answer {
    let names = leases.withLock { $0 }
    switch step {
    case .range(let request):
      return .message(names.comparable(try await call(.range, request), to: request))
    case .put(var request):
      request.lease = names.id(request.lease)
      return .message(names.comparable(try await call(.put, request)))
    case .delete(let request):
      return .message(names.comparable(try await call(.deleteRange, request)))
    case .txn(let request):
      let response = try await call(.txn, names.ids(in: request))
      return .message(names.comparable(response, to: request))
    case .compact(let request):
      var response = try await call(.compact, request)
      response.header = names.comparable(response.header)
      return .message(response)
    case .hash(let request):
      var response = try await call(.hashKV, request)
      response.header = names.comparable(response.header)
      // Only etcd 3.6 and later say it.
      response.hashRevision = 0
      return .message(response)
    case .alarms:
      var response = try await call(.alarm, .with { $0.action = .get })
      response.clearHeader()
      return .message(response)
    case .grant, .revoke, .keepAlive, .timeToLive, .leases:
      return try await leaseAnswer(step, names)
    case .watch, .cancelWatch, .progress:
      return try await watchAnswer(step)
    case .watchCompacted(let request):
      return try await compactedAnswer(request)
    case .watchOnce(let request):
      let stream = connection.stream(.watch, metadata: metadata)
      try stream.send(.with { $0.createRequest = request })
      guard let response = try await next(on: stream) else { throw .cancelled }
      return .message(comparable(response))
    case .by(let caller, let step):
      return try await answer(step, by: caller)
    case .auth(let step):
      return try await step.answer(connection, metadata)
    }
  }

  private func leaseAnswer(
    _ step: Step,
    _ names: LeaseNames
  ) async throws(EtcdClientError) -> Answer {
    switch step {
    case .grant(let request, let name):
      var response = try await call(.leaseGrant, request)
      response.header = names.comparable(response.header)
      if request.id == 0 {
        let id = response.id
        leases.withLock { $0.set(name, for: id) }
        response.id = id > 0 ? name : id
      }
      return .message(response)
    case .revoke(var request):
      request.id = names.id(request.id)
      var response = try await call(.leaseRevoke, request)
      response.header = names.comparable(response.header)
      return .message(response)
    case .keepAlive(var request):
      request.id = names.id(request.id)
      return try await keepAlive(request, names, on: keepAlives)
    case .timeToLive(var request):
      request.id = names.id(request.id)
      var response = try await call(.leaseTimeToLive, request)
      response.header = names.comparable(response.header)
      response.id = names.name(response.id)
      response.keys.sort { $0.lexicographicallyPrecedes($1) }
      // What is left depends on the moment; that no more than the time of the run is gone does not.
      let granted = response.grantedTtl
      let gone = (ContinuousClock.now - begin).components.seconds
      if response.ttl > granted - gone - 5, response.ttl <= granted { response.ttl = granted }
      return .message(response)
    default:
      var response = try await call(.leaseLeases, .init())
      response.header = names.comparable(response.header)
      response.leases = response.leases
        .map { lease in .with { $0.id = names.name(lease.id) } }
        .sorted { $0.id < $1.id }
      return .message(response)
    }
  }

  private func keepAlive(
    _ request: Etcdserverpb_LeaseKeepAliveRequest,
    _ names: LeaseNames,
    on stream: CallStream<
      Etcdserverpb_LeaseKeepAliveRequest, Etcdserverpb_LeaseKeepAliveResponse
    >
  ) async throws(EtcdClientError) -> Answer {
    try stream.send(request)
    guard var response = try await next(on: stream) else { throw .cancelled }
    response.header = names.comparable(response.header)
    response.id = names.name(response.id)
    return .message(response)
  }

  /// On a stream of its own, which a refusal ends.
  private func keepAliveOnce(
    _ request: Etcdserverpb_LeaseKeepAliveRequest
  ) async throws(EtcdClientError) -> Answer {
    let names = leases.withLock { $0 }
    var request = request
    request.id = names.id(request.id)
    let stream = connection.stream(.leaseKeepAlive, metadata: metadata)
    return try await keepAlive(request, names, on: stream)
  }

  private func watchAnswer(_ step: Step) async throws(EtcdClientError) -> Answer {
    do {
      let notice: Etcdserverpb_WatchResponse?
      switch step {
      case .watch(let request):
        try watchers.send(.with { $0.createRequest = request })
        notice = try await watchers.notice()
      case .cancelWatch(let id):
        try watchers.send(.with { $0.cancelRequest = .with { $0.watchID = id } })
        notice = try await watchers.notice()
      default: notice = try await watchers.progress()
      }
      return .message(notice.map(comparable) ?? .with { $0.cancelReason = "no response" })
    } catch let error as EtcdClientError {
      throw error
    } catch {
      throw .cancelled
    }
  }

  /// The two responses to a watcher that cannot be, as one.
  private func compactedAnswer(
    _ request: Etcdserverpb_WatchCreateRequest
  ) async throws(EtcdClientError) -> Answer {
    let stream = connection.stream(.watch)
    try stream.send(.with { $0.createRequest = request })
    guard let first = try await next(on: stream) else { throw .cancelled }
    guard first.created, !first.canceled else { return .message(comparable(first)) }
    guard let second = try await next(on: stream) else { throw .cancelled }
    var both = comparable(first)
    both.canceled = second.canceled
    both.compactRevision = second.compactRevision
    both.cancelReason = second.cancelReason
    if second.watchID != first.watchID || second.created || second.header.revision != 0 {
      both.cancelReason += " in \(second.onOneLine)"
    }
    return .message(both)
  }

  /// Waits for a row of the past, as a watcher on a stream of its own.
  func catchUp(with row: Mvccpb_KeyValue) async throws {
    let stream = connection.stream(.watch)
    let request = Etcdserverpb_WatchCreateRequest.with {
      $0.key = row.key
      $0.startRevision = row.modRevision
    }
    try stream.send(.with { $0.createRequest = request })
    while let response = try await next(on: stream), response.events.isEmpty {
      if response.canceled { throw EtcdClientError.cancelled }
    }
  }

  private func comparable(
    _ response: Etcdserverpb_WatchResponse
  ) -> Etcdserverpb_WatchResponse {
    var response = response
    response.header = .with { $0.revision = response.header.revision }
    return response
  }

  /// Events with the run's names for leases.
  func comparable(_ events: [Mvccpb_Event]) -> [Mvccpb_Event] {
    let names = leases.withLock { $0 }
    return events.map { names.comparable($0) }
  }

  /// The next message of a stream, which must not come late.
  private func next<Request, Response>(
    on stream: CallStream<Request, Response>
  ) async throws(EtcdClientError) -> Response? {
    let reading = Task<Result<Response?, EtcdClientError>, Never> {
      do throws(EtcdClientError) {
        return .success(try await stream.next())
      } catch {
        return .failure(error)
      }
    }
    let limit = Task {
      try await Task.sleep(for: .seconds(120))
      reading.cancel()
    }
    defer { limit.cancel() }
    return try await reading.value.get()
  }

  private func call<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request
  ) async throws(EtcdClientError) -> Response {
    // Generous: a step that hangs must end the run, not a busy machine.
    try await connection.call(method, request, timeout: .seconds(120), metadata: metadata)
  }
}
