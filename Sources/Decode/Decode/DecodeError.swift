public import Schema

/// Why a value could not be decoded.
///
/// Offsets are in bytes from the start of the stored value (of the plain text, where it was
/// encrypted). Paths are those of the printed object: `spec.containers[0].name`.
public enum DecodeError: Error, Equatable, Sendable {
  /// There are no bytes.
  case empty

  /// The bytes begin like no value that Kubernetes stores.
  case unrecognised(firstBytes: [UInt8], byteCount: Int)

  /// A terminal has put a carriage return before every line feed of a binary value.
  case mangledByTerminal(offset: Int)

  /// The envelope around the object is damaged.
  case damagedEnvelope(object: ObjectType, problem: Problem, offset: Int)

  /// The envelope says that the object is in a form which Kubernetes never stores.
  case unsupportedContent(encoding: String, type: String)

  /// The object is damaged.
  case damaged(object: ObjectType, path: String, offset: Int, problem: Problem)

  /// The object would take more memory than `limit` bytes.
  case tooLarge(object: ObjectType, limit: Int)

  /// The value is encrypted, and no configuration was given.
  case encrypted(EncryptedValue)

  /// The value is encrypted, and the configuration does not decrypt it.
  case decryption(DecryptionError)

  /// The value has no inner protobuf message, which was asked for.
  case noProtobuf(StoredForm)

  /// Data of the catalogue is wrong.
  case catalogue(CatalogueError)

  /// An API version and a kind.
  public struct ObjectType: Equatable, Sendable {
    /// Such as `apps/v1`.
    public let apiVersion: String

    /// Such as `Deployment`.
    public let kind: String

    /// A type by its two names.
    public init(apiVersion: String, kind: String) {
      self.apiVersion = apiVersion
      self.kind = kind
    }
  }

  /// What is wrong at a place.
  public enum Problem: Equatable, Sendable {
    /// The bytes end inside a value.
    case endsEarly

    /// A length says more than there is.
    case lengthBeyondEnd(length: UInt64, available: Int)

    /// A number of more than ten bytes.
    case varintTooLong

    /// A field number of 0, or above 536870911.
    case badFieldNumber

    /// A wire type that does not exist or that Kubernetes never writes.
    case badWireType(UInt8)

    /// A wire type that does not fit the field.
    case wrongWireType(found: UInt8, expected: UInt8)

    /// Text that is not UTF-8.
    case notUTF8

    /// A number that JSON does not have: an infinity, or none at all.
    case notFinite

    /// A message inside more messages than any object of Kubernetes' has.
    case tooDeep

    /// Text that is not a resource quantity.
    case notQuantity(String)

    /// An IntOrString that is neither.
    case notIntOrString(type: Int64)

    /// What should be JSON is not; `description` says how.
    case notJSON(description: String)

    /// What should be CBOR is not; `description` says how.
    case notCBOR(description: String)

    /// An embedded value in a form that Kubernetes does not print.
    case unprintable

    /// The field is refused by libprotobuf-c for a reason that it does not say.
    case refused
  }
}

extension DecodeError: CustomStringConvertible {
  /// One line, subject first.
  public var description: String { OneLine.escaped(text) }

