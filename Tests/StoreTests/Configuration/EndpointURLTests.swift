import Testing

@testable import Store

/// Where a member listens, as users write it.
@Suite struct EndpointURLTests {
  @Test func aURLHasItsParts() throws {
    let url = try EndpointURL(" HTTPS://[::1]:2379 ")
    #expect(url.text == "https://[::1]:2379")
    #expect(url.scheme == .https)
    #expect((url.host, url.port) == ("::1", "2379"))
    #expect(url.address == "[::1]:2379")
    #expect(url.isSecure && !url.isSocket)
    let socket = try EndpointURL("unix:///run/etcd.sock")
    #expect(socket.socketPath == "/run/etcd.sock")
    #expect(socket.address == "/run/etcd.sock")
    #expect(!socket.isSecure && socket.isSocket)
    #expect(try EndpointURL("unix://etcd.sock").socketPath == "etcd.sock")
    #expect(try EndpointURL("http://:1").host.isEmpty)
  }

  @Test(arguments: [
    ("foo", "URL scheme must be http, https, unix, or unixs: foo"),
    ("ftp://a:1", "URL scheme must be http, https, unix, or unixs: ftp://a:1"),
    ("127.0.0.1:2379", "parse \"127.0.0.1:2379\": first path segment in URL cannot contain colon"),
    ("http://a", "URL address does not have the form \"host:port\": http://a"),
    ("http://a:1/b", "URL must not contain a path: http://a:1/b"),
    ("", "URL scheme must be http, https, unix, or unixs: "),
  ])
  func whatIsNoURLIsRefusedInEtcdsWords(_ text: String, _ cause: String) {
    #expect(throws: ValueFault.url(cause)) { try EndpointURL(text) }
  }

  @Test func aListIsSortedAndHasEachOnce() throws {
    let urls = try EndpointURL.list("http://b:1,http://a:2,http://a:2,http://a:1")
    #expect(urls.map(\.text) == ["http://a:1", "http://a:2", "http://b:1"])
    #expect(try EndpointURL.list("").isEmpty)
    #expect(throws: ValueFault.self) { try EndpointURL.list("http://a:1,") }
  }

  @Test(arguments: [
    ("http://127.0.0.1:1", true), ("http://localhost:1", true), ("http://[::]:1", true),
    ("http://0.0.0.0:1", true), ("unix:///a", true), ("http://example.org:1", false),
    ("http://:1", false), ("http://127.0.0.256:1", false),
  ])
  func onlyAddressesAreBound(_ text: String, _ isBindable: Bool) throws {
    #expect(try EndpointURL(text).isBindable == isBindable)
  }
}
