/// A revision in the index: 12 bytes for what a ``RowKey`` says.
struct IndexedRevision: Equatable {
  static let byteCount = 12
  /// Sub revisions are below it: a request that changed more keys would have written 200 GB.
  static let subLimit: Int64 = 1 << 31
  private static let tombstoneBit: UInt32 = 1 << 31

  var main: Int64
  private var subAndMark: UInt32

  /// A row's key, whose sub revision is in bounds.
  init(_ row: RowKey) {
    main = row.revision.main
    subAndMark = UInt32(row.revision.sub) | (row.isTombstone ? IndexedRevision.tombstoneBit : 0)
  }

  @inline(__always)
  init(at memory: UnsafeRawPointer) {
    main = memory.loadUnaligned(as: Int64.self)
    subAndMark = memory.load(fromByteOffset: 8, as: UInt32.self)
  }

  @inline(__always)
  func store(at memory: UnsafeMutableRawPointer) {
    memory.storeBytes(of: main, as: Int64.self)
    memory.storeBytes(of: subAndMark, toByteOffset: 8, as: UInt32.self)
  }

  @inline(__always)
  var isTombstone: Bool { subAndMark & IndexedRevision.tombstoneBit != 0 }

  @inline(__always)
  var sub: Int64 { Int64(subAndMark & ~IndexedRevision.tombstoneBit) }

  var revision: Revision { Revision(main: main, sub: sub) }
  var row: RowKey { RowKey(revision, isTombstone: isTombstone) }
}

/// What the index knows of a key: a view of a block in a ``IndexArena``.
///
/// The latest revision lies in the card; the ones before it, if there are any that are not
/// compacted, in its ``History``. Most keys of a compacted keyspace have one revision, and what is
/// asked most often is the latest state: both need the card only.
///
///     OFFSET  SIZE  FIELD
///     0       12    the latest revision
///     12      4     slot of the history; 0: none
///     16      8     create revision of the latest revision's generation
///     24      8     version at the latest revision
///     32      4     lease slot; 0: attached to none
///     36      4     size of the key in bytes
///     40      ...   key
///
/// A tombstone counts as a version, as in etcd. Of a key whose first row in the file is a tombstone,
/// create revision and version are not known: they are 0 and 1.
struct KeyCard {
  static let headerByteCount = 40

  let base: UnsafeMutableRawPointer

  @inline(__always)
  init(_ base: UnsafeMutableRawPointer) { self.base = base }

  var latest: IndexedRevision {
    @inline(__always) get { IndexedRevision(at: base) }
    nonmutating set { newValue.store(at: base) }
  }

  var history: Slot {
    @inline(__always) get { base.load(fromByteOffset: 12, as: Slot.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 12, as: Slot.self) }
  }

  var createRevision: Int64 {
    @inline(__always) get { base.loadUnaligned(fromByteOffset: 16, as: Int64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: Int64.self) }
  }

  var version: Int64 {
    @inline(__always) get { base.loadUnaligned(fromByteOffset: 24, as: Int64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 24, as: Int64.self) }
  }

  var lease: LeaseSlot {
    get { base.load(fromByteOffset: 32, as: LeaseSlot.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 32, as: LeaseSlot.self) }
  }

  @inline(__always)
  var keyByteCount: Int { Int(base.load(fromByteOffset: 36, as: UInt32.self)) }

  @inline(__always)
  var key: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + KeyCard.headerByteCount, count: keyByteCount)
  }

  var byteCount: Int { KeyCard.headerByteCount + keyByteCount }

  /// Whether a compaction can shorten it: there is something before the latest revision, or that is
  /// a tombstone.
  var isCompactable: Bool { history != 0 || latest.isTombstone }

  var isLive: Bool { !latest.isTombstone }

  /// Makes a card with one revision out of a block's memory.
  func initialise(
    _ key: UnsafeRawBufferPointer,
    latest: IndexedRevision,
    createRevision: Int64,
    version: Int64
  ) {
    self.latest = latest
    history = 0
    self.createRevision = createRevision
    self.version = version
    lease = 0
    base.storeBytes(of: UInt32(key.count), toByteOffset: 36, as: UInt32.self)
    if let source = key.baseAddress {
      (base + KeyCard.headerByteCount).copyMemory(from: source, byteCount: key.count)
    }
  }
}

/// The state of a key at some revision.
public struct KeyState: Equatable, Sendable {
  /// The revision that put it: where its row lies.
  public var modified: Revision

  /// The main revision that its generation began with.
  public var createRevision: Int64

  /// How many times it had been put in its generation, from 1.
  public var version: Int64
}
