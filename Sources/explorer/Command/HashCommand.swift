import ArgumentParser
import Explore
import MVCC

/// `explorer hash`: etcd's two hashes.
struct HashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash",
    _superCommandName: "explorer",
    abstract: "Prints etcd's hashes of a database: HashKV at a revision, and Hash.",
    discussion: """
      HashKV is what `etcdctl endpoint hashkv` prints: over the rows up to a revision, by which the \
      members of a cluster are compared. Hash is over all buckets; what `snapshot status` prints \
      counts in how far the log was applied as well.

      For example:

        explorer hash backup.db
        explorer hash /var/lib/etcd --rev 5120 -o json
      """
  )

  @OptionGroup var argument: FileArgument
  @OptionGroup var writeOut: WriteOutOptions

  @Option(name: .long, help: "HashKV up to this revision.")
  var rev: Int64 = 0

  @Flag(name: .long, help: "HashKV as if the log of the data directory had been replayed.")
  var wal = false

  mutating func run() throws {
    let source = try FileOptions.open(try argument.given, unlocked: argument.unlocked, wal: wal)
    let hash: KeyspaceHash
    let databaseHash: UInt32
    let progress = Progress("\(source.databasePath): HashKV")
    let databaseProgress: Progress
    do {
      hash = try source.hash(at: rev) { progress.show($0, of: $1) }
      progress.end()
      databaseProgress = Progress("\(source.databasePath): Hash")
      databaseHash = try source.databaseHash { databaseProgress.show($0, of: $1) }
    } catch {
      throw CommandFailure("", error)
    }
    databaseProgress.end()
    var output = StandardOutput()
    if writeOut.output == .simple {
      output.write(
        """
        hashkv: \(hash.hash)
        hash-revision: \(hash.revision)
        compact-revision: \(hash.compactRevision)
        hash: \(databaseHash)

        """
      )
    } else {
      output.write(HashCommand.record(hash, databaseHash).text(as: writeOut.output))
    }
    if SourceNotes.report(source) { throw ExitCode(2) }
  }

  private static func record(_ hash: KeyspaceHash, _ databaseHash: UInt32) -> WrittenRecord {
    let columns: [(header: String, name: String, json: String, value: String)] = [
      ("HASHKV", "HashKV", "hashKV", "\(hash.hash)"),
      ("HASH REVISION", "HashRevision", "hashRevision", "\(hash.revision)"),
      ("COMPACT REVISION", "CompactRevision", "compactRevision", "\(hash.compactRevision)"),
      ("HASH", "Hash", "hash", "\(databaseHash)"),
    ]
    return WrittenRecord(
      values: columns.map {
        .init(header: $0.header, field: $0.name, json: $0.json, shown: $0.value, exact: $0.value)
      }
    )
  }
}
