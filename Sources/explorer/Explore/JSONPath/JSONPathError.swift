internal import Decode

/// Why a JSONPath template cannot be read, or does not fit an object.
///
/// The sentences are kubectl's, but for values of the object, which stand in no error.
public enum JSONPathError: Error, Equatable, Sendable {
  // MARK: The template

  /// `{` without `}`.
  case unclosedAction

  /// A character that begins nothing inside braces.
  case unrecognizedCharacter(Unicode.Scalar)

  /// `[` without `]`.
  case unterminatedArray

  /// `[?(` without `)`.
  case unterminatedFilter

  /// `[?(...)` without `]`.
  case unclosedFilter

  /// What stands between brackets is no index, slice, quoted key or list of them.
  case invalidArrayIndex(String)

  /// An index beyond what an integer holds, or a sign alone.
  case indexNotNumber(String)

  /// Digits and points that are no number.
  case notNumber(String)

  /// A quote without its second one.
  case unterminatedString

  /// An escape that does not exist, in a quoted string.
  case invalidString(String)

  /// `....`.
  case repeatedDescent

  /// Filters, unions or ranges in each other, deeper than anyone writes.
  case tooDeep(limit: Int)

  // MARK: The template and the object

  /// A key that the object does not have, where it must.
  case notFound(String)

  /// An index of something that is no array.
  case notArray(JSONType)

  /// A filter of something that is no array.
  case notFilterable(JSONType)

  /// An index that the array does not have.
  case outOfBounds(index: Int, count: Int)

  /// A slice that ends before it begins.
  case startBehindEnd(start: Int, end: Int)

  /// A slice with a step of zero or less.
  case badStep

  /// A filter whose one side is several values.
  case severalToCompare

  /// An operator that does not exist.
  case unrecognizedOperator(String)

  /// A comparison of what cannot be compared: null, objects, arrays, booleans by size.
  case invalidComparison

  /// A comparison of values of different types.
  case incompatibleComparison

  /// A word that is neither `range` nor `end`.
  case unrecognizedIdentifier(String)

  /// `end` without `range`.
  case notInRange

  /// More values than fit into memory.
  case tooManyResults(limit: Int)
}

/// What a value is in JSON.
public enum JSONType: String, Sendable {
  case null, boolean, number, string, array, object
}

extension JSONPathError: CustomStringConvertible {
  /// One line.
  public var description: String { OneLine.escaped(text) }

  private var text: String {
    switch self {
    case .unclosedAction: "unclosed action"
    case .unrecognizedCharacter(let character):
      "unrecognized character in action: \(JSONPathError.name(of: character))"
    case .unterminatedArray: "unterminated array"
    case .unterminatedFilter: "unterminated filter"
    case .unclosedFilter: "unclosed array expect ]"
    case .invalidArrayIndex(let text): "invalid array index \(text)"
    case .indexNotNumber(let text): "array index \(text) is not a number"
    case .notNumber(let text): "cannot parse number \(text)"
    case .unterminatedString: "unterminated quoted string"
    case .invalidString(let text): "unquote string \(text) error invalid syntax"
    case .repeatedDescent: "invalid multiple recursive descent"
    case .tooDeep(let limit): "nested more than \(limit) deep"
    case .notFound(let key): "\(key) is not found"
    case .notArray(let type): "\(type.rawValue) is not array or slice"
    case .notFilterable(let type):
      "\(type.rawValue) is not array or slice and cannot be filtered"
    case .outOfBounds(let index, let count):
      "array index out of bounds: index \(index), length \(count)"
    case .startBehindEnd(let start, let end):
      "starting index \(start) is greater than ending index \(end)"
    case .badStep: "step must be > 0"
    case .severalToCompare: "can only compare one element at a time"
    case .unrecognizedOperator(let text): "unrecognized filter operator \(text)"
    case .invalidComparison: "invalid type for comparison"
    case .incompatibleComparison: "incompatible types for comparison"
    case .unrecognizedIdentifier(let text): "unrecognized identifier \(text)"
    case .notInRange: "not in range, nothing to end"
    case .tooManyResults(let limit): "more than \(limit) results"
    }
  }

  /// A character as Go's verb `%#U` prints it: `U+0026 '&'`.
  private static func name(of character: Unicode.Scalar) -> String {
    let digits = String(character.value, radix: 16, uppercase: true)
    let number = "U+" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    switch character.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      return number
    case .spaceSeparator where character != " ": return number
    default: return "\(number) '\(character)'"
    }
  }
}
