/// A condition of a transaction.
public struct Compare: Sendable {
  /// How what is there stands to what is given.
  public enum Relation: Sendable {
    case equal
    case greater
    case less
    case notEqual
  }

  /// What is compared, and with what.
  public enum Target: Sendable {
    case version(Int64)
    case createRevision(Int64)
    case modRevision(Int64)
    case value([UInt8])
    case lease(LeaseID)
  }

  /// The keys, which all have to meet it.
  public var keys: KeyRange

  /// How what is there stands to what is given.
  public var relation: Relation

  /// What is compared, and with what.
  public var target: Target

  /// A condition by its parts.
  public init(_ keys: KeyRange, _ relation: Relation, _ target: Target) {
    self.keys = keys
    self.relation = relation
    self.target = target
  }

  /// Whether a key in some state meets the condition, which is not about its value or its lease.
  func holds(for state: KeyState) -> Bool {
    switch target {
    case .version(let given): holds(state.version, given)
    case .createRevision(let given): holds(state.createRevision, given)
    case .modRevision(let given): holds(state.modified.main, given)
    case .value, .lease: false
    }
  }

  /// Whether a key-value meets the condition.
  func holds(for keyValue: KeyValueView) -> Bool {
    switch target {
    case .version(let given): holds(keyValue.version, given)
    case .createRevision(let given): holds(keyValue.createRevision, given)
    case .modRevision(let given): holds(keyValue.modRevision, given)
    case .lease(let given): holds(keyValue.lease.rawValue, given.rawValue)
    case .value(let given): holds(withBytes(of: given) { compareKeys(keyValue.value, $0) }, 0)
    }
  }

  /// Whether a range without keys meets the condition: as if all its numbers were 0; a value that is
  /// not there compares with none.
  var holdsForNothing: Bool {
    switch target {
    case .version(let given), .createRevision(let given), .modRevision(let given): holds(0, given)
    case .lease(let given): holds(0, given.rawValue)
    case .value: false
    }
  }

  private func holds<Value: Comparable>(_ found: Value, _ given: Value) -> Bool {
    switch relation {
    case .equal: found == given
    case .greater: found > given
    case .less: found < given
    case .notEqual: found != given
    }
  }
}
