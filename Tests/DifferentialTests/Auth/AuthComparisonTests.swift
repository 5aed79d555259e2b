import Foundation
import TestSupport
import Testing

/// The same calls to a node and to a real etcd, one after the other, by users who may do little.
///
/// Clients tell refusals apart by their texts, and try again, or authenticate again, or give up.
///
/// `EXPLORER_AUTH_STEPS` says how many random calls there are, `EXPLORER_AUTH_SEED` from which seed;
/// `EXPLORER_AUTH_TESTED` which server, as `ServerKind` reads it.
@Suite struct AuthComparisonTests {
  private static let tested = ServerKind.named("EXPLORER_AUTH_TESTED") ?? .node
  private static let reference = ServerKind.etcd(.v35)
  private static let isPossible = tested.isThere && reference.isThere

  /// Both servers, and the tokens that they gave.
  private final class Pair {
    private let tested: Server
    private let reference: Server
    private(set) var tokens: [(tested: String, reference: String)] = []

    /// How many answers there were of each code.
    private(set) var codes: [Int: Int] = [:]

    init() throws {
      let arguments = ["--bcrypt-cost", "4"]
      tested = try Server.start(AuthComparisonTests.tested, arguments: arguments)
      reference = try Server.start(AuthComparisonTests.reference, arguments: arguments)
    }

    /// Sends a message to both.
    ///
    /// It comes with the pair of tokens at a place: nothing for none, -1 for one that nobody was given.
    func step(_ path: String, _ json: String = "{}", as token: Int? = nil) throws {
      let pair = token.map { $0 < 0 ? ("nobodys.1", "nobodys.1") : tokens[$0] }
      let expected = try GatewayAnswer(reference, path, json, token: pair?.1)
      let found = try GatewayAnswer(tested, path, json, token: pair?.0)
      #expect(found == expected, "\(path) \(json) as \(token.map(String.init) ?? "nobody")")
      codes[expected.code, default: 0] += 1
      if let token = expected.token, let own = found.token { tokens.append((own, token)) }
    }

    /// Forgets the tokens but those that were given last.
    func keepTokens(_ count: Int) { tokens.removeFirst(max(0, tokens.count - count)) }
  }

  private func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  /// A permission for keys.
  private func permission(_ type: String, _ key: String, _ end: String) -> String {
    #"{"permType":"\#(type)","key":"\#(base64(key))","range_end":"\#(base64(end))"}"#
  }

