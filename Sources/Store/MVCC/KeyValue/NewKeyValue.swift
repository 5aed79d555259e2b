/// What the value of a new row says, before it is written.
///
/// Its bytes are those that etcd writes: the fields in order, without those that are 0 or empty.
/// HashKV depends on them.
struct NewKeyValue {
  var key: UnsafeRawBufferPointer
  var createRevision: Int64 = 0
  var modRevision: Int64 = 0
  var version: Int64 = 0
  var value = UnsafeRawBufferPointer(start: nil, count: 0)
  var lease = LeaseID.none

  /// What a tombstone's row says.
  init(tombstoneOf key: UnsafeRawBufferPointer) { self.key = key }

  init(
    key: UnsafeRawBufferPointer,
    value: UnsafeRawBufferPointer,
    lease: LeaseID,
    state: KeyState
  ) {
    self.key = key
    self.value = value
    self.lease = lease
    createRevision = state.createRevision
    modRevision = state.modified.main
    version = state.version
  }

  /// How many bytes ``write(to:)`` writes.
  var byteCount: Int {
    MessageWriter.byteCount(ofField: key) + MessageWriter.byteCount(ofField: createRevision)
      + MessageWriter.byteCount(ofField: modRevision) + MessageWriter.byteCount(ofField: version)
      + MessageWriter.byteCount(ofField: value) + MessageWriter.byteCount(ofField: lease.rawValue)
  }

  /// Writes the row's value.
  func write(to memory: UnsafeMutableRawPointer) {
    var writer = MessageWriter(at: memory)
    writer.put(1, key)
    writer.put(2, createRevision)
    writer.put(3, modRevision)
    writer.put(4, version)
    writer.put(5, value)
    writer.put(6, lease.rawValue)
    assert(writer.end == memory + byteCount)
  }
}
