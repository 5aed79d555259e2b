import Testing

@testable import Decode

@Suite struct ArenaTests {
  private static let stackByteCount: UInt = 64 << 10

  @Test func piecesAreAlignedAndDoNotOverlap() throws {
    var arena = Arena()
    arena.reset(memoryLimit: 8 << 20, stackByteCount: Self.stackByteCount)
    var pieces: [(start: UnsafeMutableRawPointer, byteCount: Int)] = []
    for round in 0..<300 {
      let byteCount = round % 7 == 0 ? 20_000 : round % 100
      let start = try #require(Arena.allocate(byteCount, from: arena.state))
      #expect(UInt(bitPattern: start) % 16 == 0)
      let mark = UInt8(truncatingIfNeeded: round)
      start.initializeMemory(as: UInt8.self, repeating: mark, count: byteCount)
      pieces.append((start, byteCount))
    }
    for (round, piece) in pieces.enumerated() {
      let bytes = UnsafeRawBufferPointer(start: piece.start, count: piece.byteCount)
      #expect(bytes.allSatisfy { $0 == UInt8(truncatingIfNeeded: round) }, "piece \(round)")
    }
    let refusal = arena.state.pointee.refusal
    #expect(refusal == nil)
  }

  @Test func theLimitHoldsAcrossSmallAndLargePieces() {
    var arena = Arena()
    arena.reset(memoryLimit: 100_000, stackByteCount: Self.stackByteCount)
    let state = arena.state
    #expect(Arena.allocate(100_001, from: state) == nil)
    #expect(state.pointee.refusal == .memory)
    #expect(Arena.allocate(50_000, from: state) != nil)
    #expect(Arena.allocate(50_001, from: state) == nil)
    var count = 0
    while Arena.allocate(16, from: state) != nil { count += 1 }
    #expect(count == 3125)
    #expect(Arena.allocate(1, from: state) == nil)
    #expect(Arena.allocate(0, from: state) != nil)
  }

  @Test func aResetGivesEverythingBack() {
    var arena = Arena()
    for _ in 0..<5 {
      arena.reset(memoryLimit: 10 << 20, stackByteCount: Self.stackByteCount)
      var count = 0
      while Arena.allocate(4096, from: arena.state) != nil { count += 1 }
      #expect(count == 2560)
    }
    arena.reset(memoryLimit: 0, stackByteCount: Self.stackByteCount)
    let state = arena.state
    #expect(state.pointee.refusal == nil)
    #expect(Arena.allocate(1, from: state) == nil)
    #expect(state.pointee.refusal == .memory)
  }

  @Test func theStackHasALimitToo() {
    /// Allocates further down the stack with each call; how far it came.
    @inline(never) func descend(_ state: UnsafeMutablePointer<Arena.State>, _ depth: Int) -> Int {
      guard depth < 100_000, Arena.allocate(1, from: state) != nil else { return depth }
      let deepest = descend(state, depth + 1)
      return max(depth, deepest)
    }
    var arena = Arena()
    arena.reset(memoryLimit: 64 << 20, stackByteCount: Self.stackByteCount)
    let depth = descend(arena.state, 0)
    #expect(depth > 10)
    #expect(depth < 100_000)
    let refusal = arena.state.pointee.refusal
    #expect(refusal == .stack)
  }

  @Test func theLimitGrowsWithTheInput() {
    #expect(Arena.limit(forInputOf: 0) == 4 << 20)
    #expect(Arena.limit(forInputOf: 1000) == (4 << 20) + 64_000)
  }
}
