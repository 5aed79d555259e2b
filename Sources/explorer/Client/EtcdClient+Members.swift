internal import Synchronization

extension EtcdClient {
  /// The open connection, or the next one that can be made.
  func connection(_ patience: Patience) async throws(EtcdClientError) -> Connection {
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
        await Dialer(options: options, first: first).open()
      }
      state.opening = opening
      return .wait(opening)
    }
    switch next {
    case .open(let connection): return connection
    case .closed: throw .cancelled
    case .wait(let opening):
      guard let outcome = await opening.value(until: patience.deadline) else {
        if Task.isCancelled { throw .cancelled }
        // What is known tells more than that the time is over.
        if let earlier = patience.earlier { throw earlier }
        let names = options.endpoints.map(\.description).joined(separator: ", ")
        let time = EtcdClientError.text(patience.limit ?? .zero)
        throw .unreachable(endpoint: names, reason: "no connection within \(time)")
      }
      let isClosed = state.withLock { state in
        if state.opening == opening {
          state.opening = nil
          if case .success(let connection) = outcome, !state.isClosed {
            state.connection = connection
            state.first = options.endpoints.firstIndex(of: connection.endpoint) ?? 0
          }
        }
        return state.isClosed
      }
      if isClosed, case .success(let connection) = outcome { connection.close() }
      return try outcome.get()
    }
  }

  /// Turns away from a member that has failed.
  func leave(_ connection: Connection, because error: EtcdClientError) {
    // A member that answers is as good as another if there is no other.
    if case .refused = error, options.endpoints.count == 1 { return }
    state.withLock { state in
      guard state.connection === connection else { return }
      // Calls that are on it go on, and end it when they are over.
      state.connection = nil
      state.first = (state.first + 1) % max(1, options.endpoints.count)
    }
  }
}

/// Makes a connection to the first of some members that answers.
struct Dialer: Sendable {
  /// The members and how connections to them are made.
  let options: EtcdClient.Options

  /// The member to begin with.
  let first: Int

  /// How long a member may keep the next one from being tried, too.
  private static let patience: Duration = .milliseconds(300)

  private enum Event: Sendable {
    case connected(Connection)
    case failed(EtcdClientError, place: Int)
    case slow(place: Int)
  }

  /// Tries one member after the other; one that is slow does not hold up those behind it.
  func open() async -> Result<Connection, EtcdClientError> {
    let endpoints = options.endpoints
    guard !endpoints.isEmpty else { return .failure(.badEndpoint("")) }
    let order = endpoints.indices.map { endpoints[(first + $0) % endpoints.count] }
    // A connection that comes when another was first is let go with the stream, and so closed.
    let (events, feed) = AsyncStream.makeStream(of: Event.self)
    var failures: [EtcdClientError?] = Array(repeating: nil, count: order.count)
    var begun = 0
    func begin() {
      let place = begun
      begun += 1
      let endpoint = order[place]
      Task { [options] in
        do throws(EtcdClientError) {
          feed.yield(.connected(try await Connection.open(endpoint, options: options.connection)))
        } catch {
          feed.yield(.failed(error, place: place))
        }
      }
      guard begun < order.count else { return }
      Task {
        try? await Task.sleep(for: Self.patience)
        feed.yield(.slow(place: place))
      }
    }
    begin()
    for await event in events {
      switch event {
      case .connected(let connection): return .success(connection)
      case .slow(let place):
        if place == begun - 1, begun < order.count { begin() }
      case .failed(let error, let place):
        failures[place] = error
        if begun < order.count {
          if place == begun - 1 { begin() }
        } else if failures.allSatisfy({ $0 != nil }) {
          return .failure(Self.together(failures.compactMap { $0 }, order))
        }
      }
    }
    return .failure(.cancelled)
  }

  /// What several failures come to: it may pass if one of them may.
  private static func together(
    _ failures: [EtcdClientError],
    _ order: [Endpoint]
  ) -> EtcdClientError {
    if failures.count == 1 { return failures[0] }
    let names = order.map(\.description).joined(separator: ", ")
    let reasons = failures.map(\.description).joined(separator: "; ")
    let mayPass = failures.contains { if case .unreachable = $0 { true } else { false } }
    return mayPass
      ? .unreachable(endpoint: names, reason: reasons)
      : .untrusted(endpoint: names, reason: reasons)
  }
}
