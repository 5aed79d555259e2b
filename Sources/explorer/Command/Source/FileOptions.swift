import ArgumentParser
import Bolt
import Explore

/// The options that say which file is read, and how.
struct FileOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "A database, a saved snapshot, or a data directory of etcd. Nothing is written to it.",
      valueName: "path"
    )
  )
  var file: String?

  @Flag(name: .long, help: "Read a file that a running etcd holds: the state committed last.")
  var unlocked = false

  @Flag(name: .long, help: "Pass over what is damaged, show the rest, and say what was lost.")
  var salvage = false

  @Flag(
    name: .long,
    help: "Read a data directory as if its log had been replayed: nothing is written for it."
  )
  var wal = false

  @Flag(
    name: .long,
    help: "With --wal, for a member of several: also what may never have been committed."
  )
  var uncommitted = false

  func validate() throws {
    if uncommitted && !wal { throw ValidationError("--uncommitted goes with --wal.") }
  }

  /// Opens the file.
  func open() throws -> FileSource {
    guard let file else { throw CommandFailure("--file", "no file given to read from") }
    return try FileOptions.open(
      file,
      unlocked: unlocked,
      salvage: salvage,
      wal: wal,
      uncommitted: uncommitted
    )
  }

  /// Opens a file, and notes how far its log is ahead.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - unlocked: Whether it is read although a running process holds it.
  ///   - salvage: Whether what is damaged is passed over.
  ///   - wal: Whether the log is replayed.
  ///   - uncommitted: Whether that goes beyond what is known to be committed.
  ///   - notes: What is noted of the log.
  /// - Returns: The file, open.
  /// - Throws: `CommandFailure`.
  static func open(
    _ path: String,
    unlocked: Bool,
    salvage: Bool = false,
    wal: Bool = false,
    uncommitted: Bool = false,
    notes: SourceNotes.OfLog = .withWayToReplay
  ) throws -> FileSource {
    var options = FileSource.Options()
    options.ignoresLock = unlocked
    options.salvages = salvage
    options.replaysLog = wal
    options.replaysUncommitted = uncommitted
    do {
      let source = try FileSource(path, options)
      SourceNotes.noteLog(of: source, notes)
      return source
    } catch {
      throw CommandFailure("", error)
    }
  }
}

/// One file, named with or without `--file`, as the commands about a whole file have it.
struct FileArgument: ParsableArguments {
  @Argument(help: "A database, a saved snapshot, or a data directory of etcd.")
  var path: String?

  @Option(name: .long, help: ArgumentHelp("The same, by name.", valueName: "path"))
  var file: String?

  @Flag(name: .long, help: "Read a file that a running etcd holds: the state committed last.")
  var unlocked = false

  /// The path, however it was given.
  ///
  /// - Throws: That there is none, or two. It is not looked at before: the parser would say this of a
  ///   wrong option.
  var given: String {
    get throws {
      if let path, file == nil { return path }
      if let file, path == nil { return file }
      throw ValidationError(path == nil ? "Give the file to read." : "Give one file, not two.")
    }
  }
}
