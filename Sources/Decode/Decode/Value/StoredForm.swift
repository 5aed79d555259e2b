/// The form in which a value lies in etcd.
public enum StoredForm: Equatable, Sendable {
  /// A Kubernetes object in protobuf, behind `k8s\0` and an envelope.
  case protobuf

  /// JSON: custom resources, their definitions, API services, Calico.
  case json

  /// CBOR behind its self-description: custom resources of newer clusters.
  case cbor

  /// Encrypted at rest, behind `k8s:enc:`.
  case encrypted

  /// Printable text that is not JSON.
  case text

  /// No bytes at all.
  case empty

  /// None of these.
  case unrecognised

  /// The four bytes in front of a Kubernetes object in protobuf.
  static let protobufPrefix: [UInt8] = Array("k8s\0".utf8)

  /// What every encrypted value begins with.
  static let encryptedPrefix: [UInt8] = Array("k8s:enc:".utf8)

  /// No JSON value that is only a string, a number or a word is longer.
  private static let maximumWordByteCount = 4096

  /// The form of a value, by its first bytes.
  ///
  /// Source: kubernetes/apimachinery, pkg/runtime/serializer/{protobuf,json,cbor};
  /// kubernetes/apiserver, pkg/storage/value/encrypt.
  public init(of value: UnsafeRawBufferPointer) {
    if value.isEmpty {
      self = .empty
    } else if value.starts(with: StoredForm.protobufPrefix) {
      self = .protobuf
    } else if value.starts(with: StoredForm.encryptedPrefix) {
      self = .encrypted
    } else if value.starts(with: CBORReader.selfDescription) {
      self = .cbor
    } else if StoredForm.looksLikeJSON(value) {
      self = .json
    } else if StoredForm.isText(value) {
      self = .text
    } else {
      self = .unrecognised
    }
  }

  private static func looksLikeJSON(_ value: UnsafeRawBufferPointer) -> Bool {
    let start = JSONSyntax.skipSpace(value, from: 0)
    guard start < value.count else { return false }
    switch value[start] {
    case UInt8(ascii: "{"), UInt8(ascii: "["): return true
    case UInt8(ascii: "\""), UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "t"),
      UInt8(ascii: "f"), UInt8(ascii: "n"):
      // A string, a number or a word is JSON only if nothing follows it: 10.0.0.1 is not.
      guard value.count <= maximumWordByteCount else { return false }
      var document = JSONDocument()
      return (try? document.parse(value)) != nil
    default: return false
    }
  }

  private static func isText(_ value: UnsafeRawBufferPointer) -> Bool {
    // Binary values show what they are soon.
    value.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
      && UTF8Text.firstInvalidOffset(value) == nil
  }
}
