#if canImport(Glibc)
internal import Glibc
#endif
internal import NIOCore

/// An address that the system does not let a node listen on.
public struct ListenFailure: Error, Equatable, Sendable {
  /// Where the node was to listen.
  public let url: EndpointURL

  /// What the system has against it.
  public let cause: String

  /// A failure by a value of `errno`.
  public init(_ url: EndpointURL, code: Int32) {
    self.url = url
    cause = String(cString: strerror(code))
  }

  /// What NIO has thrown while it bound the address.
  public init(_ url: EndpointURL, _ error: any Error) {
    self.url = url
    cause = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
  }
}

extension ListenFailure: CustomStringConvertible {
  /// One line, as Go has it: `listen tcp 127.0.0.1:2379: bind: address already in use`.
  public var description: String {
    "listen \(url.isSocket ? "unix" : "tcp") \(url.address): bind: \(cause.lowercased())"
  }
}
