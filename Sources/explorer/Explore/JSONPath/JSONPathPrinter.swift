internal import Decode

/// Prints the values of a path: text as it is, objects and arrays as JSON, a space between two.
struct JSONPathPrinter {
  /// A number as Kubernetes reads JSON: an integer of 64 bits, or else a double.
  enum Number {
    case integer(Int64)
    case double(Double)
  }

  private let document: JSONDocument

  /// The document with numbers as Go prints them in JSON; made when it is needed.
  private var normalised: JSONDocument?

  init(document: JSONDocument) { self.document = document }

  mutating func append(_ values: [JSONPathValue], to output: inout OutputBuffer) {
    for (position, value) in values.enumerated() {
      if position > 0 { output.append(" ") }
      append(value, to: &output)
    }
  }

  private mutating func append(_ value: JSONPathValue, to output: inout OutputBuffer) {
    switch value {
    case .text(let text): text.withBytes { output.append(raw: $0) }
    case .integer(let value): output.append("\(value)")
    case .double(let value): JSONPathPrinter.append(value, to: &output)
    case .boolean(let value): output.append(value ? "true" : "false")
    case .nothing: break
    case .node(let index):
      let node = document.nodes[index]
      switch node.kind {
      case .null: output.append("null")
      case .true: output.append("true")
      case .false: output.append("false")
      case .string: output.append(document.string(of: node))
      case .number:
        switch JSONPathPrinter.number(document.string(of: node)) {
        case .integer(let value): output.append("\(value)")
        case .double(let value): JSONPathPrinter.append(value, to: &output)
        }
      case .array, .object: appendJSON(index, to: &output)
      }
    }
  }

  private mutating func appendJSON(_ index: Int, to output: inout OutputBuffer) {
    if normalised == nil {
      var copy = document
      copy.normaliseNumbers()
      normalised = copy
    }
    normalised?.writeSorted(index, to: &output)
  }

  private static func append(_ value: Double, to output: inout OutputBuffer) {
    if value.isFinite {
      GoFloat.appendYAML(value, to: &output)
    } else {
      output.append(value < 0 ? "-Inf" : "+Inf")
    }
  }

  /// What the text of a JSON number stands for.
  static func number(_ text: String) -> Number {
    if let integer = Int64(text) { return .integer(integer) }
    return .double(Double(text) ?? .infinity)
  }
}
