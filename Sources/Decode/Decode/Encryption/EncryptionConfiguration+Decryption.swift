import CSodium
import Crypto
import CryptoExtras
import FoundationEssentials

extension EncryptionConfiguration {
  /// The plaintext of a stored value.
  ///
  /// Every configured key that the value's prefix names is tried, whatever resources its rule is
  /// for: the resource is not known for certain from an etcd key, and no wrong key goes unnoticed.
  ///
  /// - Parameters:
  ///   - value: A value of etcd; one that is not encrypted is returned as it is.
  ///   - key: The etcd key under which the value was stored; only aesgcm needs it.
  /// - Returns: What the apiserver encrypted.
  /// - Throws: `several` if there is more than one reason.
  public func decrypt(_ value: [UInt8], key: String?) throws(DecryptionError) -> [UInt8] {
    guard value.starts(with: EncryptedValue.prefix) else { return value }
    var failures: [DecryptionError] = []
    for candidate in keys where value.starts(with: candidate.prefix) {
      do throws(DecryptionError) {
        return try candidate.decrypt(value[candidate.prefix.count...], etcdKey: key)
      } catch {
        if !failures.contains(error) { failures.append(error) }
      }
    }
    guard let failure = failures.first else { throw reasonWithoutKey(for: value) }
    throw failures.count == 1 ? failure : .several(failures)
  }

  /// Why no configured key was tried.
  private func reasonWithoutKey(for value: [UInt8]) -> DecryptionError {
    guard let encrypted = EncryptedValue(value), let name = encrypted.keyName else {
      return .damagedPrefix
    }
    switch encrypted.provider {
    case .aescbc, .aesgcm, .secretbox:
      let configured = keyNames(of: encrypted.provider)
      return .notConfigured(encrypted.provider, keyName: name, configured: configured)
    case .kmsV1, .kmsV2:
      return .needsPlugin(encrypted.provider, name: name, keyID: encrypted.envelope?.keyID)
    case .other:
      return .unknownProvider(encrypted.provider)
    }
  }
}

extension EncryptionConfiguration.Key {
  func decrypt(
    _ body: ArraySlice<UInt8>,
    etcdKey: String?
  ) throws(DecryptionError) -> [UInt8] {
    switch provider {
    case .aescbc: try decryptCBC(body)
    case .aesgcm: try decryptGCM(body, etcdKey: etcdKey)
    case .secretbox: try decryptSecretbox(body)
    case .kmsV1, .kmsV2, .other: preconditionFailure("only the three ciphers have keys")
    }
  }

  /// Format: 16 bytes initialisation vector, then the text with PKCS#7 padding, which is never
  /// absent.
  private func decryptCBC(_ body: ArraySlice<UInt8>) throws(DecryptionError) -> [UInt8] {
    let blockByteCount = 16
    try check(body, isAtLeast: 2 * blockByteCount)
    guard body.count % blockByteCount == 0 else {
      throw .notBlockMultiple(keyName: name, byteCount: body.count)
    }
    let plaintext: [UInt8]
    do {
      let vector = try AES._CBC.IV(ivBytes: body.prefix(blockByteCount))
      let text = body.dropFirst(blockByteCount)
      plaintext = Array(try AES._CBC.decrypt(text, using: secret, iv: vector))
    } catch {
      throw .badPadding(keyName: name)
    }
    // Under a wrong key one text in 256 ends like a valid padding by chance, and nothing else
    // authenticates the value: what comes out must look like something that is stored.
    guard Self.isPlausible(plaintext) else { throw .wrongKey(.aescbc, keyName: name) }
    return plaintext
  }

  /// Format: 12 bytes nonce, text, 16 bytes tag; the etcd key is authenticated too.
  private func decryptGCM(
    _ body: ArraySlice<UInt8>,
    etcdKey: String?
  ) throws(DecryptionError) -> [UInt8] {
    try check(body, isAtLeast: 12 + 16)
    guard let etcdKey else { throw .etcdKeyMissing(keyName: name) }
    do {
      let box = try AES.GCM.SealedBox(combined: body)
      return Array(try AES.GCM.open(box, using: secret, authenticating: Array(etcdKey.utf8)))
    } catch {
      throw .wrongKeyOrEtcdKey(keyName: name, etcdKey: etcdKey)
    }
  }

  /// Format: 24 bytes nonce, 16 bytes tag, text.
  ///
  /// The C function is `crypto_secretbox_open_easy`.
  private func decryptSecretbox(_ body: ArraySlice<UInt8>) throws(DecryptionError) -> [UInt8] {
    let nonceByteCount = Int(crypto_secretbox_NONCEBYTES)
    let tagByteCount = Int(crypto_secretbox_MACBYTES)
    try check(body, isAtLeast: nonceByteCount + tagByteCount)
    let nonce = Array(body.prefix(nonceByteCount))
    let sealed = Array(body.dropFirst(nonceByteCount))
    var plaintext = [UInt8](repeating: 0, count: sealed.count - tagByteCount)
    let status = secret.withUnsafeBytes { secret in
      guard let secret = secret.bindMemory(to: UInt8.self).baseAddress else { return Int32(-1) }
      return crypto_secretbox_open_easy(&plaintext, sealed, UInt64(sealed.count), nonce, secret)
    }
    guard status == 0 else { throw .wrongKey(.secretbox, keyName: name) }
    return plaintext
  }

  private func check(
    _ body: ArraySlice<UInt8>,
    isAtLeast byteCountMin: Int
  ) throws(DecryptionError) {
    guard body.count >= byteCountMin else {
      throw .tooShort(
        provider,
        keyName: name,
        byteCount: body.count,
        byteCountMin: byteCountMin
      )
    }
  }

  /// Whether bytes are like those that Kubernetes stores: protobuf, CBOR, JSON or a number.
  static func isPlausible(_ plaintext: [UInt8]) -> Bool {
    if plaintext.starts(with: Array("k8s\0".utf8)) || plaintext.starts(with: [0xd9, 0xd9, 0xf7]) {
      return true
    }
    if plaintext.first == UInt8(ascii: "{") {
      // Custom resources end in a line feed, other JSON does not.
      return plaintext.last { $0 != UInt8(ascii: "\n") } == UInt8(ascii: "}")
    }
    let isNumber = plaintext.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return isNumber && !plaintext.isEmpty
  }
}
