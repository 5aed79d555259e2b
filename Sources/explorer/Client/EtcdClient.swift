internal import EtcdMessages
internal import RPC
internal import SwiftProtobuf
internal import Synchronization

/// Calls to the members of a cluster, whichever of them can be reached.
///
/// One connection at a time is open. When it is lost, the next call opens one to the next member that
/// answers. A call is made again by itself only if that can do no harm: it was certainly not carried
/// out, or it changes nothing.
public final class EtcdClient: Sendable {
  /// Where the members are and how to call them.
  public struct Options: Sendable {
    /// The members, tried in this order.
    public var endpoints: [Endpoint]

    /// How connections are made.
    public var connection = Connection.Options()

    /// How long a call with one answer may take; nil for any time.
    public var callTimeout: Duration?

    /// Who calls, if the cluster wants to know.
    public var user: User?

    /// The usual, for some members.
    public init(endpoints: [Endpoint]) {
      self.endpoints = endpoints
    }
  }

  /// A name and a password.
  public struct User: Hashable, Sendable {
    /// The name.
    public var name: String

    /// The password.
    public var password: String

    /// A user by name and password.
    public init(name: String, password: String) {
      self.name = name
      self.password = password
    }
  }

  private struct State {
    var connection: Connection?
    var opening: Task<Result<Connection, EtcdClientError>, Never>?
    // The member that the next connection is tried with.
    var first = 0
    var token: String?
    var isClosed = false
  }

  private let options: Options
  private let state = Mutex(State())

  /// A client that connects with its first call.
  public init(_ options: Options) {
    self.options = options
  }

  deinit {
    close()
  }

  /// The member that calls go to at the moment, if any.
  public var endpoint: Endpoint? { state.withLock { $0.connection?.endpoint } }

