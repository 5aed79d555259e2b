import TestSupport
import Testing

@testable import Store

/// Whoever comes from etcd has these hashes; whoever goes to etcd takes ours along.
@Suite struct BcryptTests {
  /// Source: Openwall, crypt_blowfish 1.3, `wrapper.c`.
  @Test(arguments: [
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
    ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    ("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("U*U", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
  ])
  func knownHashesMatch(password: String, hash: String) {
    #expect(Bcrypt.matches(password, Array(hash.utf8)))
    #expect(!Bcrypt.matches(password + "x", Array(hash.utf8)))
  }

  @Test func hashesAreStoredAsGoWritesThem() throws {
    let hash = try Bcrypt.hash("secret", cost: 4)
    #expect(hash.count == 60)
    #expect(hash.starts(with: "$2a$04$".utf8))
    #expect(Bcrypt.matches("secret", hash))
    #expect(!Bcrypt.matches("Secret", hash))
    // The salt is another one each time.
    #expect(try Bcrypt.hash("secret", cost: 4) != hash)
  }

  @Test func longPasswordsAreRefusedAndCutOffWhenChecked() throws {
    let longest = String(repeating: "x", count: 72)
    let hash = try Bcrypt.hash(longest, cost: 4)
    #expect(Bcrypt.matches(longest, hash))
    #expect(Bcrypt.matches(longest + "y", hash))
    #expect(Bcrypt.matches(longest + String(repeating: "y", count: 1000), hash))
    #expect(!Bcrypt.matches(String(longest.dropLast()), hash))
    #expect(throws: Bcrypt.Failure.passwordTooLong) { try Bcrypt.hash(longest + "y", cost: 4) }
  }

  @Test func aZeroByteEndsNoPassword() throws {
    #expect(throws: Bcrypt.Failure.passwordHasZero) { try Bcrypt.hash("a\0b", cost: 4) }
    #expect(!Bcrypt.matches("a\0b", try Bcrypt.hash("a", cost: 4)))
  }

  @Test func whatIsNoHashMatchesNothing() throws {
    let hash = try Bcrypt.hash("secret", cost: 4)
    for count in 0..<hash.count { #expect(!Bcrypt.matches("secret", Array(hash.prefix(count)))) }
    #expect(!Bcrypt.matches("secret", hash + [UInt8(ascii: "a")]))
    for slot in hash.indices {
      for byte in [UInt8(0), UInt8(ascii: "$"), UInt8(ascii: "!"), 0xFF] where hash[slot] != byte {
        // A cost of two digits that is high takes years.
        guard ![4, 5].contains(slot) || byte != UInt8(ascii: "9") else { continue }
        var damaged = hash
        damaged[slot] = byte
        // Bits at the end of the salt do not count, nor does the letter behind `$2`.
        guard slot != 2, slot != 28 else { continue }
        #expect(!Bcrypt.matches("secret", damaged), "\(slot) \(byte)")
      }
    }
    #expect(
      !Bcrypt.matches(
        "secret",
        Array("$1$abcdefgh$0123456789012345678901234567890123456789abcdefgh".utf8)
      )
    )
    #expect(!Bcrypt.matches("", []))
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere), arguments: EtcdVersion.installed)
  func passwordsGoToEtcdAndBack(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version, arguments: ["--bcrypt-cost", "4"])
    let passwords = [
      "", "plain", "p\u{E4}ss w\u{F6}rd\u{FF}\u{2126}", "\u{1F511}\u{7F}\\\"", "x y",
    ]
    for (number, password) in passwords.enumerated() {
      let result = try server.etcdctl("user", "add", "u\(number):\(password)")
      // etcdctl asks for an empty one.
      guard result.status == 0 else { continue }
    }
    _ = try server.hash()
    try server.stop()
    let stored = try EtcdUsers(databasePath: server.databasePath).passwords
    #expect(stored.count >= 4)
    for (name, hash) in stored {
      let number = try #require(Int(name.dropFirst()))
      #expect(Bcrypt.matches(passwords[number], hash), "\(name)")
      #expect(!Bcrypt.matches(passwords[number] + "x", hash))
    }
  }

  @Test(.enabled(if: EtcdVersion.v35.isThere)) func etcdTakesOurHashes() throws {
    let server = try EtcdServer.start(version: .v35)
    let password = "p\u{E4}ss w\u{F6}rd\u{FF}"
    let hash = base64(try Bcrypt.hash(password, cost: 5))
    _ = try server.gateway("/v3/auth/user/add", #"{"name":"root","password":"other"}"#)
    _ = try server.gateway("/v3/auth/user/grant", #"{"user":"root","role":"root"}"#)
    _ = try server.gateway(
      "/v3/auth/user/changepw",
      #"{"name":"root","hashedPassword":"\#(hash)"}"#
    )
    _ = try server.gateway("/v3/auth/enable")
    _ = try server.gateway(
      "/v3/auth/authenticate",
      #"{"name":"root","password":"\#(password)"}"#
    )
    #expect(throws: EtcdServer.Failure.self) {
      try server.gateway("/v3/auth/authenticate", #"{"name":"root","password":"other"}"#)
    }
  }
}
