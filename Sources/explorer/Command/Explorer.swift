import ArgumentParser
import Decode

#if canImport(Glibc)
import Glibc
#endif

/// The program: its subcommands, and how it ends.
@main
struct Explorer: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explorer",
    abstract: "Reads what a Kubernetes cluster keeps in etcd.",
    discussion: """
      For example:

        explorer get pods -n kube-system -o table
        explorer watch pods events calico
        explorer keys --by resource --sizes --endpoints 10.0.0.1:2379,10.0.0.2:2379
        explorer get deploy/default/web --clean --file backup.db | kubectl apply -f -
        explorer keys --by resource --sizes --file /var/lib/etcd
        explorer diff monday.db tuesday.db
        etcdctl get /registry/pods/default/web-0 | explorer decode

      With --file a backup or a data directory is read; else a living cluster is asked: that of \
      --endpoints or ETCDCTL_ENDPOINTS, the control plane of this machine, or 127.0.0.1:2379. What \
      reads never writes.

      Exit status: 0 done, 1 nothing found, 2 error.
      """,
    version: "0.1.0",
    subcommands: [
      DecodeCommand.self, EncodeCommand.self, KindsCommand.self, KeysCommand.self,
      GetCommand.self, WatchCommand.self, HistoryCommand.self, DiffCommand.self, CheckCommand.self,
      ChecksumCommand.self, HashCommand.self, SnapshotCommand.self,
      DefragCommand.self, WALCommand.self, PutCommand.self, DeleteCommand.self,
      CompactCommand.self, EndpointCommand.self, MemberCommand.self, ServeCommand.self,
      CompletionCommand.self,
    ]
  )

  static func main() {
    // A reader that goes away, as `head` does, is seen as an error of write, not as a signal.
    signal(SIGPIPE, SIG_IGN)
    StandardStreams.occupy()
    var arguments = CommandLine.arguments.dropFirst()
    // A subcommand is parsed as a program of its own: taking the whole tree of commands apart first
    // would cost more than decoding an object.
    let named = configuration.subcommands.first { command in
      command.configuration.commandName == arguments.first
        || arguments.first.map(command.configuration.aliases.contains) ?? false
    }
    if named != nil { arguments = arguments.dropFirst() }
    if named == nil, let word = arguments.first, !word.hasPrefix("-"), word != "help" {
      Diagnostics.report(CommandFailure(word, unknown(word)))
      Glibc.exit(2)
    }
    let program: any ParsableCommand.Type = named ?? Explorer.self
    // etcd's flags are not such as the parser reads.
    if program == ServeCommand.self { Glibc.exit(ServeCommand.serve(Array(arguments))) }
    do {
      var command = try program.parseAsRoot(Array(arguments))
      try command.run()
    } catch let status as ExitCode {
      Glibc.exit(status.rawValue)
    } catch let failure as CommandFailure {
      Diagnostics.report(failure)
      Glibc.exit(2)
    } catch {
      // Errors of the arguments, and --help, as the parser has them.
      let code = program.exitCode(for: error)
      let message = program.fullMessage(for: error)
      if code == .success {
        var output = StandardOutput()
        output.write(message.hasSuffix("\n") ? message : message + "\n")
        Glibc.exit(0)
      }
      Diagnostics.write(message.hasSuffix("\n") ? message : message + "\n")
      Glibc.exit(code == .validationFailure ? 2 : code.rawValue)
    }
  }
}

extension Explorer {
  /// What is wrong with a word that is no command.
  private static func unknown(_ word: String) -> String {
    let names = configuration.subcommands.compactMap { $0.configuration.commandName }
    let nearest = EditDistance.nearest(to: word, among: names)
    return "no such command" + (nearest.map { ", did you mean \($0)?" } ?? ", see explorer --help")
  }
}

/// The three files that a program is started with.
enum StandardStreams {
  /// Gives the numbers of those that are closed to files that refuse what they are used for.
  ///
  /// Else the next file that is opened, such as a database, gets the number, and what is meant for
  /// the terminal is written into it.
  static func occupy() {
    for (descriptor, mode) in [(0, O_WRONLY), (1, O_RDONLY), (2, O_RDONLY)] as [(Int32, Int32)]
    where fcntl(descriptor, F_GETFD) < 0 {
      _ = open("/dev/null", mode)
    }
  }
}

/// A failure that ends the program: what it is about, and what is wrong.
struct CommandFailure: Error {
  let subject: String
  let cause: String

  init(_ subject: String, _ cause: some CustomStringConvertible) {
    self.subject = subject
    self.cause = cause.description
  }
}

/// What goes to stderr.
enum Diagnostics {
  /// Writes one line: `explorer: subject: cause`.
  static func report(_ failure: CommandFailure) {
    let subject = failure.subject.isEmpty ? "" : "\(failure.subject): "
    write("explorer: \(line(subject + failure.cause))\n")
  }

  /// Writes one line that is no error: `explorer: note: …`.
  static func note(_ subject: String, _ text: some CustomStringConvertible) {
    let prefix = subject.isEmpty ? "" : "\(subject): "
    write("explorer: note: \(line("\(prefix)\(text)"))\n")
  }

  /// Text that may come of a server or a file, as one line that a terminal shows as it is.
  private static func line(_ text: String) -> String { TerminalText.escaped(OneLine.escaped(text)) }

  static func write(_ text: String) {
    TerminalLine.clear()
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty {
        let written = Glibc.write(2, rest.baseAddress, rest.count)
        guard written > 0 else { return }
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      }
    }
  }
}
