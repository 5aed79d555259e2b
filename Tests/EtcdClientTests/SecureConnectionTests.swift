import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

/// Encrypted connections, to a server with a certificate of its own making, which nobody signed.
@Suite(.enabled(if: EtcdVersion.installed.first != nil))
struct SecureConnectionTests {
  /// Starts a server, on other ports if others have taken those, and calls it.
  private func serve(
    _ options: Connection.Options
  ) async throws -> (EtcdServer, Endpoint, Connection)? {
    for _ in 0..<5 {
      let ports = try Loopback.freePorts(2)
      let url = "https://127.0.0.1:\(ports[0])"
      let server = try EtcdServer(
        version: EtcdVersion.installed.last ?? .v34,
        ports: (client: ports[0], peer: ports[1]),
        arguments: ["--auto-tls", "--listen-client-urls", url, "--advertise-client-urls", url]
      )
      let endpoint = try Endpoint(url)
      let deadline = ContinuousClock.now + .seconds(60)
      while ContinuousClock.now < deadline, !server.log.contains("address already in use") {
        if let connection = try? await Connection.open(endpoint, options: options) {
          return (server, endpoint, connection)
        }
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    return nil
  }

  @Test func aServerThatNobodyVouchesForIsCalledOnlyIfThatIsAllowed() async throws {
    var options = Connection.Options()
    options.certificates.isUnverified = true
    let (server, endpoint, connection) = try #require(await serve(options))
    let request = Etcdserverpb_PutRequest.with { $0.key = Data([1]) }
    #expect(try await connection.call(.put, request).header.revision == 2)

    await #expect(throws: EtcdClientError.self) { try await Connection.open(endpoint) }
    // Plain text on an encrypted port.
    let plain = Endpoint(endpoint.address)
    await #expect(throws: EtcdClientError.self) { try await Connection.open(plain) }
    options.certificates.key = "/nowhere"
    let error = await #expect(throws: EtcdClientError.self) {
      try await Connection.open(endpoint, options: options)
    }
    withExtendedLifetime(server) {}
    guard case .badCertificates = error else {
      Issue.record("not bad certificates: \(String(describing: error))")
      return
    }
  }
}
