internal import Decode

/// Why a word stands for no keys.
public enum TargetError: Error, Equatable, Sendable {
  /// There is no word: a variable of the shell that is not set, perhaps.
  case empty

  /// No resource is called that; `nearest` is what was meant, perhaps.
  case unknownResource(word: String, nearest: String?)

  /// Several resources are called that.
  case ambiguous(word: String, candidates: [String])

  /// Nothing stands between two slashes.
  case emptyPart(word: String)

  /// More parts than the resource's keys have; `form` is what there can be.
  case tooManyParts(word: String, form: String)

  /// The word names a namespace, and an option names another one, or all.
  case namespaceTwice(word: String)

  /// A name alone, of an object that lies in some namespace.
  case nameWithoutNamespace(name: String, resource: String, nearest: String?)

  /// A name alone, and all namespaces.
  case nameInAllNamespaces(name: String)
}

extension TargetError: CustomStringConvertible {
  /// One line, the word first.
  public var description: String { OneLine.escaped(text) }

  private var text: String {
    switch self {
    case .empty: "empty target"
    case .unknownResource(let word, let nearest):
      "\(word): no such resource" + TargetError.suggestion(nearest)
    case .ambiguous(let word, let candidates):
      "\(word): may be \(candidates.joined(separator: " or ")): write it with its group"
    case .emptyPart(let word): "\(word): nothing between two slashes"
    case .tooManyParts(let word, let form): "\(word): more than \(form)"
    case .namespaceTwice(let word):
      "\(word): names a namespace, and so does an option beside it"
    case .nameWithoutNamespace(let name, let resource, let nearest):
      "\(name): no such resource\(TargetError.suggestion(nearest))"
        + " (for an object of that name add -n NAMESPACE or write \(resource)/NAMESPACE/\(name))"
    case .nameInAllNamespaces(let name):
      "\(name): an object cannot be named across all namespaces"
    }
  }

  private static func suggestion(_ nearest: String?) -> String {
    nearest.map { ", did you mean \($0)?" } ?? ""
  }
}
