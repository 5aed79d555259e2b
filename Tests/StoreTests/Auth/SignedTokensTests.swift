import Apply
import Crypto
import CryptoExtras
import EtcdMessages
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

/// Whoever can make a token that is taken is whoever they want to be.
@Suite struct SignedTokensTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The files of a new pair of keys, private and public.
  private func keys(_ method: SigningMethod) throws -> (private: String, public: String?) {
    let names = (folder.path("private"), folder.path("public"))
    let (secret, open): (String, String?) =
      switch method {
      case .hs256, .hs384, .hs512: ("a secret of some length, and longer\n", nil)
      case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
        {
          let key = SignedTokensTests.rsa
          return (key.pemRepresentation, key.publicKey.pemRepresentation)
        }()
      case .es256:
        {
          let key = P256.Signing.PrivateKey()
          return (key.pemRepresentation, key.publicKey.pemRepresentation)
        }()
      case .es384:
        {
          let key = P384.Signing.PrivateKey()
          return (key.pemRepresentation, key.publicKey.pemRepresentation)
        }()
      case .es512:
        {
          let key = P521.Signing.PrivateKey()
          return (key.pemRepresentation, key.publicKey.pemRepresentation)
        }()
      case .edDSA:
        {
          let key = Curve25519.Signing.PrivateKey()
          return (key.pemRepresentation, key.publicKey.pemRepresentation)
        }()
      }
    try Data(secret.utf8).write(to: URL(fileURLWithPath: names.0))
    if let open { try Data(open.utf8).write(to: URL(fileURLWithPath: names.1)) }
    return (names.0, open == nil ? nil : names.1)
  }

  /// Making one takes a while.
  private static let rsa: _RSA.Signing.PrivateKey = {
    guard let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else {
      preconditionFailure("a key is made of random numbers")
    }
    return key
  }()

  private func options(_ method: SigningMethod) throws -> [String: String] {
    let keys = try keys(method)
    var options = ["sign-method": method.rawValue, "priv-key": keys.private]
    options["pub-key"] = keys.public
    return options
  }

  @Test(arguments: SigningMethod.allCases)
  func whoWasGivenATokenIsKnownByIt(method: SigningMethod) throws {
    let tokens = try SignedTokens(options(method))
    #expect(tokens.canSign)
    let token = try #require(tokens.token(for: "al\"ic\u{E9}", revision: 17))
    let expected = AuthStore.Requester(name: "al\"ic\u{E9}", revision: 17)
    // The second time it is known already.
    for _ in 0..<2 { #expect(tokens.requester(of: token) == expected) }
    let parts = token.split(separator: ".")
    #expect(parts.count == 3)
    let header = try #require(Base64URL.data(of: parts[0]))
    #expect(
      String(decoding: header, as: UTF8.self) == #"{"alg":"\#(method.rawValue)","typ":"JWT"}"#
    )
  }

  @Test(arguments: SigningMethod.allCases)
  func changedTokensAreWorthNothing(method: SigningMethod) throws {
    let tokens = try SignedTokens(options(method))
    let token = try #require(tokens.token(for: "alice", revision: 17))
    let parts = token.split(separator: ".").map(String.init)
    let bytes = Array(token.utf8)
    for slot in stride(from: 0, to: bytes.count, by: 7) {
      var changed = bytes
      changed[slot] = changed[slot] == UInt8(ascii: "A") ? UInt8(ascii: "Q") : UInt8(ascii: "A")
      #expect(tokens.requester(of: String(decoding: changed, as: UTF8.self)) == nil, "\(slot)")
    }
    for text in [
      "", ".", "..", parts[0], "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).",
      "\(token).", "\(token).x", "\(parts[0])..\(parts[2])", " \(token)", "Bearer \(token)",
    ] {
      #expect(tokens.requester(of: text) == nil)
    }
    // Another's token, signed in the same way.
    let other = folder.path("other")
    try Data("another secret".utf8).write(to: URL(fileURLWithPath: other))
    let stranger = try SignedTokens(["sign-method": "HS256", "priv-key": other])
    let forged = try #require(stranger.token(for: "root", revision: 17))
    #expect(tokens.requester(of: forged) == nil)
  }

  @Test func nobodyElseChoosesHowTokensAreSigned() throws {
    // The public key as the secret, and no signature at all: what libraries were fooled with.
    let options = try options(.rs256)
    let tokens = try SignedTokens(options)
    let token = try #require(tokens.token(for: "root", revision: 1))
    let body = token.split(separator: ".")[1]
    for header in [#"{"alg":"none","typ":"JWT"}"#, #"{"alg":"","typ":"JWT"}"#, "{}", "[]", ""] {
      let text = "\(Base64URL.text(of: Data(header.utf8))).\(body)"
      #expect(tokens.requester(of: "\(text).") == nil)
    }
    let secret = try SignedTokens([
      "sign-method": "HS256", "priv-key": try #require(options["pub-key"]),
    ])
    #expect(tokens.requester(of: try #require(secret.token(for: "root", revision: 1))) == nil)
  }

  @Test func tokensEnd() throws {
    let box = Box(Atomic<Int>(1_000_000))
    var options = try options(.hs256)
    options["ttl"] = "10m"
    let tokens = try SignedTokens(options) { Double(box.value.load(ordering: .relaxed)) }
    let token = try #require(tokens.token(for: "alice", revision: 3))
    box.value.store(1_000_599, ordering: .relaxed)
    #expect(tokens.requester(of: token)?.name == "alice")
    box.value.store(1_000_600, ordering: .relaxed)
    #expect(tokens.requester(of: token) == nil)
  }

  @Test func tokensOfOthersWithTheKeyAreReadAsEtcdReadsThem() throws {
    let options = try options(.hs256)
    let tokens = try SignedTokens(options) { 1000 }
    let key = try SigningKey(for: .hs256, privatePath: options["priv-key"], publicPath: nil)
    func requester(_ claims: String) throws -> AuthStore.Requester? {
      let header = Base64URL.text(of: Data(#"{"alg":"HS256"}"#.utf8))
      let text = "\(header).\(Base64URL.text(of: Data(claims.utf8)))"
      let signature = try #require(key.signature(of: Data(text.utf8), .hs256))
      return tokens.requester(of: "\(text).\(Base64URL.text(of: signature))")
    }
    let alice = AuthStore.Requester(name: "alice", revision: 7)
    #expect(try requester(#"{"username":"alice","revision":7}"#) == alice)
    #expect(try requester(#"{"username":"alice","revision":7.9,"exp":1001,"x":[]}"#) == alice)
    #expect(try requester(#"{"username":"alice","revision":7,"exp":0}"#) == alice)
    for claims in [
      #"{"username":"alice"}"#, #"{"revision":7}"#, #"{"username":7,"revision":7}"#,
      #"{"username":"alice","revision":"7"}"#, #"{"username":"alice","revision":-1}"#,
      #"{"username":"alice","revision":1e300}"#, #"{"username":"alice","revision":7,"exp":1000}"#,
      #"{"username":"alice","revision":7,"exp":"2000"}"#,
      #"{"username":"alice","revision":7,"nbf":1001}"#,
      #"{"username":"alice","revision":7,"iat":1001}"#, "[]", "", "7",
      String(repeating: "[", count: 100_000),
    ] {
      #expect(try requester(claims) == nil, "\(claims.prefix(60))")
    }
  }

  @Test func withoutThePrivateKeyTokensAreOnlyVerified() throws {
    for method in [SigningMethod.rs256, .es384, .edDSA] {
      var options = try options(method)
      let token = try #require(SignedTokens(options).token(for: "alice", revision: 1))
      options["priv-key"] = nil
      let tokens = try SignedTokens(options)
      #expect(!tokens.canSign)
      #expect(tokens.token(for: "alice", revision: 1) == nil)
      #expect(tokens.requester(of: token)?.name == "alice")
    }
  }

  @Test func theKeysOfARealExampleAreTaken() throws {
    // RFC 8037, appendix A.4.
    let secret = try #require(Base64URL.data(of: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
    let key = try Curve25519.Signing.PrivateKey(rawRepresentation: secret)
    let path = folder.path("ed")
    try Data(key.pemRepresentation.utf8).write(to: URL(fileURLWithPath: path))
    let signing = try SigningKey(for: .edDSA, privatePath: path, publicPath: nil)
    let text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    let signature =
      "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    let bytes = try #require(Base64URL.data(of: Substring(signature)))
    #expect(signing.isValid(bytes, of: Data(text.utf8), .edDSA))
    #expect(!signing.isValid(bytes, of: Data(text.utf8) + [0], .edDSA))
  }

  @Test func wrongOptionsAreNamed() throws {
    let keys = try keys(.es256)
    let open = try #require(keys.public)
    func error(_ text: String) -> TokenOptionError? {
      #expect(throws: TokenOptionError.self) { try TokenProvider(text) }
    }
    #expect(error("bearer") == .unknownType("bearer"))
    #expect(error("jwt") == .unknownMethod(""))
    #expect(error("jwt,sign-method") == .malformed("sign-method"))
    #expect(error("jwt,sign-method=a=b") == .malformed("sign-method=a=b"))
    #expect(error("jwt,ttl=1m,ttl=2m") == .repeated("ttl"))
    #expect(error("jwt,sign-method=XS256") == .unknownMethod("XS256"))
    #expect(error("jwt,sign-method=none") == .unknownMethod("none"))
    #expect(error("jwt,sign-method=ES256,ttl=soon") == .badTTL("soon"))
    #expect(error("jwt,sign-method=ES256") == .keyMissing)
    #expect(error("jwt,sign-method=HS256,pub-key=\(open)") == .keyMissing)
    let missing = folder.path("missing")
    #expect(error("jwt,sign-method=ES256,priv-key=\(missing)") == .unreadableFile(missing))
    for method in ["ES384", "RS256", "EdDSA"] {
      #expect(
        error("jwt,sign-method=\(method),pub-key=\(open)") == .notAKey(path: open, method: method)
      )
    }
    #expect(
      error("jwt,sign-method=ES256,priv-key=\(open)") == .notAKey(path: open, method: "ES256")
    )
    let other = folder.path("other")
    let stranger = P256.Signing.PrivateKey().publicKey.pemRepresentation
    try Data(stranger.utf8).write(to: URL(fileURLWithPath: other))
    #expect(
      error("jwt,sign-method=ES256,priv-key=\(keys.private),pub-key=\(other)") == .keyMismatch
    )
    guard case .simple = try TokenProvider("simple"), case .none = try TokenProvider(""),
      case .signed = try TokenProvider("jwt,sign-method=ES256,priv-key=\(keys.private),more=1")
    else {
      Issue.record("what is right is taken")
      return
    }
  }

  /// Tokens of a real etcd are taken here, and ours there, with the same keys.
  @Test(
    .enabled(if: EtcdVersion.v35.isThere),
    arguments: [SigningMethod.rs256, .ps512, .es384, .hs512]
  )
  func tokensGoToEtcdAndBack(method: SigningMethod) throws {
    let options = try options(method)
    let flag = "jwt," + options.map { "\($0)=\($1)" }.joined(separator: ",")
    let server = try EtcdServer.start(
      version: .v35,
      arguments: ["--auth-token", flag, "--bcrypt-cost", "4"]
    )
    for (path, json) in [
      ("user/add", #"{"name":"root","password":"r"}"#),
      ("user/grant", #"{"user":"root","role":"root"}"#), ("enable", "{}"),
    ] {
      _ = try server.gateway("/v3/auth/\(path)", json)
    }
    let tokens = try SignedTokens(options)
    struct Answer: Decodable { let token: String }
    let answer = try server.gateway(
      "/v3/auth/authenticate",
      #"{"name":"root","password":"r"}"#
    )
    let theirs = try JSONDecoder().decode(Answer.self, from: Data(answer)).token
    #expect(tokens.requester(of: theirs) == AuthStore.Requester(name: "root", revision: 3))
    let ours = try #require(tokens.token(for: "root", revision: 3))
    _ = try server.gateway("/v3/kv/range", #"{"key":"YQ=="}"#, token: ours)
    let outdated = try #require(tokens.token(for: "root", revision: 2))
    #expect(throws: EtcdServer.Failure.self) {
      try server.gateway("/v3/kv/range", #"{"key":"YQ=="}"#, token: outdated)
    }
  }
}

/// Something that closures share.
private final class Box<Value: ~Copyable & Sendable>: Sendable {
  let value: Value
  init(_ value: consuming Value) { self.value = value }
}
