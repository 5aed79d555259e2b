public import Logging

/// A node as a process sees it.
public protocol ServedNode: AnyObject {
  /// The member's id and the cluster's, as etcd writes them; known once the node has started.
  var identity: (member: String, cluster: String) { get }

  /// Opens the data directory and the listeners; returns when requests are served.
  func start() throws

  /// Serves no more, lets calls end, and closes all files; called once, after ``start()`` has returned.
  func shutdown()
}

/// A process that is a node from its start to its end.
public struct NodeProcess {
  /// The status of a process that was asked to end.
  public static let stopped: Int32 = 0

  /// The status of a process that could not start, or that could not go on.
  public static let failed: Int32 = 1

  /// Makes a node; the function it is given ends the process if the node cannot go on.
  public typealias Maker = (
    _ configuration: NodeConfiguration,
    _ logger: Logger,
    _ fail: @escaping @Sendable (any Error) -> Void
  ) throws -> any ServedNode

  private let configuration: NodeConfiguration
  private let notices: [Notice]
  private let manager: ServiceManager?
  private let report: (String) -> Void

  /// A process that has not begun.
  ///
  /// - Parameters:
  ///   - configuration: What the node needs to know.
  ///   - notices: What is to be logged of it.
  ///   - notifySocket: `NOTIFY_SOCKET` of the environment.
  ///   - report: Tells the user in one line why the process ends, also where there is no log.
  public init(
    _ configuration: NodeConfiguration,
    notices: [Notice] = [],
    notifySocket: String? = nil,
    report: @escaping (String) -> Void
  ) {
    self.configuration = configuration
    self.notices = notices
    manager = ServiceManager(socket: notifySocket)
    self.report = report
  }

  /// Serves until a signal or a failure ends it.
  ///
  /// Must be called before the process has a second thread, which would get the signals.
  ///
  /// - Parameter make: Makes the node.
  /// - Returns: The status to exit with.
  public func run(_ make: Maker) -> Int32 {
    StopSignals.block()
    let reason = StopReason()
    StopSignals.take { reason.set(.signal($0)) }
    let log: NodeLog
    do throws(ConfigurationError) {
      log = try NodeLog(configuration.logging)
    } catch {
      report("\(error)")
      return NodeProcess.failed
    }
    let logger = log.logger()
    let status = serve(make, reason, logger)
    log.flush()
    log.close()
    return status
  }

  private func serve(_ make: Maker, _ reason: StopReason, _ logger: Logger) -> Int32 {
    for notice in notices { notice.log(to: logger) }
    do {
      // Released when this function returns: until then, no other process uses the directory.
      let claim = try claim(logger)
      return try withExtendedLifetime(claim) { () throws -> Int32 in
        logger.info("starting an etcd server", metadata: configuration.logFields)
        let node = try make(configuration, logger) { reason.set(.failure("\($0)")) }
        try node.start()
        announce(node, logger)
        let status = wait(for: reason, logger)
        tell(.stopping, logger)
        close(node, logger)
        return status
      }
    } catch {
      logger.critical("failed to start etcd", metadata: ["error": "\(error)"])
      report("\(error)")
      return NodeProcess.failed
    }
  }

  private func claim(_ logger: Logger) throws -> DirectoryClaim {
    let fileCount = ProcessLimits.raiseOpenFiles()
    if fileCount <= ProcessLimits.reservedFileCount {
      logger.warning(
        "file descriptor limit of etcd process is too low; please set higher",
        metadata: [
          "limit": .stringConvertible(fileCount),
          "recommended-limit": .stringConvertible(ProcessLimits.reservedFileCount),
        ]
      )
    }
    ProcessLimits.makeFilesPrivate()
    if configuration.storage.locksMemory, let cause = ProcessLimits.lockMemory() {
      throw ConfigurationError.invalid("--memory-mlock: \(cause)")
    }
    let claim = try DirectoryClaim(configuration.dataPath)
    if let mode = claim.openMode {
      logger.warning(
        "check file permission",
        metadata: [
          "error": """
          directory "\(claim.path)" exist, but the permission is 0\(String(mode, radix: 8)). The \
          recommended permission is 0700 to prevent possible unprivileged access to the data
          """
        ]
      )
    }
    return claim
  }

  /// What operators and their scripts look for in the log.
  private func announce(_ node: any ServedNode, _ logger: Logger) {
    let (member, cluster) = node.identity
    var fields = configuration.endpoints.logFields
    fields["local-member-id"] = .string(member)
    fields["cluster-id"] = .string(cluster)
    logger.info("now serving peer/client/metrics", metadata: fields)
    logger.info("ready to serve client requests")
    let endpoints = configuration.endpoints
    for url in endpoints.client + endpoints.clientHTTP {
      let hasHTTP = endpoints.clientHTTP.isEmpty
      let traffic = endpoints.clientHTTP.contains(url) ? "http" : hasHTTP ? "grpc+http" : "grpc"
      let metadata: Logger.Metadata = ["traffic": "\(traffic)", "address": "\(url.address)"]
      if url.isSecure {
        logger.info("serving client traffic securely", metadata: metadata)
      } else {
        logger.info(
          "serving client traffic insecurely; this is strongly discouraged!",
          metadata: metadata
        )
      }
    }
    for url in endpoints.metrics {
      logger.info("serving metrics", metadata: ["address": "\(url)"])
    }
    tell(.ready, logger)
  }

  private func tell(_ state: ServiceManager.State, _ logger: Logger) {
    guard let manager else { return }
    do throws(ServiceManager.Failure) {
      try manager.tell(state)
      logger.info("successfully notified init daemon", metadata: ["state": "\(state.rawValue)"])
    } catch {
      logger.error("failed to notify systemd", metadata: ["error": "\(error)"])
    }
  }

  private func wait(for reason: StopReason, _ logger: Logger) -> Int32 {
    switch reason.wait() {
    case .signal(let number):
      let name = ProcessLimits.name(ofSignal: number)
      logger.info("received signal; shutting down", metadata: ["signal": "\(name)"])
      return NodeProcess.stopped
    case .failure(let cause):
      logger.critical("server failed", metadata: ["error": "\(cause)"])
      report(cause)
      return NodeProcess.failed
    }
  }

  private func close(_ node: any ServedNode, _ logger: Logger) {
    let fields: Logger.Metadata = [
      "name": "\(configuration.name)", "data-dir": "\(configuration.dataPath)",
    ]
    logger.info("closing etcd server", metadata: fields)
    node.shutdown()
    logger.info("closed etcd server", metadata: fields)
  }
}

/// Why a process ends; the first reason counts.
private final class StopReason: @unchecked Sendable {
  enum Reason: Sendable {
    case signal(Int32)
    case failure(String)
  }

  private let lock = WaitLock()
  private var reason: Reason?  // Guarded by the lock.

  func set(_ reason: Reason) {
    lock.lock()
    defer { lock.unlock() }
    if self.reason == nil { self.reason = reason }
    lock.wakeAll()
  }

  func wait() -> Reason {
    lock.lock()
    defer { lock.unlock() }
    while true {
      if let reason { return reason }
      lock.wait()
    }
  }
}
