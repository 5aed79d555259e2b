import Snapshot
import Testing

@Suite struct HostResolverTests {
  @Test func numbersAreTheirOwnAddresses() {
    let resolver = HostResolver.system
    #expect(resolver.address("127.0.0.1", "2380") == "127.0.0.1:2380")
    #expect(resolver.address("::1", "2380") == "[::1]:2380")
  }

  @Test func nothingHasNoAddress() {
    let resolver = HostResolver.system
    #expect(resolver.address("", "2380") == nil)
    #expect(resolver.address("127.0.0.1", "") == nil)
    #expect(resolver.address("not a host", "2380") == nil)
  }
}
