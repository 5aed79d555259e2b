public import Schema

/// Why a document could not be encoded.
///
/// Places are lines of YAML, or byte offsets of JSON.
public enum EncodeError: Error, Equatable, Sendable {
  /// There is no document.
  case empty

  /// The text is not YAML; `line` counts from 1.
  case notYAML(line: Int, problem: String)

  /// The text is not JSON.
  case notJSON(offset: Int, problem: DecodeError.Problem)

  /// The document is not an object with an apiVersion and a kind.
  case untyped

  /// A key that the type does not have, and the one of its keys that is nearest to it.
  case unknownField(path: String, nearest: String?)

  /// A key that stands twice.
  case duplicateField(path: String)

  /// A comment line with an unknown field names a message that the document does not have.
  case misplacedUnknownField(path: String)

  /// A value of the wrong type.
  case mismatch(path: String, expected: String, found: String)

  /// The kind has no protobuf message, which was asked for.
  case noMessage

  /// A kind that its API version does not have, although the catalogue knows others of it.
  case unknownKind(DecodeError.ObjectType, nearest: String?)

  /// What is wrong with one document; `number` counts from 1.
  indirect case inDocument(number: Int, DecodeError.ObjectType, EncodeError)

  /// The document is more than what may be encoded.
  case tooLarge

  /// Data of the catalogue is wrong.
  case catalogue(CatalogueError)
}

extension EncodeError: CustomStringConvertible {
  /// One line, subject first.
  public var description: String { OneLine.escaped(text) }

  private var text: String {
    switch self {
    case .empty: "empty input"
    case .notYAML(let line, let problem): "line \(line): not YAML: \(problem)"
    case .notJSON(let offset, let problem): "byte \(offset): \(problem)"
    case .untyped: "not an object with apiVersion and kind"
    case .unknownField(let path, let nearest):
      "unknown field \"\(path)\"" + (nearest.map { ", did you mean \"\($0)\"?" } ?? "")
    case .duplicateField(let path): "field \"\(path)\" stands twice"
    case .misplacedUnknownField(let path):
      "unknown field: there is no \"\(path)\" to put it into"
    case .mismatch(let path, let expected, let found):
      "\(path): expected \(expected), found \(found)"
    case .noMessage: "is not stored as protobuf"
    case .unknownKind(let type, let nearest):
      "no kind \"\(type.kind)\" in \(type.apiVersion)"
        + (nearest.map { ", did you mean \"\($0)\"?" } ?? "")
    case .inDocument(let number, let type, let error):
      number == 1 ? "\(type): \(error)" : "document \(number): \(type): \(error)"
    case .tooLarge: "document is too large"
    case .catalogue(let error): "\(error)"
    }
  }
}
