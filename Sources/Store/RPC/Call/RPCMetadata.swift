internal import NIOHPACK

/// The metadata that came with a call: names in lower case, values as text.
public struct RPCMetadata: Sendable {
  // The headers are kept as they came: most calls never look at them.
  private let headers: HPACKHeaders

  /// Metadata by its fields.
  public init(_ fields: [(name: String, value: String)] = []) {
    headers = HPACKHeaders(fields.map { ($0.name, $0.value) })
  }

  /// Metadata as it came over HTTP/2, pseudo-headers included.
  init(headers: HPACKHeaders) { self.headers = headers }

  /// The first value of a name.
  ///
  /// - Parameter name: The name, in lower case.
  public subscript(name: String) -> String? {
    for (candidate, value, _) in headers where candidate == name { return value }
    return nil
  }
}
