/// A promise to keep some keys for a time, as it is stored.
///
/// Format: a row of the bucket `lease`; its key is the lease's number in 8 bytes, big-endian, its
/// value the message `leasepb.Lease`: 1 ID, 2 TTL, 3 RemainingTTL.
///
/// Source: etcd `server/lease/leasepb/lease.proto`, `server/storage/schema/lease.go`.
public struct Lease: Hashable, Sendable {
  /// Its number.
  public let id: LeaseID

  /// How long it lasts from when it is granted or renewed.
  public let ttlSeconds: Int64

  /// How long it lasted when a leader wrote that down; 0 if none did since it was renewed.
  public var remainingTTLSeconds: Int64

  /// A lease by what is stored of it.
  public init(id: LeaseID, ttlSeconds: Int64, remainingTTLSeconds: Int64 = 0) {
    self.id = id
    self.ttlSeconds = ttlSeconds
    self.remainingTTLSeconds = remainingTTLSeconds
  }

  /// Reads a row.
  ///
  /// - Parameters:
  ///   - key: The row's key.
  ///   - value: The row's value.
  /// - Throws: ``MVCCError/leaseRow(key:)``.
  public init(
    key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer
  ) throws(MVCCError) {
    var numbers: (id: UInt64, ttl: UInt64, remaining: UInt64) = (0, 0, 0)
    var reader = MessageReader(value)
    do throws(MessageFault) {
      while let field = try reader.next() {
        switch (field.number, field.value) {
        case (1, .number(let number)): numbers.id = number
        case (2, .number(let number)): numbers.ttl = number
        case (3, .number(let number)): numbers.remaining = number
        default: break
        }
      }
    } catch {
      throw .leaseRow(key: Array(key.prefix(Lease.keyByteCount)))
    }
    id = LeaseID(rawValue: Int64(bitPattern: numbers.id))
    ttlSeconds = Int64(bitPattern: numbers.ttl)
    remainingTTLSeconds = Int64(bitPattern: numbers.remaining)
    guard id != .none, Array(key) == rowKey else {
      throw .leaseRow(key: Array(key.prefix(Lease.keyByteCount)))
    }
  }

  private static let keyByteCount = 8

  /// The key of its row.
  var rowKey: [UInt8] {
    withUnsafeBytes(of: id.rawValue.bigEndian) { Array($0) }
  }

  /// The value of its row.
  var rowValue: [UInt8] {
    let byteCount =
      MessageWriter.byteCount(ofField: id.rawValue)
      + MessageWriter.byteCount(ofField: ttlSeconds)
      + MessageWriter.byteCount(ofField: remainingTTLSeconds)
    return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      var writer = MessageWriter(at: UnsafeMutableRawPointer(base))
      writer.put(1, id.rawValue)
      writer.put(2, ttlSeconds)
      writer.put(3, remainingTTLSeconds)
      count = byteCount
    }
  }
}