  private var text: String {
    switch self {
    case .empty: "empty input"
    case .unrecognised(let firstBytes, let byteCount):
      "not a Kubernetes value: \(byteCount) bytes that begin with"
        + " \(firstBytes.map { Self.hexadecimal($0) }.joined(separator: " "))"
    case .mangledByTerminal(let offset):
      "a terminal put carriage returns into the value (the first at byte \(offset)):"
        + " run kubectl exec without -t, or etcdctl without a terminal"
    case .damagedEnvelope(let object, let problem, let offset):
      "\(object): envelope: byte \(offset): \(problem)"
    case .unsupportedContent(let encoding, let type):
      "envelope: content encoding \"\(encoding)\" and type \"\(type)\" are not stored by Kubernetes"
    case .damaged(let object, let path, let offset, let problem):
      "\(object)\(path.isEmpty ? "" : ": \(path)"): byte \(offset): \(problem)"
    case .tooLarge(let object, let limit):
      "\(object): would take more than \(limit) bytes of memory"
    case .encrypted(let value):
      "\(value): give its keys with --encryption-config"
    case .decryption(let error): "\(error)"
    case .noProtobuf(let form): "value in the form \(form): there is no protobuf message in it"
    case .catalogue(let error): "\(error)"
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}

extension DecodeError.ObjectType: CustomStringConvertible {
  /// `apps/v1 Deployment`.
  public var description: String { OneLine.escaped(text) }

  private var text: String {
    switch (apiVersion.isEmpty, kind.isEmpty) {
    case (true, true): "object"
    case (true, false): kind
    case (false, true): "object of \(apiVersion)"
    case (false, false): "\(apiVersion) \(kind)"
    }
  }
}

extension DecodeError.Problem: CustomStringConvertible {
  /// What is wrong, in words.
  public var description: String {
    switch self {
    case .endsEarly: "ends early"
    case .lengthBeyondEnd(let length, let available):
      "length \(length), but only \(available) bytes are left"
    case .varintTooLong: "number of more than 10 bytes"
    case .badFieldNumber: "field number out of range"
    case .badWireType(let wireType): "wire type \(wireType) is not used by Kubernetes"
    case .wrongWireType(let found, let expected): "wire type \(found), expected \(expected)"
    case .notUTF8: "not UTF-8, shown with U+FFFD as Kubernetes does"
    case .notFinite: "a number that is not finite"
    case .tooDeep: "messages lie in each other too deep"
    case .notQuantity(let text): "not a quantity: \"\(text)\""
    case .notIntOrString(let type): "type \(type) is neither an integer (0) nor a string (1)"
    case .notJSON(let description): "not JSON: \(description)"
    case .notCBOR(let description): "not CBOR: \(description)"
    case .unprintable: "an embedded value that is not JSON"
    case .refused: "refused by libprotobuf-c"
    }
  }
}

extension DecodeError.Problem {
  init(_ fault: WireReader.Fault) {
    switch fault {
    case .truncated: self = .endsEarly
    case .varintTooLong: self = .varintTooLong
    case .badFieldNumber: self = .badFieldNumber
    case .badWireType(_, let wireType): self = .badWireType(wireType)
    case .lengthBeyondEnd(_, let length, let available):
      self = .lengthBeyondEnd(length: length, available: available)
    }
  }

  /// What is wrong with text that should be JSON.
  package init(_ fault: JSONFault) {
    let description =
      switch fault.problem {
      case .endsEarly: "ends early"
      case .unexpected(let byte): "unexpected \(Self.name(of: byte))"
      case .badEscape: "bad escape"
      case .controlCharacter(let byte): "control character \(Self.name(of: byte)) in a string"
      case .badNumber: "bad number"
      case .tooDeep: "nested more than \(JSONSyntax.maximumDepth) deep"
      case .trailingBytes: "more bytes behind the value"
      case .tooLarge: "more than \(JSONDocument.maximumByteCount) bytes"
      }
    self = .notJSON(description: description)
  }

  init(_ fault: CBORReader.Fault) {
    let description =
      switch fault.problem {
      case .endsEarly: "ends early"
      case .lengthBeyondEnd(let length, let available):
        "length \(length), but only \(available) bytes are left"
      case .unsupported(let byte): "initial byte \(Self.name(of: byte)) is not used by Kubernetes"
      case .integerTooLarge: "integer beyond 64 bits with a sign"
      case .notFinite: "number that is not finite"
      case .keyNotString: "key that is not a string"
      case .duplicateKey: "key that stands twice"
      case .notUTF8: "text that is not UTF-8"
      case .tooDeep: "nested more than \(JSONSyntax.maximumDepth) deep"
      case .trailingBytes: "more bytes behind the value"
      }
    self = .notCBOR(description: description)
  }

  private static func name(of byte: UInt8) -> String {
    byte > 0x20 && byte < 0x7F
      ? "\"\(Character(Unicode.Scalar(byte)))\"" : "0x" + String(byte, radix: 16)
  }
}
