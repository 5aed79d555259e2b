import Testing

@testable import RPC

@Suite struct RequestTargetTests {
  @Test(arguments: [
    ("/health", "/health", []),
    ("/", "/", []),
    ("", "/", []),
    ("/a%2Fb", "/a/b", []),
    ("/health?", "/health", []),
    ("/health?exclude=NOSPACE&exclude=b", "/health", ["exclude=NOSPACE", "exclude=b"]),
    ("/x?a&b=&=c&d=e=f&%61=+%2B", "/x", ["a=", "b=", "=c", "d=e=f", "a= +"]),
    ("http://host:1/path?a=1", "/path", ["a=1"]),
    ("http://host", "/", []),
    ("http://host?a=1", "/", ["a=1"]),
    ("*", "*", []),
    ("/a?b=http://c/d", "/a", ["b=http://c/d"]),
  ])
  func targetIsTakenApart(target: String, path: String, query: [String]) {
    let parts = RequestTarget.parse(target)
    #expect(parts.path == path)
    #expect(parts.query.map { "\($0.name)=\($0.value)" } == query)
  }
}
