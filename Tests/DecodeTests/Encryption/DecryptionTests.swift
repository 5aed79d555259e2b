import Testing

@testable import Decode

/// AES-CBC authenticates nothing: one wrong key in 256 leaves a valid padding, and its junk must
/// never be taken for an object.
///
/// The other ciphers must notice every changed bit.
@Suite struct DecryptionTests {
  @Test(arguments: EncryptedFixture.ciphers)
  func everyFixtureDecrypts(_ fixture: EncryptedFixture) throws {
    #expect(!fixture.configurations.isEmpty)
    for file in fixture.configurations {
      let configuration = try EncryptedFixture.configuration(file)
      let plaintext = try configuration.decrypt(try fixture.value(), key: fixture.etcdKey)
      #expect(plaintext == (try fixture.plaintext()))
    }
  }

  @Test(arguments: EncryptedFixture.kms)
  func envelopesNeedTheirPlugin(_ fixture: EncryptedFixture) throws {
    let keyID = EncryptedFixture.table("kms-keys.tsv").first { $0[0] == fixture.file }?[2]
    let isVersion2 = fixture.provider == "kmsv2"
    let expected = DecryptionError.needsPlugin(
      isVersion2 ? .kmsV2 : .kmsV1,
      name: fixture.keyName,
      keyID: isVersion2 ? keyID : nil
    )
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    #expect(throws: expected) {
      try configuration.decrypt(try fixture.value(), key: fixture.etcdKey)
    }
  }

  @Test(arguments: EncryptedFixture.ciphers.filter { $0.keyName != "team:a" })
  func aWrongKeyIsNoticed(_ fixture: EncryptedFixture) throws {
    let configuration = try EncryptedFixture.configuration("wrong-key.yaml")
    let name = fixture.keyName
    let error = #expect(throws: DecryptionError.self) {
      try configuration.decrypt(try fixture.value(), key: fixture.etcdKey)
    }
    switch fixture.provider {
    case "aesgcm": #expect(error == .wrongKeyOrEtcdKey(keyName: name, etcdKey: fixture.etcdKey))
    case "secretbox": #expect(error == .wrongKey(.secretbox, keyName: name))
    case _ where fixture.file == "aescbc-lucky-padding.bin":
      #expect(error == .wrongKey(.aescbc, keyName: name))
    default: #expect(error == .badPadding(keyName: name))
    }
  }

  @Test func aValueCopiedFromAnotherEtcdKeyDoesNotDecrypt() throws {
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    let value = try EncryptedFixture.bytes("aesgcm.bin")
    #expect(throws: DecryptionError.wrongKeyOrEtcdKey(keyName: "key1", etcdKey: "/registry/x")) {
      try configuration.decrypt(value, key: "/registry/x")
    }
  }

  @Test func onlyAESGCMNeedsTheEtcdKey() throws {
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    for fixture in [try EncryptedFixture.named("aescbc.bin"), try .named("secretbox.bin")] {
      #expect(try configuration.decrypt(try fixture.value(), key: nil) == fixture.plaintext())
    }
    #expect(throws: DecryptionError.etcdKeyMissing(keyName: "key1")) {
      try configuration.decrypt(try EncryptedFixture.bytes("aesgcm.bin"), key: nil)
    }
  }

  @Test func anUnencryptedValueIsReturnedAsItIs() throws {
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    for value in [[], Array("k8s:enc".utf8), try EncryptedFixture.bytes("plaintext/secret.bin")] {
      #expect(try configuration.decrypt(value, key: nil) == value)
    }
  }

  @Test(arguments: [
    (
      "aescbc:v1:key1:",
      DecryptionError.tooShort(.aescbc, keyName: "key1", byteCount: 0, byteCountMin: 32)
    ),
    (
      "aescbc:v1:key1:0123456789abcdef",
      .tooShort(.aescbc, keyName: "key1", byteCount: 16, byteCountMin: 32)
    ),
    (
      "aescbc:v1:key1:0123456789abcdef0123456789abcdefX",
      .notBlockMultiple(keyName: "key1", byteCount: 33)
    ),
    ("aesgcm:v1:key2:x", .tooShort(.aesgcm, keyName: "key2", byteCount: 1, byteCountMin: 28)),
    ("secretbox:v1:key1:x", .tooShort(.secretbox, keyName: "key1", byteCount: 1, byteCountMin: 40)),
    ("aescbc:v1:key9:x", .notConfigured(.aescbc, keyName: "key9", configured: ["key1", "key2"])),
    ("aescbc:v1:key1", .damagedPrefix),
    ("", .damagedPrefix),
    ("aescbc:v2:key1:x", .unknownProvider(.other(name: "aescbc", version: "v2"))),
    ("kms:v2:p:\u{ff}", .needsPlugin(.kmsV2, name: "p", keyID: nil)),
  ])
  func whatCannotBeDecryptedSaysWhy(rest: String, expected: DecryptionError) throws {
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    #expect(throws: expected) {
      try configuration.decrypt(Array("k8s:enc:\(rest)".utf8), key: "/registry/x")
    }
  }

  @Test func aKeyOfTheSameNameInALaterRuleIsTriedToo() throws {
    let fixture = try EncryptedFixture.named("aescbc-lucky-padding.bin")
    let right = "t5jmkMaeqBzxhCixdTF3fetiGQVc2HB7ZRKoTBzApjw="
    let lucky = "6yoUl/KPEn6rRGrf5FmeRxJAPNX4/46N+ilCIZF829c="
    let wrong = "0iy9wx+gJcnAaceEmLMxjdKMfWPTT7SU1uf1MoVC/48="
    let decrypting = try rules([lucky, wrong, right])
    #expect(try decrypting.decrypt(try fixture.value(), key: nil) == fixture.plaintext())
    let failing = try rules([lucky, wrong, wrong])
    let expected: [DecryptionError] = [
      .wrongKey(.aescbc, keyName: "key1"), .badPadding(keyName: "key1"),
    ]
    #expect(throws: DecryptionError.several(expected)) {
      try failing.decrypt(try fixture.value(), key: nil)
    }
  }

  @Test func theLongestNameIsTriedFirst() throws {
    let configuration = try EncryptedFixture.configuration("colon-in-name.yaml")
    let expected: [DecryptionError] = [
      .tooShort(.aescbc, keyName: "team:a", byteCount: 1, byteCountMin: 32),
      .tooShort(.aescbc, keyName: "team", byteCount: 3, byteCountMin: 32),
    ]
    #expect(throws: DecryptionError.several(expected)) {
      try configuration.decrypt(Array("k8s:enc:aescbc:v1:team:a:x".utf8), key: nil)
    }
  }

  @Test func whatIsStoredIsToldFromJunk() {
    let cbor: [UInt8] = [0xd9, 0xd9, 0xf7, 0xa0]
    let stored = ["k8s\0", "{}", "{\"a\":1}\n", "0", "12345"].map { Array($0.utf8) } + [cbor]
    for bytes in stored { #expect(EncryptionConfiguration.Key.isPlausible(bytes)) }
    for text in ["", "k8s:enc:", "k8s", "{", "{\u{1}", "12a", "true", "\u{d9}"] {
      #expect(!EncryptionConfiguration.Key.isPlausible(Array(text.utf8)))
    }
  }

  @Test(arguments: ["aesgcm-custom-resource.bin", "secretbox-custom-resource.bin"])
  func everyDamageOfAnAuthenticatedValueIsNoticed(_ file: String) throws {
    let fixture = try EncryptedFixture.named(file)
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    for value in EncryptedFixture.damaged(try fixture.value()) {
      guard let result = try? configuration.decrypt(value, key: fixture.etcdKey) else { continue }
      // Nothing but a damaged `k8s:enc:`, which is then no encrypted value.
      #expect(result == value)
      #expect(!value.starts(with: EncryptedValue.prefix))
    }
  }

  @Test func everyDamageOfAnAESCBCValueReturnsOrThrows() throws {
    let fixture = try EncryptedFixture.named("aescbc-custom-resource.bin")
    let configuration = try EncryptedFixture.configuration("encryption-config.yaml")
    for value in EncryptedFixture.damaged(try fixture.value()) {
      guard let result = try? configuration.decrypt(value, key: nil) else { continue }
      #expect(result == value || EncryptionConfiguration.Key.isPlausible(result))
    }
  }

  @Test(arguments: [
    (
      DecryptionError.damagedPrefix,
      "encrypted value: it does not begin with k8s:enc:PROVIDER:VERSION:NAME:"
    ),
    (
      .unknownProvider(.other(name: "rot13", version: "v1")),
      "provider rot13 v1: it is none of aescbc, aesgcm, secretbox, kms"
    ),
    (
      .notConfigured(.aescbc, keyName: "a", configured: ["b", "c:d"]),
      #"aescbc key "a": the configuration has only "b", "c:d""#
    ),
    (
      .notConfigured(.aesgcm, keyName: "a", configured: []),
      #"aesgcm key "a": the configuration has no aesgcm keys"#
    ),
    (
      .needsPlugin(.kmsV2, name: "p", keyID: "1"),
      #"kms v2 "p", key id "1": only the plugin can decrypt the data key"#
    ),
    (
      .needsPlugin(.kmsV1, name: "p", keyID: nil),
      #"kms v1 "p": only the plugin can decrypt the data key"#
    ),
    (
      .tooShort(.secretbox, keyName: "a", byteCount: 1, byteCountMin: 40),
      #"secretbox key "a": the value is too short, found 1 bytes, expected at least 40"#
    ),
    (
      .notBlockMultiple(keyName: "a", byteCount: 33),
      #"aescbc key "a": the value is damaged, found 33 bytes, expected a multiple of 16"#
    ),
    (
      .badPadding(keyName: "a"),
      #"aescbc key "a": does not decrypt: the padding is not valid, so the key is wrong or the value damaged"#
    ),
    (
      .wrongKey(.secretbox, keyName: "a"),
      #"secretbox key "a": does not decrypt: the key is wrong, or the value damaged"#
    ),
    (
      .wrongKeyOrEtcdKey(keyName: "key1", etcdKey: "/registry/x"),
      #"aesgcm key "key1": does not decrypt: the key is wrong, or the value was copied from another etcd key (given: "/registry/x")"#
    ),
    (
      .etcdKeyMissing(keyName: "key1"),
      #"aesgcm key "key1": aesgcm needs the etcd key of the value (--key)"#
    ),
    (
      .several([.badPadding(keyName: "a"), .damagedPrefix]),
      #"aescbc key "a": does not decrypt: the padding is not valid, so the key is wrong or the value damaged; encrypted value: it does not begin with k8s:enc:PROVIDER:VERSION:NAME:"#
    ),
  ])
  func errorsAreOneLine(error: DecryptionError, description: String) {
    #expect(error.description == description)
  }

  /// A configuration with a rule for each secret of an aescbc key named `key1`.
  private func rules(_ secrets: [String]) throws -> EncryptionConfiguration {
    let rules = secrets.enumerated().map { index, secret in
      "{resources: [r\(index)], providers: [{aescbc: {keys: [{name: key1, secret: '\(secret)'}]}}]}"
    }
    let yaml = """
      kind: EncryptionConfiguration
      apiVersion: apiserver.config.k8s.io/v1
      resources: [\(rules.joined(separator: ", "))]
      """
    return try EncryptionConfiguration(yaml: Array(yaml.utf8), source: "rules")
  }
}
