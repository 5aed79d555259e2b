import Bolt
import CrashContents

/// Commits ever new numbers to a bolt database.
@Sendable func writeBolt(_ path: String) throws {
  let database = try Database(path)
  var number = try BoltContents.number(in: database.read())
  while true {
    number += 1
    let transaction = try database.write()
    try BoltContents.write(number, in: transaction)
    try transaction.commit()
    CrashWriter.acknowledge(number)
  }
}
