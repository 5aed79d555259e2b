import ArgumentParser
import Bolt
import Explore

/// The options that say where keys and values are read from.
struct SourceOptions: ParsableArguments {
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

  /// Refuses what can be no revision; 0 is the current one, as with etcdctl.
  static func validate(revision: Int64?) throws {
    if let revision, revision < 0 { throw ValidationError("--rev must not be negative.") }
  }

  func validate() throws {
    if uncommitted && !wal { throw ValidationError("--uncommitted goes with --wal.") }
  }

  /// Opens the file.
  func open() throws -> FileSource {
    guard let file else { throw CommandFailure("--file", "no file given to read from") }
    return try SourceOptions.open(
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

/// Numbers of things in sentences.
enum Count {
  /// Such as `1 entry` and `2 entries`.
  static func text(_ count: Int, _ one: String, _ several: String) -> String {
    "\(count) \(count == 1 ? one : several)"
  }
}

/// What a command says about the file that it reads.
enum SourceNotes {
  /// What is noted of the log of a data directory.
  enum OfLog {
    /// How far it is ahead, and that `--wal` reads it: only for commands that have the option.
    case withWayToReplay

    /// How far it is ahead.
    case distance

    /// Nothing: the command tells of the log itself.
    case nothing
  }

  /// Notes how far the log of a data directory is ahead of its database, or what was replayed.
  static func noteLog(of source: FileSource, _ notes: OfLog) {
    guard notes != .nothing else { return }
    if let replay = source.replay {
      let position = replay.position
      var text =
        "database at entry \(position.databaseIndex) (revision \(replay.databaseRevision)), "
        + "log at entry \(position.logIndex) (revision \(replay.revision)): "
        + "\(Count.text(replay.appliedCount, "entry", "entries")) replayed"
      if replay.refusedCount > 0 { text += ", \(replay.refusedCount) of them refused" }
      if replay.unknownCount > 0 { text += ", \(replay.unknownCount) of them not understood" }
      if replay.uncommittedCount > 0 {
        text +=
          ", \(replay.uncommittedCount) left out that may not be committed"
          + " (--uncommitted includes them)"
      }
      if position.isTorn { text += ", the last write was cut off" }
      return Diagnostics.note(source.path, text)
    }
    do {
      guard let position = try source.logPosition(), position.entriesAhead > 0 else { return }
      let count = position.entriesAhead
      let writeCount = try source.writesAhead(of: position)
      var text =
        "the log is \(Count.text(Int(clamping: count), "entry", "entries")) ahead of the database "
        + "(\(position.databaseIndex) to \(position.logIndex))"
      text +=
        writeCount == 0
        ? ", none of them a write"
        : ", \(writeCount) of them \(writeCount == 1 ? "a write" : "writes")"
      if position.isTorn { text += ", its last write was cut off" }
      if writeCount > 0, notes == .withWayToReplay { text += ": --wal reads them, too" }
      Diagnostics.note(source.path, text)
    } catch {
      // What is asked of the database can be answered without the log.
      Diagnostics.note("", error)
    }
  }

  /// Notes what was lost, and what a writer changed meanwhile.
  ///
  /// - Returns: Whether what was shown may be incomplete.
  static func report(_ source: FileSource) -> Bool {
    let losses = source.foundLosses
    for loss in losses.first { Diagnostics.report(CommandFailure("lost", loss)) }
    if losses.count > losses.first.count {
      Diagnostics.note("lost", "\(losses.count) places in all, the first are shown")
    }
    if source.readsStrayRows {
      Diagnostics.note(
        source.databasePath,
        "what was lost was sought on all pages: keys that had been deleted may be shown"
      )
    }
    let hasChanged = source.database.hasChangedOnDisk()
    if hasChanged {
      Diagnostics.note(
        source.databasePath,
        "written to meanwhile: what was read may be incomplete, read it again"
      )
    }
    return !losses.first.isEmpty || hasChanged
  }
}
