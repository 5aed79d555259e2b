import Testing

@testable import Decode

@Suite struct EncryptedValueTests {
  @Test func allFixturesAreThere() {
    #expect(EncryptedFixture.all.count == 15)
  }

  @Test(arguments: EncryptedFixture.ciphers)
  func ciphersTellTheirKey(_ fixture: EncryptedFixture) throws {
    let value = try fixture.value()
    let encrypted = try #require(EncryptedValue(value))
    // Without a configuration a name ends at its first colon.
    let name = fixture.keyName.prefix { $0 != ":" }
    #expect(encrypted.provider.description == fixture.provider)
    #expect(encrypted.keyName == String(name))
    #expect(encrypted.payloadOffset == "k8s:enc:\(fixture.provider):v1:\(name):".utf8.count)
    #expect(encrypted.envelope == nil)
    #expect(encrypted.description == "encrypted: provider \(fixture.provider), key \(name)")
  }

  @Test func keyManagementVersion1TellsThePlugin() throws {
    let encrypted = try #require(EncryptedValue(try EncryptedFixture.bytes("kmsv1.bin")))
    #expect(encrypted.provider == .kmsV1)
    #expect(encrypted.keyName == "myprovider")
    #expect(encrypted.payloadOffset == 26)
    #expect(encrypted.envelope?.keyID == nil)
    #expect(encrypted.envelope?.sourceType == nil)
    #expect(encrypted.envelope?.encryptedDEKByteCount == 60)
    #expect(encrypted.description == #"encrypted: provider kms v1 "myprovider""#)
  }

  @Test(arguments: [
    ("kmsv2-aes-gcm.bin", "kek-2024-01", EncryptedValue.Envelope.SourceType.key),
    ("kmsv2-seed.bin", "kek-2025-07", .seed),
  ])
  func keyManagementVersion2TellsKeyAndAnnotations(
    file: String,
    keyID: String,
    sourceType: EncryptedValue.Envelope.SourceType
  ) throws {
    let encrypted = try #require(EncryptedValue(try EncryptedFixture.bytes(file)))
    let envelope = try #require(encrypted.envelope)
    #expect(encrypted.provider == .kmsV2)
    #expect(encrypted.keyName == "myproviderv2")
    #expect(envelope.keyID == keyID)
    #expect(envelope.sourceType == sourceType)
    #expect(envelope.encryptedDEKByteCount == 60)
    let expected = EncryptedFixture.table("kms-annotations.tsv")
    #expect(envelope.annotations.map { [$0.name, hexadecimal($0.value)] } == expected)
    #expect(
      encrypted.description
        == #"encrypted: provider kms v2 "myproviderv2", key id "\#(keyID)", annotations "#
        + "encrypted-dek.kms.example.com (48 bytes), version.encryption.kms.example.com (1 byte)"
    )
  }

  @Test(arguments: ["", "k8s", "k8s:enc", "k8s\0", "{}", " k8s:enc:aescbc:v1:key1:"])
  func otherValuesAreNotEncrypted(_ text: String) {
    #expect(EncryptedValue(Array(text.utf8)) == nil)
  }

  @Test(arguments: [
    ("k8s:enc:", "encrypted: provider unknown, damaged"),
    ("k8s:enc:aescbc:", "encrypted: provider unknown, damaged"),
    ("k8s:enc:aescbc:v1:", "encrypted: provider aescbc, damaged"),
    ("k8s:enc:aescbc:v1:key1", "encrypted: provider aescbc, damaged"),
    ("k8s:enc:aescbc:v1:key1:", "encrypted: provider aescbc, key key1"),
    ("k8s:enc:aescbc:v1:k 1:", #"encrypted: provider aescbc, key "k 1""#),
    ("k8s:enc:aescbc:v1::", #"encrypted: provider aescbc, key """#),
    ("k8s:enc:aescbc:v1:\u{1b}\u{202e}\":", #"encrypted: provider aescbc, key "\u{1b}\u{202e}\"""#),
    ("k8s:enc:aescbc:v2:key1:", "encrypted: provider aescbc v2, key key1"),
    ("k8s:enc:rot13:v1:key1:", "encrypted: provider rot13 v1, key key1"),
    ("k8s:enc:kms:v1:p:", #"encrypted: provider kms v1 "p", damaged"#),
    ("k8s:enc:kms:v1:p:\0\u{2}x", #"encrypted: provider kms v1 "p", damaged"#),
    ("k8s:enc:kms:v1:p:\0\u{1}x", #"encrypted: provider kms v1 "p""#),
    ("k8s:enc:kms:v2:p:", #"encrypted: provider kms v2 "p", key id """#),
    ("k8s:enc:kms:v2:p:\u{12}\u{2}x", #"encrypted: provider kms v2 "p", damaged"#),
    ("k8s:enc:kms:v2:p:\u{22}\u{2}\u{a}\u{1}", #"encrypted: provider kms v2 "p", damaged"#),
  ])
  func damagedValuesTellAsMuchAsTheyCan(text: String, description: String) {
    #expect(EncryptedValue(Array(text.utf8))?.description == description)
  }

  @Test func aNameWithoutAnEndIsNotLookedForInTheWholeBody() {
    let prefix = Array("k8s:enc:aescbc:v1:".utf8)
    let longest = prefix + Array(repeating: UInt8(ascii: "a"), count: 1024)
    #expect(EncryptedValue(longest + [UInt8(ascii: ":")])?.keyName?.count == 1024)
    #expect(EncryptedValue(longest + Array("a:".utf8))?.keyName == nil)
  }

  @Test func aNameThatIsNotTextIsNoName() {
    let value = Array("k8s:enc:aescbc:v1:".utf8) + [0xff, UInt8(ascii: ":")]
    #expect(EncryptedValue(value)?.keyName == nil)
  }

  @Test(arguments: ["aesgcm.bin", "kmsv1.bin", "kmsv2-seed.bin"])
  func everyDamageIsParsedWithoutATrap(_ file: String) throws {
    for value in EncryptedFixture.damaged(try EncryptedFixture.bytes(file)) {
      let encrypted = EncryptedValue(value)
      #expect((encrypted == nil) == !value.starts(with: EncryptedValue.prefix))
      #expect(encrypted?.description.isEmpty != true)
    }
  }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
