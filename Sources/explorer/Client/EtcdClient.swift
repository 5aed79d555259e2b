internal import NIOCore
internal import RPC
internal import SwiftProtobuf
internal import Synchronization

/// Calls to the members of a cluster, whichever of them can be reached.
///
/// One connection at a time is open. When it is lost, or its member does not answer, the next call
/// goes to the next member that does. A call is made again by itself, with growing pauses until its
/// time is over, if the failure may pass and another call can do no harm: the first was certainly not
/// carried out, or it changes nothing.
public final class EtcdClient: Sendable {
  /// Where the members are and how to call them.
  public struct Options: Sendable {
    /// The members, tried in this order.
    public var endpoints: [Endpoint]

    /// How connections are made.
    public var connection = Connection.Options()

    /// How long a call with one answer may take, with all that is tried for it; nil for any time.
    ///
    /// Without a limit, an answer may take any time, and failures are waited out for ten seconds.
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

  struct State {
    var connection: Connection?
    var opening: Task<Result<Connection, EtcdClientError>, Never>?
    // The member that the next connection is tried with.
    var first = 0
    var token: String?
    var authenticating: Task<Result<String?, EtcdClientError>, Never>?
    var isClosed = false
  }

  let options: Options
  let state = Mutex(State())

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
  ///   - timeout: How long all attempts together may take; nil for what the options say.
  /// - Returns: The answer.
  /// - Throws: `EtcdClientError`, which names the member.
  public func call<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    timeout: Duration? = nil
  ) async throws(EtcdClientError) -> Response {
    let (connection, answer) = try await answer(method, request, timeout: timeout)
    return try connection.decode(answer)
  }

  /// Makes a call that has one answer, and hands that out as it came.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - request: What is asked.
  ///   - timeout: How long all attempts together may take; nil for what the options say.
  /// - Returns: The bytes of the answer, not looked at.
  /// - Throws: `EtcdClientError`, which names the member.
  public func callRaw<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    timeout: Duration? = nil
  ) async throws(EtcdClientError) -> AnswerBytes {
    AnswerBytes(try await answer(method, request, timeout: timeout).1)
  }

  /// Begins a call with any number of messages in both directions; it is not begun again by itself.
  ///
  /// The user's token is a new one, so that it lasts: a server looks at it only when a stream, or a
  /// watch on it, begins.
  ///
  /// - Parameters:
  ///   - method: The call.
  ///   - metadata: More header fields, names in lower case.
  /// - Returns: The two directions.
  /// - Throws: `EtcdClientError` if no member can be reached in the time of a call.
  public func stream<Request, Response>(
    _ method: Method<Request, Response>,
    metadata: [(name: String, value: String)] = []
  ) async throws(EtcdClientError) -> CallStream<Request, Response> {
    var patience = Patience(options.callTimeout)
    state.withLock { $0.token = nil }
    while true {
      var reached: Connection?
      do throws(EtcdClientError) {
        let connection = try await connection(patience)
        reached = connection
        let token = try await token(connection, patience)
        return connection.stream(method, metadata: metadata + self.metadata(token))
      } catch {
        guard isPassing(error) else { throw error }
        if let reached { leave(reached, because: error) }
        guard await patience.pause(after: error) else { throw patience.last(error) }
      }
    }
  }

  /// Ends the connection and every call; later ones fail.
  public func close() {
    let connection = state.withLock { state in
      state.isClosed = true
      return state.connection.take()
    }
    connection?.close()
  }

  // MARK: Attempts

  private func answer<Request, Response>(
    _ method: Method<Request, Response>,
    _ request: Request,
    timeout: Duration?
  ) async throws(EtcdClientError) -> (Connection, ByteBuffer) {
    var patience = Patience(timeout ?? options.callTimeout)
    while true {
      var reached: Connection?
      var hasBegun = false
      do throws(EtcdClientError) {
        let connection = try await connection(patience)
        reached = connection
        let token = try await token(connection, patience)
        let message = try connection.frame(request)
        let head = connection.head(
          method.path,
          timeout: patience.remaining,
          silence: method.isRead && options.endpoints.count > 1 ? patience.share : nil,
          metadata: metadata(token)
        )
        hasBegun = true
        do throws(EtcdClientError) {
          return (connection, try await connection.answer(head, message))
        } catch {
          guard isStale(error), patience.mayRenewToken() else { throw error }
          // Refused before it was looked at: for a write as well.
          forget(token)
        }
      } catch {
        let isUntouched = !hasBegun || error.isUntouched || isTurnedAway(error)
        guard method.isRead || isUntouched, isPassing(error) else { throw patience.last(error) }
        if let reached { leave(reached, because: error) }
        guard await patience.pause(after: error) else { throw patience.last(error) }
      }
    }
  }

  /// Whether the same call may have an answer later, or from another member.
  private func isPassing(_ error: EtcdClientError) -> Bool {
    switch error {
    case .lost, .unreachable, .timedOut: true
    case .refused(_, let status): status.code == .unavailable || isTurnedAway(error)
    case .untrusted, .unknownHost, .tooLarge, .malformed, .cancelled, .badEndpoint,
      .badCertificates:
      false
    }
  }

  /// Whether a server has said that it did not even look at a request.
  ///
  /// Source: etcd, `server/etcdserver/api/v3rpc/interceptor.go` (learners) and
  /// `server/etcdserver/v3_server.go` (`processInternalRaftRequestOnce`).
  private func isTurnedAway(_ error: EtcdClientError) -> Bool {
    switch error.status?.message {
    case "etcdserver: too many requests": true
    // Another member may be more than that.
    case "etcdserver: rpc not supported for learner": options.endpoints.count > 1
    default: false
    }
  }

  private func metadata(_ token: String?) -> [(name: String, value: String)] {
    token.map { [("token", $0)] } ?? []
  }
}
