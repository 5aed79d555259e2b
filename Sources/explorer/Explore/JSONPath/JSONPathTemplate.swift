public import Decode

/// A template of kubectl's JSONPath: `{.metadata.name}`, `{range .items[*]}{.kind}{"\n"}{end}`.
///
/// It prints what kubectl prints for the same template and object, with these differences: where
/// kubectl visits the keys of an object in a random order (`.*` and `..`), they come in the order
/// of their bytes; and a template without braces that begins with a point or `$` is taken as a
/// path, where kubectl would print its text. A template may be used from many threads at once.
///
/// Source: kubernetes/client-go, util/jsonpath.
public struct JSONPathTemplate: Equatable, Sendable {
  /// The template as it was given.
  public let text: String

  let pieces: [JSONPathParser.Piece]

  /// Reads a template.
  ///
  /// - Throws: ``JSONPathError`` for the first thing in it that is wrong.
  public init(_ text: String) throws(JSONPathError) {
    self.text = text
    let isBarePath = !text.contains("{") && (text.hasPrefix(".") || text.hasPrefix("$"))
    pieces = try JSONPathParser.pieces(of: isBarePath ? "{\(text)}" : text)
  }

  /// Whether the template is for a list of objects, as kubectl makes it of several: one of its paths
  /// begins with `.items`.
  public var isForList: Bool {
    pieces.contains { piece in
      guard case .action(let steps) = piece else { return false }
      let first = steps.first { if case .identifier = $0 { false } else { true } }
      return first == .field("items")
    }
  }

  /// Appends what the template makes of an object; no line break is added.
  ///
  /// - Parameters:
  ///   - object: The object.
  ///   - allowsMissingKeys: Whether a key that the object does not have stands for nothing, which
  ///     is kubectl's default, or is an error.
  ///   - output: Where to append; unchanged if an error is thrown.
  /// - Throws: ``JSONPathError`` if the template does not fit the object.
  public func append(
    _ object: DecodedObject,
    allowsMissingKeys: Bool = true,
    to output: inout OutputBuffer
  ) throws(JSONPathError) {
    var evaluation = JSONPathEvaluation(
      document: object.document,
      pieces: pieces,
      allowsMissingKeys: allowsMissingKeys
    )
    let results = try evaluation.results()
    var printer = JSONPathPrinter(document: object.document)
    for values in results { printer.append(values, to: &output) }
  }
}
