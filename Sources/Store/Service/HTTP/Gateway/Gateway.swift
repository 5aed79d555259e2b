internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import RPC

/// The JSON gateway: every method of the API by a path, with messages in JSON.
///
/// Format: POST with a message as the body; the answer is a message. What streams is answered line by
/// line, each an object `{"result":...}`; a client that streams sends one object after the other, all
/// in one body. Fields have the names of the API, 64-bit numbers are text, bytes are base64,
/// enumerations are names, and what is zero is left out.
///
/// An error is `{"error":...,"message":...,"code":...}`, with gRPC's code, as up to etcd 3.5: later
/// ones leave out `error`.
///
/// Source: etcd 3.4 and 3.5; grpc-gateway, `runtime/handler.go`, `runtime/errors.go`.
struct Gateway: Sendable {
  /// The longest message, in bytes: etcd's limit of requests over gRPC.
  let maximumMessageByteCount: Int

  private let methods: [String: RPCMethod]
  private let pool: NIOThreadPool

  /// A gateway to methods.
  ///
  /// - Parameters:
  ///   - methods: What is done for every method, by its full name: as the server has them.
  ///   - pool: Threads for what takes long.
  ///   - maximumMessageByteCount: The longest message, in bytes.
  init(
    to methods: [String: RPCMethod],
    pool: NIOThreadPool = .singleton,
    maximumMessageByteCount: Int = 2 << 20
  ) {
    self.methods = methods
    self.pool = pool
    self.maximumMessageByteCount = maximumMessageByteCount
  }

  /// What of a path lies below the gateway's own.
  ///
  /// - Returns: The rest of the path; nil if it is not the gateway's.
  static func path(below path: String) -> Substring? {
    for root in ["/v3/", "/v3beta/", "/v3alpha/"] where path.hasPrefix(root) {
      return path.dropFirst(root.count)
    }
    return nil
  }

  /// Answers a request, on its event loop.
  ///
  /// - Parameters:
  ///   - exchange: The request.
  ///   - path: Its path below the gateway's own.
  ///   - headers: What every answer has in its head.
  func handle(_ exchange: any HTTPExchange, _ path: Substring, _ headers: HTTPHeaders) {
    guard let route = GatewayRoute.all[String(path)], let method = methods[route.method] else {
      return exchange.answer(headers, RPCStatus(.notFound, "Not Found"))
    }
    let request = exchange.request
    guard request.method == .POST else {
      return exchange.answer(headers, RPCStatus(.unimplemented, "Method Not Allowed"))
    }
    var timeout: TimeAmount?
    if let field = request.headers.first(name: "grpc-timeout") {
      guard let parsed = Gateway.timeout(field) else {
        return exchange.answer(headers, .badTimeout(field))
      }
      timeout = parsed.nanoseconds == 0 ? nil : parsed
    }
    let sink = GatewayCall(exchange, route, headers, pool, limit: maximumMessageByteCount)
    sink.begin(method, Gateway.metadata(of: request), timeout: timeout)
  }

  /// What a method is told of a request's head.
  ///
  /// The name in a client's certificate is not used: a method knows by `grpcgateway-accept` that the
  /// call came this way.
  private static func metadata(of request: HTTPRequest) -> RPCMetadata {
    var fields = [("grpcgateway-accept", request.headers.first(name: "accept") ?? "*/*")]
    let prefix = "grpc-metadata-"
    for (name, value) in request.headers {
      let name = name.lowercased()
      if name == "authorization" {
        fields.append((name, value))
      } else if name.hasPrefix(prefix) {
        fields.append((String(name.dropFirst(prefix.count)), value))
      }
    }
    return RPCMetadata(fields.map { (name: $0.0, value: $0.1) })
  }

  /// Reads digits and a unit: `10S`.
  private static func timeout(_ text: String) -> TimeAmount? {
    let units: [Character: Int64] = [
      "H": 3_600_000_000_000, "M": 60_000_000_000, "S": 1_000_000_000, "m": 1_000_000, "u": 1000,
      "n": 1,
    ]
    let digits = text.dropLast()
    guard let unit = text.last.flatMap({ units[$0] }), (1...8).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let count = Int64(digits)
    else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit)
    // A hundred years are as good as no limit.
    let longest: Int64 = 100 * 366 * 24 * 3_600_000_000_000
    return .nanoseconds(overflow ? longest : min(product, longest))
  }
}

extension HTTPExchange {
  /// Answers with an error of the gateway.
  func answer(_ headers: HTTPHeaders, _ status: RPCStatus) {
    let text = JSONText.quoted(status.message)
    let json = "{\"error\":\(text),\"message\":\(text),\"code\":\(status.code.rawValue)}"
    answer(status.code.httpStatus, headers, json: json)
  }
}

extension RPCStatus.Code {
  /// The status of HTTP that says about the same.
  ///
  /// Source: grpc-gateway, `runtime/errors.go`, `HTTPStatusFromCode`.
  var httpStatus: HTTPResponseStatus {
    switch self {
    case .ok: .ok
    case .cancelled: .custom(code: 499, reasonPhrase: "Client Closed Request")
    case .unknown, .internal, .dataLoss: .internalServerError
    case .invalidArgument, .failedPrecondition, .outOfRange: .badRequest
    case .deadlineExceeded: .gatewayTimeout
    case .notFound: .notFound
    case .alreadyExists, .aborted: .conflict
    case .permissionDenied: .forbidden
    case .unauthenticated: .unauthorized
    case .resourceExhausted: .tooManyRequests
    case .unimplemented: .notImplemented
    case .unavailable: .serviceUnavailable
    }
  }
}
