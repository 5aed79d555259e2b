@testable import Bolt

import FileIO
import Foundation
import TestSupport
import Testing

/// The danger: a page is freed that somebody still reads, or kept that nobody reaches, or a key lost.
///
/// Nodes that are split and merged show it only after many changes of many shapes. Set
/// EXPLORER_TORTURE_SECONDS to run with ever new seeds for so long.
@Suite struct RandomOperationsTests {
  /// 10,500 transactions of a few changes, every page size in turn.
  @Test(arguments: (10...16).map { 1 << $0 })
  func everyStateOfManyEqualsThePlainModel(pageByteCount: Int) throws {
    var run = try RandomRun(
      seed: UInt64(pageByteCount),
      pageByteCount: pageByteCount,
      keyCount: 250
    )
    for _ in 0..<1500 { try run.step(changeCount: 8) }
    try run.finish()
  }

  @Test(arguments: [UInt64(1), 2, 3, 4]) func everyLargeStateEqualsThePlainModel(seed: UInt64)
    throws
  {
    var run = try RandomRun(seed: seed, pageByteCount: seed == 3 ? 1024 : 4096, keyCount: 3000)
    for _ in 0..<100 { try run.step(changeCount: 200) }
    try run.finish()
  }

  @Test(
    .enabled(if: ProcessInfo.processInfo.environment["EXPLORER_TORTURE_SECONDS"] != nil)
  ) func everyStateOfEverNewSeedsEqualsThePlainModel() throws {
    let environment = ProcessInfo.processInfo.environment
    let seconds = environment["EXPLORER_TORTURE_SECONDS"].flatMap { Double($0) } ?? 0
    let end = ContinuousClock.now + .seconds(seconds)
    var generator = SystemRandomNumberGenerator()
    while ContinuousClock.now < end {
      let seed = generator.next()
      print("random operations: seed \(seed)")
      var run = try RandomRun(
        seed: seed,
        pageByteCount: 1024 << Int(seed % 7),
        keyCount: [30, 250, 3000, 20_000][Int(seed / 7 % 4)]
      )
      for _ in 0..<2000 where ContinuousClock.now < end {
        try run.step(changeCount: [1, 8, 200][Int(seed / 28 % 3)])
      }
      try run.finish()
    }
  }
}

/// A database and its model, and readers of states that are gone.
private struct RandomRun {
  private let seed: UInt64
  private let pageByteCount: Int
  private let keyCount: Int
  private let disk = SimulatedDisk()
  private var opened: Database?
  private var model = BoltModel()
  private var generator: SeededGenerator
  private var readers: [(transaction: ReadTransaction, model: BoltModel)] = []
  private var stepCount = 0

  init(seed: UInt64, pageByteCount: Int, keyCount: Int) throws {
    self.seed = seed
    self.pageByteCount = pageByteCount
    self.keyCount = keyCount
    generator = SeededGenerator(seed: seed)
    try open(storesFreelist: seed % 2 == 0)
  }

  private mutating func open(storesFreelist: Bool) throws {
    let options = Database.Options.writing(
      pageByteCount: pageByteCount,
      storesFreelist: storesFreelist
    )
    opened = try Database("/db", options, in: disk)
  }

  /// One transaction, and what must hold after it.
  mutating func step(changeCount: Int) throws {
    stepCount += 1
    if Int.random(in: 0..<200, using: &generator) == 0 { try reopen() }
    let database = try #require(opened)
    do {
      let transaction = try database.write()
      var changed = model
      for _ in 0..<Int.random(in: 1...changeCount, using: &generator) {
        try changed.change(transaction, using: &generator, keyCount: keyCount)
      }
      if stepCount % 7 == 6 {
        transaction.rollback()
      } else {
        try transaction.commit()
        model = changed
      }
    }
    let reader = database.read()
    let report = reader.check()
    #expect(report.faults == [], "seed \(seed), step \(stepCount)")
    #expect(
      report.freePageCount * database.pageByteCount == database.freeByteCount,
      "seed \(seed), step \(stepCount)"
    )
    if stepCount % 10 == 0 || changeCount > 100 {
      #expect(try BoltModel(reader) == model, "seed \(seed), step \(stepCount)")
    }
    if Int.random(in: 0..<5, using: &generator) == 0 { readers.append((reader, model)) }
    if readers.count > 4 {
      try end(readers.remove(at: Int.random(in: 0..<readers.count, using: &generator)))
    }
  }

  private func end(_ reader: (transaction: ReadTransaction, model: BoltModel)) throws {
    #expect(try BoltModel(reader.transaction) == reader.model, "seed \(seed), step \(stepCount)")
  }

  private mutating func reopen() throws {
    try finish()
    // The file's lock goes with the last reference to the database.
    opened = nil
    try open(storesFreelist: Bool.random(using: &generator))
  }

  /// Ends all readers.
  mutating func finish() throws {
    for reader in readers { try end(reader) }
    readers = []
    let reader = try #require(opened).read()
    #expect(try BoltModel(reader) == model, "seed \(seed), step \(stepCount)")
  }
}
