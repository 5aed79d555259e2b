public import RPC

/// Why a call has no answer.
public enum EtcdClientError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The server has refused: its status.
  case refused(endpoint: String, RPCStatus)

  /// There is no connection: nothing was sent.
  case unreachable(endpoint: String, reason: String)

  /// The connection ended before the answer came.
  ///
  /// Unless `isUntouched`, the request may have been carried out, or not, or may still be.
  case lost(endpoint: String, reason: String, isUntouched: Bool)

  /// No answer within the time that the caller gave; the request may have been carried out.
  case timedOut(endpoint: String)

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
    case .lost(let endpoint, let reason, _): "\(endpoint): connection lost, \(reason)"
    case .timedOut(let endpoint): "\(endpoint): timed out"
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
    case .unreachable, .badEndpoint, .badCertificates: true
    case .lost(_, _, let isUntouched): isUntouched
    case .refused, .timedOut, .tooLarge, .malformed, .cancelled: false
    }
  }
}
