import Bolt
import FileIO
import TestSupport
import Testing

@testable import MVCC

/// A keyspace answers as etcd does, whatever is committed, pending, compacted or read again.
///
/// A plain model is asked the same.
@Suite struct KeyspaceTests {
  private let disk = SimulatedDisk()

  private func open(isReadOnly: Bool = false) throws -> Keyspace {
    try Keyspace(try Database("/db", in: disk), isReadOnly: isReadOnly)
  }

  @Test(arguments: 0..<UInt64(4))
  func agreesWithTheModelAfterRandomRequests(seed: UInt64) throws {
    var script = RequestScript(seed: seed)
    var keyspace: Keyspace? = try open()
    var model = ModelKeyspace()
    var refused: [String: Int] = [:]
    for step in 0..<2500 {
      let request = script.next(current: model.revision, compacted: model.compactRevision)
      let expected = model.answer(request)
      let found = try #require(keyspace).answer(request)
      #expect(found == expected, "seed \(seed), step \(step): \(request)")
      if found != expected { return }
      if case .refused(let text) = found { refused[text, default: 0] += 1 }
      switch script.number(0..<100) {
      case 0..<3: try keyspace?.commit()
      case 3 where step % 4 == 0:
        try keyspace?.commit()
        keyspace = nil
        keyspace = try open()
      default: break
      }
      if step % 100 == 0 { try compare(try #require(keyspace), model) }
    }
    try compare(try #require(keyspace), model)
    // The script is worth something only if it meets them all.
    let all: [MVCCError] = [
      .compacted(requested: 0, compactRevision: 0),
      .futureRevision(requested: 0, currentRevision: 0),
      .keyMissing, .keyNotFound, .valueProvided, .leaseProvided, .duplicateKey,
      .leaseNotFound(.none), .leaseExists(.none),
    ]
    #expect(Set(refused.keys) == Set(all.map(\.etcdText)))
  }

  /// Compares everything that can be read.
  private func compare(_ keyspace: Keyspace, _ model: ModelKeyspace) throws {
    keyspace.index.checkInvariants()
    let view = keyspace.view()
    #expect(view.currentRevision == model.revision)
    #expect(view.compactRevision == model.compactRevision)
    #expect(keyspace.keyCount == model.live.count)
    var rows: [(RowKey, [UInt8])] = []
    try view.visitRows { row throws(MVCCError) in
      rows.append((row.key, Array(row.bytes)))
      return true
    }
    #expect(rows.map(\.0) == model.rows.map(\.key))
    #expect(rows.map(\.1) == model.rows.map(\.keyValue.message))
    for (revision, state) in model.states where revision % 5 == 0 || revision == model.revision {
      let expected = state.values.sorted { $0.key.lexicographicallyPrecedes($1.key) }
      let found = try view.range(RangeRequest(.all, revision: revision))
      #expect(try found.keyValues() == expected)
      #expect(try view.hash(at: revision).hash == model.hash(at: revision))
      let entries = try view.liveKeys(.all, at: revision)
      #expect(entries.map(\.key) == expected.map(\.key))
      #expect(entries.map(\.state.version) == expected.map(\.version))
      #expect(entries.map(\.state.createRevision) == expected.map(\.createRevision))
    }
    #expect(Set(keyspace.allLeases.map(\.id)) == model.leases)
    for lease in model.leases {
      let attached = model.live.values.filter { $0.lease == lease.rawValue }.map(\.key)
      #expect(Set(keyspace.keys(attachedTo: lease)) == Set(attached))
    }
  }
}
