import TestSupport
import Testing

@testable import Store

/// What real etcd takes and refuses on its command line, we take and refuse.
@Suite struct EtcdComparisonTests {
  /// Command lines that are read before anything is checked: `--version` ends etcd then.
  static let lines: [[String]] = [
    ["--name", "a"], ["-name=a"], ["--name"], ["--nosuch"], ["a"], ["--", "a"], ["--"], ["-"],
    ["---name"], ["--=a"], ["--name="], ["--pre-vote"], ["--pre-vote=0"], ["--pre-vote=maybe"],
    ["--pre-vote", "false"], ["--max-txn-ops=0x10"], ["--max-txn-ops=1_000"],
    ["--max-txn-ops=-1"], ["--max-txn-ops=a"], ["--max-txn-ops=18446744073709551616"],
    ["--max-txn-ops="], ["--snapshot-count=08"], ["--quota-backend-bytes=-1"],
    ["--quota-backend-bytes=9223372036854775808"], ["--backend-batch-limit=-5"],
    ["--grpc-keepalive-interval=5"], ["--grpc-keepalive-interval=1h2m3.5s"],
    ["--grpc-keepalive-interval=-5s"], ["--grpc-keepalive-interval=0"],
    ["--grpc-keepalive-interval=.5s"], ["--grpc-keepalive-interval=1e3s"],
    ["--listen-client-urls=http://127.0.0.1:1"], ["--listen-client-urls="],
    ["--listen-client-urls=127.0.0.1:1"], ["--listen-client-urls=http://a"],
    ["--listen-client-urls=http://a:1/b"], ["--listen-client-urls=ftp://a:1"],
    ["--listen-client-urls=http://a:1,"], ["--listen-client-urls= http://a:1 , http://b:1"],
    ["--listen-client-urls=http://a:b"], ["--listen-client-urls=http://[::1]:1"],
    ["--listen-client-urls=http://[::1:1"], ["--listen-client-urls=http://a b:1"],
    ["--cors=*"], ["--cors="], ["--cors=http://a:1"], ["--cors=a"], ["--host-whitelist=a,b"],
    ["--initial-cluster-state=existing"], ["--initial-cluster-state=old"],
    ["--discovery-fallback=exit"], ["--discovery-fallback=a"], ["--proxy=off"], ["--proxy=a"],
    ["--force"], ["--snapshot=a"], ["--v"], ["--heartbeat-interval=0"], ["--log-outputs=a,b"],
    ["--auto-compaction-mode=a"], ["--cipher-suites=a,b"], ["--debug=a"],
  ]

  @Test(arguments: EtcdVersion.installed, lines)
  func theSameCommandLinesAreRead(_ version: EtcdVersion, _ line: [String]) throws {
    // Flags that came or went between the two releases.
    guard version == .v34 || line != ["--debug=a"] else { return }
    let program = try #require(version.program("etcd"))
    // Before the line, so that no flag takes it for a value: then etcd would begin to serve.
    let theirs = try Program.run(program, ["--version"] + line)
    var ours = ""
    do throws(ConfigurationError) {
      _ = try CommandLineFlags(["--version"] + line)
    } catch {
      ours = "\(error)"
    }
    if ours.isEmpty || theirs.status == 0 {
      #expect((theirs.status == 0) == ours.isEmpty, "\(line): \(ours), \(theirs.errors)")
    } else {
      let first = theirs.errors.split(separator: "\n").first.map(String.init) ?? ""
      // etcd logs what it has against arguments that are no flags, in words that changed.
      if ours.hasSuffix("is not a valid flag") {
        #expect(theirs.status == 1 && theirs.errors.contains("is not a valid flag"))
        return
      }
      #expect(theirs.status == 2)
      // What Go's parsers of numbers and URLs add between is left out.
      #expect(first == ours || first.hasPrefix(ours.prefix { $0 != ":" }), "\(line)")
    }
  }

  /// Flags that etcd reads and then refuses, in its own words.
  static let refusals: [[String]] = [
    ["--heartbeat-interval=0"], ["--election-timeout=0"], ["--election-timeout=400"],
    ["--election-timeout=60000"], ["--listen-peer-urls=http://example.org:1"],
    ["--initial-advertise-peer-urls=http://:1"], ["--auto-compaction-mode=a"],
    ["--listen-client-urls=http://127.0.0.1:0"],
    ["--listen-client-urls=http://example.org:1", "--advertise-client-urls=http://a:1"],
    ["--advertise-client-urls=http://:1"], ["--log-outputs=stdout,default"],
    ["--log-outputs=foo://bar"], ["--log-outputs=/nosuch/file"], ["--logger=a"],
    ["--auto-compaction-retention=a"], ["--cipher-suites=a"],
    ["--listen-client-urls=https://127.0.0.1:0", "--advertise-client-urls=http://a:1"],
    ["--auth-token=a"], ["--auth-token=jwt"],
    ["--experimental-enable-lease-checkpoint-persist"],
    ["--tls-min-version=TLS1.1"], ["--tls-min-version=TLS1.3", "--tls-max-version=TLS1.2"],
  ]

  @Test(arguments: refusals)
  func whatEtcdRefusesIsRefusedInItsWords(_ line: [String]) throws {
    guard let program = EtcdVersion.v35.program("etcd") else { return }
    let folder = try TemporaryFolder()
    let ports = try Loopback.freePorts(2)
    var base = [
      "--data-dir", folder.path("d"), "--listen-peer-urls", "http://127.0.0.1:\(ports[0])",
    ]
    if !line.contains(where: { $0.hasPrefix("--listen-client-urls") }) {
      base += [
        "--listen-client-urls", "http://127.0.0.1:\(ports[1])",
        "--advertise-client-urls", "http://127.0.0.1:\(ports[1])",
      ]
    }
    let output = folder.path("log")
    let process = try ChildProcess(program, base + line, output: output)
    #expect(process.wait(seconds: 20) == 1, "\(line)")
    let theirs = try TestFile.text(output)
    let error = #expect(throws: ConfigurationError.self, "\(line)") {
      guard
        case .serve(let configuration, _) = try ConfigurationSource(arguments: base + line)
          .request()
      else { return }
      _ = try NodeLog(configuration.logging)
    }
    var text = "\(try #require(error))"
    if case .value(_, _, _, .url(let cause)) = error { text = cause }
    let quoted = text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\\\"")
    #expect(theirs.contains(quoted), "\(line): \(text)\n\(theirs)")
  }

  @Test func etcdTakesNoFlagBesideItsVariable() throws {
    // The one place where we are milder: etcd does not start, we take the flag and say so.
    let folder = try TemporaryFolder()
    guard let program = EtcdVersion.v35.program("etcd") else { return }
    let output = folder.path("log")
    let process = try ChildProcess(
      program,
      ["--name", "a", "--data-dir", folder.path("d")],
      environment: ["ETCD_NAME": "b"],
      output: output
    )
    #expect(process.wait(seconds: 20) == 1)
    #expect(
      try TestFile.text(output).contains("is shadowed by corresponding command-line flag")
    )
  }
}
