import ArgumentParser
import Bolt
import Decode
import Explore
import Snapshot

/// `explorer check`: whether a file is whole.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    _superCommandName: "explorer",
    abstract: "Checks the structure of a database, and that every row decodes.",
    discussion: """
      Every page is reached once or is free, keys are in order, counts are right; every row is a \
      KeyValue, and every object of Kubernetes in it decodes. The checksum of a saved snapshot is \
      compared, and the log of a data directory is read to its end.

      For example:

        explorer check backup.db
        explorer check /var/lib/etcd

      Exit status: 0 sound, 1 faults were found, 2 the file cannot be read.
      """
  )

  @OptionGroup var argument: FileArgument
  @OptionGroup var catalogueOptions: CatalogueOptions

  mutating func run() throws {
    let decoder = Decoder(catalogue: try catalogueOptions.catalogue())
    // What is damaged is a finding, not a reason to stop.
    let source = try FileOptions.open(
      try argument.given,
      unlocked: argument.unlocked,
      salvage: true,
      notes: .nothing
    )
    if let fault = source.database.metaFault {
      throw CommandFailure(source.databasePath, fault)
    }
    var faultCount = 0
    func report(_ subject: String, _ fault: some CustomStringConvertible) {
      faultCount += 1
      Diagnostics.report(CommandFailure(subject, fault))
    }
    let progress = Progress(source.databasePath)
    var (pageCount, byteCount) = (0, 0)
    let structure = source.transaction.check { page in
      // Nearly all pages are leaves.
      pageCount += 1
      byteCount += page.byteCount
      guard pageCount % 1024 == 0 else { return }
      progress.show(byteCount, of: source.transaction.byteCount)
    }
    for fault in structure.faults { report(source.databasePath, fault) }
    faultCount += structure.faultCount - structure.faults.count
    let rows: RowReport
    do {
      rows = try source.checkRows(with: decoder) { done, total in
        progress.show(done, of: total)
      }
    } catch {
      throw CommandFailure("", error)
    }
    progress.end()
    for fault in rows.faults {
      let key = OneLine.escaped(String(decoding: fault.key, as: UTF8.self))
      report("\(key) at revision \(fault.revision)", fault.cause)
    }
    faultCount += rows.faultCount - rows.faults.count
    // Faults of the structure have been told above; what else kept rows from being read is new.
    for loss in source.foundLosses.first {
      if case .database(_, let fault) = loss, structure.faults.contains(fault) { continue }
      report("", loss)
    }
    if source.form == .snapshot {
      do { try SnapshotFile(source.databasePath).verify() } catch { report("", error) }
    }
    let log: LogReport?
    do { log = try source.checkLog() } catch { throw CommandFailure("", error) }
    for fault in log?.faults ?? [] { report("", fault) }
    printSummary(source, structure, rows, log, isSound: faultCount == 0)
    note(log, of: source)
    if source.database.hasChangedOnDisk() {
      Diagnostics.note(source.databasePath, "written to meanwhile: check it again")
    }
    if faultCount > 0 { throw ExitCode(1) }
  }

  /// Notes what is no fault of a log.
  private func note(_ log: LogReport?, of source: FileSource) {
    guard source.form == .dataDirectory else { return }
    if log == nil { Diagnostics.note(source.path, "no log beside the database") }
    if let torn = log?.tornPlace {
      Diagnostics.note(
        "\(torn.path): offset \(torn.offset)",
        "the last write was interrupted; nothing of it was acknowledged"
      )
    }
  }

  private func printSummary(
    _ source: FileSource,
    _ structure: CheckReport,
    _ rows: RowReport,
    _ log: LogReport?,
    isSound: Bool
  ) {
    var values = ["\(rows.decodedCount) objects"]
    if rows.encryptedCount > 0 { values.append("\(rows.encryptedCount) encrypted") }
    if rows.otherCount > 0 { values.append("\(rows.otherCount) other values") }
    values.append("\(rows.tombstoneCount) tombstones")
    let verdict = isSound && source.foundLosses.count == 0 ? "sound" : "damaged"
    var output = StandardOutput()
    output.write(
      """
      \(source.path): \(verdict)
      pages: \(structure.usedPageCount) used, \(structure.freePageCount) free
      rows: \(rows.rowCount) (\(values.joined(separator: ", ")))
      revision: \(source.currentRevision)\
      \(source.compactRevision.map { ", compacted at \($0)" } ?? "")

      """
    )
    if let log { output.write("log: \(CheckCommand.text(log))\n") }
  }

  private static func text(_ log: LogReport) -> String {
    guard let last = log.lastIndex else { return "damaged" }
    let entries = log.firstIndex.map { "entries \($0) to \(last)" } ?? "no entries"
    return log.entriesAhead == 0
      ? entries : "\(entries), \(log.entriesAhead) ahead of the database"
  }
}
