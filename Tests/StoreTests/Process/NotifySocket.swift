import Glibc

/// The end of a datagram socket that systemd would read.
final class NotifySocket {
  /// What goes into `NOTIFY_SOCKET`: a path, or `@` and a name that no file has.
  let name: String

  private let descriptor: Int32

  /// Binds a socket.
  init(_ name: String) {
    self.name = name
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(name.utf8)
    if name.hasPrefix("@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(2 + bytes.count))
      }
    }
    precondition(status == 0, "bind: errno \(errno)")
  }

  deinit { close(descriptor) }

  /// The next message; nil if there is none after a while.
  func message(seconds: Int32 = 20) -> String? {
    var query = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&query, 1, seconds * 1000) == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
  }
}