  @Test(.enabled(if: isPossible)) func everyKindOfCallIsRefusedAsByEtcd() throws {
    let pair = try Pair()
    for (user, password) in [("root", "r"), ("alice", "a")] {
      try pair.step("auth/user/add", #"{"name":"\#(user)","password":"\#(password)"}"#)
    }
    try pair.step("auth/enable")
    try pair.step("auth/user/grant", #"{"user":"root","role":"root"}"#)
    try pair.step("auth/authenticate", #"{"name":"root","password":"r"}"#)
    try pair.step("auth/user/add", #"{"name":"none","options":{"no_password":true}}"#)
    let long = String(repeating: "x", count: 73)
    try pair.step("auth/user/add", #"{"name":"long","password":"\#(long)"}"#)
    try pair.step("auth/role/add", #"{"name":"r"}"#)
    for permission in [permission("READ", "a", "c"), permission("WRITE", "b", "d")] {
      try pair.step("auth/role/grant", #"{"name":"r","perm":\#(permission)}"#)
    }
    try pair.step("auth/user/grant", #"{"user":"alice","role":"r"}"#)
    try pair.step("kv/put", #"{"key":"\#(base64("x"))"}"#)
    try pair.step("lease/grant", #"{"ID":"7","TTL":"1000"}"#)
    try pair.step("kv/put", #"{"key":"\#(base64("x"))","lease":"7"}"#)
    try pair.step("auth/enable")
    for (user, password) in [
      ("root", "r"), ("alice", "a"), ("alice", "b"), ("none", "a"), ("ghost", "a"), ("", ""),
    ] {
      try pair.step("auth/authenticate", #"{"name":"\#(user)","password":"\#(password)"}"#)
    }
    for token in [nil, -1, 1, 0] { try everything(pair, token) }
    // Not one of the tokens outlives this.
    try pair.step("auth/disable", as: 0)
    try pair.step("auth/enable")
    try pair.step("auth/status", as: 0)
    #expect(pair.tokens.count == 2)
    #expect(Set(pair.codes.keys).isSuperset(of: [0, 2, 3, 5, 7, 9, 16]))
  }

  /// Every kind of call, by one requester, in an order that changes little.
  private func everything(_ pair: Pair, _ token: Int?) throws {
    for key in ["a", "b", "c"].map(base64) {
      try pair.step("kv/range", #"{"key":"\#(key)"}"#, as: token)
      try pair.step("kv/range", #"{"key":"\#(key)","range_end":"AA=="}"#, as: token)
      try pair.step("kv/put", #"{"key":"\#(key)"}"#, as: token)
      try pair.step("kv/put", #"{"key":"\#(key)","prev_kv":true}"#, as: token)
      try pair.step("kv/put", #"{"key":"\#(key)","lease":"7"}"#, as: token)
      try pair.step("kv/put", #"{"key":"\#(key)","lease":"99"}"#, as: token)
      try pair.step("kv/deleterange", #"{"key":"\#(key)"}"#, as: token)
      try pair.step("kv/deleterange", #"{"key":"\#(key)","prev_kv":true}"#, as: token)
      for operation in [
        #"{"requestRange":{"key":"\#(key)"}}"#, #"{"requestPut":{"key":"\#(key)"}}"#,
        #"{"requestDeleteRange":{"key":"\#(key)"}}"#,
        #"{"requestTxn":{"failure":[{"requestPut":{"key":"\#(key)","lease":"7"}}]}}"#,
      ] {
        try pair.step("kv/txn", #"{"failure":[\#(operation)]}"#, as: token)
      }
      try pair.step("kv/txn", #"{"compare":[{"key":"\#(key)"}]}"#, as: token)
    }
    try pair.step("kv/compaction", #"{"revision":"1"}"#, as: token)
    for id in ["7", "8", "99"] {
      try pair.step("lease/timetolive", #"{"ID":"\#(id)"}"#, as: token)
      try pair.step("lease/timetolive", #"{"ID":"\#(id)","keys":true}"#, as: token)
      try pair.step("lease/keepalive", #"{"ID":"\#(id)"}"#, as: token)
      if token != 0 { try pair.step("lease/revoke", #"{"ID":"\#(id)"}"#, as: token) }
    }
    try pair.step("lease/leases", as: token)
    try pair.step("lease/grant", #"{"ID":"8","TTL":"1000"}"#, as: token)
    for path in ["cluster/member/list", "maintenance/alarm"] { try pair.step(path, as: token) }
    // For users who are no administrators it is free since 3.5.33.
    if token != 1 { try pair.step("maintenance/status", as: token) }
    if token != 0 {
      try pair.step("maintenance/alarm", #"{"action":"ACTIVATE","alarm":"NOSPACE"}"#, as: token)
    }
    try pair.step("maintenance/hash", as: token)
    try pair.step("auth/status", as: token)
    try pair.step("auth/user/list", as: token)
    try pair.step("auth/role/list", as: token)
    for name in ["", "root", "alice", "none", "ghost"] {
      try pair.step("auth/user/get", #"{"name":"\#(name)"}"#, as: token)
      try pair.step("auth/role/get", #"{"role":"\#(name)"}"#, as: token)
    }
    try pair.step("auth/role/get", #"{"role":"r"}"#, as: token)
    try pair.step("auth/user/changepw", #"{"name":"none","password":"p"}"#, as: token)
    try pair.step("auth/user/changepw", #"{"name":"none","hashedPassword":"*"}"#, as: token)
    try pair.step("auth/user/changepw", #"{"name":"ghost","hashedPassword":"*"}"#, as: token)
    try pair.step("auth/user/delete", #"{"name":"root"}"#, as: token)
    try pair.step("auth/user/revoke", #"{"name":"root","role":"root"}"#, as: token)
    try pair.step("auth/role/delete", #"{"role":"root"}"#, as: token)
    try pair.step("auth/role/grant", #"{"name":"r"}"#, as: token)
    let perms = [("a", "a"), ("b", "a"), ("", "b"), ("", ""), ("a", "\0")]
    for (key, end) in perms {
      let perm = permission("READ", key, end)
      try pair.step("auth/role/grant", #"{"name":"s","perm":\#(perm)}"#, as: token)
    }
    try pair.step("auth/role/revoke", #"{"role":"r","key":"eg=="}"#, as: token)
    try pair.step("auth/enable", as: token)
  }

  private static func number(_ variable: String, default value: Int) -> Int {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) } ?? value
  }

  @Test(.enabled(if: isPossible)) func randomCallsAreAnsweredAsByEtcd() throws {
    let seed = AuthComparisonTests.number("EXPLORER_AUTH_SEED", default: 1)
    let count = AuthComparisonTests.number("EXPLORER_AUTH_STEPS", default: 1000)
    var codes: [Int: Int] = [:]
    // A state is lost some time from which anything can still happen: then another one begins.
    for run in 0..<(count + 249) / 250 {
      let pair = try Pair()
      var random = RandomCalls(seed: UInt64(seed + run))
      try pair.step("auth/user/add", #"{"name":"root","password":"p"}"#)
      try pair.step("auth/user/grant", #"{"user":"root","role":"root"}"#)
      try pair.step("auth/user/add", #"{"name":"u","password":"p"}"#)
      try pair.step("auth/enable")
      try pair.step("auth/authenticate", #"{"name":"root","password":"p"}"#)
      try pair.step("auth/authenticate", #"{"name":"u","password":"p"}"#)
      for _ in 0..<250 {
        let (path, json, token) = random.next(tokenCount: pair.tokens.count)
        try pair.step(path, json, as: token)
        if pair.tokens.count > 20 { pair.keepTokens(10) }
      }
      codes.merge(pair.codes) { $0 + $1 }
    }
    #expect(Set(codes.keys).isSuperset(of: [0, 3, 5, 7, 9, 16]), "\(codes)")
  }
}

/// What a server's gateway answered, as far as two servers must answer alike.
private struct GatewayAnswer: Equatable, CustomStringConvertible {
  /// gRPC's code; 0 for an answer.
  var code = 0

  /// The text of a refusal, or the fields of an answer.
  var text = ""

  /// The token that was given.
  var token: String?

  var description: String { "code \(code) \(text)" }

  static func == (one: GatewayAnswer, other: GatewayAnswer) -> Bool {
    one.code == other.code && one.text == other.text
  }

  init(_ server: Server, _ path: String, _ json: String, token: String?) throws {
    let answer = try Loopback.request(
      server.clientPort,
      "POST",
      "/v3/\(path)",
      body: Array(json.utf8),
      headers: token.map { ["Authorization: \($0)"] } ?? []
    )
    let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
    if answer.status != 200 {
      // Refusals of streams lie one level deeper, under other names.
      let stream = object["error"] as? [String: Any]
      code = (stream?["grpc_code"] ?? stream?["code"] ?? object["code"]) as? Int ?? -1
      text = (stream?["message"] ?? object["message"]) as? String ?? ""
      return
    }
    self.token = object["token"] as? String
    // Of other services only refusals are compared: others compare their answers.
    guard path.hasPrefix("auth/") || path.hasPrefix("kv/") else { return }
    let fields = object.filter { !["header", "token"].contains($0.key) }
    let bytes = try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys)
    let revision = (object["header"] as? [String: Any])?["revision"] as? String ?? ""
    text = "\(String(decoding: bytes, as: UTF8.self)) at \(revision)"
  }
}

/// Seeded calls over few users, roles and keys.
private struct RandomCalls {
  private var generator: SeededGenerator

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  private mutating func one<Element>(of elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &generator)]
  }

  private mutating func user() -> String { one(of: ["root", "root", "u", "u", "v", "w", ""]) }

  private mutating func role() -> String { one(of: ["root", "r", "r", "s", "s", "t", ""]) }

  private mutating func key() -> String {
    Data(one(of: ["a", "b", "c", "d", "bb", "\0"]).utf8).base64EncodedString()
  }

  private mutating func end() -> String {
    Data(one(of: ["", "", "b", "c", "d", "e", "\0", "a"]).utf8).base64EncodedString()
  }

  private mutating func password() -> String { one(of: ["p", "p", "q", ""]) }

  private mutating func flag() -> Bool { Bool.random(using: &generator) }

  /// A call, and which token it comes with.
  mutating func next(tokenCount: Int) -> (path: String, json: String, token: Int?) {
    let kind = Int.random(in: 0..<100, using: &generator)
    let step =
      switch kind {
      case 0..<45: keyCall()
      case 45..<55: leaseCall()
      case 55..<60: nodeCall()
      case 60..<80: userCall()
      default: roleCall()
      }
    // Mostly the tokens that were given last.
    let places =
      [nil, -1] + Array(max(0, tokenCount - 6)..<tokenCount) + [0, 1].prefix(tokenCount)
    return (step.path, step.json, one(of: places))
  }

  private mutating func keyCall() -> (path: String, json: String) {
    let range = #""key":"\#(key())","range_end":"\#(end())""#
    let put = #"{"key":"\#(key())","lease":"\#(one(of: [0, 0, 0, 1, 2]))","prev_kv":\#(flag())}"#
    let delete = #"{\#(range),"prev_kv":\#(flag())}"#
    switch Int.random(in: 0..<8, using: &generator) {
    case 0, 1, 2: return ("kv/range", "{\(range)}")
    case 3, 4: return ("kv/put", put)
    case 5: return ("kv/deleterange", delete)
    default:
      var operations = [#"{"requestRange":{\#(range)}}"#, #"{"requestPut":\#(put)}"#]
      operations.append(
        #"{"requestTxn":{"compare":[{\#(range)}],"success":[{"requestDeleteRange":\#(delete)}]}}"#
      )
      let (first, second) = (one(of: operations), one(of: operations))
      let compare = flag() ? #"{"key":"\#(key())"}"# : ""
      return (
        "kv/txn", #"{"compare":[\#(compare)],"success":[\#(first)],"failure":[\#(second)]}"#
      )
    }
  }

  private mutating func leaseCall() -> (path: String, json: String) {
    let id = one(of: ["1", "2", "3"])
    switch Int.random(in: 0..<6, using: &generator) {
    case 0: return ("lease/grant", #"{"ID":"\#(id)","TTL":"100000"}"#)
    case 1: return ("lease/revoke", #"{"ID":"\#(id)"}"#)
    case 2: return ("lease/keepalive", #"{"ID":"\#(id)"}"#)
    case 3: return ("lease/leases", "{}")
    default: return ("lease/timetolive", #"{"ID":"\#(id)","keys":\#(flag())}"#)
    }
  }

  private mutating func nodeCall() -> (path: String, json: String) {
    (
      one(of: [
        "cluster/member/list", "maintenance/alarm", "maintenance/hash",
        "auth/status", "auth/enable", "auth/enable", "auth/disable",
      ]), "{}"
    )
  }

  private mutating func userCall() -> (path: String, json: String) {
    let (name, role, password) = (user(), role(), password())
    let both = #"{"name":"\#(name)","password":"\#(password)"}"#
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: return ("auth/user/add", both)
    case 1:
      let options = #"{"no_password":\#(flag())}"#
      return ("auth/user/add", #"{"name":"\#(name)","options":\#(options)}"#)
    case 2: return ("auth/user/delete", #"{"name":"\#(name)"}"#)
    case 3:
      return ("auth/user/changepw", #"{"name":"\#(name)","password":"p"}"#)
    case 4, 5: return ("auth/user/grant", #"{"user":"\#(name)","role":"\#(role)"}"#)
    case 6: return ("auth/user/revoke", #"{"name":"\#(name)","role":"\#(role)"}"#)
    case 7: return ("auth/user/get", #"{"name":"\#(name)"}"#)
    case 8: return ("auth/user/list", "{}")
    default: return ("auth/authenticate", both)
    }
  }

  private mutating func roleCall() -> (path: String, json: String) {
    let role = role()
    let type = one(of: ["READ", "WRITE", "READWRITE"])
    let perm = #"{"permType":"\#(type)","key":"\#(key())","range_end":"\#(end())"}"#
    switch Int.random(in: 0..<10, using: &generator) {
    case 0, 1: return ("auth/role/add", #"{"name":"\#(role)"}"#)
    case 2: return ("auth/role/delete", #"{"role":"\#(role)"}"#)
    case 3:
      let range = #""key":"\#(key())","range_end":"\#(end())""#
      return ("auth/role/revoke", #"{"role":"\#(role)",\#(range)}"#)
    case 4: return ("auth/role/get", #"{"role":"\#(role)"}"#)
    case 5: return ("auth/role/list", "{}")
    default: return ("auth/role/grant", #"{"name":"\#(role)","perm":\#(perm)}"#)
    }
  }
}
