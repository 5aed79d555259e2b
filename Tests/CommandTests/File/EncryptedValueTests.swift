import TestSupport
import Testing

/// Values that the API server encrypted, in the database of a real etcd.
@Suite(.enabled(if: !EtcdVersion.installed.isEmpty, "etcd is not on this machine"))
struct EncryptedValueTests {
  private let folder: TemporaryFolder

  /// The data directory of a stopped server.
  private let path: String

  private static let secret = "/registry/secrets/demo/sec-opaque"
  private static let configMap = "/registry/configmaps/demo/cm-full"
  private let configuration = "\(Fixture.root)/fixtures/encrypted/encryption-config.yaml"

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("data")
    let version = try #require(EtcdVersion.installed.first)
    let server = try EtcdServer.start(version: version, dataDirectory: path)
    func value(_ name: String) throws -> [UInt8] { try Fixture.bytes("encrypted/\(name)") }
    // The secret was stored in the clear, then with one provider after another, as it is when the
    // providers of a cluster change.
    let (secret, configMap) = (Array(Self.secret.utf8), Array(Self.configMap.utf8))
    try server.put([
      (secret, try value("plaintext/secret.bin")), (secret, try value("aescbc.bin")),
      (secret, try value("aesgcm-key2.bin")),
      (secret, try value("aesgcm.bin")), (secret, try value("secretbox.bin")),
      (configMap, try value("secretbox-key2.bin")),
      (Array("/registry/example.org/widgets/w1".utf8), try value("aesgcm-custom-resource.bin")),
    ])
    try server.stop()
  }

  @Test func withItsKeysAValueIsShownAsIfItWereNotEncrypted() throws {
    let encryption = ["--encryption-config", configuration]
    for (key, plain) in [
      (Self.secret, "secret"), (Self.configMap, "configmap"),
      ("/registry/example.org/widgets/w1", "widget"),
    ] {
      let bytes = try Fixture.bytes("encrypted/plaintext/\(plain).bin")
      for form in ["yaml", "json"] {
        let expected = try Program.explorer("decode", "--key", key, "-o", form, input: bytes)
        let result = try FileCommands.run(
          "get",
          path,
          ["--exact", key, "-o", form] + encryption
        )
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == expected.output && !result.output.isEmpty)
      }
    }
    let clean = try FileCommands.run("get", path, [Self.secret, "--clean"] + encryption)
    #expect(clean.status == 0 && clean.text.contains("\n  password: czNjcjN0Cg==\n"))
  }

  @Test func withoutKeysItSaysHowItIsEncrypted() throws {
    let result = try FileCommands.run("get", path, [Self.secret])
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("\(Self.secret): "), "\(result.errors)")
    #expect(result.errors.contains("secretbox"), "\(result.errors)")
    #expect(result.errors.contains("key1"), "\(result.errors)")
    // The stored bytes can be had all the same.
    let raw = try FileCommands.run("get", path, [Self.secret, "-o", "raw"])
    #expect(raw.output == (try Fixture.bytes("encrypted/secretbox.bin")))
    let wrong = try FileCommands.run(
      "get",
      path,
      [Self.secret, "--encryption-config", "\(Fixture.root)/fixtures/encrypted/wrong-key.yaml"]
    )
    #expect(wrong.status == 2)
    #expect(wrong.output.isEmpty)
    // One value that cannot be read does not keep the others from being shown.
    let all = try FileCommands.run("get", path, ["-A", "-o", "name"])
    #expect(all.lines.count == 3)
  }

  /// A new provider is a write without a change.
  @Test func historyLooksIntoEncryptedValues() throws {
    let revisions = try FileCommands.run("keys", path, [Self.secret, "--all-revisions"]).lines
    #expect(revisions.count == 5)
    let result = try FileCommands.run(
      "history",
      path,
      [Self.secret, "-o", "json", "--encryption-config", configuration]
    )
    // One was encrypted for another key than its own: it is told of, and the others are shown.
    #expect(result.status == 2)
    #expect(result.errors.contains("revision 4: "), "\(result.errors)")
    #expect(result.lines.count == 5)
    #expect(result.lines.first?.contains("\"changes\":[]") == true, "\(result.text)")
    #expect(!result.text.contains("czNjcjN0Cg=="))
    let without = try FileCommands.run("history", path, [Self.secret])
    #expect(without.status == 2)
    #expect(without.lines.count == 5)
  }

  @Test func encryptedValuesAreCompared() throws {
    let revisions = try FileCommands.run("keys", path, [Self.secret, "--all-revisions"]).lines
      .compactMap { $0.split(separator: " ").first.map(String.init) }
    let (plain, encrypted) = (revisions[0], revisions[4])
    let same = try FileCommands.run(
      "diff",
      path,
      [plain, encrypted, Self.secret, "--encryption-config", configuration]
    )
    #expect(same.status == 0, "\(same.text)\(same.errors)")
    #expect(same.errors.contains("1 changed in nothing that counts"))
    let unreadable = try FileCommands.run("diff", path, [plain, encrypted, Self.secret])
    #expect(unreadable.status == 2)
    #expect(unreadable.text == "~ \(Self.secret)\n")
    let keys = try FileCommands.run("diff", path, [plain, encrypted, Self.secret, "--keys-only"])
    #expect(keys.status == 1)
  }
}
