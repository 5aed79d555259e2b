import EtcdClient
import Testing

/// Addresses as people write them.
@Suite struct EndpointTests {
  @Test(arguments: [
    ("127.0.0.1:2379", Endpoint(.host("127.0.0.1", port: 2379))),
    ("http://localhost:1", Endpoint(.host("localhost", port: 1))),
    ("https://etcd.example:65535/", Endpoint(.host("etcd.example", port: 65_535), isSecure: true)),
    ("[::1]:2379", Endpoint(.host("::1", port: 2379))),
    ("unix:///run/etcd.sock", Endpoint(.unixSocket("/run/etcd.sock"))),
    ("unixs:///run/etcd.sock", Endpoint(.unixSocket("/run/etcd.sock"), isSecure: true)),
  ])
  func addressIsRead(text: String, endpoint: Endpoint) throws {
    #expect(try Endpoint(text) == endpoint)
    // What it prints, it reads.
    #expect(try Endpoint(endpoint.description) == endpoint)
  }

  @Test func addressWithoutASchemeIsWhatTheCallerSays() throws {
    #expect(try Endpoint("a:1", isSecure: true).isSecure)
    #expect(try !Endpoint("http://a:1", isSecure: true).isSecure)
  }

  @Test(arguments: [
    "", "a", "a:", "a:0", "a:65536", "a:-1", ":1", "::1:2379", "ftp://a:1", "http://", "http://a",
    "unix://", "a:1:2", "[::1]",
  ])
  func whatIsNoAddressIsRefused(text: String) {
    #expect(throws: EtcdClientError.badEndpoint(text)) { try Endpoint(text) }
  }
}
