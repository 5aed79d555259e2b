internal import Apply
internal import NIOCore
internal import Synchronization

/// Random tokens, which this node knows the users of until it is stopped.
///
/// A token is 16 letters, a dot and the index of the log's entry that it was given in. It is worth
/// something for some time after each use.
///
/// The thread that applies the log gives and takes them, and all event loops ask for their users: they
/// lie behind one lock, which is held for the time of a look into a table.
///
/// Source: etcd 3.5, `server/auth/simple_token.go`.
final class SimpleTokens: AuthTokens {
  /// How long a token is worth something after it was used, unless told otherwise.
  static let defaultTTL = TimeAmount.seconds(300)

  private static let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
  private static let letterCount = 16

  private struct Grant {
    var user: String
    var end: NIODeadline
  }

  private struct State {
    var grants: [String: Grant] = [:]
    var nextSweep: NIODeadline
  }

  private let ttl: TimeAmount
  private let now: @Sendable () -> NIODeadline
  private let state: Mutex<State>

  /// No tokens yet.
  ///
  /// - Parameters:
  ///   - ttl: How long a token is worth something after it was used; the usual time if it is none.
  ///   - now: The clock.
  init(ttl: TimeAmount = defaultTTL, now: @escaping @Sendable () -> NIODeadline = { .now() }) {
    self.ttl = ttl > .zero ? ttl : SimpleTokens.defaultTTL
    self.now = now
    state = Mutex(State(nextSweep: now() + self.ttl))
  }

  /// The letters of a new token.
  static func newPrefix() -> String {
    var generator = SystemRandomNumberGenerator()
    let prefix = (0..<letterCount).map { _ in
      letters[Int.random(in: 0..<letters.count, using: &generator)]
    }
    return String(decoding: prefix, as: UTF8.self)
  }

  /// The user that a token was given to, if it is worth something; from now on it is for as long
  /// again.
  func user(of token: String) -> String? {
    let now = now()
    return state.withLock { state in
      guard let slot = state.grants.index(forKey: token) else { return nil }
      guard now <= state.grants[slot].value.end else {
        state.grants.remove(at: slot)
        return nil
      }
      state.grants.values[slot].end = now + ttl
      return state.grants[slot].value.user
    }
  }

  /// How many tokens are kept in memory.
  var count: Int { state.withLock { $0.grants.count } }

  // MARK: AuthTokens

  func assign(_ token: String, to user: String) {
    let now = now()
    state.withLock { state in
      // Who authenticates makes room: nothing has to wake up for it.
      if now >= state.nextSweep {
        state.grants = state.grants.filter { $0.value.end >= now }
        state.nextSweep = now + ttl
      }
      state.grants[token] = Grant(user: user, end: now + ttl)
    }
  }

  func invalidateTokens(of user: String) {
    state.withLock { state in
      state.grants = state.grants.filter { !$0.value.user.hasSameBytes(as: user) }
    }
  }

  func invalidateAllTokens() { state.withLock { $0.grants = [:] } }
}
