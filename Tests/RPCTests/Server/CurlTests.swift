import Foundation
import RPC
import TestSupport
import Testing

private let curl = (ProcessInfo.processInfo.environment["PATH"] ?? "")
  .split(separator: ":")
  .map { "\($0)/curl" }
  .first { FileManager.default.isExecutableFile(atPath: $0) }

private let comment: Comment = "curl is not on the PATH"

/// What others make of the server.
@Suite(.enabled(if: curl != nil, comment))
struct CurlTests {
  private static func run(_ arguments: String..., input: [UInt8] = []) throws -> Program.Result {
    try Program.run(try #require(curl), ["-sS", "--max-time", "20"] + arguments, input: input)
  }

  @Test(arguments: ["--http1.1", "--http1.0", "--http2-prior-knowledge", "--http2"])
  func requestsAreAnswered(version: String) async throws {
    try await TestServer.with { server in
      let url = "http://127.0.0.1:\(server.port)"
      let body = [UInt8](repeating: 7, count: 300_000)
      let echo = try Self.run(version, "--data-binary", "@-", "\(url)/echo", input: body)
      let isSame = echo.output == body
      #expect(isSame, "\(echo.errors)")
      let pieces = try Self.run(version, "\(url)/stream")
      #expect(pieces.text == "one two three")
      let head = try Self.run(version, "-I", "\(url)/bytes?n=10")
      #expect(head.text.lowercased().contains("content-length: 10\r\n"))
      let missing = try Self.run(version, "-o", "/dev/null", "-w", "%{http_code}", "\(url)/other")
      #expect(missing.text == "404")
    }
  }

  @Test(arguments: ["--http1.1", "--http2"])
  func encryptedRequestsAreAnswered(version: String) async throws {
    guard Certificates.openssl != nil else { return }
    let certificates = try Certificates()
    try certificates.make("server", commonName: "server")
    let tls = RPCTLS(
      certificatePath: certificates.path("server.pem"),
      privateKeyPath: certificates.path("server.key")
    )
    let listener = RPCListener(.tcp(host: "127.0.0.1", port: 0), tls: tls)
    try await TestServer.with(listeners: [listener]) { server in
      let answer = try Self.run(
        version,
        "--cacert",
        certificates.path("ca.pem"),
        "-w",
        " %{http_version}",
        "https://localhost:\(server.port)/stream"
      )
      #expect(answer.text == "one two three \(version == "--http2" ? "2" : "1.1")")
    }
  }

  @Test func callIsAnsweredWithTrailers() async throws {
    try await TestServer.with { server in
      let answer = try Self.run(
        "--http2-prior-knowledge",
        "-D",
        "-",
        "-H",
        "content-type: application/grpc",
        "-H",
        "te: trailers",
        "--data-binary",
        "@-",
        "http://127.0.0.1:\(server.port)/test.Echo/Unary",
        input: FrameClient.framed(Array("hello".utf8))
      )
      #expect(answer.text.hasPrefix("HTTP/2 200 \r\n"))
      #expect(answer.text.contains("grpc-status: 0"))
      #expect(answer.text.contains("\u{5}hello"))
    }
  }
}
