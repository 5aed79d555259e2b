internal import Crypto
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A way of signing tokens.
///
/// Source: RFC 7518, section 3; RFC 8037, section 3.1.
enum SigningMethod: String, CaseIterable, Sendable {
  case hs256 = "HS256"
  case hs384 = "HS384"
  case hs512 = "HS512"
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case edDSA = "EdDSA"

  /// The hash of what is signed.
  func digest(_ data: Data) -> any Digest {
    switch self {
    case .hs256, .rs256, .ps256, .es256: SHA256.hash(data: data)
    case .hs384, .rs384, .ps384, .es384: SHA384.hash(data: data)
    case .hs512, .rs512, .ps512, .es512, .edDSA: SHA512.hash(data: data)
    }
  }
}
