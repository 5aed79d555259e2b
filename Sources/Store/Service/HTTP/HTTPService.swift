internal import NIOCore
internal import NIOHTTP1
internal import RPC

/// What a node answers over plain HTTP on the port of its clients: health, version, metrics and the
/// JSON gateway.
///
/// Source: etcd 3.5, `server/embed/serve.go`, `server/etcdserver/api/etcdhttp`.
struct HTTPService: Sendable {
  /// What is told of the process and its configuration.
  struct Options: Sendable {
    /// Who may ask.
    var access = HTTPAccess()

    /// Whether only health and metrics are answered: `--listen-metrics-urls`.
    var isForMetricsOnly = false

    /// The command line of the process, for `/debug/vars`.
    var commandLine: [String] = []

    /// What etcd does.
    init() {}
  }

  private let health: HealthService
  private let metrics: NodeMetrics
  private let gateway: Gateway?
  private let variables: DebugVariables
  private let node: Node
  private let options: Options

  /// A service by what it tells of.
  ///
  /// - Parameters:
  ///   - health: The checks; one for all listeners.
  ///   - metrics: The figures; one for all listeners.
  ///   - gateway: The JSON gateway; nil if it is switched off: `--enable-grpc-gateway=false`.
  ///   - node: The node.
  ///   - options: What may be chosen.
  init(
    health: HealthService,
    metrics: NodeMetrics,
    gateway: Gateway?,
    of node: Node,
    _ options: Options = Options()
  ) {
    self.health = health
    self.metrics = metrics
    self.node = node
    self.gateway = options.isForMetricsOnly ? nil : gateway
    variables = DebugVariables(of: node, commandLine: options.commandLine)
    self.options = options
  }

  /// Answers a request, on its event loop.
  func handle(_ exchange: any HTTPExchange) {
    let request = exchange.request
    var headers = HTTPHeaders()
    guard options.access.admits(request) else {
      return exchange.answer(.misdirectedRequest, headers, text: unknownHost(of: request))
    }
    options.access.addHeaders(to: &headers, for: request)
    if request.method == .OPTIONS { return exchange.answer(.ok, headers) }
    let path = request.path
    if let gateway, let rest = Gateway.path(below: path) {
      return gateway.handle(exchange, rest, headers)
    }
    switch path {
    case "/health": getting(exchange, headers) { health.answer(exchange, headers) }
    case "/metrics": metrics.answer(exchange, headers)
    case _ where path.hasPrefix("/livez") || path.hasPrefix("/readyz"):
      guard let checks = health.checks(at: path) else { return notFound(exchange, headers) }
      getting(exchange, headers) { health.answer(exchange, headers, checks) }
    case _ where options.isForMetricsOnly: notFound(exchange, headers)
    case "/version": getting(exchange, headers) { answerVersion(exchange, headers) }
    case "/debug/vars": getting(exchange, headers) { variables.answer(exchange, headers) }
    default: notFound(exchange, headers)
    }
  }

  private func getting(
    _ exchange: any HTTPExchange,
    _ headers: HTTPHeaders,
    _ answer: () -> Void
  ) {
    guard exchange.request.method != .GET else { return answer() }
    var headers = headers
    headers.add(name: "allow", value: "GET")
    exchange.answer(.methodNotAllowed, headers, text: "Method Not Allowed\n")
  }

  private func notFound(_ exchange: any HTTPExchange, _ headers: HTTPHeaders) {
    exchange.answer(.notFound, headers, text: "404 page not found\n")
  }

  private func answerVersion(_ exchange: any HTTPExchange, _ headers: HTTPHeaders) {
    let version = node.status.clusterVersion
    let text =
      "{\"etcdserver\":\"\(ServedVersion.server)\",\"etcdcluster\":\"\(version)\","
      + "\"storage\":\"\(version)\"}"
    exchange.answer(.ok, headers, json: text)
  }

  private func unknownHost(of request: HTTPRequest) -> String {
    let host = JSONText.quoted(HTTPAccess.host(of: request))
    return """
      The request came by a name that is not taken: its header Host says \(host).
      Ask over TLS, or have the name taken: --host-whitelist \(host)
      This keeps web pages from reaching the node by names of their own (CVE-2018-5702).

      """
  }
}

extension HTTPExchange {
  /// Answers with text, as Go writes errors and more.
  func answer(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, text: String) {
    var headers = headers
    headers.add(name: "content-type", value: "text/plain; charset=utf-8")
    headers.add(name: "x-content-type-options", value: "nosniff")
    answer(status, headers, body: ByteBuffer(string: text))
  }

  /// Answers with JSON.
  func answer(_ status: HTTPResponseStatus, _ headers: HTTPHeaders, json: String) {
    var headers = headers
    headers.add(name: "content-type", value: "application/json")
    answer(status, headers, body: ByteBuffer(string: json))
  }
}