  /// Makes a call that has one answer.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - request: What is asked.
  ///   - timeout: How long each attempt may take; nil for what the options say.
  /// - Returns: The answer.
  /// - Throws: `EtcdClientError`, which names the member.
  public func call<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    timeout: Duration? = nil
  ) async throws(EtcdClientError) -> Response {
    try await repeating(method.isRead) { (connection, metadata) throws(EtcdClientError) in
      try await connection.call(
        method,
        request,
        timeout: timeout ?? self.options.callTimeout,
        metadata: metadata
      )
    }
  }

  /// Makes a call that has one answer, and leaves that as it came.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - request: What is asked.
  ///   - timeout: How long each attempt may take; nil for what the options say.
  /// - Returns: The answer.
  /// - Throws: `EtcdClientError`, which names the member.
  public func callRaw<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    timeout: Duration? = nil
  ) async throws(EtcdClientError) -> AnswerBytes {
    try await repeating(method.isRead) { (connection, metadata) throws(EtcdClientError) in
      try await connection.callRaw(
        method,
        request,
        timeout: timeout ?? self.options.callTimeout,
        metadata: metadata
      )
    }
  }

  private func repeating<Value>(
    _ isRead: Bool,
    _ call: (Connection, [(name: String, value: String)]) async throws(EtcdClientError) -> Value
  ) async throws(EtcdClientError) -> Value {
    var attemptsLeft = options.endpoints.count + 1
    while true {
      attemptsLeft -= 1
      let connection = try await connection()
      let token = try await token(connection)
      do throws(EtcdClientError) {
        return try await call(connection, metadata(token))
      } catch {
        guard attemptsLeft > 0, canRepeat(isRead, error) else { throw error }
        if isStale(error) { forget(token) } else { leave(connection) }
      }
    }
  }

  /// Begins a call with any number of messages in both directions; it is not begun again by itself.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - metadata: More header fields, names in lower case.
  /// - Returns: The two directions.
  /// - Throws: `EtcdClientError` if no member can be reached.
  public func stream<Request, Response>(
    _ method: Method<Request, Response>,
    metadata: [(name: String, value: String)] = []
  ) async throws(EtcdClientError) -> CallStream<Request, Response> {
    let connection = try await connection()
    let token = try await token(connection)
    return connection.stream(method, metadata: metadata + self.metadata(token))
  }

  /// Ends the connection and every call; later ones fail.
  public func close() {
    let connection = state.withLock { state in
      state.isClosed = true
      return state.connection.take()
    }
    connection?.close()
  }

  // MARK: Members

  private func connection() async throws(EtcdClientError) -> Connection {
    enum Next {
      case open(Connection)
      case wait(Task<Result<Connection, EtcdClientError>, Never>)
      case closed
    }
    let next: Next = state.withLock { state in
      if state.isClosed { return .closed }
      if let connection = state.connection, connection.isActive { return .open(connection) }
      if let opening = state.opening { return .wait(opening) }
      // Everybody who needs a connection meanwhile waits for this one.
      let opening = Task { [options, first = state.first] in
        await Self.open(options, first: first)
      }
      state.opening = opening
      return .wait(opening)
    }
    switch next {
    case .open(let connection): return connection
    case .closed: throw .cancelled
    case .wait(let opening):
      let outcome = await opening.value
      let isClosed = state.withLock { state in
        if state.opening == opening { state.opening = nil }
        if case .success(let connection) = outcome, !state.isClosed {
          state.connection = connection
          state.first = options.endpoints.firstIndex(of: connection.endpoint) ?? 0
        }
        return state.isClosed
      }
      if isClosed, case .success(let connection) = outcome { connection.close() }
      return try outcome.get()
    }
  }

  /// Connects to the first member that answers, beginning with one of them.
  private static func open(
    _ options: Options,
    first: Int
  ) async -> Result<Connection, EtcdClientError> {
    var failures: [EtcdClientError] = []
    for offset in options.endpoints.indices {
      let endpoint = options.endpoints[(first + offset) % options.endpoints.count]
      do throws(EtcdClientError) {
        return .success(try await Connection.open(endpoint, options: options.connection))
      } catch {
        failures.append(error)
      }
    }
    switch failures.count {
    case 0: return .failure(.badEndpoint(""))
    case 1: return .failure(failures[0])
    default:
      let names = options.endpoints.map(\.description).joined(separator: ", ")
      let reasons = failures.map(\.description).joined(separator: "; ")
      return .failure(.unreachable(endpoint: names, reason: reasons))
    }
  }

  /// Turns away from a member that has failed.
  private func leave(_ connection: Connection) {
    state.withLock { state in
      guard state.connection === connection else { return }
      state.connection = nil
      state.first = (state.first + 1) % max(1, options.endpoints.count)
    }
  }

  private func canRepeat(_ isRead: Bool, _ error: EtcdClientError) -> Bool {
    switch error {
    case .lost(_, _, let isUntouched): isRead || isUntouched
    case .refused(_, let status): isStale(error) || isRead && status.code == .unavailable
    case .unreachable, .timedOut, .tooLarge, .malformed, .cancelled, .badEndpoint,
      .badCertificates:
      false
    }
  }

  // MARK: Users

  private func metadata(_ token: String?) -> [(name: String, value: String)] {
    token.map { [("token", $0)] } ?? []
  }

  /// The token of the user; asked for if there is none.
  private func token(_ connection: Connection) async throws(EtcdClientError) -> String? {
    guard let user = options.user else { return nil }
    if let token = state.withLock({ $0.token }) { return token }
    var request = Etcdserverpb_AuthenticateRequest()
    request.name = user.name
    request.password = user.password
    do throws(EtcdClientError) {
      let timeout = options.callTimeout
      let token = try await connection.call(.authenticate, request, timeout: timeout).token
      state.withLock { $0.token = token }
      return token
    } catch .refused(_, RPCStatus(.failedPrecondition, notEnabled)) {
      // Then nobody asks who calls.
      return nil
    }
  }

  private let notEnabled = "etcdserver: authentication is not enabled"

  /// Whether the token is not one any more: it has expired, or the server was started again.
  private func isStale(_ error: EtcdClientError) -> Bool {
    options.user != nil && error.status?.code == .unauthenticated
  }

  private func forget(_ token: String?) {
    state.withLock { state in
      if state.token == token { state.token = nil }
    }
  }
}
