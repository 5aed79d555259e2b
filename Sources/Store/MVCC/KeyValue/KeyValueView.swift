/// The value of a row in the bucket `key`, where it lies in memory: a view that owns nothing.
///
/// Format: the message `mvccpb.KeyValue`: 1 key, 2 create_revision, 3 mod_revision, 4 version,
/// 5 value, 6 lease. A tombstone's row has a key only. A row that `etcdutl snapshot restore
/// --mark-compacted` left behind is empty.
///
/// Source: etcd `api/mvccpb/kv.proto`.
public struct KeyValueView {
  /// The key.
  public private(set) var key = UnsafeRawBufferPointer(start: nil, count: 0)

  /// The main revision that the key's generation began with.
  public private(set) var createRevision: Int64 = 0

  /// The main revision that wrote the row.
  public private(set) var modRevision: Int64 = 0

  /// How many times the key had been put in its generation, from 1.
  public private(set) var version: Int64 = 0

  /// The value; empty if there is none.
  public private(set) var value = UnsafeRawBufferPointer(start: nil, count: 0)

  /// The lease that the key is attached to, or ``LeaseID/none``.
  public private(set) var lease = LeaseID.none

  /// Reads a row's value, passing over fields that are not known.
  ///
  /// - Parameters:
  ///   - bytes: The row's value, whose memory the view refers to.
  ///   - revision: Where the row stands, for errors.
  /// - Throws: ``MVCCError/keyValue(revision:fault:)`` if it is no such message.
  public init(_ bytes: UnsafeRawBufferPointer, at revision: Revision) throws(MVCCError) {
    do throws(MessageFault) {
      try self.init(bytes)
    } catch {
      throw .keyValue(revision: revision, fault: error)
    }
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(MessageFault) {
    var reader = MessageReader(bytes)
    var offset = 0
    while let field = try reader.next() {
      switch (field.number, field.value) {
      case (1, .bytes(let bytes)): key = bytes
      case (2, .number(let number)): createRevision = Int64(bitPattern: number)
      case (3, .number(let number)): modRevision = Int64(bitPattern: number)
      case (4, .number(let number)): version = Int64(bitPattern: number)
      case (5, .bytes(let bytes)): value = bytes
      case (6, .number(let number)): lease = LeaseID(rawValue: Int64(bitPattern: number))
      case (1...6, let value): throw .wireType(offset: offset, found: value.wireType)
      default: break
      }
      offset = reader.offset
    }
  }
}

extension MessageReader.Value {
  fileprivate var wireType: UInt8 {
    switch self {
    case .number: 0
    case .fixed: 1
    case .bytes: 2
    }
  }
}
