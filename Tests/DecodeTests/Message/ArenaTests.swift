import Testing

@testable import Decode

@Suite struct ArenaTests {
  @Test func piecesAreAlignedAndDoNotOverlap() throws {
    let arena = Arena()
    arena.reset(limit: 8 << 20)
    var pieces: [(start: UnsafeMutableRawPointer, byteCount: Int)] = []
    for round in 0..<3000 {
      let byteCount = round % 7 == 0 ? 20_000 : round % 100
      let start = try #require(arena.allocate(byteCount))
      #expect(UInt(bitPattern: start) % 16 == 0)
      start.initializeMemory(
        as: UInt8.self,
        repeating: UInt8(truncatingIfNeeded: round),
        count: byteCount
      )
      pieces.append((start, byteCount))
      if round == 300 { break }
    }
    for (round, piece) in pieces.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: piece.start, count: piece.byteCount)
      #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: round) }, "piece \(round)")
    }
  }

  @Test func theLimitHoldsAcrossSmallAndLargePieces() {
    let arena = Arena()
    arena.reset(limit: 100_000)
    #expect(arena.allocate(100_001) == nil)
    #expect(arena.allocate(50_000) != nil)
    #expect(arena.allocate(50_001) == nil)
    var count = 0
    while arena.allocate(16) != nil { count += 1 }
    #expect(count == 3125)
    #expect(arena.allocate(1) == nil)
    #expect(arena.allocate(0) != nil)
  }

  @Test func aResetGivesEverythingBack() {
    let arena = Arena()
    for _ in 0..<5 {
      arena.reset(limit: 10 << 20)
      var count = 0
      while arena.allocate(4096) != nil { count += 1 }
      #expect(count == 2560)
    }
    arena.reset(limit: 0)
    #expect(arena.allocate(1) == nil)
  }

  @Test func theLimitGrowsWithTheInput() {
    #expect(Arena.limit(forInputOf: 0) == 4 << 20)
    #expect(Arena.limit(forInputOf: 1000) == (4 << 20) + 64_000)
  }
}
