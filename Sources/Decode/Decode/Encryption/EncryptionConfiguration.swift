import CSodium
import Crypto

/// The keys of an apiserver: the file that its `--encryption-provider-config` names.
///
/// It is read as strictly as the apiserver reads it. Keys of ciphers are kept ready for
/// `decrypt(_:key:)`; KMS plugins are checked and then left alone, nothing is ever connected to.
/// Secrets appear in no error and in no description.
public struct EncryptionConfiguration: Sendable {
  /// A key of a cipher, with the beginning of the values that it encrypts.
  struct Key: Sendable {
    let provider: EncryptedValue.Provider
    let name: String
    let secret: SymmetricKey

    /// The whole beginning, as `k8s:enc:aescbc:v1:key1:`: the name may contain `:`.
    let prefix: [UInt8]

    init(provider: EncryptedValue.Provider, name: String, secret: SymmetricKey) {
      self.provider = provider
      self.name = name
      self.secret = secret
      self.prefix = EncryptedValue.prefix + Array("\(provider):v1:\(name):".utf8)
    }

    func isSame(as other: Key) -> Bool { prefix == other.prefix && secret == other.secret }
  }

  /// The keys of all rules, longest prefix first, otherwise in the order of the file.
  ///
  /// Invariant: no two have the same prefix and the same secret.
  let keys: [Key]

  /// Reads a configuration, in YAML or JSON.
  ///
  /// - Parameters:
  ///   - yaml: The file's bytes.
  ///   - source: What errors call the file.
  /// - Throws: The first problem of the file.
  public init(yaml: [UInt8], source: String) throws(EncryptionConfigurationError) {
    let document = try ConfigurationField(yaml: yaml, source: source)
    var keys: [Key] = []
    // The same keys are usually repeated for rule after rule.
    for key in try document.encryptionKeys() where !keys.contains(where: key.isSame) {
      keys.append(key)
    }
    self.keys = keys.sorted { $0.prefix.count > $1.prefix.count }
    // Idempotent. A failure leaves the portable implementations in use, which is no harm.
    _ = sodium_init()
  }
}

extension EncryptionConfiguration: CustomStringConvertible, CustomReflectable {
  /// The names of the keys by provider, such as `aescbc key1, key2; secretbox key1`.
  public var description: String {
    let lists = [EncryptedValue.Provider.aescbc, .aesgcm, .secretbox].compactMap { provider in
      let names = keyNames(of: provider).map(EncryptedValue.plainOrQuoted)
      return names.isEmpty ? nil : "\(provider) \(names.joined(separator: ", "))"
    }
    return lists.isEmpty ? "no keys" : lists.joined(separator: "; ")
  }

  /// Nothing: `dump` must not find the secrets.
  public var customMirror: Mirror { Mirror(self, children: []) }

  /// The names of a provider's keys, each once, sorted.
  func keyNames(of provider: EncryptedValue.Provider) -> [String] {
    Set(keys.filter { $0.provider == provider }.map(\.name)).sorted()
  }
}
