import Snapshot
import TestSupport
import Testing

/// A URL that is written one byte differently gives another member id: a cluster that never forms.
///
/// What is accepted here, and how it is written, is what etcdutl 3.5.30 did. It refuses what is
/// refused here, but for user names, queries, fragments, and paths of sockets that it would escape.
@Suite struct PeerURLTests {
  static let accepted: [(given: String, written: String)] = [
    ("http://localhost:2380", "http://localhost:2380"),
    ("https://10.0.0.1:2380", "https://10.0.0.1:2380"),
    ("HTTP://LocalHost:2380", "http://LocalHost:2380"),
    (" http://a:1\n", "http://a:1"),
    ("\u{3000}http://a:1\u{85}", "http://a:1"),
    ("http://[::1]:2380", "http://[::1]:2380"),
    ("http://[fe80::1%25eth0]:2380", "http://[fe80::1%25eth0]:2380"),
    ("http://:2390", "http://:2390"),
    ("http://a:", "http://a:"),
    ("http://a:99999", "http://a:99999"),
    ("http://a\"<>:1", "http://a\"<>:1"),
    ("http://a%25b:1", "http://a%25b:1"),
    ("http://b\u{FC}cher:1", "http://b%C3%BCcher:1"),
    ("http://b%c3%bccher:1", "http://b%C3%BCcher:1"),
    ("http://a_b~c!:1", "http://a_b~c!:1"),
    ("unix://localhost:1234", "unix://localhost:1234"),
    ("unix:///run/etcd.sock", "unix:///run/etcd.sock"),
    ("unixs://socket", "unixs://socket"),
  ]

  @Test(arguments: accepted)
  func whatEtcdAcceptsIsWrittenAsEtcdWritesIt(given: String, written: String) throws {
    #expect(try PeerURL(given).text == written)
    #expect(try PeerURL(written).text == written)
  }

  static let refused: [(given: String, fault: PeerURLFault)] = [
    ("", .scheme),
    ("localhost:2380", .scheme),
    ("10.0.0.1:2380", .scheme),
    ("ftp://10.0.0.1:2380", .scheme),
    ("://a:1", .scheme),
    ("http:", .hostAndPort),
    ("http:a:1", .hostAndPort),
    ("http://", .hostAndPort),
    ("http://localhost", .hostAndPort),
    ("http://::1:2380", .hostAndPort),
    ("http://[::1]", .hostAndPort),
    ("http://[::1:2380", .hostAndPort),
    ("http://a]:1", .hostAndPort),
    ("http://localhost:abc", .port(":abc")),
    ("http://localhost:-1", .port(":-1")),
    ("http://[::1]x:1", .port("x:1")),
    ("http://[x]:1", .address("[x]")),
    ("http://[]:1", .address("[]")),
    ("http://[127.0.0.1]:1", .address("[127.0.0.1]")),
    ("http://[::1%25]:1", .address("[::1%25]")),
    ("http://[::1%eth0]:1", .address("[::1%eth0]")),
    ("http://[::1%25a%C3%BC]:1", .address("[::1%25a%C3%BC]")),
    ("http://local host:2380", .character(" ")),
    ("http://a\\b:1", .character("\\")),
    ("http://a\tb:1", .character("0x09")),
    ("http://a%41:1", .character("%41")),
    ("http://a%+c:1", .character("%+c")),
    ("http://a%e:1", .character("%e")),
    ("http://localhost:2380/", .part(.path)),
    ("http://localhost:2380/p", .part(.path)),
    ("http://localhost:2380?q", .part(.query)),
    ("http://localhost:2380#f", .part(.fragment)),
    ("http://me@localhost:2380", .part(.user)),
    ("unix:///a b", .character(" ")),
    ("unix:///a%2", .character("%2")),
    ("unix:/run/etcd.sock", .hostAndPort),
    ("unix://", .hostAndPort),
    ("unix://a[b", .character("[")),
  ]

  @Test(arguments: refused)
  func whatIsNoPeerURLIsRefused(given: String, fault: PeerURLFault) throws {
    #expect(throws: SnapshotError.peerURL(given, fault)) { try PeerURL(given) }
  }

  @Test func urlsAreOrderedByTheirBytes() throws {
    let texts = ["http://b:1", "http://a:10", "http://a:1", "http://[::1]:1", "http://:1"]
    let urls = try texts.map { try PeerURL($0) }.sorted().map(\.text)
    #expect(urls == ["http://:1", "http://[::1]:1", "http://a:1", "http://a:10", "http://b:1"])
  }

  /// What has been accepted once is accepted again, as it is: ids are computed from it later on.
  @Test func anyTextIsRefusedOrHasOneForm() throws {
    let parts = [
      "http", "https", "unix", "HTTP", ":", "://", "//", "/", "[", "]", "[::1]", "%", "%25",
      "%C3%A9",
      "%zz", "\u{E9}", "a", ".", "~", "=", "<", "\"", "{", "|", "@", "#", "?", " ", "\t", "\0",
      ":1",
      ":x", "localhost", "127.0.0.1", "::1", "\u{1F600}",
    ]
    var generator = SeededGenerator(seed: 1)
    var acceptedCount = 0
    for _ in 0..<20_000 {
      let count = Int.random(in: 0...5, using: &generator)
      let text =
        (Bool.random(using: &generator) ? "http://" : "")
        + (0..<count).compactMap { _ in parts.randomElement(using: &generator) }.joined()
        + (Bool.random(using: &generator) ? ":1" : "")
      guard let url = try? PeerURL(text) else { continue }
      acceptedCount += 1
      #expect(try PeerURL(url.text) == url)
      #expect(url.text.utf8.allSatisfy { (0x21..<0x7F).contains($0) })
    }
    #expect(acceptedCount > 500)
  }

  @Test func faultsAreToldOnOneLine() throws {
    #expect(
      SnapshotError.peerURL("http://a", .hostAndPort).description
        == "peer URL \"http://a\": does not have the form \"host:port\""
    )
    #expect(
      SnapshotError.peerURL("http://a:1/", .part(.path)).description
        == "peer URL \"http://a:1/\": must not contain a path"
    )
  }
}
