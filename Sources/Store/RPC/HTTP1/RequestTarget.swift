/// The address in a request: a path, and a query that may follow.
enum RequestTarget {
  /// Takes an address apart.
  ///
  /// - Parameter target: The address as it was sent, for instance `/health?exclude=NOSPACE`, or with
  ///   the server's name before it, as it is sent to proxies.
  /// - Returns: The path and the query's names and values, with percent-encoding taken away.
  static func parse(_ target: String) -> (path: String, query: [(name: String, value: String)]) {
    var rest = target[...]
    if rest.utf8.first != UInt8(ascii: "/"), let scheme = rest.utf8.firstRange(of: "://".utf8) {
      let authority = rest[scheme.upperBound...]
      let slash = authority.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
      rest = authority[(slash ?? authority.endIndex)...]
    }
    let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
    let path = PercentEncoding.decode(rest[..<(mark ?? rest.endIndex)].utf8)
    guard let mark else { return (path.isEmpty ? "/" : path, []) }
    let query = rest.utf8[mark...].dropFirst().split(separator: UInt8(ascii: "&"))
    return (path.isEmpty ? "/" : path, query.map(parameter))
  }

  private static func parameter(_ text: Substring.UTF8View) -> (name: String, value: String) {
    guard let sign = text.firstIndex(of: UInt8(ascii: "=")) else {
      return (PercentEncoding.decode(text, plusIsSpace: true), "")
    }
    return (
      PercentEncoding.decode(text[..<sign], plusIsSpace: true),
      PercentEncoding.decode(text[sign...].dropFirst(), plusIsSpace: true)
    )
  }
}
