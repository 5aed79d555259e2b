import Testing

@testable import Decode

/// A secret that gets into an error stays in logs and in bug reports: whatever is wrong with a
/// configuration, no error may quote what might be one.
@Suite struct EncryptionConfigurationTests {
  @Test func keysAreNamedInTheDescription() throws {
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    #expect(
      configuration.description == "aescbc key1, key2; aesgcm key1, key2; secretbox key1, key2"
    )
    let other = try EncryptedFixture.configuration("colon-in-name.yaml")
    #expect(other.description == #"aescbc team, "team:a""#)
  }

  @Test func repeatedKeysAreKeptOnce() throws {
    #expect(try EncryptedFixture.configuration("encryption-config.yaml").keys.count == 6)
  }

  @Test func secretsAreNotDumped() throws {
    var text = ""
    dump(try EncryptedFixture.configuration("encryption-config.yaml"), to: &text)
    #expect(text.split(separator: "\n").count == 1)
    #expect(!text.contains("k8s:enc"))
  }

  @Test func jsonIsReadToo() throws {
    let secret = "Owq7A4JrJpSjrvH8kXkvl4JmOLzvZ6j9BcGRkR8OPQ4="
    let json = """
      {"kind": "EncryptionConfiguration", "apiVersion": "apiserver.config.k8s.io/v1", "resources": [
      \t{"resources": ["x"], "providers": [{"secretbox": {"keys": [{"name": "A", "secret": "\(secret)"}]}}]}]}
      """
    let configuration = try EncryptionConfiguration(yaml: Array(json.utf8), source: "json")
    #expect(configuration.description == "secretbox A")
  }

  @Test(arguments: [
    "- identity: {}",
    "- kms: {name: p, endpoint: 'unix:///x'}",
    "- kms: {name: p, endpoint: 'unix:///x', cachesize: -1, timeout: 3s, apiVersion: v1}\n- kms: {name: p, endpoint: 'unix:///y'}",
    "- kms: {name: 'a:b', endpoint: 'unix:///x'}",
    "- kms: {name: p, endpoint: 'unix:///x', apiVersion: v2}\n- identity: {}",
    "- aescbc: {keys: [{name: a, secret: c2VjcmV0IGlzIHNlY3VyZQ==}]}",
    "- aescbc:\n    keys:\n    - name: a\n      secret: |\n        c2VjcmV0IGlz\n        IHNlY3VyZQ==\n",
    "- aescbc: {keys: [{name: a, secret: c2VjcmV0IGlzIHNlY3VyZR==}]}",
  ])
  func providersOfTheAPIServerAreAccepted(_ providers: String) {
    #expect(throws: Never.self) { try read(providers: providers) }
  }

  @Test(arguments: [
    ("[]", "", "at least one providers is required"),
    ("", "", "at least one providers is required"),
    ("a", "", "not a list"),
    ("- a", "[0]", "not a mapping of fields"),
    (
      "- {}", "[0]",
      "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity"
    ),
    (
      "- identity:", "[0]",
      "provider does not contain any of the expected providers: KMS, AESGCM, AESCBC, Secretbox, Identity"
    ),
    (
      "- {identity: {}, aescbc: {}}", "[0]",
      "more than one provider specified in a single element, should split into different list elements"
    ),
    ("- identity: []", "[0].identity", "not a mapping of fields"),
    ("- identity: {}\n- aesgcm: {keys: }", "[1].aesgcm.keys", "at least one keys is required"),
    ("- secretbox: {}", "[0].secretbox.keys", "at least one keys is required"),
    ("- aescbc: {keys: {a: b}}", "[0].aescbc.keys", "not a list"),
    (
      "- aescbc: {keys: [{secret: YQ==}]}", "[0].aescbc.keys[0].name",
      "name is a mandatory field for a key"
    ),
    (
      "- aescbc: {keys: [{name: a}]}", "[0].aescbc.keys[0].secret",
      "secret is a mandatory field for a key"
    ),
    (
      "- aescbc: {keys: [{name: 1, secret: YQ==}]}", "[0].aescbc.keys[0].name",
      "not text; quotes would make it text"
    ),
    ("- aescbc: {keys: [{name: a, secret: [x]}]}", "[0].aescbc.keys[0].secret", "not text"),
    (
      "- aescbc: {keys: [{name: a, secret: c2VjcmV0IGlzIHNlY3VyZQ}]}", "[0].aescbc.keys[0].secret",
      "secrets must be base64 encoded"
    ),
    (
      "- aescbc: {keys: [{name: a, secret: c2VjcmV0IGlzIHNlY3VyZ===}]}",
      "[0].aescbc.keys[0].secret", "secrets must be base64 encoded"
    ),
    (
      "- aescbc: {keys: [{name: a, secret: c2VjcmV0IGlz_HNlY3VyZQ==}]}",
      "[0].aescbc.keys[0].secret", "secrets must be base64 encoded"
    ),
    (
      "- aescbc: {keys: [{name: a, secret: aGVsbG8=}]}", "[0].aescbc.keys[0].secret",
      "secret is not of the expected length, got 5, expected one of [16 24 32]"
    ),
    (
      "- secretbox: {keys: [{name: a, secret: c2VjcmV0IGlzIHNlY3VyZQ==}]}",
      "[0].secretbox.keys[0].secret",
      "secret is not of the expected length, got 16, expected one of [32]"
    ),
    ("- kms: {endpoint: 'unix:///x'}", "[0].kms.name", "name is a mandatory field for a provider"),
    ("- kms: {name: p}", "[0].kms.endpoint", "endpoint is a mandatory field for a kms"),
    (
      "- kms: {name: p, endpoint: 'http://x'}", "[0].kms.endpoint",
      #"unsupported scheme "http" for KMS provider, only unix is supported"#
    ),
    (
      "- kms: {name: p, endpoint: 'x'}", "[0].kms.endpoint",
      #"unsupported scheme "" for KMS provider, only unix is supported"#
    ),
    (
      "- kms: {name: p, endpoint: 'unix:///x', apiVersion: v3}", "[0].kms.apiVersion",
      "unsupported apiVersion apiVersion for KMS provider, only v1 and v2 are supported"
    ),
    (
      "- kms: {name: p, endpoint: 'unix:///x', cachesize: 0}", "[0].kms.cachesize",
      "cachesize should be a positive value, or negative to disable"
    ),
    (
      "- kms: {name: p, endpoint: 'unix:///x', cachesize: x}", "[0].kms.cachesize",
      "not a whole number"
    ),
    (
      "- kms: {name: p, endpoint: 'unix:///x', cachesize: 9, apiVersion: v2}", "[0].kms.cachesize",
      "cachesize is not supported in v2"
    ),
    (
      "- kms: {name: 'a:b', endpoint: 'unix:///x', apiVersion: v2}", "[0].kms.name",
      "invalid KMS provider name a:b, must not contain ':'"
    ),
    (
      "- kms: {name: p, endpoint: 'unix:///x'}\n- kms: {name: p, endpoint: 'unix:///x', apiVersion: v2}",
      "[1].kms.name", "duplicate KMS provider name p, names must be unique"
    ),
    (
      "- kms: {name: p, endpoint: 'unix:///x', timeout: 3}", "[0].kms.timeout",
      "not text; quotes would make it text"
    ),
  ])
  func whatTheAPIServerRefusesIsRefused(providers: String, path: String, problem: String) {
    let expected = EncryptionConfigurationError.invalid(
      source: "c.yaml",
      path: "resources[0].providers\(path)",
      problem: problem
    )
    #expect(throws: expected) { try read(providers: providers) }
  }

  @Test(arguments: [
    ("", "c.yaml: there is nothing in it"),
    ("# nothing", "c.yaml: there is nothing in it"),
    ("text", "c.yaml: not a mapping of fields"),
    ("a: [", "c.yaml: line 2: did not find expected node content"),
    ("kind: a\nkind: b", "c.yaml: line 1: the field kind is there twice"),
    ("kind: a\n---\nkind: b", "c.yaml: line 2: but found another document"),
    ("kind: &a *b", "c.yaml: line 1: did not find expected key"),
    ("kinds: EncryptionConfiguration", #"c.yaml: unknown field "kinds""#),
    ("apiVersion: v1", "c.yaml: kind: kind is missing"),
    ("kind: EncryptionConfig", "c.yaml: apiVersion: apiVersion is missing"),
    (
      "kind: EncryptionConfig\napiVersion: v2",
      "c.yaml: kind: no encryption configuration, expected EncryptionConfiguration of apiserver.config.k8s.io/v1 or EncryptionConfig of v1"
    ),
    (
      "kind: EncryptionConfig\napiVersion: v1",
      "c.yaml: resources: at least one resources is required"
    ),
    (
      "kind: EncryptionConfig\napiVersion: v1\nresources: [{}]",
      "c.yaml: resources[0].resources: at least one resources is required"
    ),
    (
      "kind: EncryptionConfig\napiVersion: v1\nresources: [{resources: [1]}]",
      "c.yaml: resources[0].resources[0]: not text; quotes would make it text"
    ),
    (
      "kind: EncryptionConfig\napiVersion: v1\nresources: [{resources: [a], provider: []}]",
      #"c.yaml: unknown field "resources[0].provider""#
    ),
  ])
  func errorsNameTheirPlace(yaml: String, description: String) {
    let error = #expect(throws: EncryptionConfigurationError.self) {
      try EncryptionConfiguration(yaml: Array(yaml.utf8), source: "c.yaml")
    }
    #expect(error?.description == description)
  }

  @Test func unknownFieldsAreNamedAsTheAPIServerNamesThem() {
    let path = "resources[0].providers[1].kms.pandas"
    let providers = "- identity: {}\n- kms: {name: p, endpoint: 'unix:///x', pandas: are the best}"
    #expect(throws: EncryptionConfigurationError.unknownField(source: "c.yaml", path: path)) {
      try read(providers: providers)
    }
  }

  @Test func aSecretThatHasBecomeTheNameOfAFieldIsNotShown() {
    // For want of a space this is one plain text, the name of a field without a value.
    let providers = "- aescbc: {keys: [{name: a, secret:c2VjcmV0IGlzIHNlY3VyZQ==}]}"
    let path = "resources[0].providers[0].aescbc.keys[0].(not shown)"
    #expect(throws: EncryptionConfigurationError.unknownField(source: "c.yaml", path: path)) {
      try read(providers: providers)
    }
  }

  @Test func bytesThatAreNotTextAreRefused() {
    let expected = EncryptionConfigurationError.notYAML(
      source: "c.yaml",
      line: nil,
      problem: "not UTF-8"
    )
    #expect(throws: expected) {
      try EncryptionConfiguration(yaml: [0x61, 0xff], source: "c.yaml")
    }
  }

  @Test func noDamageBringsASecretIntoAnError() throws {
    let yaml = try EncryptedFixture.bytes("encryption-config-old.yaml")
    let secrets = try EncryptedFixture.text("encryption-config-old.yaml").split(separator: "\n")
      .compactMap { $0.split(separator: "secret: ").dropFirst().first }
    #expect(secrets.count == 6)
    let parts = secrets.flatMap { secret in
      secret.indices.dropLast(7).map { String(secret[$0...].prefix(8)) }
    }
    var failureCount = 0
    for offset in yaml.indices {
      for replacement in [[], Array(" ".utf8), Array("\n".utf8), Array("\"".utf8), Array(":".utf8)]
      {
        var copy = yaml
        copy.replaceSubrange(offset...offset, with: replacement)
        do {
          _ = try EncryptionConfiguration(yaml: copy, source: "c.yaml")
        } catch {
          failureCount += 1
          let texts = error.description + String(reflecting: error)
          #expect(!parts.contains { texts.contains($0) })
        }
      }
    }
    #expect(failureCount > 1000)
  }

  /// A configuration with one rule, whose providers are given as the lines of a list.
  @discardableResult
  private func read(
    providers: String
  ) throws(EncryptionConfigurationError) -> EncryptionConfiguration {
    let lines = providers.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n")
    let yaml = """
      kind: EncryptionConfiguration
      apiVersion: apiserver.config.k8s.io/v1
      resources:
        - resources: [secrets]
          providers:
      \(lines)
      """
    return try EncryptionConfiguration(yaml: Array(yaml.utf8), source: "c.yaml")
  }
}
