import ArgumentParser
import EtcdClient
import Explore
import RPC

/// The options that say where keys and values are read from: a file, or a living cluster.
struct SourceOptions: ParsableArguments {
  @OptionGroup(title: "Options for a file") var file: FileOptions
  @OptionGroup(title: "Options for a living cluster") var connection: ConnectionOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "l: as all members know it by now; s: as the one that answers does, also if it is alone.",
      valueName: "l|s"
    )
  )
  var consistency: Consistency = .linearizable

  /// How much an answer has to know; etcdctl's words.
  enum Consistency: String, ExpressibleByArgument {
    case linearizable = "l"
    case serializable = "s"
  }

  /// Refuses what can be no revision; 0 is the current one, as with etcdctl.
  static func validate(revision: Int64?) throws {
    if let revision, revision < 0 { throw ValidationError("--rev must not be negative.") }
  }

  func validate() throws {
    if file.file != nil, !connection.endpoints.isEmpty {
      throw ValidationError("--file and --endpoints exclude each other.")
    }
    if file.file == nil, file.unlocked || file.salvage || file.wal {
      throw ValidationError("--unlocked, --salvage and --wal go with --file.")
    }
  }

  /// Opens the file, or says which servers will be called.
  func open() throws -> any Source {
    if file.file != nil { return try file.open() }
    return try connection.source(isSerializable: consistency == .serializable)
  }

  /// How a question failed; where one member alone might have answered it, that is said.
  func failure(_ error: SourceError) -> CommandFailure {
    let hint = "without a majority of the members, --consistency s reads what one of them has"
    guard file.file == nil, consistency == .linearizable, error.isOfNoMajority else {
      return CommandFailure("", error)
    }
    return CommandFailure("", "\(error); \(hint)")
  }
}

extension SourceError {
  /// Whether it may come of too few members: nothing came in time, or a server says so.
  ///
  /// Source: etcd, `api/v3rpc/rpctypes/error.go`.
  fileprivate var isOfNoMajority: Bool {
    switch self {
    case .call(.timedOut): true
    case .call(.refused(_, let status)):
      // A server knows the caller's deadline, too.
      status.code == .deadlineExceeded
        || ["etcdserver: no leader", "etcdserver: request timed out", "etcdserver: leader changed"]
          .contains(status.message)
    default: false
    }
  }
}

extension ConnectionOptions {
  /// What a page may not be larger than, in bytes: if values turn out to be that large, fewer are
  /// asked for.
  private static let pageByteCountLimit = 256 << 20

  /// The living cluster.
  ///
  /// - Parameter isSerializable: Whether a member may answer that knows less than the others.
  /// - Returns: A source that calls nobody before it is asked.
  /// - Throws: `CommandFailure`.
  func source(isSerializable: Bool = false) throws -> LiveSource {
    var options = LiveSource.Options()
    options.isSerializable = isSerializable
    var clientOptions = try clientOptions()
    clientOptions.connection.answerByteCountLimit = ConnectionOptions.pageByteCountLimit
    let name = clientOptions.endpoints.map(\.description).joined(separator: ",")
    return LiveSource(EtcdClient(clientOptions), name: name, options: options)
  }
}
