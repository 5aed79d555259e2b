/// What clients saw of a store, and whether a store can have been so.
///
/// An order of all operations is looked for in which each comes between its call and its end, and in
/// which the model answers what the clients got. An operation without an answer leaves the model in
/// two states: as if it had been carried out, and as if not.
///
/// Source: Lowe, "Testing for linearizability", 2017, which is Wing and Gong's search with a memory
/// of what was tried.
struct History {
  /// Why there is no such order.
  struct Violation: Error, CustomStringConvertible {
    /// How many operations were put into an order at most.
    let orderedCount: Int

    /// What the store may have been then.
    let states: Set<StoreModel>

    /// What could have come next, and fits none of these.
    let candidates: [Operation]

    var description: String {
      """
      not linearizable after \(orderedCount) operations; the store was one of
      \(states.prefix(4).map { "  \($0)" }.joined(separator: "\n"))
      and none of these can be next:
      \(candidates.map { "  \($0)" }.joined(separator: "\n"))
      """
    }
  }

  let operations: [Operation]

  /// What the store may be at the beginning.
  let initial: Set<StoreModel>

  /// Looks for an order.
  ///
  /// - Returns: What the store may be at the end.
  /// - Throws: `Violation` if there is none.
  @discardableResult
  func check() throws -> Set<StoreModel> {
    var search = Search(operations)
    var states = initial
    var deepest = Violation(orderedCount: -1, states: states, candidates: [])
    var node = search.first
    while let current = node {
      guard search.isCall(current) else {
        // An operation is over that none of the orders so far can have: another order is tried.
        if search.depth > deepest.orderedCount {
          deepest = Violation(
            orderedCount: search.depth,
            states: states,
            candidates: search.candidates.map { operations[$0] }
          )
        }
        guard let (before, undone) = search.undo() else { throw deepest }
        states = before
        node = search.next(after: undone)
        continue
      }
      let after = Self.after(states, operations[search.operation(current)])
      if !after.isEmpty, search.order(current, from: states, to: after) {
        states = after
        node = search.first
      } else {
        node = search.next(after: current)
      }
    }
    return states
  }

  private static func after(
    _ states: Set<StoreModel>,
    _ operation: Operation
  ) -> Set<StoreModel> {
    var result: Set<StoreModel> = []
    for state in states {
      let (after, response) = state.applying(operation.request)
      if operation.response == nil {
        result.insert(state)
        result.insert(after)
      } else if operation.response == response {
        result.insert(after)
      }
    }
    return result
  }
}

/// The calls and ends that are left, in the order of time, and the way back.
private struct Search {
  /// Calls at 2i, ends at 2i + 1, of the operation i; then the head of the list.
  private var following: [Int]
  private var preceding: [Int]
  private let head: Int
  private var ordered: [UInt64]
  private var steps: [(node: Int, states: Set<StoreModel>)] = []
  private var tried: Set<Situation> = []

  private struct Situation: Hashable {
    let ordered: [UInt64]
    let states: Set<StoreModel>
  }

  init(_ operations: [Operation]) {
    head = operations.count * 2
    // Of a call and an end at the same time, the call comes first: they may have overlapped.
    let nodes = (0..<head).sorted { one, other in
      let times = [one, other].map { node in
        node % 2 == 0 ? operations[node / 2].call : operations[node / 2].end
      }
      return times[0] != times[1] ? times[0] < times[1] : one % 2 < other % 2
    }
    following = Array(repeating: -1, count: head + 1)
    preceding = Array(repeating: -1, count: head + 1)
    var last = head
    for node in nodes {
      following[last] = node
      preceding[node] = last
      last = node
    }
    ordered = Array(repeating: 0, count: operations.count / 64 + 1)
  }

  var first: Int? { next(after: head) }

  var depth: Int { steps.count }

  /// The operations that began before any that is left ended.
  var candidates: [Int] {
    var result: [Int] = []
    var node = first
    while let current = node, isCall(current) {
      result.append(operation(current))
      node = next(after: current)
    }
    return result
  }

  func isCall(_ node: Int) -> Bool { node % 2 == 0 }

  func operation(_ node: Int) -> Int { node / 2 }

  func next(after node: Int) -> Int? { following[node] < 0 ? nil : following[node] }

  /// Makes an operation the next one, unless that was tried before.
  mutating func order(_ node: Int, from: Set<StoreModel>, to: Set<StoreModel>) -> Bool {
    let index = operation(node)
    ordered[index / 64] |= 1 << UInt64(index % 64)
    guard tried.insert(Situation(ordered: ordered, states: to)).inserted else {
      ordered[index / 64] &= ~(1 << UInt64(index % 64))
      return false
    }
    steps.append((node, from))
    for removed in [node, node + 1] {
      following[preceding[removed]] = following[removed]
      if following[removed] >= 0 { preceding[following[removed]] = preceding[removed] }
    }
    return true
  }

  /// Takes the last operation of the order back; nil if there is none.
  mutating func undo() -> (states: Set<StoreModel>, node: Int)? {
    guard let (node, states) = steps.popLast() else { return nil }
    let index = operation(node)
    ordered[index / 64] &= ~(1 << UInt64(index % 64))
    for restored in [node + 1, node] {
      following[preceding[restored]] = restored
      if following[restored] >= 0 { preceding[following[restored]] = restored }
    }
    return (states, node)
  }
}
