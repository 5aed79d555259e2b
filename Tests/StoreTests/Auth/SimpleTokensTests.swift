import NIOCore
import Synchronization
import Testing

@testable import Store

/// A token that is worth too much lets somebody in; one that is worth too little locks somebody out.
@Suite struct SimpleTokensTests {
  /// A clock that stands still until it is set.
  private final class Clock: Sendable {
    private let seconds = Atomic<Int64>(1000)
    func advance(_ seconds: Int64) { self.seconds.add(seconds, ordering: .relaxed) }
    var now: NIODeadline {
      .uptimeNanoseconds(UInt64(seconds.load(ordering: .relaxed)) * 1_000_000_000)
    }
  }

  private let clock = Clock()

  private func tokens(_ ttl: TimeAmount = .seconds(300)) -> SimpleTokens {
    SimpleTokens(ttl: ttl) { [clock] in clock.now }
  }

  @Test func aTokenLivesOnWithEachUse() {
    let tokens = tokens()
    tokens.assign("t.1", to: "alice")
    for _ in 0..<5 {
      clock.advance(300)
      #expect(tokens.user(of: "t.1") == "alice")
    }
    clock.advance(301)
    #expect(tokens.user(of: "t.1") == nil)
    clock.advance(-301)
    #expect(tokens.user(of: "t.1") == nil)
  }

  @Test func tokensOfNobodyAreWorthNothing() {
    let tokens = tokens()
    tokens.assign("t.1", to: "alice")
    for text in ["", "t", "t.", "t.2", "t.1 ", "T.1", "t.01"] {
      #expect(tokens.user(of: text) == nil)
    }
  }

  @Test func tokensEndWithTheirUsersAndWithAuthentication() {
    let tokens = tokens()
    tokens.assign("a.1", to: "K")
    tokens.assign("b.2", to: "\u{212A}")
    tokens.assign("c.3", to: "K")
    // The sign for Kelvin is another user, though Swift takes it for the letter.
    tokens.invalidateTokens(of: "K")
    #expect(tokens.user(of: "a.1") == nil)
    #expect(tokens.user(of: "b.2") == "\u{212A}")
    #expect(tokens.user(of: "c.3") == nil)
    tokens.invalidateAllTokens()
    #expect(tokens.count == 0)
  }

  @Test func forgottenTokensTakeNoMemory() {
    let tokens = tokens(.seconds(10))
    for number in 0..<10_000 {
      tokens.assign("t.\(number)", to: "alice")
      if number % 100 == 0 { clock.advance(1) }
    }
    // Those of twice the time at most.
    #expect(tokens.count <= 2200)
  }

  @Test func noTimeIsTheUsualTime() {
    let tokens = tokens(.zero)
    tokens.assign("t.1", to: "alice")
    clock.advance(299)
    #expect(tokens.user(of: "t.1") == "alice")
  }

  @Test func prefixesAreSixteenRandomLetters() {
    let prefixes = Set((0..<1000).map { _ in SimpleTokens.newPrefix() })
    #expect(prefixes.count == 1000)
    let letters = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for prefix in prefixes { #expect(prefix.count == 16 && letters.isSuperset(of: prefix)) }
    #expect(Set(prefixes.joined()) == letters)
  }
}
