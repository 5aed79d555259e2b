import Bolt
import CrashContents
import Foundation
import TestSupport
import Testing

/// A process that is killed with SIGKILL in the middle of its commits, again and again.
///
/// What must hold: whatever it has reported as committed is in the file, and nothing is there by half.
@Suite struct KillTests {
  @Test func everyAcknowledgedTransactionIsThere() throws {
    let folder = try TemporaryFolder()
    let (path, output) = (folder.path("db"), folder.path("output"))
    var generator = SeededGenerator(seed: 11)
    let isLong = ProcessInfo.processInfo.environment["EXPLORER_TORTURE_SECONDS"] != nil
    var (total, firstCount) = (0, 0)
    for round in 0..<(isLong ? 5000 : 200) {
      if round % 20 == 0 {
        try? FileManager.default.removeItem(atPath: path)
        firstCount += 1
      }
      try Data().write(to: URL(fileURLWithPath: output))
      let writer = try ChildProcess(Program.built("CrashWriter"), ["bolt", path], output: output)
      // Some are killed while they open or make the file, most at some moment of a commit.
      let isEarly = round % 10 == 0
      while !isEarly, try Data(contentsOf: URL(fileURLWithPath: output)).isEmpty, writer.isRunning {
        usleep(200)
      }
      usleep(UInt32.random(in: 0..<(isEarly ? 6_000 : 40_000), using: &generator))
      writer.kill()
      #expect(writer.exitStatus == 128 + SIGKILL, "round \(round)")

      let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
      let acknowledged = lines.compactMap { UInt64($0) }
      #expect(acknowledged.count == lines.count, "round \(round): \(lines.last ?? "")")
      total += acknowledged.count
      let database = try Database(path)
      let reader = database.read()
      #expect(reader.check().faults == [], "round \(round)")
      let number = try BoltContents.number(in: reader)
      if let last = acknowledged.last {
        #expect(number == last || number == last + 1, "round \(round)")
      }
      #expect(try BoltContents.fault(of: reader) == nil, "round \(round), number \(number)")
    }
    print("killed \(isLong ? 5000 : 200) times, in \(total) acknowledged transactions")
    #expect(total > 500 && firstCount > 1)
  }

  @Test func theContentsTellAMissingTransaction() throws {
    // Otherwise the test above would find nothing.
    let disk = SimulatedDisk()
    let database = try Database("/db", in: disk)
    for number in UInt64(1)...460 {
      let transaction = try database.write()
      try BoltContents.write(number, in: transaction)
      try transaction.commit()
      if number % 23 == 0 {
        #expect(try BoltContents.fault(of: database.read()) == nil)
        #expect(try BoltContents.number(in: database.read()) == number)
      }
    }
    let transaction = try database.write()
    try BoltContents.write(462, in: transaction)
    try transaction.commit()
    #expect(try BoltContents.fault(of: database.read()) == "rows: the value of 461")
  }
}
