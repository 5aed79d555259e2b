import ArgumentParser
import EtcdClient
import TestSupport
import Testing

@testable import explorer

/// etcdctl's flags, with its environment.
@Suite struct ConnectionOptionsTests {
  private let empty: TemporaryFolder

  init() throws { empty = try TemporaryFolder() }

  private func options(
    _ arguments: String...,
    environment: [String: String] = [:],
    typed: String? = nil
  ) throws -> EtcdClient.Options {
    var surroundings = ConnectionOptions.Surroundings()
    surroundings.variable = { environment[$0] }
    surroundings.root = empty.path
    surroundings.ask = { _ in
      guard let typed else { throw CommandFailure("", "no terminal") }
      return typed
    }
    surroundings.note = { Issue.record("noted: \($0)") }
    return try ConnectionOptions.parse(arguments).clientOptions(in: surroundings)
  }

  @Test func defaultsAreThoseOfEtcdctl() throws {
    let options = try options()
    #expect(options.endpoints == [try Endpoint("http://127.0.0.1:2379")])
    #expect(options.connection.dialTimeout == .seconds(2))
    #expect(options.callTimeout == .seconds(5))
    // The server takes no more frequent ones.
    #expect(options.connection.keepalive == Keepalive(interval: .seconds(5), timeout: .seconds(6)))
    #expect(options.connection.certificates == Certificates())
    #expect(options.user == nil)
  }

  @Test func endpointsAreListsAndMayBeGivenSeveralTimes() throws {
    let three = try options("--endpoints", "a:1, http://b:2", "--endpoints=unix:///run/e")
    #expect(three.endpoints.map(\.description) == ["http://a:1", "http://b:2", "unix:///run/e"])
    let variables = ["ETCDCTL_ENDPOINTS": "https://c:3,d:4"]
    #expect(
      try options(environment: variables).endpoints.map(\.description)
        == ["https://c:3", "http://d:4"]
    )
    #expect(try options("--endpoints", "e:5", environment: variables).endpoints.count == 1)
    #expect(throws: CommandFailure.self) { try options("--endpoints", "e") }
  }

  @Test func serverWithoutASchemeIsCalledEncryptedIfThereAreCertificates() throws {
    let both = "a:1,http://b:2"
    let names = ["https://a:1", "http://b:2"]
    for flags in [
      ["--cacert", "ca"], ["--cert", "c", "--key", "k"], ["--insecure-skip-tls-verify"],
      ["--insecure-transport=false"],
    ] {
      let parsed = try ConnectionOptions.parse(["--endpoints", both] + flags)
      var surroundings = ConnectionOptions.Surroundings()
      surroundings.variable = { _ in nil }
      let options = try parsed.clientOptions(in: surroundings)
      #expect(options.endpoints.map(\.description) == names, "\(flags)")
    }
    let variables = ["ETCDCTL_CACERT": "ca", "ETCDCTL_INSECURE_SKIP_TLS_VERIFY": "true"]
    let options = try options("--endpoints", both, environment: variables)
    #expect(options.endpoints.map(\.description) == names)
    #expect(options.connection.certificates.authorities == "ca")
    #expect(options.connection.certificates.isUnverified)
  }

  @Test func flagsWinOverTheirVariables() throws {
    let variables = [
      "ETCDCTL_CERT": "c", "ETCDCTL_KEY": "k", "ETCDCTL_DIAL_TIMEOUT": "1m30s",
      "ETCDCTL_COMMAND_TIMEOUT": "0", "ETCDCTL_KEEPALIVE_TIME": "1h",
      "ETCDCTL_KEEPALIVE_TIMEOUT": "500ms", "ETCDCTL_USER": "root:secret",
    ]
    let byVariables = try options(environment: variables)
    #expect(byVariables.connection.certificates.certificate == "c")
    #expect(byVariables.connection.certificates.key == "k")
    #expect(byVariables.connection.dialTimeout == .seconds(90))
    #expect(byVariables.callTimeout == nil)
    #expect(byVariables.connection.keepalive?.interval == .seconds(3_600))
    #expect(byVariables.connection.keepalive?.timeout == .milliseconds(500))
    #expect(byVariables.user == .init(name: "root", password: "secret"))
    let byFlags = try options(
      "--cert",
      "d",
      "--dial-timeout=3s",
      "--command-timeout",
      "4s",
      "--keepalive-time",
      "20s",
      "--user",
      "eve:p",
      environment: variables
    )
    #expect(byFlags.connection.certificates.certificate == "d")
    #expect(byFlags.connection.dialTimeout == .seconds(3))
    #expect(byFlags.callTimeout == .seconds(4))
    #expect(byFlags.connection.keepalive?.interval == .seconds(20))
    #expect(byFlags.user == .init(name: "eve", password: "p"))
  }

  @Test func passwordComesFromOneOfThreePlaces() throws {
    #expect(try options("--user", "u:p:q").user == .init(name: "u", password: "p:q"))
    #expect(try options("--user", "u", "--password", "p").user == .init(name: "u", password: "p"))
    // As etcdctl has it: then all of it is the name.
    #expect(
      try options("--user", "u:v", "--password", "p").user == .init(name: "u:v", password: "p")
    )
    #expect(try options("--user", "u", typed: "t").user == .init(name: "u", password: "t"))
    #expect(throws: CommandFailure.self) { try options("--user", "u") }
    #expect(try options("--password", "p").user == nil)
  }

  @Test func whatDoesNotGoTogetherIsRefused() {
    #expect(throws: CommandFailure.self) { try options("--cert", "c") }
    #expect(throws: CommandFailure.self) { try options("--key", "k") }
    #expect(throws: CommandFailure.self) { try options("--cacert", "") }
    #expect(throws: CommandFailure.self) {
      try options(environment: ["ETCDCTL_DIAL_TIMEOUT": "soon"])
    }
    #expect(throws: (any Error).self) { try options("--dial-timeout", "5") }
  }
}
