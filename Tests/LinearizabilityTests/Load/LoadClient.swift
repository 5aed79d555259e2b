import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport

/// One client of a round: random requests, one after the other, through the end of the server and
/// its next beginning.
struct LoadClient {
  let number: Int
  let endpoint: Endpoint
  let clock: RunClock
  var random: SeededGenerator

  /// The revision at the beginning of the round: nothing later is compacted in it.
  let firstRevision: Int64

  private(set) var operations: [Operation] = []

  /// Reads of the past, or of what may be it: what was answered of which revision.
  private(set) var readings: [Reading] = []

  // What rows were last seen with: conditions on them may hold.
  private var seen: [String: Int64] = [:]
  private var valueCount = 0

  /// Rows at a revision.
  struct Reading: Sendable {
    let keys: Keys
    let revision: Int64
    let rows: [Row]
  }

  static let keys = (0..<9).map { "key/\($0)" }
  static let everything = Keys(first: "key/", end: "key0")

  init(
    number: Int,
    endpoint: Endpoint,
    clock: RunClock,
    seed: UInt64,
    firstRevision: Int64
  ) {
    self.number = number
    self.endpoint = endpoint
    self.clock = clock
    self.firstRevision = firstRevision
    random = SeededGenerator(seed: seed &* 1_000 &+ UInt64(number))
  }

  /// Asks until it is told to stop.
  mutating func run(until stop: StopSign) async {
    var connection: Connection?
    while !stop.isSet {
      guard let open = connection else {
        connection = try? await Connection.open(endpoint)
        if connection == nil { try? await Task.sleep(for: .milliseconds(3)) }
        continue
      }
      let isLost = chance(12) ? await read(open) : await ask(open)
      if isLost {
        open.close()
        connection = nil
      }
    }
    connection?.close()
  }

  /// Makes one request and writes down what came of it.
  ///
  /// - Returns: Whether the connection is of no more use.
  private mutating func ask(_ connection: Connection) async -> Bool {
    let request = request()
    let call = clock.now
    do throws(EtcdClientError) {
      let response = try await connection.ask(request)
      record(request, call, response)
      learn(response)
      return false
    } catch {
      if let response = error.status.flatMap({ Response($0) }) {
        record(request, call, response)
        return false
      }
      if !error.isUntouched { record(request, call, nil) }
      return true
    }
  }

  private mutating func record(_ request: Request, _ call: UInt64, _ response: Response?) {
    operations.append(
      Operation(client: number, request: request, call: call, end: clock.now, response: response)
    )
  }

  private mutating func learn(_ response: Response) {
    guard case .txn(_, let results) = response.outcome else { return }
    for case .rows(let rows) in results {
      for row in rows { seen[row.key] = row.modRevision }
    }
  }

  /// Reads from this member only, or a revision of the past.
  private mutating func read(_ connection: Connection) async -> Bool {
    let keys = chance(50) ? Self.everything : .one(key())
    var request = keys.range
    request.serializable = chance(60)
    if chance(50) { request.revision = firstRevision + Int64(number(0..<40)) }
    do throws(EtcdClientError) {
      let response = try await connection.call(.range, request, timeout: .seconds(5))
      let revision = request.revision > 0 ? request.revision : response.header.revision
      readings.append(
        Reading(keys: keys, revision: revision, rows: response.kvs.map { Row($0) })
      )
      return false
    } catch {
      return error.status == nil
    }
  }

  // MARK: Requests

  private mutating func number(_ range: Range<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func chance(_ percent: Int) -> Bool { number(0..<100) < percent }

  private mutating func key() -> String { Self.keys[number(0..<Self.keys.count)] }

  /// A value that no other put has.
  private mutating func value() -> String {
    valueCount += 1
    return "\(number)-\(firstRevision)-\(valueCount)"
  }

  private mutating func put(_ key: String) -> Action {
    .put(
      key,
      value: value(),
      lease: chance(15) ? Int64(number(1..<5)) : 0,
      wantsPrevious: chance(50)
    )
  }

  private mutating func request() -> Request {
    switch number(0..<100) {
    case 0..<35: return .txn(Transaction(success: [put(key())]))
    case 35..<55:
      return .txn(Transaction(success: [.range(chance(30) ? Self.everything : .one(key()))]))
    case 55..<63:
      return .txn(Transaction(success: [.delete(.one(key()), wantsPrevious: chance(50))]))
    case 63..<65:
      let keys = Keys(first: "key/2", end: "key/5")
      return .txn(Transaction(success: [.delete(keys, wantsPrevious: chance(50))]))
    case 65..<92: return .txn(transaction())
    case 92..<96: return .grant(Int64(number(1..<5)))
    case 96..<99: return .revoke(Int64(number(1..<5)))
    default:
      return .compact(Int64.random(in: max(1, firstRevision - 30)...firstRevision, using: &random))
    }
  }

  /// Several keys at once, if one of them is as it was last seen.
  private mutating func transaction() -> Transaction {
    let first = key()
    var other = key()
    while other == first { other = key() }
    let change: [Action] =
      chance(70)
      ? [put(first), put(other), .range(Self.everything)]
      : [.delete(.one(first), wantsPrevious: true), put(other)]
    return Transaction(
      conditions: chance(80) ? [Condition(key: first, modRevision: seen[first] ?? 0)] : [],
      success: change,
      failure: [.range(.one(first)), .range(.one(other))]
    )
  }
}
