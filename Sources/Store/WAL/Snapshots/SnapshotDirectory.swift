internal import Checksum
public import FileIO

/// The directory that the `.snap` files lie in.
///
/// Format of a file: protobuf, 1 the CRC-32C of the data, 2 the data: a ``RaftSnapshot``.
///
/// Source: etcd 3.4, `etcdserver/api/snap/snapshotter.go`.
public struct SnapshotDirectory: Sendable {
  /// A `.snap` file by its name: `TERM-INDEX.snap`, both as 16 hexadecimal digits.
  public struct Name: Hashable, Comparable, Sendable {
    /// The term of the last entry in it.
    public var term: Term

    /// The last entry in it.
    public var index: LogIndex

    /// The name of the file with that snapshot.
    public init(term: Term, index: LogIndex) {
      self.term = term
      self.index = index
    }

    /// The snapshot in the file of that name; nil if no snapshot is named so.
    public init?(_ name: String) {
      guard let numbers = FileName.numbers(in: name, suffix: ".snap") else { return nil }
      self.init(term: Term(rawValue: numbers.0), index: LogIndex(rawValue: numbers.1))
    }

    /// The name itself.
    public var string: String { FileName.name(term.rawValue, index.rawValue, suffix: ".snap") }

    /// Whether one snapshot is older than another.
    public static func < (left: Name, right: Name) -> Bool {
      (left.term, left.index) < (right.term, right.index)
    }
  }

  /// A file that was passed over, and why.
  public struct Unreadable: Equatable, Sendable {
    /// The file.
    public var name: Name

    /// What is wrong with it.
    public var error: WALError
  }

  /// The directory.
  public let path: String

  private let fileSystem: any FileSystem

  /// A directory, which is looked at when something is asked for.
  public init(_ path: String, in fileSystem: any FileSystem = LocalFileSystem()) {
    self.path = path
    self.fileSystem = fileSystem
  }

  /// The snapshots that there are, newest first; other files are passed over.
  ///
  /// - Returns: The names.
  /// - Throws: ``WALError/file(_:)`` with what the system refused.
  public func names() throws(WALError) -> [Name] {
    try throwingWALError { () throws(FileIOError) in try fileSystem.list(path) }
      .compactMap(Name.init(_:))
      .sorted(by: >)
  }

  /// Reads a snapshot.
  ///
  /// - Parameter name: Which one.
  /// - Returns: The snapshot, whose checksum was right.
  /// - Throws: ``WALError/damaged(path:offset:_:)``, and what the system refuses.
  public func read(_ name: Name) throws(WALError) -> RaftSnapshot {
    let filePath = join(path, name.string)
    let file = try throwingWALError { () throws(FileIOError) in
      try File(filePath, .read, in: fileSystem)
    }
    let byteCount = try throwingWALError { () throws(FileIOError) in try file.byteCount() }
    let limit = WALLimits.snapshotFileByteCount
    guard byteCount <= limit else {
      throw .damaged(path: filePath, offset: 0, .tooLong(found: byteCount, limit: limit))
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 8)
    defer { memory.deallocate() }
    let count = try throwingWALError { () throws(FileIOError) in
      try file.read(into: memory, at: 0)
    }
    do throws(WALDamage) {
      return try Self.decode(UnsafeRawBufferPointer(rebasing: memory[..<count]))
    } catch {
      throw .damaged(path: filePath, offset: 0, error)
    }
  }

  /// The newest snapshot that can be read and is wanted.
  ///
  /// - Parameter isWanted: Which may be returned: a member starts only from a snapshot that its log
  ///   knows, see ``LogState/validSnapshots``.
  /// - Returns: The snapshot, if there is one, and the newer files that could not be read.
  /// - Throws: ``WALError/file(_:)`` if the directory cannot be listed.
  public func newest(
    where isWanted: (RaftSnapshot) -> Bool = { _ in true }
  ) throws(WALError) -> (snapshot: RaftSnapshot?, unreadable: [Unreadable]) {
    var unreadable: [Unreadable] = []
    for name in try names() {
      do throws(WALError) {
        let snapshot = try read(name)
        if isWanted(snapshot) { return (snapshot, unreadable) }
      } catch {
        unreadable.append(Unreadable(name: name, error: error))
      }
    }
    return (nil, unreadable)
  }

