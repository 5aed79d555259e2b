/// Why a value was not decrypted.
///
/// No case carries a secret or a byte of the plaintext.
public enum DecryptionError: Error, Equatable, Sendable {
  /// The prefix is not that of any encrypted value.
  case damagedPrefix

  /// No version of Kubernetes that is known here has such a provider.
  case unknownProvider(EncryptedValue.Provider)

  /// The configuration has no key of this name; `configured` are the names it has.
  case notConfigured(EncryptedValue.Provider, keyName: String, configured: [String])

  /// Only the plugin that encrypted the data key can decrypt it.
  case needsPlugin(EncryptedValue.Provider, name: String, keyID: String?)

  /// The body is shorter than any that the provider writes.
  case tooShort(EncryptedValue.Provider, keyName: String, byteCount: Int, byteCountMin: Int)

  /// The text of an aescbc value does not consist of whole blocks.
  case notBlockMultiple(keyName: String, byteCount: Int)

  /// The padding of an aescbc value is not valid: usually the key is wrong.
  case badPadding(keyName: String)

  /// The key does not fit, or the value is damaged.
  case wrongKey(EncryptedValue.Provider, keyName: String)

  /// An aesgcm value does not decrypt, for its key or for its etcd key: it cannot be told which.
  case wrongKeyOrEtcdKey(keyName: String, etcdKey: String)

  /// An aesgcm value can be decrypted only with the etcd key under which it was stored.
  case etcdKeyMissing(keyName: String)

  /// Several configured keys have the value's name, and all failed; longest name first.
  case several([DecryptionError])
}

extension DecryptionError: CustomStringConvertible {
  /// One line, subject first.
  public var description: String {
    switch self {
    case .damagedPrefix:
      "encrypted value: it does not begin with k8s:enc:PROVIDER:VERSION:NAME:"
    case .unknownProvider(let provider):
      "provider \(provider): it is none of aescbc, aesgcm, secretbox, kms"
    case .notConfigured(let provider, let keyName, let configured) where configured.isEmpty:
      "\(subject(provider, keyName)): the configuration has no \(provider) keys"
    case .notConfigured(let provider, let keyName, let configured):
      "\(subject(provider, keyName)): the configuration has only "
        + configured.map(EncryptedValue.quoted).joined(separator: ", ")
    case .needsPlugin(let provider, let name, let keyID):
      "\(provider) \(EncryptedValue.quoted(name))\(keyIDText(keyID)): only the plugin can decrypt "
        + "the data key"
    case .tooShort(let provider, let keyName, let byteCount, let byteCountMin):
      "\(subject(provider, keyName)): the value is too short, found \(byteCount) bytes, "
        + "expected at least \(byteCountMin)"
    case .notBlockMultiple(let keyName, let byteCount):
      "\(subject(.aescbc, keyName)): the value is damaged, found \(byteCount) bytes, "
        + "expected a multiple of 16"
    case .badPadding(let keyName):
      "\(subject(.aescbc, keyName)): does not decrypt: the padding is not valid, so the key is "
        + "wrong or the value damaged"
    case .wrongKey(let provider, let keyName):
      "\(subject(provider, keyName)): does not decrypt: the key is wrong, or the value damaged"
    case .wrongKeyOrEtcdKey(let keyName, let etcdKey):
      "\(subject(.aesgcm, keyName)): does not decrypt: the key is wrong, or the value was copied "
        + "from another etcd key (given: \(EncryptedValue.quoted(etcdKey)))"
    case .etcdKeyMissing(let keyName):
      "\(subject(.aesgcm, keyName)): aesgcm needs the etcd key of the value (--key)"
    case .several(let errors):
      errors.map(\.description).joined(separator: "; ")
    }
  }

  private func subject(_ provider: EncryptedValue.Provider, _ keyName: String) -> String {
    "\(provider) key \(EncryptedValue.quoted(keyName))"
  }

  private func keyIDText(_ keyID: String?) -> String {
    keyID.map { ", key id \(EncryptedValue.quoted($0))" } ?? ""
  }
}
