#if canImport(Glibc)
private import Glibc
#endif
internal import NIOCore
internal import NIOHTTP2
internal import NIOPosix
internal import NIOSSL

/// Why a connection failed, in the words of the system where it was the system.
enum ConnectionFailure {
  /// What an error of the layers below means for a connection to a server.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - endpoint: The server.
  ///   - options: How the connection was to be made.
  ///   - certificate: The certificate that the server has shown, if any.
  /// - Returns: An error that says that nothing was sent.
  static func failure(
    _ error: any Error,
    endpoint: Endpoint,
    options: Connection.Options,
    certificate: NIOSSLCertificate? = nil
  ) -> EtcdClientError {
    if let error = error as? NIOConnectionError, error.connectionErrors.isEmpty {
      let lookups = [error.dnsAError, error.dnsAAAAError].compactMap { $0 }
      if lookups.contains(where: { ($0 as? SocketAddressError.UnknownHost)?.isFinal == true }) {
        return .unknownHost(endpoint: endpoint.description)
      }
    }
    if let reason = CertificateFailure.reason(
      error,
      endpoint: endpoint,
      certificates: options.certificates,
      certificate: certificate
    ) {
      return .untrusted(endpoint: endpoint.description, reason: reason)
    }
    let reason = reason(error, dialTimeout: options.dialTimeout)
    return .unreachable(endpoint: endpoint.description, reason: reason)
  }

  /// The cause alone, for calls that such a failure ends.
  static func reason(_ failure: EtcdClientError) -> String {
    switch failure {
    case .unreachable(_, let reason), .untrusted(_, let reason): reason
    default: "\(failure)"
    }
  }

  private static func reason(_ error: any Error, dialTimeout: Duration) -> String {
    switch error {
    case let error as NIOConnectionError:
      // One for each address that a name has; without any, none was found at this time.
      if let last = error.connectionErrors.last {
        return reason(last.error, dialTimeout: dialTimeout)
      }
      return "no address of \(error.host) at this time"
    case let error as IOError: return String(cString: strerror(error.errnoCode))
    case ChannelError.connectTimeout:
      return "no connection within \(EtcdClientError.text(dialTimeout))"
    case NIOSSLError.handshakeFailed:
      return "the server has broken off the TLS handshake: perhaps it does not encrypt"
    case is NIOHTTP2Errors.UnableToParseFrame, is NIOHTTP2Errors.BadClientMagic:
      return "the server speaks another protocol than HTTP/2"
    case is NIOHTTP2Errors.ExcessiveControlFrames: return "too many control frames"
    default: return "\(error)"
    }
  }
}

extension HTTP2ErrorCode {
  /// The code's name.
  ///
  /// Source: RFC 9113, section 7.
  var text: String {
    switch self {
    case .noError: "no error"
    case .protocolError: "protocol error"
    case .internalError: "internal error"
    case .flowControlError: "flow control error"
    case .settingsTimeout: "settings timeout"
    case .streamClosed: "stream closed"
    case .frameSizeError: "frame size error"
    case .refusedStream: "refused stream"
    case .cancel: "cancel"
    case .compressionError: "compression error"
    case .connectError: "connect error"
    case .enhanceYourCalm: "enhance your calm"
    case .inadequateSecurity: "inadequate security"
    case .http11Required: "HTTP/1.1 required"
    default: "error \(networkCode)"
    }
  }
}

extension SocketAddressError.UnknownHost {
  /// Whether asking again would give the same answer.
  fileprivate var isFinal: Bool { errorCode == Int(EAI_NONAME) }
}
