internal import Apply
internal import NIOCore

/// What kind of tokens users are given.
enum TokenProvider: Sendable {
  /// Random ones, which are kept in memory.
  case simple(SimpleTokens)

  /// Signed ones, which say who they were given to.
  case signed(SignedTokens)

  /// None: users are known by their certificates only.
  case none

  /// What the flag `--auth-token` says.
  ///
  /// - Parameters:
  ///   - text: `simple`, or `jwt` with options: `jwt,pub-key=PATH,priv-key=PATH,sign-method=RS256,ttl=10m`;
  ///     nothing for no tokens.
  ///   - ttl: How long simple tokens are worth something after they were used: `--auth-token-ttl`.
  /// - Throws: ``TokenOptionError``.
  init(_ text: String, ttl: TimeAmount = SimpleTokens.defaultTTL) throws(TokenOptionError) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let options = try TokenProvider.options(parts.dropFirst())
    switch parts[0] {
    case "simple": self = .simple(SimpleTokens(ttl: ttl))
    case "jwt": self = .signed(try SignedTokens(options))
    case "": self = .none
    default: throw .unknownType(parts[0])
    }
  }

  /// What has to hear of who authenticates.
  var keeper: (any AuthTokens)? {
    if case .simple(let tokens) = self { tokens } else { nil }
  }

  /// Who a token was given to, at which revision of users and roles.
  ///
  /// - Parameters:
  ///   - token: The token.
  ///   - snapshot: The users and roles.
  /// - Returns: The user; nothing if the token is worth nothing.
  func requester(of token: String, in snapshot: AuthSnapshot) -> AuthStore.Requester? {
    switch self {
    case .simple(let tokens):
      tokens.user(of: token).map { AuthStore.Requester(name: $0, revision: snapshot.revision) }
    case .signed(let tokens): tokens.requester(of: token)
    case .none: nil
    }
  }

  private static func options(
    _ parts: ArraySlice<String>
  ) throws(TokenOptionError) -> [String: String] {
    var options: [String: String] = [:]
    for part in parts {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard pair.count == 2 else { throw .malformed(part) }
      guard options.updateValue(pair[1], forKey: pair[0]) == nil else { throw .repeated(pair[0]) }
    }
    return options
  }
}

/// What is wrong with the flag `--auth-token`.
///
/// Each text begins as etcd's for it.
///
/// Source: etcd 3.5, `server/auth/store.go`, `server/auth/options.go`.
enum TokenOptionError: Error, Equatable, Sendable {
  /// There are no tokens of this type.
  case unknownType(String)

  /// An option is not a name, an equals sign and a value.
  case malformed(String)

  /// An option is there twice.
  case repeated(String)

  /// The way of signing is not known, or not given.
  case unknownMethod(String)

  /// The time is not one, such as `10m`.
  case badTTL(String)

  /// A file cannot be read.
  case unreadableFile(String)

  /// There is no key to sign or to verify with.
  case keyMissing

  /// A file has no key of the kind that the way of signing needs.
  case notAKey(path: String, method: String)

  /// The two keys do not belong together.
  case keyMismatch
}

extension TokenOptionError: CustomStringConvertible {
  /// One line.
  var description: String {
    switch self {
    case .unknownType(let type): "auth: invalid auth options: token type \(type)"
    case .malformed(let option): "auth: invalid auth options: \(option)"
    case .repeated(let option): "auth: invalid auth options: \(option) is given twice"
    case .unknownMethod(let method): "auth: invalid auth options: sign-method \(method)"
    case .badTTL(let ttl): "auth: invalid auth options: ttl \(ttl)"
    case .unreadableFile(let path): "auth: invalid auth options: \(path): cannot be read"
    case .keyMissing: "auth: missing key data"
    case .notAKey(let path, let method): "auth: \(path): not a key for \(method)"
    case .keyMismatch: "auth: public and private keys don't match"
    }
  }
}
