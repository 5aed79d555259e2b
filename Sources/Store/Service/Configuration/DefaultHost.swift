#if canImport(Glibc)
internal import Glibc
#endif

/// The address that this machine talks to others from.
public enum DefaultHost {
  /// The address, if there is a route to anywhere; IPv4 before IPv6.
  ///
  /// Nothing is sent: a datagram socket is only told whom it would send to. The addresses it is told
  /// are those that RFC 5737 and RFC 3849 set aside for examples.
  public static let address: @Sendable () -> String? = {
    var four = sockaddr_in()
    four.sin_family = sa_family_t(AF_INET)
    four.sin_port = UInt16(9).bigEndian
    inet_pton(AF_INET, "192.0.2.1", &four.sin_addr)
    if let found = source(of: four, AF_INET) { return found }
    var six = sockaddr_in6()
    six.sin6_family = sa_family_t(AF_INET6)
    six.sin6_port = UInt16(9).bigEndian
    inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr)
    return source(of: six, AF_INET6)
  }

  private static func source<Address>(of target: Address, _ family: Int32) -> String? {
    let descriptor = socket(family, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var length = socklen_t(MemoryLayout<Address>.size)
    let status = withUnsafeBytes(of: target) { bytes in
      guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
        return Int32(-1)
      }
      return connect(descriptor, address, length)
    }
    guard status == 0 else { return nil }
    var own = target
    return withUnsafeMutableBytes(of: &own) { bytes in
      guard let address = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self),
        getsockname(descriptor, address, &length) == 0
      else { return nil }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let code = getnameinfo(
        address,
        length,
        &text,
        socklen_t(text.count),
        nil,
        0,
        NI_NUMERICHOST
      )
      guard code == 0 else { return nil }
      return String(
        decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)),
        as: UTF8.self
      )
    }
  }
}
