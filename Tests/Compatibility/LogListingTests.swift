private import Foundation
import TestSupport
import Testing

/// What `explorer wal` shows of a log, against the requests that made it.
@Suite struct LogListingTests {
  /// A request through the gateway, with the type and the text that it is to be listed with.
  private struct Step {
    let path: String
    let json: String
    let type: String
    let text: String

    init(_ path: String, _ json: String, _ type: String, _ text: String) {
      self.path = path
      self.json = json
      self.type = type
      self.text = text
    }
  }

  private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  /// Every kind of request that a client can make, but those that only an authenticated one can.
  private static func steps(pod: [UInt8], member: String) -> [Step] {
    let key = base64("/registry/pods/demo/pod-min")
    let pod64 = Data(pod).base64EncodedString()
    let (a, b, e) = (base64("a"), base64("b"), base64("/e"))
    return [
      Step(
        "kv/put",
        #"{"key":"\#(key)","value":"\#(pod64)"}"#,
        "put",
        "/registry/pods/demo/pod-min v1/Pod \(pod.count)B"
      ),
      Step(
        "lease/grant",
        #"{"ID":"4660","TTL":"600"}"#,
        "lease",
        "grant 0000000000001234 ttl=600s"
      ),
      Step(
        "kv/put",
        #"{"key":"\#(e)","lease":"4660","prev_kv":true}"#,
        "put",
        "/e 0B lease=0000000000001234"
      ),
      Step(
        "kv/put",
        #"{"key":"\#(e)","ignore_value":true,"ignore_lease":true}"#,
        "put",
        "/e (value kept) (lease kept)"
      ),
      Step("kv/deleterange", #"{"key":"\#(a)","range_end":"\#(b)"}"#, "delete", "prefix a"),
      Step("kv/deleterange", #"{"key":"\#(a)","range_end":"AA=="}"#, "delete", "from a"),
      Step(
        "kv/txn",
        #"{"compare":[{"key":"\#(e)","target":"MOD","result":"GREATER","modRevision":"7"},"#
          + #"{"key":"\#(a)","target":"VALUE","value":"/w=="}],"#
          + #""success":[{"requestTxn":{"success":[{"requestPut":{"key":"/w=="}}]}}],"#
          + #""failure":[{"requestDeleteRange":{"key":"\#(a)"}},{"requestRange":{"key":"\#(e)"}}]}"#,
        "txn",
        #"if mod(/e)>7 and value(a)=(1B) then (put "\xff" 0B) else delete a, get /e"#
      ),
      Step(
        "kv/compaction",
        #"{"revision":"2","physical":true}"#,
        "compaction",
        "revision 2 physical"
      ),
      Step("lease/revoke", #"{"ID":"4660"}"#, "lease", "revoke 0000000000001234"),
      Step(
        "maintenance/alarm",
        #"{"action":"ACTIVATE","memberID":"123","alarm":"NOSPACE"}"#,
        "alarm",
        "activate NOSPACE member 7b"
      ),
      Step(
        "maintenance/alarm",
        #"{"action":"DEACTIVATE","memberID":"123","alarm":"NOSPACE"}"#,
        "alarm",
        "deactivate NOSPACE member 7b"
      ),
      Step(
        "cluster/member/update",
        #"{"ID":"\#(UInt64(member, radix: 16) ?? 0)","peerURLs":["http://127.0.0.1:19998"]}"#,
        "member",
        #"update \#(member) {"id":\#(UInt64(member, radix: 16) ?? 0),"#
          + #""peerURLs":["http://127.0.0.1:19998"]}"#
      ),
      Step("auth/user/add", #"{"name":"root","password":"pass-word"}"#, "auth", "user-add root"),
      Step(
        "auth/user/add",
        #"{"name":"a b","options":{"no_password":true}}"#,
        "auth",
        #"user-add "a b" no-password"#
      ),
      Step(
        "auth/user/changepw",
        #"{"name":"root","password":"pass-word-2"}"#,
        "auth",
        "user-change-password root"
      ),
      Step("auth/user/get", #"{"name":"root"}"#, "auth", "user-get root"),
      Step("auth/user/list", "{}", "auth", "user-list"),
      Step("auth/role/add", #"{"name":"r"}"#, "auth", "role-add r"),
      Step(
        "auth/role/grant",
        #"{"name":"r","perm":{"permType":"READWRITE","key":"\#(a)","range_end":"\#(b)"}}"#,
        "auth",
        "role-grant-permission r READWRITE prefix a"
      ),
      Step(
        "auth/role/revoke",
        #"{"role":"r","key":"\#(a)","range_end":"\#(b)"}"#,
        "auth",
        "role-revoke-permission r prefix a"
      ),
      Step("auth/role/get", #"{"role":"r"}"#, "auth", "role-get r"),
      Step("auth/role/list", "{}", "auth", "role-list"),
      Step("auth/role/add", #"{"name":"root"}"#, "auth", "role-add root"),
      Step("auth/user/grant", #"{"user":"a b","role":"r"}"#, "auth", #"user-grant-role "a b" r"#),
      Step("auth/user/revoke", #"{"name":"a b","role":"r"}"#, "auth", #"user-revoke-role "a b" r"#),
      Step(
        "auth/user/grant",
        #"{"user":"root","role":"root"}"#,
        "auth",
        "user-grant-role root root"
      ),
      Step("auth/user/delete", #"{"name":"a b"}"#, "auth", #"user-delete "a b""#),
      Step("auth/role/delete", #"{"role":"r"}"#, "auth", "role-delete r"),
      Step("auth/enable", "{}", "auth", "enable"),
    ]
  }

  @Test(arguments: EtcdVersion.installed)
  func everyRequestIsListedAsItWasMade(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    let list = try server.etcdctl("member", "list").text
    let member = String(list.prefix { $0 != "," })
    let steps = Self.steps(pod: try Fixture.bytes("etcdctl/values/pod-min.bin"), member: member)
    let first = try lines(server).count
    for step in steps { _ = try server.gateway("/v3/\(step.path)", step.json) }
    // As root from now on: the answer has a token.
    let answer = try server.gateway(
      "/v3/auth/authenticate",
      #"{"name":"root","password":"pass-word-2"}"#
    )
    let fields = try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
    let token = try #require(fields?["token"] as? String)
    let a = Self.base64("a")
    _ = try server.gateway("/v3/kv/put", #"{"key":"\#(a)"}"#, token: token)
    _ = try server.gateway("/v3/auth/disable", "{}", token: token)

    // The server runs on meanwhile, and holds the log.
    let found = try lines(server).dropFirst(first)
    let expected =
      steps.map { "\($0.type) \($0.text)" }
      + ["auth authenticate root", "put a 0B by=root", "auth disable by=root"]
    #expect(found.elementsEqual(expected))
    for format in ["text", "json", "yaml"] {
      let text = try Program.explorer("wal", server.dataDirectory, "-o", format).text
      #expect(!text.contains("pass-word") && !text.contains(token.prefix { $0 != "." }))
    }
    let pod = try Program.explorer(
      "wal",
      server.dataDirectory,
      "-o",
      "yaml",
      "--key",
      "/registry/"
    ).text
    #expect(pod.contains("\nobject:\n  apiVersion: v1\n  kind: Pod\n  metadata:\n"))
  }

  /// The listed requests: type and text.
  private func lines(_ server: EtcdServer) throws -> [String] {
    let result = try Program.explorer("wal", server.dataDirectory, "--no-headers")
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    return result.text.split(separator: "\n").map { line in
      line.split(separator: " ", omittingEmptySubsequences: true).dropFirst(2)
        .joined(separator: " ")
    }
  }

  @Test(arguments: EtcdVersion.installed)
  func aMemberThatComesAndGoesIsListed(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    let added = try server.gateway(
      "/v3/cluster/member/add",
      #"{"peerURLs":["http://127.0.0.1:19997"],"isLearner":true}"#
    )
    let answer = try JSONSerialization.jsonObject(with: Data(added)) as? [String: Any]
    let text = (answer?["member"] as? [String: Any])?["ID"] as? String
    let id = try #require(text.flatMap { UInt64($0) })
    _ = try server.gateway("/v3/cluster/member/remove", #"{"ID":"\#(id)"}"#)
    let member = String(id, radix: 16)
    #expect(
      try lines(server).suffix(2) == [
        #"member add-learner \#(member) {"id":\#(id),"peerURLs":["http://127.0.0.1:19997"],"#
          + #""isLearner":true}"#,
        "member remove \(member)",
      ]
    )
  }
}
