import Foundation
import MVCC
import TestSupport
import Testing

@testable import Store

@Suite struct GatewayTests {
  private let folder: TemporaryFolder
  private let data: String

  init() throws {
    folder = try TemporaryFolder()
    data = folder.path("data")
  }

  /// Requests whose answers do not tell of ids or times, in order: each may build on those before.
  private static let requests: [(path: String, body: String)] = {
    let foo = GatewayText.base64("foo")
    let (a, b, z) = (GatewayText.base64("a"), GatewayText.base64("b"), GatewayText.base64("z"))
    return [
      ("kv/put", #"{"key":"\#(foo)","value":"\#(GatewayText.base64("bar"))"}"#),
      ("kv/put", #"{"key":"\#(foo)","value":"PCY+","prev_kv":true}"#),
      ("kv/put", #"{"key":"\#(foo)","value":"PCY+","ignore_value":true}"#),
      ("kv/range", #"{"key":"\#(foo)"}"#),
      ("kv/range", #"{"key":"\#(a)","rangeEnd":"\#(z)","sort_order":"DESCEND","sortTarget":1}"#),
      ("kv/range", #"{"key":"\#(a)","range_end":"\#(z)","limit":"1","keys_only":true}"#),
      ("kv/range", #"{"key":"\#(a)","range_end":"\#(z)","countOnly":true}"#),
      ("kv/range", #"{"key":"\#(foo)","unknown":{"x":[1,"}"]}}"#),
      ("kv/range", #"{"key":"\#(foo)"} trailing"#),
      ("kv/range", #"{"key":"\#(foo)"}{"key":"\#(a)"}"#),
      ("kv/range", #" {"key":"\#(foo)","revision":1000}"#),
      ("kv/range", "{}"),
      ("kv/range", ""),
      (
        "kv/txn",
        #"{"compare":[{"key":"\#(foo)","target":"VERSION","version":"2"}],"success":["#
          + #"{"requestRange":{"key":"\#(foo)"}},{"request_put":{"key":"\#(a)","value":"\#(b)"}},"#
          + #"{"request_delete_range":{"key":"\#(b)"}}],"failure":[{"request_txn":{}}]}"#
      ),
      (
        "kv/txn",
        #"{"compare":[{"key":"\#(foo)","target":"MOD","mod_revision":9,"result":"GREATER"}],"#
          + #""failure":[{"request_txn":{"success":[{"request_range":{"key":"\#(a)"}}]}}]}"#
      ),
      (
        "kv/txn",
        #"{"success":[{"request_put":{"key":"\#(a)"}},{"request_put":{"key":"\#(a)"}}]}"#
      ),
      ("kv/deleterange", #"{"key":"\#(a)","prev_kv":true}"#),
      ("lease/grant", #"{"TTL":100,"ID":77}"#),
      ("lease/grant", #"{"TTL":"100","ID":"77"}"#),
      ("lease/grant", #"{"TTL":"90000000000"}"#),
      ("kv/put", #"{"key":"\#(a)","value":"\#(b)","lease":77}"#),
      ("kv/put", #"{"key":"\#(a)","value":"\#(b)","lease":78}"#),
      ("kv/lease/timetolive", #"{"ID":78,"keys":true}"#),
      ("lease/leases", "{}"),
      ("kv/lease/leases", ""),
      ("lease/revoke", #"{"ID":77}"#),
      ("lease/revoke", #"{"ID":77}"#),
      ("kv/lease/revoke", #"{"ID":77}"#),
      ("maintenance/transfer-leadership", #"{"targetID":4}"#),
      ("auth/enable", "{}"),
      ("auth/authenticate", #"{"name":"x","password":"y"}"#),
      ("auth/user/add", #"{"name":"é\u0001\"\\","password":"p"}"#),
      ("auth/user/list", "{}"),
      ("auth/user/get", #"{"name":"nobody"}"#),
      ("auth/user/grant", #"{"user":"é\u0001\"\\","role":"r"}"#),
      ("auth/role/add", #"{"name":"r"}"#),
      ("auth/role/grant", #"{"name":"r","perm":{"permType":"READWRITE","key":"\#(foo)"}}"#),
      ("auth/role/grant", #"{"name":"r","perm":{"permType":0,"key":"\#(a)","range_end":"AA=="}}"#),
      ("auth/role/get", #"{"role":"r"}"#),
      ("auth/role/revoke", #"{"role":"r","key":"\#(foo)"}"#),
      ("auth/role/list", "{}"),
      ("auth/role/delete", #"{"role":"r"}"#),
      ("auth/user/delete", #"{"name":"é\u0001\"\\"}"#),
      ("kv/compaction", #"{"revision":3}"#),
      ("kv/compaction", #"{"revision":"3","physical":true}"#),
      ("kv/range", #"{"key":"\#(foo)","revision":2}"#),
      ("maintenance/defragment", "{}"),
    ]
  }()

  @Test func longAnswersAreWhole() async throws {
    try await ServedTestNode.with(data) { node in
      let value = GatewayText.base64(String(repeating: "value", count: 100_000))
      let put = #"{"key":"YQ==","value":"\#(value)"}"#
      #expect(try HTTPTalk(node.port, "POST", "/v3/kv/put", body: put).answer().status == 200)
      let answer = try HTTPTalk(node.port, "POST", "/v3/kv/range", body: #"{"key":"YQ=="}"#)
        .answer()
      #expect(answer.status == 200)
      let isWhole = answer.body.contains("\"value\":\"\(value)\"")
      #expect(isWhole)
    }
  }

  @Test(arguments: EtcdVersion.installed)
  func answersAreThoseOfEtcdByteForByte(_ version: EtcdVersion) async throws {
    let etcd = try EtcdServer.start(version: version)
    try await ServedTestNode.with(data) { node in
      for (path, body) in GatewayTests.requests {
        let ours = try HTTPTalk(node.port, "POST", "/v3/" + path, body: body).answer()
        let theirs = try HTTPTalk(etcd.clientPort, "POST", "/v3/" + path, body: body).answer()
        #expect(GatewayText.error(ours.body) == GatewayText.error(theirs.body), "\(path) \(body)")
        // etcd 3.4 has another status for failed preconditions.
        if version == .v35 { #expect(ours.status == theirs.status, "\(path) \(body)") }
        if ours.status == 200 || version == .v34 {
          #expect(
            GatewayText.comparable(ours.body) == GatewayText.comparable(theirs.body),
            "\(path) \(body)"
          )
        }
      }
    }
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere))
  func whatIsNoRequestIsRefusedWithEtcdsStatus() async throws {
    let etcd = try EtcdServer.start(version: .v35)
    let requests: [(method: String, path: String, body: String, header: String)] = [
      ("POST", "kv/range", "{", "A: b"),
      ("POST", "kv/range", "[]", "A: b"),
      ("POST", "kv/range", "null", "A: b"),
      ("POST", "kv/range", "x", "A: b"),
      ("POST", "kv/range", #"{"key":"!!!"}"#, "A: b"),
      ("POST", "kv/range", #"{"key":7}"#, "A: b"),
      ("POST", "kv/range", #"{"limit":"x"}"#, "A: b"),
      ("POST", "kv/range", #"{"limit":1.5}"#, "A: b"),
      ("POST", "kv/range", #"{"limit":99999999999999999999}"#, "A: b"),
      ("POST", "kv/range", #"{"key":"Zm9v"}"#, "Grpc-Timeout: x"),
      ("POST", "kv/range", #"{"key":"Zm9v"}"#, "Grpc-Timeout: 0n"),
      ("POST", "kv/range", #"{"key":"Zm9v"}"#, "Grpc-Timeout: 10S"),
      ("GET", "kv/range", "", "A: b"),
      ("PUT", "kv/range", "{}", "A: b"),
      ("POST", "nothing", "{}", "A: b"),
      ("POST", "", "{}", "A: b"),
      ("POST", "kv/range/", "{}", "A: b"),
    ]
    try await ServedTestNode.with(data) { node in
      for request in requests {
        func answer(_ port: UInt16) throws -> (status: Int, head: String, body: String) {
          try HTTPTalk(
            port,
            request.method,
            "/v3/" + request.path,
            body: request.body,
            headers: [request.header]
          ).answer()
        }
        let ours = try answer(node.port)
        let theirs = try answer(etcd.clientPort)
        #expect(ours.status == theirs.status, "\(request)")
        let code = GatewayText.error(ours.body)?.prefix { $0 != " " }
        #expect(code == GatewayText.error(theirs.body)?.prefix { $0 != " " }, "\(request)")
      }
    }
  }

  @Test(arguments: EtcdVersion.installed)
  func streamsAreLinesOfResults(_ version: EtcdVersion) async throws {
    let etcd = try EtcdServer.start(version: version)
    let key = GatewayText.base64("foo")
    let create = #"{"create_request":{"key":"\#(key)","start_revision":2}}"#
    try await ServedTestNode.with(data) { node in
      var lines: [[String]] = []
      for port in [node.port, etcd.clientPort] {
        func post(_ path: String, _ body: String) throws -> String {
          try HTTPTalk(port, "POST", path, body: body).answer().body
        }
        _ = try post("/v3/kv/put", #"{"key":"\#(key)","value":"YQ=="}"#)
        let watch = try HTTPTalk(port, "POST", "/v3/watch", body: create)
        var seen = try watch.lines(2)
        _ = try post("/v3/kv/deleterange", #"{"key":"\#(key)"}"#)
        seen = try watch.lines(3)
        watch.cancel()

        let empty = #"{"create_request":{"key":"\#(key)","range_end":"YQ=="}}"#
        let many =
          create + " \n" + empty + #" {"cancel_request":{"watch_id":"0"}}"#
        let other = try HTTPTalk(port, "POST", "/v3/watch", body: many)
        // The events of the first may come before or behind the others.
        seen += try other.lines(3).filter { !$0.contains("events") }.sorted()
        other.cancel()

        _ = try post("/v3/lease/grant", #"{"ID":5,"TTL":100}"#)
        let alive = try HTTPTalk(port, "POST", "/v3/lease/keepalive", body: #"{"ID":5}{"ID":6}"#)
        let answer = try alive.answer()
        #expect(answer.status == 200)
        seen += answer.body.split(separator: "\n").map(String.init)
        lines.append(seen.map(GatewayText.comparable))
      }
      #expect(lines[0].first == #"{"result":{"header":{"revision":"2"},"created":true}}"#)
      #expect(Array(lines[0].prefix(3)) == Array(lines[1].prefix(3)))
      #expect(lines[0].suffix(2) == lines[1].suffix(2))
      for line in lines[0] { #expect(line.hasPrefix(#"{"result":{"header":{"#), "\(line)") }
    }
  }

  @Test func streamThatFailsSaysSo() async throws {
    try await ServedTestNode.with(data) { node in
      let talk = try HTTPTalk(node.port, "POST", "/v3/watch", body: "x")
      let answer = try talk.answer()
      #expect(answer.status == 400)
      #expect(answer.body.hasPrefix(#"{"error":{"grpc_code":3,"http_code":400,"message":""#))
      #expect(answer.body.hasSuffix("\"code\":3}}\n"))
    }
  }

  @Test func earlierPrefixesLeadToTheSame() async throws {
    try await ServedTestNode.with(data) { node in
      for prefix in ["/v3/", "/v3beta/", "/v3alpha/"] {
        let talk = try HTTPTalk(node.port, "POST", prefix + "kv/range", body: #"{"key":"YQ=="}"#)
        let answer = try talk.answer()
        #expect(answer.status == 200)
        #expect(GatewayText.comparable(answer.body) == #"{"header":{"revision":"1"}}"#)
      }
    }
  }

  @Test func callThatTakesTooLongIsGivenUp() async throws {
    try await ServedTestNode.with(data) { node in
      _ = try HTTPTalk(node.port, "POST", "/v3/lock/lock", body: #"{"name":"YQ=="}"#).answer()
      let talk = try HTTPTalk(
        node.port,
        "POST",
        "/v3/lock/lock",
        body: #"{"name":"YQ=="}"#,
        headers: ["Grpc-Timeout: 50m"]
      )
      let answer = try talk.answer()
      #expect(answer.status == 504)
      #expect(GatewayText.error(answer.body) == "4 context deadline exceeded")
    }
  }

  @Test func tokenIsTakenFromTheHeader() async throws {
    var options = Node.Options()
    options.passwordCost = 4
    try await ServedTestNode.with(data, options) { node in
      func post(_ path: String, _ body: String, _ headers: [String] = []) throws -> String {
        try HTTPTalk(node.port, "POST", "/v3/" + path, body: body, headers: headers).answer().body
      }
      _ = try post("auth/user/add", #"{"name":"root","password":"p"}"#)
      _ = try post("auth/role/add", #"{"name":"root"}"#)
      _ = try post("auth/user/grant", #"{"user":"root","role":"root"}"#)
      _ = try post("auth/enable", "{}")
      let range = #"{"key":"YQ=="}"#
      func error(_ headers: [String] = []) throws -> String? {
        GatewayText.error(try post("kv/range", range, headers))
      }
      #expect(try error() == "3 etcdserver: user name is empty")
      let answer = try post("auth/authenticate", #"{"name":"root","password":"p"}"#)
      let match = try #require(answer.firstMatch(of: /"token":"([^"]+)"/))
      for header in ["Authorization: \(match.1)", "Grpc-Metadata-Token: \(match.1)"] {
        #expect(try error([header]) == nil)
      }
      #expect(try error(["Authorization: x"]) == "16 etcdserver: invalid auth token")
      // A stream that is refused before it has sent anything.
      let alive = try HTTPTalk(node.port, "POST", "/v3/lease/keepalive", body: #"{"ID":1}"#)
      #expect(try alive.answer().status == 400)
    }
  }
}
