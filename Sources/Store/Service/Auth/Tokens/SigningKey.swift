internal import Crypto
internal import CryptoExtras
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import NIOSSL

/// What tokens are signed with and verified against; without the private half they are only
/// verified.
enum SigningKey: Sendable {
  case secret(SymmetricKey)
  case rsa(private: _RSA.Signing.PrivateKey?, public: _RSA.Signing.PublicKey)
  case p256(private: P256.Signing.PrivateKey?, public: P256.Signing.PublicKey)
  case p384(private: P384.Signing.PrivateKey?, public: P384.Signing.PublicKey)
  case p521(private: P521.Signing.PrivateKey?, public: P521.Signing.PublicKey)
  case ed25519(private: Curve25519.Signing.PrivateKey?, public: Curve25519.Signing.PublicKey)

  /// Reads a key.
  ///
  /// - Parameters:
  ///   - method: What it is to be used for.
  ///   - privatePath: The file of the secret, or of the private key in PEM.
  ///   - publicPath: The file of the public key in PEM, or of a certificate that has it.
  /// - Throws: ``TokenOptionError``.
  init(
    for method: SigningMethod,
    privatePath: String?,
    publicPath: String?
  ) throws(TokenOptionError) {
    let privateFile = try privatePath.map { path throws(TokenOptionError) in
      try KeyFile(path, method)
    }
    let publicFile = try publicPath.map { path throws(TokenOptionError) in
      try KeyFile(path, method)
    }
    switch method {
    case .hs256, .hs384, .hs512:
      guard let privateFile, !privateFile.bytes.isEmpty else { throw .keyMissing }
      // All of the file is the secret, an end of line as well.
      self = .secret(SymmetricKey(data: privateFile.bytes))
    case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512:
      // Shorter keys than nowadays' are taken, as etcd does.
      let keys = try KeyFile.pair(
        privateFile?.key { try _RSA.Signing.PrivateKey(unsafePEMRepresentation: $0) },
        \.publicKey,
        publicFile?.publicKey(
          { try _RSA.Signing.PublicKey(unsafePEMRepresentation: $0) },
          { try _RSA.Signing.PublicKey(unsafeDERRepresentation: $0) }
        ),
        \.derRepresentation
      )
      self = .rsa(private: keys.private, public: keys.public)
    case .es256:
      let keys = try KeyFile.pair(
        privateFile?.key { try P256.Signing.PrivateKey(pemRepresentation: $0) },
        \.publicKey,
        publicFile?.publicKey(
          { try P256.Signing.PublicKey(pemRepresentation: $0) },
          { try P256.Signing.PublicKey(derRepresentation: $0) }
        ),
        \.derRepresentation
      )
      self = .p256(private: keys.private, public: keys.public)
    case .es384:
      let keys = try KeyFile.pair(
        privateFile?.key { try P384.Signing.PrivateKey(pemRepresentation: $0) },
        \.publicKey,
        publicFile?.publicKey(
          { try P384.Signing.PublicKey(pemRepresentation: $0) },
          { try P384.Signing.PublicKey(derRepresentation: $0) }
        ),
        \.derRepresentation
      )
      self = .p384(private: keys.private, public: keys.public)
    case .es512:
      let keys = try KeyFile.pair(
        privateFile?.key { try P521.Signing.PrivateKey(pemRepresentation: $0) },
        \.publicKey,
        publicFile?.publicKey(
          { try P521.Signing.PublicKey(pemRepresentation: $0) },
          { try P521.Signing.PublicKey(derRepresentation: $0) }
        ),
        \.derRepresentation
      )
      self = .p521(private: keys.private, public: keys.public)
    case .edDSA:
      let keys = try KeyFile.pair(
        privateFile?.key { try Curve25519.Signing.PrivateKey(pemRepresentation: $0) },
        \.publicKey,
        publicFile?.publicKey(
          { try Curve25519.Signing.PublicKey(pemRepresentation: $0) },
          { try Curve25519.Signing.PublicKey(derRepresentation: $0) }
        ),
        \.rawRepresentation
      )
      self = .ed25519(private: keys.private, public: keys.public)
    }
  }

