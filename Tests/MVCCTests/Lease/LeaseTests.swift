import TestSupport
import Testing

@testable import MVCC

@Suite struct LeaseTests {
  private func read(_ key: [UInt8], _ value: [UInt8]) throws(MVCCError) -> Lease {
    try withBytes(of: key) { key throws(MVCCError) in
      try withBytes(of: value) { value throws(MVCCError) in try Lease(key: key, value: value) }
    }
  }

  @Test func rowsAreThoseOfEtcd() throws {
    let lease = Lease(id: LeaseID(rawValue: 0x1234), ttlSeconds: 300)
    #expect(lease.rowKey.hexadecimal == "0000000000001234")
    #expect(lease.rowValue.hexadecimal == "08b42410ac02")
    #expect(try read(lease.rowKey, lease.rowValue) == lease)
    let other = Lease(id: LeaseID(rawValue: -2), ttlSeconds: 1, remainingTTLSeconds: 7)
    #expect(other.rowKey.hexadecimal == "fffffffffffffffe")
    #expect(try read(other.rowKey, other.rowValue) == other)
  }

  @Test func damagedRowsAreReadOrRefused() {
    let lease = Lease(id: LeaseID(rawValue: 1 << 40), ttlSeconds: 300, remainingTTLSeconds: 5)
    for value in Damage.bitFlips(of: lease.rowValue) {
      if let found = try? read(lease.rowKey, value) { #expect(found.id == lease.id) }
    }
    for value in Damage.truncations(of: lease.rowValue) {
      if let found = try? read(lease.rowKey, value) { #expect(found.id == lease.id) }
    }
    for key in Damage.bitFlips(of: lease.rowKey) {
      #expect(throws: MVCCError.leaseRow(key: key)) { try read(key, lease.rowValue) }
    }
    for key in Damage.truncations(of: lease.rowKey) {
      #expect(throws: MVCCError.leaseRow(key: key)) { try read(key, lease.rowValue) }
    }
    #expect(throws: MVCCError.self) { try read([UInt8](repeating: 0, count: 8), []) }
  }

  @Test func slotsOfRemovedLeasesAreUsedAgain() {
    var table = LeaseTable()
    let ids = (1...3).map { LeaseID(rawValue: $0) }
    for id in ids { table.set(Lease(id: id, ttlSeconds: 1)) }
    let second = table.slot(of: ids[1])
    table.attach(7, to: second)
    table.attach(8, to: second)
    table.attach(9, to: 0)
    table.detach(7, from: second)
    #expect(table.keys(of: second) == [8])
    table.detach(8, from: second)
    table.remove(second)
    #expect(table.count == 2)
    #expect(table.slot(of: ids[1]) == 0)
    #expect(table[second] == nil)
    table.set(Lease(id: LeaseID(rawValue: 9), ttlSeconds: 4))
    #expect(table.slot(of: LeaseID(rawValue: 9)) == second)
    #expect(table.leases.map(\.id.rawValue) == [1, 3, 9])
    #expect(table.keys(of: second).isEmpty)
  }

  @Test func numbersArePrintedAsEtcdctlDoes() {
    #expect(LeaseID(rawValue: 0x694d_7a0b).description == "00000000694d7a0b")
  }
}
