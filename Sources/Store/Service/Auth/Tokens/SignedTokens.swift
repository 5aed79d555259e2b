internal import Apply
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import Synchronization

/// Tokens that say who they were given to, at which revision of users and roles, and until when they
/// are worth something; a signature says that it is true.
///
/// No member keeps them. They are worth something after a password was changed or a user deleted; but
/// once users or roles have changed in any way, requests about keys with older tokens are refused.
///
/// Event loops ask for the users of tokens. Verifying a signature takes longer than the rest of a
/// request, so the tokens that were verified last are kept behind a lock.
///
/// Source: etcd 3.5, `server/auth/jwt.go`; RFC 7519; RFC 7515, section 3.1.
final class SignedTokens: Sendable {
  /// How long a token is worth something unless told otherwise.
  static let defaultTTL = Duration.seconds(300)

  /// How many verified tokens are kept.
  static let verifiedCount = 1024

  private struct Header: Codable {
    var alg: String
    var typ: String?
  }

  private struct Claims: Codable {
    var exp: Double?
    var iat: Double?
    var nbf: Double?
    var revision: Double
    var username: String
  }

  private let method: SigningMethod
  private let key: SigningKey
  private let ttl: Duration
  private let now: @Sendable () -> Double
  private let verified = Mutex<[String: Claims]>([:])

  /// Tokens signed as the options of `--auth-token jwt` say.
  ///
  /// - Parameters:
  ///   - options: Options by their names; others than etcd's are passed over.
  ///   - now: The seconds since 1970.
  /// - Throws: ``TokenOptionError``.
  init(
    _ options: [String: String],
    now: @escaping @Sendable () -> Double = { Date().timeIntervalSince1970 }
  ) throws(TokenOptionError) {
    func option(_ name: String) -> String? {
      options[name].flatMap { $0.isEmpty ? nil : $0 }
    }
    var ttl = SignedTokens.defaultTTL
    if let text = option("ttl") {
      guard let duration = Duration(goText: text) else { throw .badTTL(text) }
      ttl = duration
    }
    let name = option("sign-method") ?? ""
    guard let method = SigningMethod(rawValue: name) else { throw .unknownMethod(name) }
    self.ttl = ttl
    self.method = method
    self.now = now
    key = try SigningKey(
      for: method,
      privatePath: option("priv-key"),
      publicPath: option("pub-key")
    )
  }

  /// Whether tokens can be given here, and not only be verified.
  var canSign: Bool { key.isPrivate }

  /// A new token; nothing if there is no key to sign with.
  ///
  /// It takes up to some milliseconds.
  ///
  /// - Parameters:
  ///   - user: Who it is for.
  ///   - revision: The revision of users and roles.
  /// - Returns: Header, claims and signature, each in the Base64 of URLs, with dots between them.
  func token(for user: String, revision: UInt64) -> String? {
    let claims = Claims(
      exp: (now() + ttl / .seconds(1)).rounded(.down),
      revision: Double(revision),
      username: user
    )
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let header = try? encoder.encode(Header(alg: method.rawValue, typ: "JWT")),
      let body = try? encoder.encode(claims)
    else { return nil }
    let text = "\(Base64URL.text(of: header)).\(Base64URL.text(of: body))"
    guard let signature = key.signature(of: Data(text.utf8), method) else { return nil }
    return "\(text).\(Base64URL.text(of: signature))"
  }

  /// Who a token was given to; nothing if it is worth nothing.
  func requester(of token: String) -> AuthStore.Requester? {
    guard let claims = verified.withLock({ $0[token] }) ?? verify(token) else { return nil }
    let now = now().rounded(.down)
    if let end = claims.exp, end != 0, now >= end { return nil }
    if let start = claims.nbf, start != 0, now < start { return nil }
    if let issue = claims.iat, issue != 0, now < issue { return nil }
    guard let revision = UInt64(exactly: claims.revision.rounded(.towardZero)) else { return nil }
    return AuthStore.Requester(name: claims.username, revision: revision)
  }

  private func verify(_ token: String) -> Claims? {
    let parts = token.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let header = Base64URL.data(of: parts[0]),
      let body = Base64URL.data(of: parts[1]), let signature = Base64URL.data(of: parts[2])
    else { return nil }
    let decoder = JSONDecoder()
    // Nobody but us chooses how tokens are signed.
    guard let alg = try? decoder.decode(Header.self, from: header).alg, alg == method.rawValue,
      key.isValid(signature, of: Data("\(parts[0]).\(parts[1])".utf8), method),
      let claims = try? decoder.decode(Claims.self, from: body)
    else { return nil }
    verified.withLock { verified in
      if verified.count >= SignedTokens.verifiedCount { verified = [:] }
      verified[token] = claims
    }
    return claims
  }
}

/// The Base64 of URLs, without padding.
///
/// Source: RFC 4648, section 5.
enum Base64URL {
  static func text(of data: Data) -> String {
    var bytes: [UInt8] = []
    for byte in data.base64EncodedString().utf8 where byte != UInt8(ascii: "=") {
      switch byte {
      case UInt8(ascii: "+"): bytes.append(UInt8(ascii: "-"))
      case UInt8(ascii: "/"): bytes.append(UInt8(ascii: "_"))
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  static func data(of text: Substring) -> Data? {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "-"): bytes.append(UInt8(ascii: "+"))
      case UInt8(ascii: "_"): bytes.append(UInt8(ascii: "/"))
      case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
      default: bytes.append(byte)
      }
    }
    while bytes.count % 4 != 0 { bytes.append(UInt8(ascii: "=")) }
    return Data(base64Encoded: Data(bytes))
  }
}
