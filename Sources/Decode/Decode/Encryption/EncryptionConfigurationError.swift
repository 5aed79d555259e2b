/// What is wrong with an encryption configuration.
///
/// No case carries a secret.
public enum EncryptionConfigurationError: Error, Equatable, Sendable {
  /// The bytes are not one YAML document; `line` counts from 1.
  case notYAML(source: String, line: Int?, problem: String)

  /// A field that configurations do not have; `path` names it.
  case unknownField(source: String, path: String)

  /// A field whose value is refused; `path` is empty for the whole document.
  case invalid(source: String, path: String, problem: String)
}

extension EncryptionConfigurationError: CustomStringConvertible {
  /// One line, subject first; the problems are Kubernetes' own words where it has some.
  public var description: String {
    switch self {
    case .notYAML(let source, let line?, let problem): "\(source): line \(line): \(problem)"
    case .notYAML(let source, nil, let problem): "\(source): \(problem)"
    case .unknownField(let source, let path):
      "\(source): unknown field \(EncryptedValue.quoted(path))"
    case .invalid(let source, "", let problem): "\(source): \(problem)"
    case .invalid(let source, let path, let problem): "\(source): \(path): \(problem)"
    }
  }
}
