import Bolt
import FileIO
import Testing
import TestSupport

/// The danger: a page is freed that somebody still reads, or kept that nobody reaches, or a key lost.
///
/// Nodes that are split and merged show it only after many changes of many shapes.
@Suite struct RandomOperationsTests {
  @Test(arguments: [UInt64(1), 2, 3, 4]) func everyStateEqualsThePlainModel(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    var options = Database.Options()
    options.storesFreelist = seed % 2 == 0
    options.newPageByteCount = seed == 3 ? 1024 : 4096
    let database = try Database(folder.path("db"), options)
    var model = BoltModel()
    var generator = SeededGenerator(seed: seed)
    var readers: [(transaction: ReadTransaction, model: BoltModel)] = []

    for step in 0..<100 {
      let transaction = try database.write()
      var changed = model
      for _ in 0..<Int.random(in: 1...200, using: &generator) {
        try changed.change(transaction, using: &generator)
      }
      if step % 7 == 6 {
        transaction.rollback()
      } else {
        try transaction.commit()
        model = changed
      }
      let reader = database.read()
      let report = reader.check()
      #expect(report.faults == [], "seed \(seed), step \(step)")
      #expect(
        report.freePageCount * database.pageByteCount == database.freeByteCount,
        "seed \(seed), step \(step)"
      )
      #expect(try BoltModel(reader) == model, "seed \(seed), step \(step)")
      if step % 5 == 0 { readers.append((reader, model)) }
      if readers.count > 4 {
        let old = readers.remove(at: Int.random(in: 0..<readers.count, using: &generator))
        #expect(try BoltModel(old.transaction) == old.model, "seed \(seed), step \(step)")
      }
    }
    for reader in readers { #expect(try BoltModel(reader.transaction) == reader.model) }
  }
}
