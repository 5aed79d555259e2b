import WAL
import EtcdMessages
import NIOHTTP1
import RPC
import TestSupport
import Testing

@testable import Store

@Suite struct HTTPServiceTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path("data")
  }

  private static let requests: [(String, String)] = {
    let paths = [
      "/health", "/health?serializable=true", "/health?exclude=NOSPACE&exclude=X", "/livez",
      "/livez?verbose", "/livez?exclude=serializable_read&verbose", "/livez/serializable_read",
      "/livez/serializable_read?verbose", "/livez/linearizable_read", "/livez/x", "/livez/",
      "/livezx", "/readyz", "/readyz?exclude=x", "/readyz/data_corruption?verbose",
      "/readyz/non_learner", "/readyz/linearizable_read?verbose&exclude=linearizable_read",
      "/readyz/serializable_read/x", "/", "/x", "/version/", "/metrics/", "/debug/pprof/",
      "/v2/keys",
    ]
    let gets = paths.map { ("GET", $0) }
    let others = ["/health", "/livez", "/readyz/non_learner", "/version", "/debug/vars", "/x"]
    return gets
      + ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"].flatMap { method in
        others.map { (method, $0) }
      }
  }()

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func pathsAreAnsweredAsEtcdAnswersThem() async throws {
    let etcd = try EtcdServer.start(version: .v35)
    try await ServedTestNode.with(data) { node in
      for (method, path) in HTTPServiceTests.requests {
        let ours = try HTTPTalk(node.port, method, path).answer()
        let theirs = try HTTPTalk(etcd.clientPort, method, path).answer()
        #expect(ours.status == theirs.status, "\(method) \(path)")
        #expect(ours.body == theirs.body, "\(method) \(path)")
        let names = [
          "content-type", "content-length", "allow", "x-content-type-options",
          "access-control-allow-origin", "access-control-allow-methods",
          "access-control-allow-headers",
        ]
        for name in names {
          #expect(
            HTTPServiceTests.field(name, ours.head) == HTTPServiceTests.field(name, theirs.head),
            "\(method) \(path): \(name)"
          )
        }
      }
      // Theirs runs checks in any order.
      let ours = try HTTPTalk(node.port, "GET", "/readyz?verbose").answer()
      let theirs = try HTTPTalk(etcd.clientPort, "GET", "/readyz?verbose").answer()
      #expect(HTTPServiceTests.lines(ours.body) == HTTPServiceTests.lines(theirs.body))
    }
  }

  private static func field(_ name: String, _ head: String) -> String? {
    for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name + ": ") {
      return String(line.dropFirst(name.count + 2))
    }
    return nil
  }

  private static func lines(_ text: String) -> [Substring] { text.split(separator: "\n").sorted() }

  @Test func versionIsToldOfServerClusterAndStorage() async throws {
    try await ServedTestNode.with(data) { node in
      let answer = try HTTPTalk(node.port, "GET", "/version").answer()
      let text =
        "{\"etcdserver\":\"\(ServedVersion.server)\",\"etcdcluster\":"
        + "\"\(ServedVersion.cluster)\",\"storage\":\"\(ServedVersion.cluster)\"}"
      #expect(answer.body == text)
    }
  }

  @Test func raisedAlarmIsBadHealthUnlessItIsExcluded() async throws {
    try await ServedTestNode.with(data) { node in
      var alarm = Etcdserverpb_AlarmMember()
      alarm.alarm = .nospace
      node.node.status.alarms = [alarm]
      var answer = try HTTPTalk(node.port, "GET", "/health").answer()
      #expect(answer.status == 503)
      #expect(answer.body == "{\"health\":\"false\",\"reason\":\"ALARM NOSPACE\"}\n")
      answer = try HTTPTalk(node.port, "GET", "/health?exclude=NOSPACE").answer()
      #expect(answer.status == 200)
      #expect(try HTTPTalk(node.port, "GET", "/readyz").answer().status == 200)

      alarm.alarm = .corrupt
      node.node.status.alarms.append(alarm)
      answer = try HTTPTalk(node.port, "GET", "/health?exclude=NOSPACE").answer()
      #expect(answer.body == "{\"health\":\"false\",\"reason\":\"ALARM CORRUPT\"}\n")
      answer = try HTTPTalk(node.port, "GET", "/readyz").answer()
      #expect(answer.status == 503)
      #expect(answer.body.contains("[-]data_corruption failed: alarm activated: CORRUPT\n"))
      #expect(answer.body.contains("[+]serializable_read ok\n"))
      #expect(try HTTPTalk(node.port, "GET", "/livez").answer().status == 200)
    }
  }

  @Test func logThatFailedIsBadHealthButReadsGoOn() async throws {
    try await ServedTestNode.with(data) { node in
      node.node.status.fail(RPCStatus(.unavailable, "etcdserver: no \"disk\""))
      let health = try HTTPTalk(node.port, "GET", "/health").answer()
      #expect(health.status == 503)
      #expect(
        health.body
          == "{\"health\":\"false\",\"reason\":\"RANGE ERROR:etcdserver: no \\\"disk\\\"\"}\n"
      )
      #expect(try HTTPTalk(node.port, "GET", "/health?serializable=true").answer().status == 200)
      #expect(try HTTPTalk(node.port, "GET", "/livez").answer().status == 200)
      let ready = try HTTPTalk(node.port, "GET", "/readyz").answer()
      #expect(ready.status == 503)
      #expect(ready.body.contains("[-]linearizable_read failed: etcdserver: no \"disk\"\n"))
      let range = try HTTPTalk(node.port, "POST", "/v3/kv/range", body: "{\"key\":\"YQ==\"}")
      #expect(try range.answer().status == 200)
      let put = try HTTPTalk(node.port, "POST", "/v3/kv/put", body: "{\"key\":\"YQ==\"}")
      #expect(try put.answer().status == 503)
    }
  }

  @Test func onlyNamedOriginsAndHostsAreServed() async throws {
    var options = HTTPService.Options()
    options.access = HTTPAccess(origins: ["http://good"], hosts: ["127.0.0.1", "::1"])
    try await ServedTestNode.with(data, http: options) { node throws in
      func head(_ header: String) throws -> (status: Int, head: String, body: String) {
        try HTTPTalk(node.port, "GET", "/version", headers: [header]).answer()
      }
      let good = try head("Origin: http://good")
      #expect(HTTPServiceTests.field("access-control-allow-origin", good.head) == "http://good")
      let bad = try head("Origin: http://bad")
      #expect(HTTPServiceTests.field("access-control-allow-origin", bad.head) == nil)
    }
    let access = options.access
    for (host, isServed) in [
      ("127.0.0.1", true), ("127.0.0.1:2379", true), ("[::1]:2379", true), ("evil", false),
      ("evil:2379", false), ("", false),
    ] {
      let request = HTTPRequest(
        method: .GET,
        path: "/health",
        headers: ["host": host],
        peer: RPCPeer(address: "x")
      )
      #expect(access.admits(request) == isServed, "\(host)")
    }
  }

  @Test func listenerForMetricsAnswersHealthAndMetricsOnly() async throws {
    var options = HTTPService.Options()
    options.isForMetricsOnly = true
    try await ServedTestNode.with(data, http: options) { node throws in
      for (path, status) in [
        ("/metrics", 200), ("/health", 200), ("/livez", 200), ("/readyz/non_learner", 200),
        ("/version", 404), ("/debug/vars", 404), ("/v3/kv/range", 404),
      ] {
        #expect(try HTTPTalk(node.port, "GET", path).answer().status == status, "\(path)")
      }
    }
  }

  @Test func variablesAreJSONAndTellOfTheLog() async throws {
    var options = HTTPService.Options()
    options.commandLine = ["explorer", "serve", "--name=\"x\""]
    try await ServedTestNode.with(data, http: options) { node throws in
      let body = try HTTPTalk(node.port, "GET", "/debug/vars").answer().body
      #expect(body.contains("\"cmdline\": [\"explorer\",\"serve\",\"--name=\\\"x\\\"\"]"))
      let id = String(node.node.header.memberID.rawValue, radix: 16)
      #expect(body.contains("\"raft.status\": {\"id\":\"\(id)\",\"term\":2,\"vote\":\"\(id)\""))
    }
  }
}
