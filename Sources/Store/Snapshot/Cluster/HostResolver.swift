internal import Glibc

/// Finds the numeric address of a host.
public struct HostResolver: Sendable {
  /// The address, as `192.0.2.1:2380` or `[2001:db8::1]:2380`; nil if there is none.
  ///
  /// The first argument is the host without brackets, the second the port.
  public var address: @Sendable (_ host: String, _ port: String) -> String?

  /// Asks something of its own.
  public init(address: @escaping @Sendable (_ host: String, _ port: String) -> String?) {
    self.address = address
  }

  /// Asks the system, which may ask the network.
  ///
  /// The C functions are `getaddrinfo` and `getnameinfo`.
  public static let system = HostResolver { host, port in
    guard !host.isEmpty, !port.isEmpty else { return nil }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, port, &hints, &found) == 0, let first = found else { return nil }
    defer { freeaddrinfo(first) }
    let flags = NI_NUMERICHOST | NI_NUMERICSERV
    var number = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let status = getnameinfo(
      first.pointee.ai_addr,
      first.pointee.ai_addrlen,
      &number,
      socklen_t(number.count),
      &service,
      socklen_t(service.count),
      flags
    )
    guard status == 0 else { return nil }
    let isSix = first.pointee.ai_family == AF_INET6
    let (host, port) = (text(number), text(service))
    return isSix ? "[\(host)]:\(port)" : "\(host):\(port)"
  }

  private static func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
