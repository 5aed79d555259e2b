internal import NIOCore
internal import NIOSSL

#if canImport(Glibc)
private import Glibc
#endif

/// Why two sides could not agree on an encrypted connection.
enum CertificateFailure {
  /// What is wrong, in words; nil if it is nothing of the kind.
  static func reason(
    _ error: any Error,
    endpoint: Endpoint,
    certificates: Certificates,
    certificate: NIOSSLCertificate?
  ) -> String? {
    if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
      let name = certificates.serverName ?? endpoint.host
      let names = certificate.map(names) ?? []
      return "the server's certificate is not for \(name), but for "
        + (names.isEmpty ? "no name" : names.joined(separator: ", "))
    }
    guard let code = code(error) else { return nil }
    switch code {
    case "CERTIFICATE_VERIFY_FAILED":
      if let certificate, certificate.notValidAfter < time(nil) {
        return "the server's certificate has expired"
      }
      let signers = certificates.authorities.map { "those in \($0)" } ?? "the system's authorities"
      return "the server's certificate is not signed by \(signers)"
    case "WRONG_VERSION_NUMBER", "HTTP_REQUEST": return "the server does not encrypt"
    case "TLSV1_ALERT_CERTIFICATE_REQUIRED", "TLSV1_CERTIFICATE_REQUIRED":
      return "the server wants a certificate of the client"
    case _ where code.contains("ALERT"):
      // What Go's servers answered for the same before they spoke TLS 1.3.
      let isBare = certificates.certificate == nil && code.contains("BAD_CERTIFICATE")
      return isBare
        ? "the server wants a certificate of the client"
        : "the server refuses\(certificates.certificate == nil ? "" : " the client's certificate"), "
          + code.lowercased()
    default: return nil
    }
  }

  /// The name of the error in the library that encrypts, such as `CERTIFICATE_VERIFY_FAILED`.
  private static func code(_ error: any Error) -> String? {
    let stack: NIOBoringSSLErrorStack
    switch error {
    case NIOSSLError.handshakeFailed(.sslError(let errors)), BoringSSLError.sslError(let errors):
      stack = errors
    default: return nil
    }
    // Each is `error:NUMBER:SSL routines:OPENSSL_internal:NAME at FILE:LINE`.
    for error in stack {
      let parts = error.description.split(separator: ":")
      guard let place = parts.firstIndex(of: "OPENSSL_internal"), place + 1 < parts.endIndex else {
        continue
      }
      return String(parts[place + 1].prefix { $0 != " " })
    }
    return nil
  }

  /// The names and addresses that a certificate is for.
  private static func names(_ certificate: NIOSSLCertificate) -> [String] {
    certificate._subjectAlternativeNames().compactMap { name in
      switch name.nameType {
      case .dnsName: String(decoding: name.contents, as: UTF8.self)
      case .ipAddress:
        try? SocketAddress(packedIPAddress: ByteBuffer(bytes: name.contents), port: 0).ipAddress
      default: nil
      }
    }
  }
}

extension Endpoint {
  /// What the server is called by, without its port.
  fileprivate var host: String {
    switch address {
    case .host(let host, _): host
    case .unixSocket(let path): path
    }
  }
}
