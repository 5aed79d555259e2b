import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing

/// Encrypted connections, to a server with a certificate of its own making, which nobody signed.
@Suite(.enabled(if: EtcdVersion.installed.first != nil))
struct SecureConnectionTests {
  @Test func aServerThatNobodyVouchesForIsCalledOnlyIfThatIsAllowed() async throws {
    let version = EtcdVersion.installed.last ?? .v34
    let ports = try Loopback.freePorts(2)
    let url = "https://127.0.0.1:\(ports[0])"
    let server = try EtcdServer(
      version: version,
      ports: (client: ports[0], peer: ports[1]),
      arguments: ["--auto-tls", "--listen-client-urls", url, "--advertise-client-urls", url]
    )
    let endpoint = try Endpoint(url)
    var options = Connection.Options()
    options.certificates.isUnverified = true
    let deadline = ContinuousClock.now + .seconds(30)
    var opened: Connection?
    while opened == nil, ContinuousClock.now < deadline {
      opened = try? await Connection.open(endpoint, options: options)
      if opened == nil { try await Task.sleep(for: .milliseconds(20)) }
    }
    let connection = try #require(opened)
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
