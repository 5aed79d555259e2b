/// What a client asks: every call on keys is a transaction here, a single put one without
/// conditions.
enum Request: Hashable, Sendable {
  case txn(Transaction)
  case grant(Int64)
  case revoke(Int64)
  case compact(Int64)

  /// Which leases there are.
  case leases
}

/// Conditions, and what is done if they hold and if not.
struct Transaction: Hashable, Sendable {
  var conditions: [Condition] = []
  var success: [Action]
  var failure: [Action] = []
}

/// A condition on the mod revision of a key; 0 for a key that there is not.
struct Condition: Hashable, Sendable {
  let key: String
  let modRevision: Int64
}

/// One operation of a transaction.
enum Action: Hashable, Sendable {
  case range(Keys)
  case put(String, value: String, lease: Int64, wantsPrevious: Bool)
  case delete(Keys, wantsPrevious: Bool)
}

/// One key, or all from the first to before the second.
struct Keys: Hashable, Sendable {
  let first: String
  let end: String?

  static func one(_ key: String) -> Keys { Keys(first: key, end: nil) }

  func contains(_ key: String) -> Bool {
    guard let end else { return key == first }
    return key >= first && key < end
  }
}

/// A key's row.
struct Row: Hashable, Sendable {
  var key: String
  var value: String
  var createRevision: Int64
  var modRevision: Int64
  var version: Int64
  var lease: Int64
}

/// What a server answers.
struct Response: Hashable, Sendable {
  /// The revision in the header.
  var revision: Int64

  /// What was done; an error without an effect is one of these, too.
  var outcome: Outcome

  enum Outcome: Hashable, Sendable {
    case txn(succeeded: Bool, [Result])
    case done
    case leases(Set<Int64>)
    case leaseMissing
    case leaseThere
    case compacted
    case future
  }

  /// The answer to one operation.
  enum Result: Hashable, Sendable {
    case rows([Row])
    case put(previous: Row?)
    case deleted(Int64, previous: [Row])
  }
}

/// A request, when it was made, and what came of it.
struct Operation: Sendable {
  /// Who asked: operations of one client follow each other.
  let client: Int

  let request: Request

  /// When it was sent, in nanoseconds of the run.
  let call: UInt64

  /// When it was surely over.
  let end: UInt64

  /// The answer; nil if none came: it may have been carried out or not.
  let response: Response?
}

extension Operation: CustomStringConvertible {
  var description: String {
    let answer = response.map { "\($0)" } ?? "unknown"
    return "client \(client) [\(call / 1_000) us, \(end / 1_000) us] \(request) -> \(answer)"
  }
}
