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
  }

  let name: String
  let watchers: Watchers
  private let connection: Connection
  private let keepAlives:
    CallStream<Etcdserverpb_LeaseKeepAliveRequest, Etcdserverpb_LeaseKeepAliveResponse>
  private let leases = Mutex(LeaseNames())
  private let edits: Edits

  init(_ name: String, endpoint: String, edits: Edits = Edits()) async throws {
    self.name = name
    self.edits = edits
    connection = try await Connection.open(try Endpoint(endpoint))
    keepAlives = connection.stream(.leaseKeepAlive)
    watchers = Watchers(connection, edit: edits.watch)
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
      try keepAlives.send(request)
      guard var response = try await keepAlives.next() else { throw .cancelled }
      response.header = names.comparable(response.header)
      response.id = names.name(response.id)
      return .message(response)
    case .timeToLive(var request):
      request.id = names.id(request.id)
      var response = try await call(.leaseTimeToLive, request)
      response.header = names.comparable(response.header)
      response.id = names.name(response.id)
      response.keys.sort { $0.lexicographicallyPrecedes($1) }
      // What is left depends on the moment; that something is left does not.
      let granted = response.grantedTtl
      if response.ttl > granted - 60, response.ttl <= granted { response.ttl = granted }
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

  private func watchAnswer(_ step: Step) async throws(EtcdClientError) -> Answer {
    let request: Etcdserverpb_WatchRequest =
      switch step {
      case .watch(let create): .with { $0.createRequest = create }
      case .cancelWatch(let id): .with { $0.cancelRequest = .with { $0.watchID = id } }
      default: .with { $0.progressRequest = .init() }
      }
    do {
      try watchers.send(request)
      let notice = try await watchers.notice()
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
    guard let first = try await stream.next() else { throw .cancelled }
    guard first.created, !first.canceled else { return .message(comparable(first)) }
    guard let second = try await stream.next() else { throw .cancelled }
    var both = comparable(first)
    both.canceled = second.canceled
    both.compactRevision = second.compactRevision
    both.cancelReason = second.cancelReason
    if second.watchID != first.watchID || second.created || second.header.revision != 0 {
      both.cancelReason += " in \(second.onOneLine)"
    }
    return .message(both)
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

  private func call<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request
  ) async throws(EtcdClientError) -> Response {
    // Generous: a step that hangs must end the run, not a busy machine.
    try await connection.call(method, request, timeout: .seconds(60))
  }
}
