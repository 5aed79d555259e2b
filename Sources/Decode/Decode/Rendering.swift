/// The forms that a value can be rendered in.
public enum OutputForm: String, CaseIterable, Sendable {
  /// YAML as sigs.k8s.io/yaml writes it.
  case yaml

  /// JSON on one line, as Go's encoding/json writes it.
  case json

  /// JSON over several lines, as Go's `MarshalIndent` writes it with two spaces.
  case prettyJSON = "json-pretty"

  /// The object's own protobuf message, without the envelope.
  case protobuf = "pb"

  /// The wire fields of anything, by number.
  case raw
}

/// Something about a value that its rendering cannot say.
public enum Note: Equatable, Sendable {
  /// Fields that the catalogue lacks; `paths` holds the first of them, each as
  /// `spec.containers[0] field 99 (12 bytes)`.
  case unknownFields(count: Int, paths: [String])

  /// The catalogue lacks the kind; the object was rendered by field numbers.
  case unknownKind(DecodeError.ObjectType)

  /// Text that is not UTF-8 was rendered with U+FFFD. What was printed is not what is stored.
  case invalidText(DecodeError.ObjectType, path: String, offset: Int)

  /// What the numbers of an allocation bitmap or an address block mean.
  case allocation(String)

  /// The value is text that belongs to no Kubernetes object.
  case plainText

  /// The key has a value without bytes.
  case emptyValue
}

extension Note: CustomStringConvertible {
  /// One line.
  public var description: String { OneLine.escaped(text) }

  private var text: String {
    switch self {
    case .unknownFields(let count, let paths):
      "\(count) unknown \(count == 1 ? "field" : "fields"): " + paths.joined(separator: ", ")
        + (paths.count < count ? ", ..." : "")
    case .unknownKind(let type):
      "unknown kind \(type): shown by field numbers (--schema FILE adds kinds)"
    case .invalidText(let type, let path, let offset):
      "\(type): \(path): byte \(offset): \(DecodeError.Problem.notUTF8)"
    case .allocation(let text): text
    case .plainText: "plain text, not a Kubernetes object"
    case .emptyValue: "empty value"
    }
  }

  /// Whether something stored could not be shown as it is.
  public var isLoss: Bool {
    if case .invalidText = self { return true }
    return false
  }
}

/// What a value is, without its contents.
public struct ObjectSummary: Equatable, Sendable {
  /// The form in which it is stored.
  public var form: StoredForm

  /// Such as `apps/v1`; empty if the value has none.
  public var apiVersion = ""

  /// Such as `Deployment`; empty if the value has none.
  public var kind = ""

  /// The namespace; empty if the object has none.
  public var namespace = ""

  /// The name; empty if the object has none.
  public var name = ""

  /// The size of the stored value in bytes.
  public var byteCount = 0

  /// When the object was created, in seconds since 1970; nil if it does not say.
  public var creationSeconds: Int64?
}
