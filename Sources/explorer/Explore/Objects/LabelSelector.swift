internal import Decode

/// Which objects are meant, by their labels: `app=web,tier!=db,env in (a,b),!canary`.
///
/// An object is meant if every requirement holds; a selector without requirements means all.
///
/// Source: kubernetes/apimachinery, pkg/labels/selector.go.
public struct LabelSelector: Hashable, Sendable {
  /// What is asked of a label.
  public enum Operator: String, Hashable, Sendable {
    case equals = "="
    case doubleEquals = "=="
    case notEquals = "!="
    case isIn = "in"
    case isNotIn = "notin"
    case exists = "exists"
    case doesNotExist = "!"
    case greaterThan = "gt"
    case lessThan = "lt"
  }

  /// One label and what is asked of it.
  public struct Requirement: Hashable, Sendable {
    /// The label's key.
    public let key: String

    /// What is asked.
    public let comparison: Operator

    /// The values to compare with, sorted; none for ``Operator/exists`` and its opposite.
    public let values: [String]

    init(_ key: String, _ comparison: Operator, _ values: Set<String> = []) {
      self.key = key
      self.comparison = comparison
      self.values = values.sorted { KeyTally.precedes($0, $1) }
    }

    /// Whether it holds for the value of the label; nil stands for an object without it.
    func holds(for value: String?) -> Bool {
      switch comparison {
      case .equals, .doubleEquals, .isIn: value.map(values.contains) ?? false
      case .notEquals, .isNotIn: !(value.map(values.contains) ?? false)
      case .exists: value != nil
      case .doesNotExist: value == nil
      case .greaterThan: compares(value, >)
      case .lessThan: compares(value, <)
      }
    }

    private func compares(_ value: String?, _ isWanted: (Int64, Int64) -> Bool) -> Bool {
      guard let value = value.flatMap({ Int64($0) }),
        let bound = values.first.flatMap({ Int64($0) })
      else { return false }
      return isWanted(value, bound)
    }
  }

  /// The requirements, sorted by their keys.
  public let requirements: [Requirement]

  init(_ requirements: [Requirement]) {
    // Requirements for one key stay in their order.
    self.requirements = requirements.enumerated().sorted { left, right in
      left.element.key != right.element.key
        ? KeyTally.precedes(left.element.key, right.element.key) : left.offset < right.offset
    }.map(\.element)
  }

  /// Reads a selector as kubectl's option `-l` has it.
  ///
  /// - Parameter text: Requirements with commas between them; none means every object.
  /// - Throws: ``LabelSelectorError`` with kubectl's words for what is wrong.
  public init(_ text: String) throws(LabelSelectorError) {
    var parser = LabelSelectorParser(text)
    self.init(try parser.requirements())
  }

  /// The selector of an object's spec, with `matchLabels` and `matchExpressions`; or labels alone
  /// where there are no such keys, which an object of the old kind has.
  ///
  /// Nil if there is none, or it has an operator that does not exist.
  init?(_ selector: ObjectField) {
    guard selector.isThere else { return nil }
    var requirements = selector["matchLabels"].entries.map {
      Requirement($0.key, .equals, [$0.value.text])
    }
    for expression in selector["matchExpressions"].items {
      let comparison: Operator
      switch expression["operator"].text {
      case "In": comparison = .isIn
      case "NotIn": comparison = .isNotIn
      case "Exists": comparison = .exists
      case "DoesNotExist": comparison = .doesNotExist
      default: return nil
      }
      let values = Set(expression["values"].items.map(\.text))
      requirements.append(Requirement(expression["key"].text, comparison, values))
    }
    self.init(requirements)
  }

  /// Whether an object is meant; nil stands for what is none, and has no labels.
  public func matches(_ object: DecodedObject?) -> Bool {
    if requirements.isEmpty { return true }
    let labels = object.map { ObjectField($0)["metadata"]["labels"] }
    return requirements.allSatisfy { $0.holds(for: labels?[$0.key].string) }
  }
}

extension LabelSelector: CustomStringConvertible {
  /// The selector as Kubernetes writes it: `a=1,canary,tier in (back,front)`.
  public var description: String { requirements.map(\.description).joined(separator: ",") }
}

extension LabelSelector.Requirement: CustomStringConvertible {
  /// The requirement as Kubernetes writes it.
  public var description: String {
    let values = values.joined(separator: ",")
    return switch comparison {
    case .equals, .doubleEquals, .notEquals: "\(key)\(comparison.rawValue)\(values)"
    case .isIn, .isNotIn: "\(key) \(comparison.rawValue) (\(values))"
    case .exists: key
    case .doesNotExist: "!\(key)"
    case .greaterThan: "\(key)>\(values)"
    case .lessThan: "\(key)<\(values)"
    }
  }
}

/// Why text is no label selector.
public enum LabelSelectorError: Error, Equatable, Sendable {
  /// Something else was expected at a place between requirements.
  case unexpected(found: String, expected: String)

  /// Something else was expected within a requirement.
  case unexpectedInRequirement(found: String, expected: String)

  /// No parenthesis stands behind `in` or `notin`.
  case missingParenthesis(found: String)

  /// A key that no label can have, with what is wrong about it.
  case invalidKey(String, problems: [String])

  /// A value that no label can have, with what is wrong about it; `position` counts the values.
  case invalidValue(String, key: String, position: Int, problems: [String])

  /// What is compared by size and is no whole number.
  case notInteger(String)
}

extension LabelSelectorError: CustomStringConvertible {
  /// One line, in kubectl's words.
  public var description: String { OneLine.escaped(text) }

  private var text: String {
    switch self {
    case .unexpected(let found, let expected): "found '\(found)', expected: \(expected)"
    case .unexpectedInRequirement(let found, let expected):
      "unable to parse requirement: found '\(found)', expected: \(expected)"
    case .missingParenthesis(let found):
      "unable to parse requirement: found '\(found)' expected: '('"
    case .invalidKey(let key, let problems):
      "unable to parse requirement: <nil>: Invalid value: \"\(key)\": "
        + problems.joined(separator: "; ")
    case .invalidValue(let value, let key, let position, let problems):
      "unable to parse requirement: values[\(position)][\(key)]: Invalid value: \"\(value)\": "
        + problems.joined(separator: "; ")
    case .notInteger(let value):
      "unable to parse requirement: values[0]: Invalid value: \"\(value)\": for 'Gt', 'Lt'"
        + " operators, the value must be an integer"
    }
  }
}