  /// Gives a file that cannot be read the name `TERM-INDEX.snap.broken`.
  ///
  /// - Parameter name: Which one.
  /// - Throws: ``WALError/file(_:)`` with what the system refused.
  public func setAside(_ name: Name) throws(WALError) {
    let filePath = join(path, name.string)
    try throwingWALError { () throws(FileIOError) in
      try fileSystem.rename(filePath, to: filePath + ".broken")
      try fileSystem.syncDirectory(path)
    }
  }

  /// Writes a snapshot, which is durable when this returns.
  ///
  /// It is written under another name and renamed: a log may already know a snapshot of the same
  /// name, and must find it whole whatever happens.
  ///
  /// - Parameter snapshot: The snapshot; it takes the place of one with the same term and index.
  /// - Throws: ``WALError/file(_:)`` with what the system refused; the older snapshots are still there.
  public func write(_ snapshot: RaftSnapshot) throws(WALError) {
    let filePath = join(path, Name(term: snapshot.term, index: snapshot.index).string)
    let temporary = filePath + ".tmp"
    let content = Self.encode(snapshot)
    do throws(FileIOError) {
      let file = try File(temporary, .updateOrCreate, in: fileSystem)
      try file.truncate(to: 0)
      try content.withBytes { (bytes) throws(FileIOError) in try file.write(bytes, at: 0) }
      try file.sync()
      try fileSystem.rename(temporary, to: filePath)
      try fileSystem.syncDirectory(path)
    } catch {
      // It may not be there, and the first error is the one that matters.
      try? fileSystem.remove(temporary)
      throw .file(error)
    }
  }

  /// Removes the oldest snapshots.
  ///
  /// - Parameter count: How many are kept.
  /// - Returns: Those that were removed.
  /// - Throws: ``WALError/file(_:)`` with what the system refused.
  @discardableResult
  public func purge(keeping count: Int) throws(WALError) -> [Name] {
    let old = Array(try names().dropFirst(max(0, count)))
    try throwingWALError { () throws(FileIOError) in
      for name in old { try fileSystem.remove(join(path, name.string)) }
      if !old.isEmpty { try fileSystem.syncDirectory(path) }
    }
    return old
  }

  // MARK: The file

  static func encode(_ snapshot: RaftSnapshot) -> ByteBuffer {
    let data = ByteBuffer()
    snapshot.encode(into: data)
    var checksum = CRC32C()
    data.withBytes { checksum.update($0) }
    let file = ByteBuffer()
    file.append(field: 1, varint: UInt64(checksum.value))
    file.append(field: 2, byteCount: data.count)
    data.withBytes { file.append($0) }
    return file
  }

  static func decode(_ bytes: UnsafeRawBufferPointer) throws(WALDamage) -> RaftSnapshot {
    guard !bytes.isEmpty else { throw .empty }
    let (found, data) = try decoding { () throws(ProtoFault) in try parts(of: bytes) }
    var checksum = CRC32C()
    checksum.update(data)
    guard found == checksum.value else {
      throw .checksumMismatch(found: found, expected: checksum.value)
    }
    return try decoding { () throws(ProtoFault) in try RaftSnapshot(decoding: data) }
  }

  private static func decoding<Message>(
    _ body: () throws(ProtoFault) -> Message
  ) throws(WALDamage) -> Message {
    do throws(ProtoFault) {
      return try body()
    } catch {
      throw .malformed(.snapshot, byte: error.offset)
    }
  }

  /// The checksum that stands in a file, and the bytes that it is of.
  private static func parts(
    of bytes: UnsafeRawBufferPointer
  ) throws(ProtoFault) -> (checksum: UInt32, data: UnsafeRawBufferPointer) {
    var reader = ProtoReader(bytes)
    var checksum: UInt64?
    var data = UnsafeRawBufferPointer(start: nil, count: 0)
    while let tag = try reader.nextTag() {
      switch tag {
      case .varint(1): checksum = try reader.varint()
      case .bytes(2): data = try reader.bytes()
      default: try reader.skip(tag, known: 1...2)
      }
    }
    guard let checksum = checksum.flatMap(UInt32.init(exactly:)), !data.isEmpty else {
      throw ProtoFault(offset: bytes.count)
    }
    return (checksum, data)
  }
}
