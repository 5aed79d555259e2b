internal import NIOCore
internal import NIOHTTP1
internal import RPC

/// Which web pages may ask a node over HTTP, and by which names it is asked.
///
/// Source: etcd 3.5, `server/embed/serve.go`, `accessController`.
struct HTTPAccess: Sendable {
  /// The origins of pages whose scripts may read answers: `--cors`; `*` is any.
  var origins: Set<String> = ["*"]

  /// The names that requests are taken for: `--host-whitelist`; `*` is any.
  ///
  /// A listener with TLS takes any: a page that has made its own name point here has no certificate
  /// for it.
  var hosts: Set<String> = ["*"]

  /// Adds what browsers want to know.
  func addHeaders(to headers: inout HTTPHeaders, for request: HTTPRequest) {
    let origin = request.headers.first(name: "origin") ?? ""
    let allowed = origins.contains("*") ? "*" : origins.contains(origin) ? origin : nil
    guard let allowed else { return }
    headers.add(name: "access-control-allow-methods", value: "POST, GET, OPTIONS, PUT, DELETE")
    headers.add(name: "access-control-allow-origin", value: allowed)
    headers.add(
      name: "access-control-allow-headers",
      value: "accept, content-type, authorization"
    )
  }

  /// Whether a request came by a name that is taken.
  func admits(_ request: HTTPRequest) -> Bool {
    hosts.contains("*") || hosts.contains(HTTPAccess.host(of: request))
  }

  /// The name that a request came by, without its port.
  static func host(of request: HTTPRequest) -> String {
    let field =
      request.headers.first(name: "host") ?? request.headers.first(name: ":authority") ?? ""
    if field.hasPrefix("["), let end = field.firstIndex(of: "]") {
      return String(field[field.index(after: field.startIndex)..<end])
    }
    guard let colon = field.lastIndex(of: ":") else { return field }
    return String(field[..<colon])
  }
}
