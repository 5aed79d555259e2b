public import Bolt

/// What is wrong with a keyspace, or with what was asked of it.
public enum MVCCError: Error, Equatable, Sendable {
  /// The database below failed.
  case bolt(BoltError)

  // MARK: What is in the file

  /// A key in the bucket `key` that is no revision; at most the first bytes of it.
  case rowKey(bytes: [UInt8])

  /// A row whose value is no `mvccpb.KeyValue`.
  case keyValue(revision: Revision, fault: MessageFault)

  /// A row of a key that has a later one, or one at the same revision.
  case revisionOutOfOrder(found: Revision, after: Revision)

  /// A revision with more changes before it than a request can make.
  case subRevision(Revision)

  /// A row that the index knows of and the file does not have.
  case rowMissing(Revision)

  /// A row of the bucket `meta` whose value is of another form.
  case metaRow(name: String, byteCount: Int)

  /// A row of the bucket `lease` that is no lease.
  case leaseRow(key: [UInt8])

  // MARK: What was asked for

  /// A revision that has been compacted.
  case compacted(requested: Int64, compactRevision: Int64)

  /// A revision that is not there yet.
  case futureRevision(requested: Int64, currentRevision: Int64)

  /// A request without a key.
  case keyMissing

  /// A put that keeps the value or the lease of a key that is not there, or an operation of a
  /// transaction that is none: etcd gives the same answer to both.
  case keyNotFound

  /// A put that keeps the value and has one.
  case valueProvided

  /// A put that keeps the lease and has one.
  case leaseProvided

  /// A transaction with too many operations.
  case tooManyOperations(count: Int, limit: Int)

  /// A transaction that changes a key twice.
  case duplicateKey

  /// No lease has this number.
  case leaseNotFound(LeaseID)

  /// There is a lease with this number.
  case leaseExists(LeaseID)

  /// A TTL that is too long.
  case leaseTTLTooLarge(seconds: Int64)

  // MARK: What has no room

  /// A key that is longer than any.
  case keyTooLarge(byteCount: Int)

  /// A key with more revisions than any.
  case tooManyRevisions(count: Int)

  /// More keys than the index can name.
  case indexFull(byteCount: Int)

  /// The last revision has been used.
  case revisionsExhausted

  /// An earlier change failed half-way: nothing is changed any more until the keyspace is opened
  /// anew.
  case changeFailedBefore
}

extension MVCCError: CustomStringConvertible {
  /// One line: what, and what is wrong with it, found and expected.
  public var description: String {
    switch self {
    case .bolt(let error): error.description
    case .rowKey(let bytes): "bucket key: 0x\(hexadecimal(bytes)) is no revision"
    case .keyValue(let revision, let fault): "revision \(revision): no key-value: \(fault)"
    case .revisionOutOfOrder(let found, let after):
      "revision \(found): its key has revision \(after) already"
    case .subRevision(let revision):
      "revision \(revision): sub revision out of range, the limit is \(IndexedRevision.subLimit)"
    case .rowMissing(let revision): "revision \(revision): its row is missing"
    case .metaRow(let name, let byteCount):
      "bucket meta: \(name) has \(byteCount) bytes in another form"
    case .leaseRow(let key): "bucket lease: 0x\(hexadecimal(key)) is no lease"
    case .compacted(let requested, let compactRevision):
      "revision \(requested) has been compacted, the oldest is \(compactRevision)"
    case .futureRevision(let requested, let currentRevision):
      "revision \(requested) is a future one, the latest is \(currentRevision)"
    case .keyMissing: "key is not provided"
    case .keyNotFound: "key not found"
    case .valueProvided: "value is provided"
    case .leaseProvided: "lease is provided"
    case .tooManyOperations(let count, let limit):
      "transaction of \(count) operations, the limit is \(limit)"
    case .duplicateKey: "duplicate key in a transaction"
    case .leaseNotFound(let lease): "lease \(lease) not found"
    case .leaseExists(let lease): "lease \(lease) exists already"
    case .leaseTTLTooLarge(let seconds):
      "TTL of \(seconds) s, the limit is \(Limits.leaseTTLSeconds) s"
    case .keyTooLarge(let byteCount):
      "key of \(byteCount) bytes, the limit is \(Limits.keyByteCount)"
    case .tooManyRevisions(let count): "key with \(count) revisions, which is the limit"
    case .indexFull(let byteCount): "the index is full with \(byteCount) bytes"
    case .revisionsExhausted: "there is no revision after the last one"
    case .changeFailedBefore: "not changed, since an earlier change failed half-way"
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
