@testable import Bolt

import Testing

/// What goes wrong: a page is allocated that a reader still needs, or one that is in use.
@Suite struct FreelistTests {
  private func list(_ pages: [UInt64]) -> Freelist {
    var set = PageSet()
    for page in pages { set.insert(page) }
    return Freelist(free: set)
  }

  // The macro has no place for a call that changes the list.
  private func expect(_ found: PageID?, _ expected: PageID?) { #expect(found == expected) }

  private func page(_ number: UInt64) -> PageID { PageID(rawValue: number) }

  private func transaction(_ number: UInt64) -> TransactionID { TransactionID(rawValue: number) }

  @Test func theFirstRunThatIsLongEnoughIsAllocated() {
    var list = list([3, 5, 6, 8, 9, 10])
    expect(list.allocate(2), page(5))
    expect(list.allocate(3), page(8))
    expect(list.allocate(2), nil)
    expect(list.allocate(1), page(3))
    expect(list.allocate(1), nil)
    #expect(list.all.count == 0)
  }

  @Test func aReleasedPageIsPendingUntilEveryReaderSeesItsTransaction() throws {
    var list = list([])
    try list.release(page(7), count: 2, by: transaction(5))
    #expect(list.all.ascending == [7, 8])
    expect(list.allocate(1), nil)
    list.settle(oldest: transaction(4))
    expect(list.allocate(1), nil)
    list.settle(oldest: transaction(5))
    expect(list.allocate(2), page(7))
    #expect(list.all.count == 0)
  }

  @Test func onlyWhatOldTransactionsReleasedIsSettled() throws {
    var list = list([])
    for number in UInt64(5)...8 {
      try list.release(page(number), count: 1, by: transaction(number))
    }
    list.settle(oldest: transaction(6))
    #expect(list.free.ascending == [5, 6])
    #expect(list.all.ascending == [5, 6, 7, 8])
    #expect(list.pending.map(\.transaction.rawValue) == [7, 8])
  }

  @Test func aTransactionThatCameToNothingLeavesNoTrace() throws {
    var list = list([10, 11, 12])
    try list.release(page(20), count: 1, by: transaction(1))
    let before = list
    expect(list.allocate(2), page(10))
    try list.release(page(30), count: 3, by: transaction(2))
    list.rollBack(transaction(2), allocated: [(page(10), 2)])
    #expect(list.free.ascending == before.free.ascending)
    #expect(list.all.ascending == before.all.ascending)
    #expect(list.pending.count == 1)
    try list.release(page(30), count: 3, by: transaction(2))
    #expect(list.all.count == 7)
  }

  @Test func aPageThatIsFreeOrPendingIsNotReleased() throws {
    var list = list([10])
    try list.release(page(20), count: 2, by: transaction(1))
    for (start, count, found) in [
      (UInt64(10), 1, UInt64(10)), (9, 2, 10), (21, 1, 21), (18, 5, 20),
    ] {
      #expect(throws: BoltError.pageInUseIsFree(page: page(found))) {
        try list.release(page(start), count: count, by: transaction(1))
      }
    }
    #expect(list.all.ascending == [10, 20, 21])
    list.rollBack(transaction(1), allocated: [])
    #expect(list.all.ascending == [10])
  }
}
