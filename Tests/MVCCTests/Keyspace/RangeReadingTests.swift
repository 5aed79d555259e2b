import TestSupport
import Testing

@testable import MVCC

/// A range that is read in steps is of one revision, whatever happens between them.
@Suite struct RangeReadingTests {
  private let keyspace: Keyspace
  private let count = 5_000

  init() throws {
    keyspace = try Keyspace.open(SimulatedDisk())
    for start in stride(from: 0, to: count, by: 1_000) {
      let puts = (start..<start + 1_000).map {
        TransactionRequest.Operation.put(PutRequest(Self.key($0), Array("old".utf8)))
      }
      _ = try keyspace.apply(TransactionRequest(then: puts))
    }
  }

  private static func key(_ number: Int) -> [UInt8] { Array("key-\(number + 10_000)".utf8) }

  /// Reads to the end, with something done between steps.
  private func read(
    _ request: RangeRequest,
    between: () throws -> Void = {}
  ) throws -> (result: RangeResult, stepCount: Int) {
    var reading = try RangeReading(of: keyspace.view(), request)
    var stepCount = 1
    while true {
      if let result = try reading.advance() { return (result, stepCount) }
      stepCount += 1
      try between()
    }
  }

  @Test func changesBetweenStepsAreNotSeen() throws {
    let revision = keyspace.currentRevision
    let (result, stepCount) = try read(RangeRequest(.all)) {
      try keyspace.put("key-14000", "new")
      try keyspace.put("key-14000-more", "new")
      try keyspace.delete("key-14500")
      try keyspace.commit()
    }
    #expect(stepCount == 3)
    #expect(result.currentRevision == revision)
    #expect(result.count == count)
    let rows = try result.keyValues()
    #expect(rows.map(\.key) == (0..<count).map(Self.key))
    #expect(rows.allSatisfy { $0.value == Array("old".utf8) })
  }

  @Test(arguments: [1, 2_047, 2_048, 2_049, 3_000, 4_999, 5_000, 6_000])
  func limitsBehindTheFirstStepHold(limit: Int64) throws {
    let (result, _) = try read(RangeRequest(.all, limit: limit))
    #expect(result.rows.count == min(Int(limit), count))
    #expect(result.hasMore == (limit < count))
    #expect(result.count == count)
  }

  @Test func orderIsThatOfAllSteps() throws {
    var request = RangeRequest(.all, limit: 3)
    request.order = .descending
    let (result, _) = try read(request)
    #expect(try result.keyValues().map(\.key) == [4_999, 4_998, 4_997].map(Self.key))
    #expect(result.hasMore)
  }

  @Test func compactionBetweenStepsIsReported() throws {
    let revision = keyspace.currentRevision
    let error = #expect(throws: MVCCError.self) {
      try read(RangeRequest(.all)) {
        try keyspace.put("key-14000", "new")
        try keyspace.compactAll(to: revision + 1)
      }
    }
    #expect(error == .compacted(requested: revision, compactRevision: revision + 1))
  }
}
