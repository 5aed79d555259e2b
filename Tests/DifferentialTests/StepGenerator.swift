import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport

/// Makes requests from a seed, and from what the servers have answered so far.
///
/// Everything is asked for that has an answer both servers must agree on, wrong things too. What
/// etcd leaves open is not: leases about to expire, a compaction beside a watcher that is still
/// catching up, and a watcher that starts at the very revision of the last compaction, where 3.4 has
/// forgotten a deletion that 3.5 still has.
struct StepGenerator {
  var random: SeededGenerator

  /// The revision of the store.
  var revision: Int64 = 1

  /// The revision of the last compaction; -1 before the first.
  var compacted: Int64 = -1 { didSet { compactions.insert(compacted) } }

  private var compactions: Set<Int64> = []

  /// Leases that there are.
  var leases: [Int64] = []

  /// Watchers that there are, without the one that sees everything.
  var watchers: [Int64] = []

  /// What the next lease is called whose id the servers choose.
  var leaseName = LeaseNames.first

  /// Whether there are ranges that end before they begin.
  var hasReversedRanges = true

  private var stepsUntilCompaction = 150

  init(seed: UInt64) {
    random = SeededGenerator(seed: seed)
  }

  /// The next request.
  mutating func next() -> Step {
    stepsUntilCompaction -= 1
    if stepsUntilCompaction <= 0 {
      stepsUntilCompaction = number(150...450)
      return .compact(compaction())
    }
    switch number(0..<1000) {
    case 0..<330: return .range(range())
    case 330..<560: return .put(put())
    case 560..<630: return .delete(delete())
    case 630..<880: return .txn(txn(depth: 0))
    case 880..<905: return grantStep()
    case 905..<920: return .revoke(.with { $0.id = lease() })
    case 920..<935: return .keepAlive(.with { $0.id = lease() })
    case 935..<960:
      return .timeToLive(
        .with {
          $0.id = lease()
          $0.keys = chance(70)
        }
      )
    case 960..<963: return .leases
    case 963..<966: return .alarms
    case 966..<974: return .hash(.with { $0.revision = hashRevision() })
    case 974..<976: return .compact(wrongCompaction())
    case 976..<977: return .progress
    case 977..<990: return .watch(watch())
    case 990..<991 where compacted > 1:
      var request = watch()
      request.startRevision = Int64.random(in: 1..<compacted, using: &random)
      return .watchCompacted(request)
    default:
      guard let id = watchers.randomElement(using: &random) else { return .leases }
      return .cancelWatch(id)
    }
  }

  // MARK: Small things

  mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }

  mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  /// True so many times of a hundred.
  mutating func chance(_ percent: Int) -> Bool { number(0..<100) < percent }

  mutating func key() -> Data {
    switch number(0..<100) {
    case 0..<3: Data()
    case 3..<5: Data([0])
    case 5..<7: Data([0xff])
    case 7..<9: Data([0xff, 0xfe, UInt8(number(0..<4))])
    case 9..<10: Data(repeating: 0x78, count: 300)
    case 10..<12: Data("a/\u{0}".utf8)
    default: Data("\(["a/", "b/", "app/", "app/x/", "z"][number(0..<5)])\(number(0..<9))".utf8)
    }
  }

  /// The end of a range that begins with a key.
  mutating func rangeEnd(of key: Data) -> Data {
    switch number(0..<100) {
    case 0..<45: return Data()
    case 45..<60: return Data([0])
    case 60..<80:
      // Everything with the key's folder before it.
      let folder = key.prefix(while: { $0 != UInt8(ascii: "/") })
      guard let last = folder.last, last < 0xff else { return Data([0]) }
      return folder.dropLast() + [last + 1]
    default:
      let end = self.key()
      return hasReversedRanges || !end.lexicographicallyPrecedes(key) ? end : Data()
    }
  }

  mutating func value() -> Data {
    switch number(0..<100) {
    case 0..<60: Data("value \(number(0..<6))".utf8)
    case 60..<70: Data()
    case 70..<97: Data((0..<number(1..<40)).map { _ in UInt8(number(0..<256)) })
    default: Data(repeating: UInt8(ascii: "a") + UInt8(number(0..<26)), count: number(500..<3_000))
    }
  }

  mutating func lease() -> Int64 {
    if chance(75), let lease = leases.randomElement(using: &random) { return lease }
    return Int64(number(1...60))
  }

  /// A lease for a key: not one whose id a server has chosen, which would be in its hash of the keys.
  private mutating func leaseOfKey() -> Int64 {
    let lease = lease()
    return lease < LeaseNames.first ? lease : Int64(number(1...60))
  }

  /// A revision to read at, mostly one that can be read.
  mutating func readRevision() -> Int64 {
    switch number(0..<100) {
    case 0..<68: 0
    case 68..<92: Int64.random(in: max(compacted, 1)...revision, using: &random)
    case 92..<95: revision + Int64(number(1..<4))
    case 95..<98: Int64.random(in: 1...max(compacted, 1), using: &random)
    case 98..<99: -Int64(number(1..<5))
    default: Int64.max
    }
  }

  // MARK: Keys

  mutating func range() -> Etcdserverpb_RangeRequest {
    let key = key()
    return .with {
      $0.key = key
      $0.rangeEnd = rangeEnd(of: key)
      $0.revision = readRevision()
      if chance(30) { $0.limit = Int64(number(-1..<8)) }
      if chance(35) { $0.sortOrder = [.none, .ascend, .descend][number(0..<3)] }
      if chance(35) { $0.sortTarget = [.key, .version, .create, .mod, .value][number(0..<5)] }
      $0.serializable = chance(30)
      $0.keysOnly = chance(15)
      $0.countOnly = chance(10)
      if chance(8) { $0.minModRevision = filterRevision() }
      if chance(8) { $0.maxModRevision = filterRevision() }
      if chance(8) { $0.minCreateRevision = filterRevision() }
      if chance(8) { $0.maxCreateRevision = filterRevision() }
    }
  }

  private mutating func filterRevision() -> Int64 {
    chance(90) ? Int64.random(in: 0...revision + 2, using: &random) : Int64(number(-3..<0))
  }

  mutating func put() -> Etcdserverpb_PutRequest {
    .with {
      $0.key = key()
      $0.value = number(0..<2_000) == 0 ? Data(repeating: 1, count: 1_600_000) : value()
      if chance(20) { $0.lease = leaseOfKey() }
      $0.prevKv = chance(30)
      if chance(6) {
        $0.ignoreValue = true
        if chance(85) { $0.value = Data() }
      }
      if chance(6) {
        $0.ignoreLease = true
        if chance(85) { $0.lease = 0 }
      }
    }
  }

  mutating func delete() -> Etcdserverpb_DeleteRangeRequest {
    let key = key()
    return .with {
      $0.key = key
      // Deletions of everything are rare, or there would never be anything.
      $0.rangeEnd = rangeEnd(of: key)
      if $0.rangeEnd == Data([0]), chance(80) { $0.rangeEnd = Data() }
      $0.prevKv = chance(50)
    }
  }

  // MARK: Leases

  mutating func grantStep() -> Step {
    let request = grant()
    if request.id == 0 { leaseName += 1 }
    return .grant(request, name: leaseName)
  }

  private mutating func grant() -> Etcdserverpb_LeaseGrantRequest {
    .with {
      $0.id = chance(30) ? 0 : Int64(number(1...60))
      if chance(3) { $0.id = -Int64(number(1..<9)) }
      $0.ttl = Int64(number(3_000..<9_000))
      if chance(5) { $0.ttl = [9_000_000_000, 9_000_000_001, Int64.max][number(0..<3)] }
    }
  }

  // MARK: Compaction and hashes

  private mutating func compaction() -> Etcdserverpb_CompactionRequest {
    .with {
      let oldest = max(compacted + 1, 1)
      let newest = max(oldest, revision - Int64(number(0..<120)))
      $0.revision = Int64.random(in: oldest...newest, using: &random)
      $0.physical = chance(80)
    }
  }

  private mutating func wrongCompaction() -> Etcdserverpb_CompactionRequest {
    .with {
      $0.revision = [compacted, compacted - 1, revision + 1, -5, Int64.max][number(0..<5)]
      // On a store that was never compacted etcd takes whatever is greater than -1.
      if compacted < 0, $0.revision <= revision { $0.revision = revision + 7 }
      $0.physical = chance(50)
    }
  }

  /// Not the revision of a compaction: 3.4 says that it is compacted, 3.5 answers for some time.
  private mutating func hashRevision() -> Int64 {
    switch number(0..<10) {
    case 0..<3: 0
    case 3..<4: revision + 1
    case 4..<5 where compacted > 1 && !compactions.contains(compacted - 1): compacted - 1
    default: Int64.random(in: min(compacted + 1, revision)...revision, using: &random)
    }
  }

  // MARK: Watches

  mutating func watch() -> Etcdserverpb_WatchCreateRequest {
    let key = key()
    return .with {
      $0.key = key
      $0.rangeEnd = rangeEnd(of: key)
      switch number(0..<10) {
      case 0..<3: $0.startRevision = 0
      case 3..<4: $0.startRevision = revision + Int64(number(1..<20))
      default:
        $0.startRevision = Int64.random(in: max(compacted, 0) + 1...revision + 1, using: &random)
      }
      $0.prevKv = chance(50)
      if chance(10) { $0.filters.append(.noput) }
      if chance(15) { $0.filters.append(.nodelete) }
      // Sometimes one that is taken.
      if chance(25) { $0.watchID = Int64(number(1..<40)) }
      $0.fragment = chance(20)
    }
  }
}
