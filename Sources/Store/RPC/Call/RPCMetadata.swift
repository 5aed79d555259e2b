/// The metadata that came with a call: names in lower case, values as text.
public struct RPCMetadata: Sendable {
  private let fields: [(name: String, value: String)]

  /// Metadata by its fields.
  public init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

  /// The first value of a name.
  ///
  /// - Parameter name: The name, in lower case.
  public subscript(name: String) -> String? {
    for field in fields where field.name == name { return field.value }
    return nil
  }
}
