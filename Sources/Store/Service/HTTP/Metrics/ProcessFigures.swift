#if canImport(Glibc)
internal import Glibc
#endif

/// What the system knows of the process.
///
/// Source: proc(5); Prometheus, client_golang, `process_collector_procfsenabled.go`.
struct ProcessFigures {
  /// The time of processors that it has used, in seconds.
  let processorSeconds: Double

  /// When it was started, in seconds since 1970.
  let startSeconds: Double

  /// The memory that it may reach, in bytes.
  let virtualByteCount: UInt64

  /// The memory that it holds, in bytes.
  let residentByteCount: UInt64

  /// How many files it has open.
  let openFileCount: Int

  /// How many bytes came over the network and went, on all devices that it sees.
  let network: (received: UInt64, sent: UInt64)

  /// How many files it may have open.
  static var fileLimit: UInt64 { limit(RLIMIT_NOFILE) }

  /// How much memory it may reach.
  static var virtualLimit: UInt64 { limit(RLIMIT_AS) }

  private static func limit(_ resource: __rlimit_resource) -> UInt64 {
    var limit = rlimit()
    guard getrlimit(Int32(resource.rawValue), &limit) == 0 else { return 0 }
    return UInt64(limit.rlim_cur)
  }

  /// Asks the system; nil if it does not tell.
  init?() {
    // Behind the name in parentheses, which may have any characters, are numbers.
    guard let status = ProcessFigures.contents(of: "/proc/self/stat"),
      let nameEnd = status.lastIndex(of: ")")
    else { return nil }
    let fields = status[nameEnd...].split(separator: " ").dropFirst().map(String.init)
    // Numbered from 3, which is the state.
    func field(_ number: Int) -> UInt64 {
      let slot = number - 3
      return slot < fields.count ? UInt64(fields[slot]) ?? 0 : 0
    }
    let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    processorSeconds = Double(field(14) &+ field(15)) / ticks
    let bootSeconds = ProcessFigures.bootSeconds ?? 0
    startSeconds = bootSeconds + Double(field(22)) / ticks
    virtualByteCount = field(23)
    residentByteCount = field(24) &* UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    openFileCount = ProcessFigures.openFiles
    network = ProcessFigures.traffic
  }

  private static var bootSeconds: Double? {
    guard let text = contents(of: "/proc/stat") else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("btime ") }
    return line.flatMap { Double($0.dropFirst("btime ".count)) }
  }

  private static var openFiles: Int {
    guard let directory = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(directory) }
    // Itself, and its own name and its parent's.
    var count = -3
    while readdir(directory) != nil { count += 1 }
    return max(0, count)
  }

  private static var traffic: (received: UInt64, sent: UInt64) {
    var sum: (received: UInt64, sent: UInt64) = (0, 0)
    for line in (contents(of: "/proc/self/net/dev") ?? "").split(separator: "\n").dropFirst(2) {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let fields = line[line.index(after: colon)...].split(separator: " ")
      guard fields.count > 8 else { continue }
      sum.received &+= UInt64(fields[0]) ?? 0
      sum.sent &+= UInt64(fields[8]) ?? 0
    }
    return sum
  }

  /// What is in one of the system's files, whose length it does not tell.
  private static func contents(of path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while bytes.count < 1 << 20 {
      let count = read(file, &piece, piece.count)
      guard count >= 0 else { return nil }
      if count == 0 { break }
      bytes += piece[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
