public import RPC

/// Why a call has no answer.
public enum EtcdClientError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The server has refused: its status.
  case refused(endpoint: String, RPCStatus)

  /// There is no connection: nothing was sent. That may pass.
  case unreachable(endpoint: String, reason: String)

  /// There is no connection because one side's certificate does not satisfy the other, or because
  /// only one of them wants any: nothing was sent.
  case untrusted(endpoint: String, reason: String)

  /// There is no host of that name: nothing was sent.
  case unknownHost(endpoint: String)

  /// The connection ended before the answer came.
  ///
  /// Unless `isUntouched`, the request may have been carried out, or not, or may still be.
  case lost(endpoint: String, reason: String, isUntouched: Bool)

  /// No answer within the time that the caller gave; the request may have been carried out.
  case timedOut(endpoint: String, after: Duration)

  /// An answer is larger than the caller takes, in bytes.
  case tooLarge(endpoint: String, byteCount: Int, limit: Int)

  /// An answer is not what the protocol says.
  case malformed(endpoint: String, reason: String)

  /// The caller's task was cancelled, or the client closed.
  case cancelled

  /// Not an address of a server.
  case badEndpoint(String)

  /// Certificates or keys that cannot be used.
  case badCertificates(reason: String)

  /// One line, subject first.
  public var description: String {
    switch self {
    case .refused(let endpoint, let status): "\(endpoint): \(status.code): \(status.message)"
    case .unreachable(let endpoint, let reason): "\(endpoint): unreachable, \(reason)"
    case .untrusted(let endpoint, let reason): "\(endpoint): no trusted connection, \(reason)"
    case .unknownHost(let endpoint): "\(endpoint): no such host"
    case .lost(let endpoint, let reason, _): "\(endpoint): connection lost, \(reason)"
    case .timedOut(let endpoint, let time): "\(endpoint): no answer within \(Self.text(time))"
    case .tooLarge(let endpoint, let byteCount, let limit):
      "\(endpoint): answer of \(byteCount) bytes, limit \(limit)"
    case .malformed(let endpoint, let reason): "\(endpoint): malformed answer, \(reason)"
    case .cancelled: "call: cancelled"
    case .badEndpoint(let text): "endpoint \(text): not an address"
    case .badCertificates(let reason): "certificates: \(reason)"
    }
  }

  /// What the server answered, if it has.
  public var status: RPCStatus? {
    if case .refused(_, let status) = self { status } else { nil }
  }

  /// Whether it is certain that the request was not carried out.
  public var isUntouched: Bool {
    switch self {
    case .unreachable, .untrusted, .unknownHost, .badEndpoint, .badCertificates: true
    case .lost(_, _, let isUntouched): isUntouched
    case .refused, .timedOut, .tooLarge, .malformed, .cancelled: false
    }
  }

  /// A time as people write it: `5s`, `2.5s`, `50ms`.
  static func text(_ time: Duration) -> String {
    let (seconds, attoseconds) = time.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    if seconds == 0 { return "\(milliseconds)ms" }
    return milliseconds < 100 ? "\(seconds)s" : "\(seconds).\(milliseconds / 100)s"
  }
}
