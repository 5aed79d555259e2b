internal import Synchronization

/// A number that one thread changes and all may read.
///
/// Without an atomic addition, which the one writer doesn't need.
struct Counter: ~Copyable, Sendable {
  private let number = Atomic<Int>(0)

  /// The number.
  var value: Int { number.load(ordering: .relaxed) }

  /// Adds to it, on the one thread.
  func add(_ more: Int = 1) {
    number.store(number.load(ordering: .relaxed) &+ more, ordering: .relaxed)
  }
}

/// How often a method was called, and how that ended.
public struct RPCMethodCounts: Sendable {
  /// The full method, for instance `/etcdserverpb.KV/Range`.
  public var path: String

  /// Whether it takes a stream of messages.
  public var isStream: Bool

  /// How many calls began.
  public var started = 0

  /// How many ended, by their codes.
  public var handled: [RPCStatus.Code: Int] = [:]

  /// How many messages came.
  public var received = 0

  /// How many messages were sent.
  public var sent = 0

  /// How many bytes the messages had that came.
  public var receivedByteCount = 0

  /// How many bytes the messages had that were sent.
  public var sentByteCount = 0
}

/// A method of the table as the connections of one event loop see it.
final class MethodEntry: Sendable {
  let path: String
  let method: RPCMethod

  private let started = Counter()
  private let received = Counter()
  private let sent = Counter()
  private let receivedByteCount = Counter()
  private let sentByteCount = Counter()
  private let succeeded = Counter()
  private let failed = Mutex<[RPCStatus.Code: Int]>([:])

  init(path: String, method: RPCMethod) {
    self.path = path
    self.method = method
  }

  func countStart() { started.add() }

  func countReceived(_ byteCount: Int) {
    received.add()
    receivedByteCount.add(byteCount)
  }

  func countSent(_ byteCount: Int) {
    sent.add()
    sentByteCount.add(byteCount)
  }

  func countEnd(_ code: RPCStatus.Code) {
    if code == .ok {
      succeeded.add()
    } else {
      failed.withLock { $0[code, default: 0] += 1 }
    }
  }

  /// Adds what was counted here.
  func add(to counts: inout RPCMethodCounts) {
    counts.started += started.value
    counts.received += received.value
    counts.sent += sent.value
    counts.receivedByteCount &+= receivedByteCount.value
    counts.sentByteCount &+= sentByteCount.value
    if succeeded.value > 0 { counts.handled[.ok, default: 0] += succeeded.value }
    failed.withLock { counts.handled.merge($0, uniquingKeysWith: +) }
  }
}
