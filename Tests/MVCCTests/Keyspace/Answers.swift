import TestSupport

@testable import MVCC

extension KeyValueView {
  /// A copy, in the form that etcd's answers have in tests.
  func copy(isKeysOnly: Bool = false) -> EtcdFixture.KeyValue {
    EtcdFixture.KeyValue(
      key: Array(key),
      value: isKeysOnly ? [] : Array(value),
      createRevision: createRevision,
      modRevision: modRevision,
      version: version,
      lease: lease.rawValue
    )
  }
}

extension RowList {
  /// Copies of all rows.
  func keyValues(isKeysOnly: Bool = false) throws(MVCCError) -> [EtcdFixture.KeyValue] {
    var copies: [EtcdFixture.KeyValue] = []
    try forEach { row throws(MVCCError) in
      copies.append(try row.keyValue().copy(isKeysOnly: isKeysOnly))
    }
    return copies
  }
}

extension RangeResult {
  /// Copies of the rows, without values if that was asked for.
  func keyValues() throws(MVCCError) -> [EtcdFixture.KeyValue] {
    try rows.keyValues(isKeysOnly: isKeysOnly)
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
