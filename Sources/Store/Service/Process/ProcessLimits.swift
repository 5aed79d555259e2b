#if canImport(Glibc)
internal import Glibc
#endif

/// What the system allows this process.
public enum ProcessLimits {
  /// How many files a node has open beside connections.
  ///
  /// Source: etcd 3.5, `server/embed/etcd.go`, `reservedInternalFDNum`.
  public static let reservedFileCount = 150

  /// Asks for as many open files as may be had: every connection is one.
  ///
  /// - Returns: How many there may be.
  @discardableResult
  public static func raiseOpenFiles() -> Int {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return .max }
    if limit.rlim_cur < limit.rlim_max {
      var raised = limit
      raised.rlim_cur = limit.rlim_max
      if setrlimit(resource, &raised) == 0 { limit = raised }
    }
    return Int(clamping: limit.rlim_cur)
  }

  /// How many files may be open.
  static var openFileCount: Int {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
    return Int(clamping: limit.rlim_cur)
  }

  /// Keeps what this process makes from all other users.
  public static func makeFilesPrivate() { umask(0o077) }

  /// Keeps the process out of swap.
  ///
  /// - Returns: What the system has against it; nil if nothing.
  public static func lockMemory() -> String? {
    guard mlockall(MCL_CURRENT | MCL_FUTURE) != 0 else { return nil }
    return "mlockall: \(String(cString: strerror(errno)))"
  }

  /// The ways in which a signal is named in the log, as Go names them.
  static func name(ofSignal signal: Int32) -> String {
    switch signal {
    case SIGTERM: "terminated"
    case SIGINT: "interrupt"
    default: "signal \(signal)"
    }
  }
}
