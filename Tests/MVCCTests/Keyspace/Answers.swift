import TestSupport

@testable import MVCC

extension KeyValueView {
  /// A copy, in the form that etcd's answers have in tests.
  func copy() -> EtcdFixture.KeyValue {
    EtcdFixture.KeyValue(
      key: Array(key),
      value: Array(value),
      createRevision: createRevision,
      modRevision: modRevision,
      version: version,
      lease: lease.rawValue
    )
  }
}

extension RowList {
  /// Copies of all rows.
  func keyValues() throws(MVCCError) -> [EtcdFixture.KeyValue] {
    var copies: [EtcdFixture.KeyValue] = []
    try forEach { row throws(MVCCError) in
      copies.append(try row.keyValue().copy())
    }
    return copies
  }
}

extension RangeResult {
  /// Copies of what was found: of rows, or of keys without values.
  func keyValues() throws(MVCCError) -> [EtcdFixture.KeyValue] {
    try rows.keyValues() + keys.keyValues()
  }
}

extension PackedKeys {
  /// Copies of all, as a client takes them out of the answer.
  func keyValues() throws(MVCCError) -> [EtcdFixture.KeyValue] {
    var copies: [EtcdFixture.KeyValue] = []
    do throws(MessageFault) {
      for place in 0..<blockCount {
        var reader = MessageReader(block(place))
        while let field = try reader.next() {
          guard field.number == 2, case .bytes(let message) = field.value else {
            throw .wireType(offset: reader.offset, found: 0)
          }
          copies.append(try KeyValueView(message).copy())
        }
      }
    } catch {
      throw .keyValue(revision: Revision(main: 0), fault: error)
    }
    withExtendedLifetime(self) {}
    return copies
  }
}

extension KeyspaceView {
  /// How many rows there are, in the file and the buffer.
  func rowCount() throws(MVCCError) -> Int {
    var count = 0
    try visitRows { _ throws(MVCCError) in
      count += 1
      return true
    }
    return count
  }
}
