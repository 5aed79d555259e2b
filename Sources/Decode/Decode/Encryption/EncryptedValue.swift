/// What an encrypted value tells without any key: who encrypted it, and with which key.
///
/// Damaged values are parsed as far as they go; what cannot be read stays nil.
///
/// Format:
///
///     OFFSET  SIZE  FIELD
///     0       8     "k8s:enc:"
///     8       -     provider, ":", version, ":", name of the key or of the KMS plugin, ":"
///     -       -     the provider's body, up to the end
///
/// Source: kubernetes/apiserver, pkg/server/options/encryptionconfig/config.go, `...PrefixV1`.
public struct EncryptedValue: Equatable, Sendable {
  /// What encrypts: a cipher whose keys the configuration holds, or a plugin that guards them.
  public enum Provider: Hashable, Sendable {
    /// AES-CBC with PKCS#7 padding; nothing authenticates the value.
    case aescbc

    /// AES-GCM; the etcd key is authenticated with the value.
    case aesgcm

    /// XSalsa20 and Poly1305.
    case secretbox

    /// An envelope whose data key is encrypted by a KMS plugin, version 1.
    case kmsV1

    /// An envelope whose data key is encrypted by a KMS plugin, version 2.
    case kmsV2

    /// Any other text in that place; both are empty when the prefix is damaged.
    case other(name: String, version: String)
  }

  /// What encrypted the value.
  public let provider: Provider

  /// The key's name; for KMS, the plugin's.
  ///
  /// It is the text up to the next `:`. A configured name may contain `:` itself, so only a
  /// configuration can tell where the name really ends.
  public let keyName: String?

  /// Where the provider's body begins, under the same reserve as `keyName`; in bytes.
  public let payloadOffset: Int?

  /// What a KMS envelope says of itself; nil for other providers and for a damaged envelope.
  public let envelope: Envelope?

  /// Parses a value; nil if it does not begin with `k8s:enc:`.
  public init?(_ value: UnsafeRawBufferPointer) {
    guard value.starts(with: EncryptedValue.prefix) else { return nil }
    var offset = EncryptedValue.prefix.count
    if let name = EncryptedValue.word(of: value, at: &offset),
      let version = EncryptedValue.word(of: value, at: &offset)
    {
      provider = Provider(name: name, version: version)
      keyName = EncryptedValue.word(of: value, at: &offset)
    } else {
      provider = .other(name: "", version: "")
      keyName = nil
    }
    payloadOffset = keyName == nil ? nil : offset
    envelope =
      switch (provider, payloadOffset) {
      case (.kmsV1, let offset?): Envelope(version1: value, from: offset)
      case (.kmsV2, let offset?): Envelope(version2: value, from: offset)
      default: nil
      }
  }

  /// Parses a value; nil if it does not begin with `k8s:enc:`.
  public init?(_ value: [UInt8]) {
    let parsed = value.withUnsafeBytes { EncryptedValue($0) }
    guard let parsed else { return nil }
    self = parsed
  }

  /// What every encrypted value begins with, and no other value of Kubernetes.
  static let prefix = Array("k8s:enc:".utf8)

  /// The longest name that is looked for: without an end, damage would make a name of the body.
  private static let nameByteCountMax = 1024

  /// The text from `offset` up to the next `:`, behind which `offset` is moved.
  private static func word(of value: UnsafeRawBufferPointer, at offset: inout Int) -> String? {
    let rest = value[offset...].prefix(nameByteCountMax + 1)
    guard let end = rest.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    guard let word = String(validating: value[offset..<end], as: UTF8.self) else { return nil }
    offset = end + 1
    return word
  }
}

extension EncryptedValue.Provider {
  init(name: String, version: String) {
    self =
      switch (name, version) {
      case ("aescbc", "v1"): .aescbc
      case ("aesgcm", "v1"): .aesgcm
      case ("secretbox", "v1"): .secretbox
      case ("kms", "v1"): .kmsV1
      case ("kms", "v2"): .kmsV2
      default: .other(name: name, version: version)
      }
  }
}

extension EncryptedValue.Provider: CustomStringConvertible {
  /// The provider's spelling in a configuration; with its version where there are several.
  public var description: String {
    switch self {
    case .aescbc: "aescbc"
    case .aesgcm: "aesgcm"
    case .secretbox: "secretbox"
    case .kmsV1: "kms v1"
    case .kmsV2: "kms v2"
    case .other("", ""): "unknown"
    case .other(let name, let version):
      "\(EncryptedValue.plainOrQuoted(name)) \(EncryptedValue.plainOrQuoted(version))"
    }
  }
}

extension EncryptedValue: CustomStringConvertible {
  /// One line, such as `encrypted: provider aescbc, key key1`.
  public var description: String {
    let start = "encrypted: provider \(provider)"
    guard let keyName else { return "\(start), damaged" }
    switch provider {
    case .kmsV1, .kmsV2:
      let plugin = "\(start) \(EncryptedValue.quoted(keyName))"
      guard let envelope else { return "\(plugin), damaged" }
      return plugin + envelope.description
    default:
      return "\(start), key \(EncryptedValue.plainOrQuoted(keyName))"
    }
  }

  /// A name as it is if nothing in it could be misread, otherwise quoted.
  static func plainOrQuoted(_ name: String) -> String {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }
    return isPlain && !name.isEmpty ? name : quoted(name)
  }

  /// Text in quotes, with everything escaped that a terminal would not show as a character.
  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default:
        if scalar == "\"" || scalar == "\\" { result += "\\" }
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