  /// Whether it can sign.
  var isPrivate: Bool {
    switch self {
    case .secret: true
    case .rsa(let key, _): key != nil
    case .p256(let key, _): key != nil
    case .p384(let key, _): key != nil
    case .p521(let key, _): key != nil
    case .ed25519(let key, _): key != nil
    }
  }

  /// Signs something; nothing if it cannot.
  func signature(of data: Data, _ method: SigningMethod) -> Data? {
    switch self {
    case .secret(let key): SigningKey.code(of: data, method, key)
    case .rsa(let key, _):
      try? key?.signature(for: method.digest(data), padding: method.padding).rawRepresentation
    case .p256(let key, _): try? key?.signature(for: method.digest(data)).rawRepresentation
    case .p384(let key, _): try? key?.signature(for: method.digest(data)).rawRepresentation
    case .p521(let key, _): try? key?.signature(for: method.digest(data)).rawRepresentation
    case .ed25519(let key, _): try? key?.signature(for: data)
    }
  }

  /// Whether something was signed with this key.
  func isValid(_ signature: Data, of data: Data, _ method: SigningMethod) -> Bool {
    let digest = method.digest(data)
    switch self {
    case .secret(let key):
      let code = SigningKey.code(of: data, method, key)
      var difference: UInt8 = 0
      for (found, expected) in zip(signature, code) { difference |= found ^ expected }
      return signature.count == code.count && difference == 0
    case .rsa(_, let key):
      let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
      return key.isValidSignature(signature, for: digest, padding: method.padding)
    case .p256(_, let key):
      guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else {
        return false
      }
      return key.isValidSignature(signature, for: digest)
    case .p384(_, let key):
      guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else {
        return false
      }
      return key.isValidSignature(signature, for: digest)
    case .p521(_, let key):
      guard let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else {
        return false
      }
      return key.isValidSignature(signature, for: digest)
    case .ed25519(_, let key): return key.isValidSignature(signature, for: data)
    }
  }

  private static func code(of data: Data, _ method: SigningMethod, _ key: SymmetricKey) -> Data {
    switch method {
    case .hs384: Data(HMAC<SHA384>.authenticationCode(for: data, using: key))
    case .hs512: Data(HMAC<SHA512>.authenticationCode(for: data, using: key))
    default: Data(HMAC<SHA256>.authenticationCode(for: data, using: key))
    }
  }
}

extension SigningMethod {
  fileprivate var padding: _RSA.Signing.Padding {
    switch self {
    case .ps256, .ps384, .ps512: .PSS
    default: .insecurePKCS1v1_5
    }
  }
}

/// A file with a key.
private struct KeyFile {
  let bytes: Data
  private let path: String
  private let method: SigningMethod

  init(_ path: String, _ method: SigningMethod) throws(TokenOptionError) {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw .unreadableFile(path)
    }
    self.bytes = bytes
    self.path = path
    self.method = method
  }

  func key<Key>(_ read: (String) throws -> Key) throws(TokenOptionError) -> Key {
    guard let key = try? read(String(decoding: bytes, as: UTF8.self)) else {
      throw .notAKey(path: path, method: method.rawValue)
    }
    return key
  }

  /// A public key, or that of a certificate.
  func publicKey<Key>(
    _ read: (String) throws -> Key,
    _ readDER: ([UInt8]) throws -> Key
  ) throws(TokenOptionError) -> Key {
    if let key = try? read(String(decoding: bytes, as: UTF8.self)) { return key }
    if let certificate = try? NIOSSLCertificate(bytes: Array(bytes), format: .pem),
      let key = try? readDER(certificate.extractPublicKey().toSPKIBytes())
    {
      return key
    }
    throw .notAKey(path: path, method: method.rawValue)
  }

  /// Two halves that belong together; the public one alone does, too.
  static func pair<Private, Public>(
    _ privateKey: Private?,
    _ half: (Private) -> Public,
    _ publicKey: Public?,
    _ bytes: (Public) -> Data
  ) throws(TokenOptionError) -> (private: Private?, public: Public) {
    guard let privateKey else {
      guard let publicKey else { throw .keyMissing }
      return (nil, publicKey)
    }
    let own = half(privateKey)
    guard publicKey.map({ bytes($0) == bytes(own) }) ?? true else { throw .keyMismatch }
    return (privateKey, own)
  }
}
