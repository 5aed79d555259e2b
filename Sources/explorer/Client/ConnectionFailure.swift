#if canImport(Glibc)
private import Glibc
#endif
internal import NIOCore
internal import NIOPosix

/// Why a connection failed, in the words of the system where it was the system.
enum ConnectionFailure {
  static func reason(_ error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      // One for each address that a name has; without any, the name was not found.
      if let last = error.connectionErrors.last { return reason(last.error) }
      return "no address of \(error.host)"
    case let error as IOError: return String(cString: strerror(error.errnoCode))
    case ChannelError.connectTimeout: return "no connection in time"
    default: return "\(error)"
    }
  }
}
