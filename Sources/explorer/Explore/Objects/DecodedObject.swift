public import Decode

/// An object as Kubernetes prints it, in memory: what templates, differences and clean copies are
/// made from.
public struct DecodedObject: Sendable {
  /// The object's fields, in the order in which it was printed.
  package var document: JSONDocument

  /// An object of fields that were read already.
  package init(document: JSONDocument) { self.document = document }

  /// Reads JSON.
  ///
  /// - Parameter json: One JSON value, as the decoder prints it; read during the call only.
  /// - Throws: ``ObjectError`` with the place where the text is not JSON.
  public init(json: UnsafeRawBufferPointer) throws(ObjectError) {
    document = JSONDocument()
    do throws(JSONFault) {
      try document.parse(json)
    } catch {
      throw .notJSON(offset: error.offset, description: "\(DecodeError.Problem(error))")
    }
  }

  /// Reads JSON from an array.
  ///
  /// - Throws: ``ObjectError`` with the place where the text is not JSON.
  public init(json: [UInt8]) throws(ObjectError) {
    self = try json.withBytes { (json) throws(ObjectError) in try DecodedObject(json: json) }
  }

  // MARK: What it is

  /// Such as `apps/v1`; empty if it does not say.
  public var apiVersion: String { document.string(of: "apiVersion", in: 0) ?? "" }

  /// Such as `Deployment`; empty if it does not say.
  public var kind: String { document.string(of: "kind", in: 0) ?? "" }

  /// The group of the API version; empty for the core group.
  public var group: String {
    guard let slash = apiVersion.firstIndex(of: "/") else { return "" }
    return String(apiVersion[..<slash])
  }

  /// The name; empty if it has none.
  public var name: String { metadata("name") }

  /// The namespace; empty if it has none.
  public var namespace: String { metadata("namespace") }

  private func metadata(_ key: String) -> String {
    guard let metadata = document.value(of: "metadata", in: 0) else { return "" }
    return document.string(of: key, in: metadata) ?? ""
  }

  // MARK: Writing

  /// Appends the object as YAML, as Kubernetes' tools write it, with a line break at its end.
  public func appendYAML(to output: inout OutputBuffer) { document.writeYAML(to: &output) }

  /// Appends the object as JSON on one line, keys as they stand, with a line break at its end.
  public func appendJSON(to output: inout OutputBuffer) {
    document.writeInOrder(to: &output)
    output.append("\n")
  }
}

/// Why an object could not be read.
public enum ObjectError: Error, Equatable, Sendable {
  /// The text is not JSON; `description` says how, `offset` where, in bytes.
  case notJSON(offset: Int, description: String)
}

extension ObjectError: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .notJSON(let offset, let description): "byte \(offset): \(description)"
    }
  }
}

extension JSONDocument {
  /// The strings of the array that a key of an object has; what is no string is left out.
  func strings(of key: String, in object: Int) -> [String] {
    guard let array = value(of: key, in: object) else { return [] }
    return items(of: array).filter { nodes[$0].kind == .string }.map { string(of: nodes[$0]) }
  }
}
