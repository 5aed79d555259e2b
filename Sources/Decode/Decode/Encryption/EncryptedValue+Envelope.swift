import Schema

extension EncryptedValue {
  /// What can be read of a KMS envelope without its plugin.
  public struct Envelope: Equatable, Sendable {
    /// Something that the plugin stored with the encrypted data key.
    public struct Annotation: Equatable, Sendable {
      /// A domain name.
      public let name: String

      /// Whatever the plugin needs.
      public let value: [UInt8]
    }

    /// How the value's AES-GCM key comes from what the plugin decrypts.
    public enum SourceType: Equatable, Sendable {
      /// It is the key (`AES_GCM_KEY`).
      case key

      /// It is the seed from which HKDF expands the key (`HKDF_SHA256_XNONCE_AES_GCM_SEED`).
      case seed

      /// A number that Kubernetes has no name for.
      case other(UInt64)
    }

    /// Which of the plugin's keys was used; nil in version 1, which does not say.
    public let keyID: String?

    /// Sorted by name; none in version 1.
    public let annotations: [Annotation]

    /// Nil in version 1.
    public let sourceType: SourceType?

    /// The size of the encrypted data key, or of its encrypted seed.
    public let encryptedDEKByteCount: Int
  }
}

extension EncryptedValue.Envelope {
  /// Reads version 1: a big-endian 16-bit length, the encrypted data key, the encrypted value.
  init?(version1 value: UnsafeRawBufferPointer, from offset: Int) {
    guard value.count - offset >= 2 else { return nil }
    let byteCount = Int(value[offset]) << 8 | Int(value[offset + 1])
    guard byteCount <= value.count - offset - 2 else { return nil }
    self.init(keyID: nil, annotations: [], sourceType: nil, encryptedDEKByteCount: byteCount)
  }

  /// Reads version 2: a message `EncryptedObject`.
  ///
  /// Source: kubernetes/apiserver, pkg/storage/value/encrypt/envelope/kmsv2/v2/api.proto.
  init?(version2 value: UnsafeRawBufferPointer, from offset: Int) {
    var keyID = ""
    var annotations: [String: [UInt8]] = [:]
    var sourceType: UInt64 = 0
    var encryptedDEKByteCount = 0
    var reader = WireReader(value, range: offset..<value.count)
    do {
      while !reader.isAtEnd {
        let tag = try reader.tag()
        switch (tag.number, try reader.payload(of: tag)) {
        case (2, .bytes(let range)):
          guard let text = String(validating: value[range], as: UTF8.self) else { return nil }
          keyID = text
        case (3, .bytes(let range)): encryptedDEKByteCount = range.count
        case (4, .bytes(let range)):
          guard let annotation = try Annotation(value, range: range) else { return nil }
          annotations[annotation.name] = annotation.value
        case (5, .varint(let number)): sourceType = number
        default: break
        }
      }
    } catch {
      return nil
    }
    self.init(
      keyID: keyID,
      annotations: annotations.map { Annotation(name: $0, value: $1) }.sorted { $0.name < $1.name },
      sourceType: SourceType(number: sourceType),
      encryptedDEKByteCount: encryptedDEKByteCount
    )
  }
}

extension EncryptedValue.Envelope.Annotation {
  /// Reads an entry of the map: 1 is the key, 2 the value; nil if the key is not text.
  init?(_ bytes: UnsafeRawBufferPointer, range: Range<Int>) throws(WireReader.Fault) {
    var name: String? = ""
    var value: [UInt8] = []
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd {
      let tag = try reader.tag()
      switch (tag.number, try reader.payload(of: tag)) {
      case (1, .bytes(let range)): name = String(validating: bytes[range], as: UTF8.self)
      case (2, .bytes(let range)): value = Array(bytes[range])
      default: break
      }
    }
    guard let name else { return nil }
    self.init(name: name, value: value)
  }
}

extension EncryptedValue.Envelope.SourceType {
  init(number: UInt64) {
    self =
      switch number {
      case 0: .key
      case 1: .seed
      default: .other(number)
      }
  }
}

extension EncryptedValue.Envelope: CustomStringConvertible {
  /// What follows the provider in a value's description; values of annotations are not shown.
  public var description: String {
    var result = ""
    if let keyID { result += ", key id \(EncryptedValue.quoted(keyID))" }
    guard !annotations.isEmpty else { return result }
    let list = annotations.map { annotation in
      let count = annotation.value.count
      let name = EncryptedValue.plainOrQuoted(annotation.name)
      return "\(name) (\(count) \(count == 1 ? "byte" : "bytes"))"
    }
    return "\(result), annotations \(list.joined(separator: ", "))"
  }
}
