import Crypto
import FoundationEssentials

/// The checks and the words of the apiserver, as far as they concern keys.
///
/// Which resources a rule may name, and how long a plugin may take, is left to the apiserver: its
/// versions differ, and backups of old ones are read here too.
///
/// Source: kubernetes/apiserver, pkg/apis/apiserver/validation/validation_encryption.go and
/// pkg/apis/apiserver/v1 (types and defaults).
extension ConfigurationField {
  /// Reads this field as a whole configuration.
  func encryptionKeys() throws(EncryptionConfigurationError) -> [EncryptionConfiguration.Key] {
    try checkMembers("kind", "apiVersion", "resources")
    try checkKind()
    let rules = try self["resources"].elements()
    guard !rules.isEmpty else {
      throw self["resources"].problem("at least one resources is required")
    }
    var keys: [EncryptionConfiguration.Key] = []
    var pluginNames: Set<String> = []
    for rule in rules {
      try rule.checkMembers("resources", "providers")
      let resources = try rule["resources"].elements()
      guard !resources.isEmpty else {
        throw rule["resources"].problem("at least one resources is required")
      }
      for resource in resources { _ = try resource.text() }
      let providers = try rule["providers"].elements()
      guard !providers.isEmpty else {
        throw rule["providers"].problem("at least one providers is required")
      }
      for provider in providers {
        keys += try provider.keysOfProvider(pluginNames: &pluginNames)
      }
    }
    return keys
  }

  /// The documentation of Kubernetes 1.7 had another name for the kind, which is still read.
  private func checkKind() throws(EncryptionConfigurationError) {
    let kind = try self["kind"].text()
    let version = try self["apiVersion"].text()
    switch (kind, version) {
    case ("EncryptionConfiguration", "apiserver.config.k8s.io/v1"), ("EncryptionConfig", "v1"):
      return
    case ("", _): throw self["kind"].problem("kind is missing")
    case (_, ""): throw self["apiVersion"].problem("apiVersion is missing")
    default:
      throw self["kind"].problem(
        "no encryption configuration, expected EncryptionConfiguration of "
          + "apiserver.config.k8s.io/v1 or EncryptionConfig of v1"
      )
    }
  }
}

// MARK: - Providers

extension ConfigurationField {
  /// Reads this field as an element of `providers`; the names of KMS plugins are collected.
  private func keysOfProvider(
    pluginNames: inout Set<String>
  ) throws(EncryptionConfigurationError) -> [EncryptionConfiguration.Key] {
    try checkMembers("aesgcm", "aescbc", "secretbox", "identity", "kms")
    let present = ["aesgcm", "aescbc", "secretbox", "identity", "kms"].filter { self[$0].isPresent }
    guard let name = present.first else {
      throw problem(
        "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, "
          + "Identity"
      )
    }
    guard present.count == 1 else {
      throw problem(
        "more than one provider specified in a single element, should split into different list "
          + "elements"
      )
    }
    let provider = self[name]
    switch name {
    case "aesgcm": return try provider.keys(of: .aesgcm, secretByteCounts: [16, 24, 32])
    case "aescbc": return try provider.keys(of: .aescbc, secretByteCounts: [16, 24, 32])
    case "secretbox": return try provider.keys(of: .secretbox, secretByteCounts: [32])
    case "kms": try provider.checkKMS(pluginNames: &pluginNames)
    default: try provider.checkMembers()
    }
    return []
  }

  private func keys(
    of provider: EncryptedValue.Provider,
    secretByteCounts: [Int]
  ) throws(EncryptionConfigurationError) -> [EncryptionConfiguration.Key] {
    try checkMembers("keys")
    let fields = try self["keys"].elements()
    guard !fields.isEmpty else { throw self["keys"].problem("at least one keys is required") }
    var keys: [EncryptionConfiguration.Key] = []
    for field in fields {
      try field.checkMembers("name", "secret")
      let name = try field["name"].text()
      guard !name.isEmpty else {
        throw field["name"].problem("name is a mandatory field for a key")
      }
      let secret = try field["secret"].secret(byteCounts: secretByteCounts)
      keys.append(.init(provider: provider, name: name, secret: secret))
    }
    return keys
  }

  private func secret(
    byteCounts: [Int]
  ) throws(EncryptionConfigurationError) -> SymmetricKey {
    // Go's decoder passes over ends of lines, and a block scalar has one.
    let encoded = try text().filter { !$0.isNewline }
    guard !encoded.isEmpty else { throw problem("secret is a mandatory field for a key") }
    // Foundation takes more padding than there can be, Go does not.
    guard !encoded.hasSuffix("==="), let secret = Data(base64Encoded: encoded) else {
      throw problem("secrets must be base64 encoded")
    }
    guard byteCounts.contains(secret.count) else {
      let expected = byteCounts.map(String.init).joined(separator: " ")
      throw problem(
        "secret is not of the expected length, got \(secret.count), expected one of [\(expected)]"
      )
    }
    return SymmetricKey(data: secret)
  }

  private func checkKMS(pluginNames: inout Set<String>) throws(EncryptionConfigurationError) {
    try checkMembers("apiVersion", "name", "cachesize", "endpoint", "timeout")
    let version = try self["apiVersion"].text()
    let isVersion1 = version == "v1" || version.isEmpty
    try self["name"].checkPluginName(isVersion1: isVersion1, others: &pluginNames)
    _ = try self["timeout"].text()
    try self["endpoint"].checkEndpoint()
    let cacheSize = try self["cachesize"].number()
    if !isVersion1, cacheSize != nil {
      throw self["cachesize"].problem("cachesize is not supported in v2")
    }
    if cacheSize == 0 {
      throw self["cachesize"].problem(
        "cachesize should be a positive value, or negative to disable"
      )
    }
    guard isVersion1 || version == "v2" else {
      throw self["apiVersion"].problem(
        "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported"
      )
    }
  }

  private func checkPluginName(
    isVersion1: Bool,
    others: inout Set<String>
  ) throws(EncryptionConfigurationError) {
    let name = try text()
    guard !name.isEmpty else { throw problem("name is a mandatory field for a provider") }
    let isNew = others.insert(name).inserted
    guard !isVersion1 else { return }
    if name.contains(":") {
      throw problem("invalid KMS provider name \(name), must not contain ':'")
    }
    guard isNew else {
      throw problem("duplicate KMS provider name \(name), names must be unique")
    }
  }

  private func checkEndpoint() throws(EncryptionConfigurationError) {
    let endpoint = try text()
    guard !endpoint.isEmpty else { throw problem("endpoint is a mandatory field for a kms") }
    let scheme = endpoint.contains(":") ? String(endpoint.prefix { $0 != ":" }) : ""
    guard scheme.lowercased() == "unix" else {
      throw problem(
        "unsupported scheme \"\(ConfigurationField.withoutSecret(scheme))\" for KMS provider, "
          + "only unix is supported"
      )
    }
  }
}
