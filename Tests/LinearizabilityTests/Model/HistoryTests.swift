import TestSupport
import Testing

/// Histories that can and cannot be.
@Suite struct HistoryTests {
  /// One operation, by its times.
  static func operation(
    _ client: Int,
    _ call: UInt64,
    _ end: UInt64,
    _ request: Request,
    _ response: Response?
  ) -> Operation {
    Operation(client: client, request: request, call: call, end: end, response: response)
  }

  static func put(_ key: String, _ value: String, lease: Int64 = 0) -> Request {
    .txn(
      Transaction(success: [.put(key, value: value, lease: lease, wantsPrevious: true)])
    )
  }

  static func read(_ key: String) -> Request {
    .txn(Transaction(success: [.range(.one(key))]))
  }

  static func isPossible(_ operations: [Operation]) -> Bool {
    (try? History(operations: operations, initial: [StoreModel()]).check()) != nil
  }

  static func answered(
    _ revision: Int64,
    _ results: Response.Result...,
    succeeded: Bool = true
  ) -> Response {
    Response(revision: revision, outcome: .txn(succeeded: succeeded, results))
  }

  static func row(
    _ key: String,
    _ value: String,
    create: Int64,
    mod: Int64,
    version: Int64
  ) -> Row {
    Row(
      key: key,
      value: value,
      createRevision: create,
      modRevision: mod,
      version: version,
      lease: 0
    )
  }

  static let rowOfOne = row("a", "1", create: 2, mod: 2, version: 1)
  static let rowOfTwo = row("a", "2", create: 2, mod: 3, version: 2)
  static let putOne = operation(0, 0, 10, put("a", "1"), answered(2, .put(previous: nil)))
  static let putTwo = operation(0, 20, 30, put("a", "2"), answered(3, .put(previous: rowOfOne)))

  @Test func operationsInTurnArePossible() {
    let read = Self.operation(1, 40, 50, Self.read("a"), Self.answered(3, .rows([Self.rowOfTwo])))
    #expect(Self.isPossible([Self.putOne, Self.putTwo, read]))
  }

  @Test func readDuringAPutSeesWhatWasBeforeOrAfter() {
    for (revision, row) in [(2, Self.rowOfOne), (3, Self.rowOfTwo)] {
      let answer = Self.answered(Int64(revision), .rows([row]))
      let read = Self.operation(1, 22, 28, Self.read("a"), answer)
      #expect(Self.isPossible([Self.putOne, Self.putTwo, read]))
    }
  }

  @Test func staleReadIsFound() {
    let read = Self.operation(1, 40, 50, Self.read("a"), Self.answered(2, .rows([Self.rowOfOne])))
    #expect(!Self.isPossible([Self.putOne, Self.putTwo, read]))
  }

  @Test func readOfTheFutureIsFound() {
    let read = Self.operation(1, 12, 15, Self.read("a"), Self.answered(3, .rows([Self.rowOfTwo])))
    #expect(!Self.isPossible([Self.putOne, Self.putTwo, read]))
  }

  @Test func lostPutIsFound() {
    let read = Self.operation(1, 40, 50, Self.read("a"), Self.answered(1, .rows([])))
    #expect(!Self.isPossible([Self.putOne, read]))
  }

  @Test func unknownPutMayHaveBeenDoneOrNot() {
    let unknown = Self.operation(0, 20, 60, Self.put("a", "2"), nil)
    let done = Self.answered(3, .rows([Self.rowOfTwo]))
    let undone = Self.answered(2, .rows([Self.rowOfOne]))
    for answer in [done, undone] {
      let read = Self.operation(1, 70, 80, Self.read("a"), answer)
      #expect(Self.isPossible([Self.putOne, unknown, read]))
    }
    // Not seen, then seen: possible before its end, not behind it.
    let before = Self.operation(1, 30, 40, Self.read("a"), undone)
    let after = Self.operation(1, 70, 80, Self.read("a"), done)
    #expect(Self.isPossible([Self.putOne, unknown, before, after]))
    let late = Self.operation(1, 65, 68, Self.read("a"), undone)
    #expect(!Self.isPossible([Self.putOne, unknown, late, after]))
    // Seen, then not.
    let seen = Self.operation(1, 30, 40, Self.read("a"), done)
    let gone = Self.operation(1, 45, 50, Self.read("a"), undone)
    #expect(!Self.isPossible([Self.putOne, unknown, seen, gone]))
  }

