import Testing

@testable import MVCC

@Suite struct TransactionRequestTests {
  typealias Operation = TransactionRequest.Operation

  private func put(_ key: String) -> Operation { .put(PutRequest(Array(key.utf8), [])) }

  private func delete(_ key: String, _ end: String = "") -> Operation {
    .delete(DeleteRequest(KeyRange(key: Array(key.utf8), rangeEnd: Array(end.utf8))))
  }

  private func inner(_ success: [Operation], _ failure: [Operation] = []) -> Operation {
    .transaction(TransactionRequest(then: success, else: failure))
  }

  private func fault(_ request: TransactionRequest, limit: Int = 128) -> MVCCError? {
    do throws(MVCCError) {
      try request.validate(operationLimit: limit)
      return nil
    } catch {
      return error
    }
  }

  @Test func operationsAreCountedWithThoseOfTheLevelsAbove() {
    let many = [Operation](repeating: delete("a"), count: 128)
    #expect(fault(TransactionRequest(then: many)) == nil)
    #expect(fault(TransactionRequest(then: many, else: many)) == nil)
    #expect(
      fault(TransactionRequest(else: many + [delete("b")]))
        == .tooManyOperations(count: 129, limit: 128)
    )
    let compare = Compare(KeyRange([1]), .equal, .version(0))
    let compares = [Compare](repeating: compare, count: 129)
    #expect(fault(TransactionRequest(if: compares)) == .tooManyOperations(count: 129, limit: 128))
    #expect(fault(TransactionRequest(then: [inner(Array(many.dropLast()))])) == nil)
    #expect(
      fault(TransactionRequest(then: [inner(many)])) == .tooManyOperations(count: 128, limit: 127)
    )
    // As many levels as operations.
    var nested = TransactionRequest(then: [put("a")])
    for _ in 0..<127 { nested = TransactionRequest(then: [.transaction(nested)]) }
    #expect(fault(nested) == nil)
    nested = TransactionRequest(then: [.transaction(nested)])
    #expect(fault(nested) == .tooManyOperations(count: 1, limit: 0))
  }

  @Test func everyOperationIsCheckedLikeARequest() {
    #expect(fault(TransactionRequest(then: [.empty])) == .keyNotFound)
    #expect(fault(TransactionRequest(then: [put("")])) == .keyMissing)
    #expect(fault(TransactionRequest(else: [delete("")])) == .keyMissing)
    #expect(fault(TransactionRequest(then: [.range(RangeRequest(KeyRange([])))])) == .keyMissing)
    #expect(fault(TransactionRequest(then: [inner([put("")])])) == .keyMissing)
    let compare = Compare(KeyRange([]), .equal, .version(0))
    #expect(fault(TransactionRequest(if: [compare])) == .keyMissing)
    var request = PutRequest([1], [1])
    request.keepsValue = true
    #expect(fault(TransactionRequest(then: [.put(request)])) == .valueProvided)
    request = PutRequest([1], [1], lease: LeaseID(rawValue: 1))
    request.keepsLease = true
    #expect(fault(TransactionRequest(then: [.put(request)])) == .leaseProvided)
  }

  @Test func keysThatAreChangedTwiceAreFound() {
    func isDuplicate(_ operations: [Operation]) -> Bool {
      fault(TransactionRequest(then: operations)) == .duplicateKey
        && fault(TransactionRequest(else: operations)) == .duplicateKey
    }
    #expect(isDuplicate([put("a"), put("a")]))
    #expect(isDuplicate([put("a"), delete("a")]))
    #expect(isDuplicate([delete("a", "c"), put("b")]))
    #expect(isDuplicate([put("a"), inner([put("a")])]))
    #expect(isDuplicate([inner([], [put("a")]), put("a")]))
    #expect(isDuplicate([inner([put("a")]), inner([put("a")])]))
    #expect(isDuplicate([delete("a"), inner([put("a")])]))
    #expect(isDuplicate([delete("a"), inner([put("a")], [put("a")])]))
    #expect(isDuplicate([put("a"), inner([delete("a")])]))
    #expect(isDuplicate([inner([delete("a")]), inner([put("a")])]))
    #expect(!isDuplicate([put("a"), put("b"), delete("b", "a"), delete("c", "d"), delete("c")]))
    #expect(!isDuplicate([inner([put("a")], [put("a")])]))
    #expect(!isDuplicate([delete("b", "c"), put("c"), put("a")]))
    // What etcd does not find.
    #expect(!isDuplicate([inner([put("a")]), inner([delete("a")])]))
    #expect(!isDuplicate([delete("a", "\0"), put("b")]))
    #expect(fault(TransactionRequest(then: [put("a")], else: [put("a")])) == nil)
  }

  @Test func onlyRangesChangeNothing() {
    let range = Operation.range(RangeRequest(.all))
    #expect(TransactionRequest().isReadOnly)
    #expect(TransactionRequest(then: [range], else: [range, range]).isReadOnly)
    #expect(!TransactionRequest(then: [range], else: [put("a")]).isReadOnly)
    #expect(!TransactionRequest(then: [inner([range])]).isReadOnly)
  }
}
