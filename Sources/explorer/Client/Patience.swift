internal import Synchronization

/// How long a call goes on trying.
struct Patience: Sendable {
  /// The time for everything; nil if an answer may take any time.
  let limit: Duration?

  /// When the time for an answer is over; nil for never.
  let deadline: ContinuousClock.Instant?

  private let lastRepetition: ContinuousClock.Instant
  private var nextPause = Duration.zero
  private var renewalsLeft = 3

  /// Why the last attempt failed.
  private(set) var earlier: EtcdClientError?

  /// How long failures are waited out if an answer may take any time.
  private static let usual: Duration = .seconds(10)

  init(_ limit: Duration?) {
    let now = ContinuousClock.now
    self.limit = limit
    deadline = limit.map { now + $0 }
    lastRepetition = now + (limit ?? Self.usual)
  }

  /// What is left of the time; nil if there is no end to it.
  var remaining: Duration? {
    deadline.map { max(.milliseconds(1), $0 - .now) }
  }

  /// How long one member of several may be silent: half of what is left, so that each attempt
  /// leaves time for another.
  var share: Duration? { remaining.map { max(.milliseconds(1), $0 / 2) } }

  /// Waits before the next attempt: not at all before the second, then from 50 ms to a second.
  ///
  /// - Parameter error: Why the last attempt failed.
  /// - Returns: Whether there is time for it.
  mutating func pause(after error: EtcdClientError) async -> Bool {
    earlier = error
    let pause = nextPause
    nextPause = pause == .zero ? .milliseconds(50) : min(pause * 2, .seconds(1))
    guard ContinuousClock.now + pause < lastRepetition, !Task.isCancelled else { return false }
    guard pause > .zero else { return true }
    return (try? await Task.sleep(for: pause)) != nil
  }

  /// Whether a token that was refused is worth another one: a server that refuses each is not.
  mutating func mayRenewToken() -> Bool {
    renewalsLeft -= 1
    return renewalsLeft >= 0
  }

  /// The failure that a call ends with: it tells the time of all attempts, not that of the last.
  func last(_ error: EtcdClientError) -> EtcdClientError {
    if Task.isCancelled { return .cancelled }
    guard let limit, case .timedOut(let endpoint, _) = error else { return error }
    return .timedOut(endpoint: endpoint, after: limit)
  }
}

extension Task where Failure == Never {
  /// The outcome of the task; nil if it is not there in time, or the caller is cancelled before.
  ///
  /// The task itself goes on: others may wait for it.
  func value(until deadline: ContinuousClock.Instant?) async -> Success? {
    let waiting = FirstAnswer<Success>()
    let waiter = Task<Void, Never> { waiting.give(await value) }
    let timer = deadline.map { deadline in
      Task<Void, Never> {
        try? await Task<Never, Never>.sleep(until: deadline, clock: .continuous)
        waiting.give(nil)
      }
    }
    defer {
      waiter.cancel()
      timer?.cancel()
    }
    return await withTaskCancellationHandler {
      await waiting.value()
    } onCancel: {
      waiting.give(nil)
    }
  }
}

/// The first of several answers, for the one who waits.
private final class FirstAnswer<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value?, Never>)
    case given(Value?)
  }

  private let state = Mutex(State.empty)

  func give(_ value: Value?) {
    let waiting: CheckedContinuation<Value?, Never>? = state.withLock { state in
      switch state {
      case .given: return nil
      case .empty:
        state = .given(value)
        return nil
      case .waiting(let continuation):
        state = .given(value)
        return continuation
      }
    }
    waiting?.resume(returning: value)
  }

  func value() async -> Value? {
    await withCheckedContinuation { continuation in
      let given: Value?? = state.withLock { state in
        if case .given(let value) = state { return .some(value) }
        state = .waiting(continuation)
        return nil
      }
      if let given { continuation.resume(returning: given) }
    }
  }
}