  @Test func unknownPutDoneTwiceIsFound() {
    let unknown = Self.operation(0, 20, 60, Self.put("a", "2"), nil)
    let twice = Self.row("a", "2", create: 2, mod: 4, version: 3)
    let read = Self.operation(1, 70, 80, Self.read("a"), Self.answered(4, .rows([twice])))
    #expect(!Self.isPossible([Self.putOne, unknown, read]))
  }

  @Test func refusedPutThatWasDoneIsFound() {
    let refused = Self.operation(
      0,
      20,
      30,
      Self.put("a", "2", lease: 9),
      Response(revision: 0, outcome: .leaseMissing)
    )
    let read = Self.operation(1, 40, 50, Self.read("a"), Self.answered(2, .rows([Self.rowOfOne])))
    #expect(Self.isPossible([Self.putOne, refused, read]))
    var row = Self.rowOfTwo
    row.lease = 9
    let done = Self.operation(1, 40, 50, Self.read("a"), Self.answered(3, .rows([row])))
    #expect(!Self.isPossible([Self.putOne, refused, done]))
  }

  @Test func wrongFieldsAreFound() {
    let right = Self.rowOfTwo
    var wrong = Array(repeating: right, count: 6)
    wrong[0].value = "1"
    wrong[1].version = 1
    wrong[2].createRevision = 3
    wrong[3].modRevision = 2
    wrong[4].lease = 1
    wrong[5].key = "b"
    for row in wrong {
      let read = Self.operation(1, 40, 50, Self.read("a"), Self.answered(3, .rows([row])))
      #expect(!Self.isPossible([Self.putOne, Self.putTwo, read]))
    }
    for revision: Int64 in [2, 4] {
      let read = Self.operation(1, 40, 50, Self.read("a"), Self.answered(revision, .rows([right])))
      #expect(!Self.isPossible([Self.putOne, Self.putTwo, read]))
    }
    let previous = Self.operation(
      0,
      20,
      30,
      Self.put("a", "2"),
      Self.answered(3, .put(previous: nil))
    )
    #expect(!Self.isPossible([Self.putOne, previous]))
  }

  @Test func revisionGivenTwiceIsFound() {
    let one = Self.operation(0, 0, 30, Self.put("a", "1"), Self.answered(2, .put(previous: nil)))
    let other = Self.operation(1, 0, 30, Self.put("b", "1"), Self.answered(2, .put(previous: nil)))
    #expect(!Self.isPossible([one, other]))
    let next = Self.operation(1, 0, 30, Self.put("b", "1"), Self.answered(3, .put(previous: nil)))
    #expect(Self.isPossible([one, next]))
  }

  @Test func halfOfATransactionIsFound() {
    let both = Request.txn(
      Transaction(
        conditions: [Condition(key: "a", modRevision: 0)],
        success: [
          .put("a", value: "1", lease: 0, wantsPrevious: false),
          .put("b", value: "1", lease: 0, wantsPrevious: false),
        ]
      )
    )
    let answer = Self.answered(2, .put(previous: nil), .put(previous: nil))
    let change = Self.operation(0, 0, 10, both, answer)
    let all = Request.txn(Transaction(success: [.range(Keys(first: "a", end: "c"))]))
    let rows = ["a", "b"].map { Self.row($0, "1", create: 2, mod: 2, version: 1) }
    let whole = Self.operation(1, 20, 30, all, Self.answered(2, .rows(rows)))
    #expect(Self.isPossible([change, whole]))
    let half = Self.operation(1, 20, 30, all, Self.answered(2, .rows([rows[0]])))
    #expect(!Self.isPossible([change, half]))
    // Neither may it be half done without an answer.
    let unknown = Self.operation(0, 0, 10, both, nil)
    #expect(Self.isPossible([unknown, whole]))
    #expect(!Self.isPossible([unknown, half]))
  }

  @Test func conditionThatDidNotHoldIsFound() {
    let guarded = Request.txn(
      Transaction(
        conditions: [Condition(key: "a", modRevision: 2)],
        success: [.put("a", value: "2", lease: 0, wantsPrevious: true)],
        failure: [.range(.one("a"))]
      )
    )
    let won = Self.answered(3, .put(previous: Self.rowOfOne))
    let one = Self.operation(0, 20, 40, guarded, won)
    let lost = Self.answered(3, .rows([Self.rowOfTwo]), succeeded: false)
    let other = Self.operation(1, 20, 40, guarded, lost)
    #expect(Self.isPossible([Self.putOne, one, other]))
    let both = Self.operation(1, 20, 40, guarded, Self.answered(4, .put(previous: Self.rowOfTwo)))
    #expect(!Self.isPossible([Self.putOne, one, both]))
  }

