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

  @Test func keysChangedBetweenStepsAreOfTheirRows() throws {
    try keyspace.grant(Lease(id: LeaseID(rawValue: 7), ttlSeconds: 60))
    try keyspace.put("key-10001", "leased", lease: 7)
    try keyspace.put("key-14001", "leased", lease: 7)
    var request = RangeRequest(.all)
    let expected = try read(request).result.keyValues().map(\.withoutValue)
    request.isKeysOnly = true
    try keyspace.put("key-10000", "not seen")
    request.revision = keyspace.currentRevision - 1
    for number in stride(from: 11, to: count, by: 97) {
      // Some steps before this, and some after.
      _ = try keyspace.put(PutRequest(Self.key(number), Array("not seen".utf8)))
    }
    try keyspace.delete("key-14001")
    let (result, _) = try read(request) {
      try keyspace.put("key-14999", "not seen either")
      try keyspace.commit()
    }
    #expect(try result.keyValues() == expected)
    #expect(result.count == count)
    #expect(result.rows.isEmpty)
    #expect(expected.map(\.lease).filter { $0 == 7 }.count == 2)
  }

  @Test(arguments: [1, 2_048, 4_999, 5_000])
  func limitsOfKeysHold(limit: Int64) throws {
    var request = RangeRequest(.all, limit: limit)
    let expected = try read(request).result.keyValues().map(\.withoutValue)
    request.isKeysOnly = true
    for order in [RangeRequest.Order.none, .ascending] {
      request.order = order
      let (result, _) = try read(request)
      #expect(try result.keyValues() == expected)
      #expect(result.hasMore == (limit < count))
      #expect(result.count == count)
    }
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
