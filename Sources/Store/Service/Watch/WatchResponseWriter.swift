internal import NIOCore

/// Writes the messages `WatchResponse`, as gogo does: in the order of the fields, numbers that are 0
/// left out.
///
/// Events are put together from rows as they are stored.
///
/// Source: etcd, `api/etcdserverpb/rpc.proto`, `api/mvccpb/kv.proto`.
struct WatchResponseWriter {
  /// What a response says beside its events.
  struct Head {
    var revision: Int64
    var watchID: Int64
    var isCreated = false
    var isCanceled = false
    var compactRevision: Int64 = 0
    var reason = ""
    var isFragment = false

    init(revision: Int64, watchID: Int64) {
      self.revision = revision
      self.watchID = watchID
    }
  }

  // The header's fields before and after the revision.
  private let prefix: [UInt8]
  private let suffix: [UInt8]

  // Written anew for each message; whoever keeps a message gets this memory, and the next one is
  // written to other.
  private var buffer = ByteBuffer()

  init(_ identity: WatchIdentity) {
    prefix = WatchResponseWriter.fields([(1, identity.clusterID), (2, identity.memberID)])
    suffix = WatchResponseWriter.fields([(4, identity.raftTerm)])
  }

  private static func fields(_ fields: [(number: UInt8, value: UInt64)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for field in fields where field.value != 0 {
      bytes += [UInt8](unsafeUninitializedCapacity: 11) { memory, count in
        guard let base = memory.baseAddress else { return }
        var writer = WireWriter(at: base)
        writer.put(field: field.number, Int64(bitPattern: field.value))
        count = UnsafeMutableRawPointer(base).distance(to: writer.end)
      }
    }
    return bytes
  }

  /// How many bytes a response takes without events.
  func byteCount(_ head: Head) -> Int {
    var count = WireWriter.byteCount(ofFieldWith: headerByteCount(head))
    count += WireWriter.byteCount(ofField: head.watchID)
    if head.isCreated { count += 2 }
    if head.isCanceled { count += 2 }
    count += WireWriter.byteCount(ofField: head.compactRevision)
    let reasonByteCount = head.reason.utf8.count
    if reasonByteCount > 0 { count += WireWriter.byteCount(ofFieldWith: reasonByteCount) }
    if head.isFragment { count += 2 }
    return count
  }

  @inline(__always)
  private func headerByteCount(_ head: Head) -> Int {
    prefix.count + WireWriter.byteCount(ofField: head.revision) + suffix.count
  }

  /// A response without events.
  mutating func response(_ head: Head) -> ByteBuffer {
    response(head, eventByteCount: 0) { _ in }
  }

  /// A response with events.
  ///
  /// - Parameters:
  ///   - head: What it says beside them.
  ///   - eventByteCount: How many bytes the events take.
  ///   - body: Writes them.
  /// - Returns: The message.
  @inline(__always)
  mutating func response(
    _ head: Head,
    eventByteCount: Int,
    _ body: (inout WireWriter) -> Void
  ) -> ByteBuffer {
    let byteCount = byteCount(head) + eventByteCount
    let header = (byteCount: headerByteCount(head), prefix, suffix)
    buffer.clear()
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: byteCount) { memory in
      guard let base = memory.baseAddress else { return 0 }
      var writer = WireWriter(at: base)
      writer.put(field: 1, byteCount: header.byteCount)
      header.1.withUnsafeBytes { writer.put(bytes: $0) }
      writer.put(field: 3, head.revision)
      header.2.withUnsafeBytes { writer.put(bytes: $0) }
      WatchResponseWriter.put(head, &writer)
      body(&writer)
      return base.distance(to: writer.end)
    }
    return buffer
  }

  /// Writes what comes between the header and the events.
  @inline(__always)
  private static func put(_ head: Head, _ writer: inout WireWriter) {
    writer.put(field: 2, head.watchID)
    writer.put(field: 3, head.isCreated ? 1 : 0)
    writer.put(field: 4, head.isCanceled ? 1 : 0)
    writer.put(field: 5, head.compactRevision)
    if !head.reason.isEmpty {
      var reason = head.reason
      reason.withUTF8 { bytes in
        writer.put(field: 6, byteCount: bytes.count)
        writer.put(bytes: UnsafeRawBufferPointer(bytes))
      }
    }
    writer.put(field: 7, head.isFragment ? 1 : 0)
  }

  /// Gives memory back that a large response took.
  mutating func trim() {
    if buffer.capacity > WatchResponseWriter.keptByteCount { buffer = ByteBuffer() }
  }

  private static let keptByteCount = 1 << 18
}

extension WatchPass.Event {
  /// How many bytes the event takes in a response, its field's tag and length included.
  @inline(__always)
  func byteCount(withPrevious: Bool) -> Int {
    WireWriter.byteCount(ofFieldWith: bodyByteCount(withPrevious: withPrevious))
  }

  @inline(__always)
  private var keyValueByteCount: Int {
    row.count + (isTombstone ? WireWriter.byteCount(ofField: revision) : 0)
  }

  @inline(__always)
  private func bodyByteCount(withPrevious: Bool) -> Int {
    var count = WireWriter.byteCount(ofFieldWith: keyValueByteCount) + (isTombstone ? 2 : 0)
    if withPrevious, case .row(let row) = previous {
      count += WireWriter.byteCount(ofFieldWith: row.count)
    }
    return count
  }

  /// Writes the event as a field of a response.
  @inline(__always)
  func put(_ writer: inout WireWriter, withPrevious: Bool) {
    writer.put(field: 11, byteCount: bodyByteCount(withPrevious: withPrevious))
    writer.put(field: 1, isTombstone ? 1 : 0)
    writer.put(field: 2, byteCount: keyValueByteCount)
    writer.put(bytes: row)
    if isTombstone { writer.put(field: 3, revision) }
    if withPrevious, case .row(let row) = previous {
      writer.put(field: 3, byteCount: row.count)
      writer.put(bytes: row)
    }
  }
}
