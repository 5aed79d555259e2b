#if canImport(Glibc)
internal import Glibc
#endif

/// The program that started this one and wants to hear of it: systemd, by `Type=notify`.
///
/// Source: systemd, `sd_notify(3)`.
public struct ServiceManager: Sendable {
  /// What it is told.
  public enum State: String, Sendable {
    /// Requests are served.
    case ready = "READY=1"

    /// The program is about to end.
    case stopping = "STOPPING=1"
  }

  /// Why it could not be told; `code` is a value of `errno`.
  public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The socket.
    public let socket: String

    /// A value of `errno`.
    public let code: Int32

    /// One line, subject first.
    public var description: String { "\(socket): \(String(cString: strerror(code)))" }
  }

  /// A path, or behind `@` a name that no file has.
  private let socket: String

  /// The manager of a socket's name, as `NOTIFY_SOCKET` has it; nil if the name is empty.
  public init?(socket: String?) {
    guard let socket, socket.hasPrefix("/") || socket.hasPrefix("@"), socket.utf8.count > 1 else {
      return nil
    }
    self.socket = socket
  }

  /// Tells it.
  ///
  /// - Parameter state: What it is told.
  /// - Throws: ``Failure``.
  public func tell(_ state: State) throws(Failure) {
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let descriptor = Glibc.socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { throw Failure(socket: socket, code: errno) }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var name = Array(socket.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard name.count < capacity else { throw Failure(socket: socket, code: ENAMETOOLONG) }
    // The first byte of a name that no file has is zero, and its length is what is given here.
    if name[0] == UInt8(ascii: "@") { name[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2)
    let message = Array(state.rawValue.utf8)
    let sent = withUnsafeBytes(of: address) { bytes in
      guard let pointer = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
        return 0
      }
      return sendto(
        descriptor,
        message,
        message.count,
        Int32(MSG_NOSIGNAL),
        pointer,
        length + socklen_t(name.count)
      )
    }
    guard sent == message.count else { throw Failure(socket: socket, code: errno) }
  }
}
