import Bolt
import Explore

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
  static func report(_ source: any Source) -> Bool {
    if let source = source as? LiveSource, source.tellsPathsOnly {
      Diagnostics.note(
        source.name,
        "no member of etcd answers: of all keys, those that begin with / could be asked for"
      )
    }
    guard let source = source as? FileSource else { return false }
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
