internal import EtcdMessages
internal import RPC
internal import Synchronization

extension EtcdClient {
  /// The token of the user; asked for if there is none, once for all who need it.
  func token(
    _ connection: Connection,
    _ patience: Patience
  ) async throws(EtcdClientError) -> String? {
    guard let user = options.user else { return nil }
    enum Next {
      case known(String)
      case wait(Task<Result<String?, EtcdClientError>, Never>)
    }
    let next: Next = state.withLock { state in
      if let token = state.token { return .known(token) }
      if let authenticating = state.authenticating { return .wait(authenticating) }
      let timeout = options.endpoints.count > 1 ? patience.share : patience.remaining
      let task = Task { await Self.authenticate(user, on: connection, timeout: timeout) }
      state.authenticating = task
      return .wait(task)
    }
    switch next {
    case .known(let token): return token
    case .wait(let task):
      let outcome = await task.value(until: patience.deadline)
      state.withLock { state in
        // One that is late is of no use to those who come later, either.
        guard state.authenticating == task else { return }
        state.authenticating = nil
        if case .success(let token) = outcome { state.token = token }
      }
      guard let outcome else {
        if Task.isCancelled { throw .cancelled }
        let endpoint = connection.endpoint.description
        throw .timedOut(endpoint: endpoint, after: patience.limit ?? .zero)
      }
      return try outcome.get()
    }
  }

  private static func authenticate(
    _ user: User,
    on connection: Connection,
    timeout: Duration?
  ) async -> Result<String?, EtcdClientError> {
    var request = Etcdserverpb_AuthenticateRequest()
    request.name = user.name
    request.password = user.password
    do throws(EtcdClientError) {
      return .success(try await connection.call(.authenticate, request, timeout: timeout).token)
    } catch {
      // Then nobody asks who calls.
      if error.status == notEnabled { return .success(nil) }
      return .failure(error)
    }
  }

  private static let notEnabled = RPCStatus(
    .failedPrecondition,
    "etcdserver: authentication is not enabled"
  )

  /// Whether the token is not one any more: it has expired, the server was started again, or users
  /// were changed since.
  func isStale(_ error: EtcdClientError) -> Bool {
    guard options.user != nil, let status = error.status else { return false }
    return status.code == .unauthenticated
      || status.message == "etcdserver: revision of auth store is old"
      || status.message == "etcdserver: user name is empty"
  }

  func forget(_ token: String?) {
    state.withLock { state in
      if state.token == token { state.token = nil }
    }
  }
}