  @Test func revokedLeaseThatLeavesItsKeyIsFound() {
    let grant = Self.operation(0, 0, 5, .grant(7), Response(revision: 1, outcome: .done))
    let answer = Self.answered(2, .put(previous: nil))
    let put = Self.operation(0, 10, 15, Self.put("a", "1", lease: 7), answer)
    let revoke = Self.operation(0, 20, 25, .revoke(7), Response(revision: 3, outcome: .done))
    let gone = Self.operation(0, 30, 35, Self.read("a"), Self.answered(3, .rows([])))
    #expect(Self.isPossible([grant, put, revoke, gone]))
    var row = Self.rowOfOne
    row.lease = 7
    let there = Self.operation(0, 30, 35, Self.read("a"), Self.answered(3, .rows([row])))
    #expect(!Self.isPossible([grant, put, revoke, there]))
    let unchanged = Self.operation(0, 20, 25, .revoke(7), Response(revision: 2, outcome: .done))
    #expect(!Self.isPossible([grant, put, unchanged]))
  }

  @Test func compactionsGoForwardOnly() {
    let compact = Self.operation(0, 20, 25, .compact(2), Response(revision: 2, outcome: .done))
    let again = Self.operation(0, 30, 35, .compact(2), Response(revision: 0, outcome: .compacted))
    #expect(Self.isPossible([Self.putOne, compact, again]))
    let twice = Self.operation(0, 30, 35, .compact(2), Response(revision: 2, outcome: .done))
    #expect(!Self.isPossible([Self.putOne, compact, twice]))
    let future = Self.operation(0, 20, 25, .compact(3), Response(revision: 2, outcome: .done))
    #expect(!Self.isPossible([Self.putOne, future]))
  }

  /// Many clients on a true store whose operations take effect at some time between their calls and
  /// ends.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func randomHistoriesArePossible(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let isPossible = Self.isPossible(Self.history(count: 600, unknownPercent: 5, &random))
    #expect(isPossible)
  }

  /// The same with one answer changed, and nothing unknown that could make up for it.
  @Test(arguments: [4, 5, 6] as [UInt64])
  func oneWrongAnswerOfManyIsFound(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let operations = Self.history(count: 300, unknownPercent: 0, &random)
    let revisions = operations.compactMap(\.response?.revision)
    for (index, operation) in operations.enumerated() where index % 7 == 0 {
      guard var response = operation.response, response.revision < revisions.max() ?? 0,
        case .txn(_, let results) = response.outcome, case .put = results.first
      else { continue }
      response.revision += 1
      var wrong = operations
      wrong[index] = Self.operation(
        operation.client,
        operation.call,
        operation.end,
        operation.request,
        response
      )
      let isPossible = Self.isPossible(wrong)
      #expect(!isPossible)
    }
  }

  /// Operations of eight clients; some have no answer, of which half were done.
  static func history(
    count: Int,
    unknownPercent: Int,
    _ random: inout SeededGenerator
  ) -> [Operation] {
    var store = StoreModel()
    var free = Array(repeating: UInt64(0), count: 8)
    var time: UInt64 = 0
    return (0..<count).map { number in
      // Effects in the order of time, each within its operation.
      time += UInt64.random(in: 2...10, using: &random)
      let client = (0..<8).filter { free[$0] < time }.randomElement(using: &random) ?? 8
      let key = "k\(Int.random(in: 0..<4, using: &random))"
      let request: Request =
        switch Int.random(in: 0..<4, using: &random) {
        case 0: read(key)
        case 1:
          .txn(
            Transaction(
              conditions: [Condition(key: key, modRevision: store.rows[key]?.modRevision ?? 0)],
              success: [.put(key, value: "\(number)", lease: 0, wantsPrevious: true)],
              failure: [.range(.one(key))]
            )
          )
        case 2: .txn(Transaction(success: [.delete(.one(key), wantsPrevious: true)]))
        default: put(key, "\(number)")
        }
      let earliest = client < 8 ? max(free[client] + 1, time > 30 ? time - 30 : 0) : time
      let call = UInt64.random(in: earliest...time, using: &random)
      let end = time + UInt64.random(in: 0...30, using: &random)
      if client < 8 { free[client] = end }
      let isUnknown = Int.random(in: 0..<100, using: &random) < unknownPercent
      if isUnknown, Bool.random(using: &random) {
        return operation(client, call, end, request, nil)
      }
      let (after, response) = store.applying(request)
      store = after
      return operation(client, call, end, request, isUnknown ? nil : response)
    }
  }
}
