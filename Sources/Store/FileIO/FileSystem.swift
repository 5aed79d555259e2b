/// What the storage layers ask of a file system: the seam where tests count, fail, delay and drop.
///
/// Paths are absolute or relative to the working directory, with `/` between their parts.
public protocol FileSystem: Sendable {
  /// Opens a regular file.
  ///
  /// - Parameters:
  ///   - path: Where the file lies.
  ///   - access: What may be done with it, and whether it is made.
  /// - Returns: The open file, which is closed with its last reference.
  /// - Throws: `.failed` with the system's reason; a directory is refused with `EISDIR`.
  func open(_ path: String, _ access: FileAccess) throws(FileIOError) -> any FileHandle

  /// Gives a file or directory another name, in place of what lies there.
  ///
  /// Durable only once the directory has been synced.
  func rename(_ path: String, to target: String) throws(FileIOError)

  /// Removes a file, or an empty directory.
  func remove(_ path: String) throws(FileIOError)

  /// Makes one directory, which only its owner may enter (0700).
  func makeDirectory(_ path: String) throws(FileIOError)

  /// The names in a directory, in ascending order, without `.` and `..`.
  func list(_ path: String) throws(FileIOError) -> [String]

  /// What lies at a path, or nothing.
  func kind(of path: String) throws(FileIOError) -> FileKind?

  /// Makes the names in a directory durable.
  func syncDirectory(_ path: String) throws(FileIOError)
}

/// How a file is opened.
public enum FileAccess: Sendable {
  /// For reading what is there.
  case read

  /// For reading and writing what is there.
  case update

  /// For reading and writing; made if it is absent.
  case updateOrCreate

  /// For reading and writing a new file (0600); refused with `EEXIST` if there is one.
  case create
}

/// What lies at a path.
public enum FileKind: Sendable {
  case file
  case directory
  case other
}

/// An open file of a ``FileSystem``.
///
/// Positions and sizes are in bytes. Calls from several threads do not disturb each other.
public protocol FileHandle: AnyObject, Sendable {
  /// The path it was opened by.
  var path: String { get }

  /// How long the file is.
  func byteCount() throws(FileIOError) -> Int

  /// Reads until the buffer is full or the file ends.
  ///
  /// - Returns: How many bytes were read; fewer than asked for only at the end of the file.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileIOError) -> Int

  /// Writes all bytes, making the file longer where they pass its end.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileIOError)

  /// Makes what was written durable, with the file's length but not its times (fdatasync).
  func syncData() throws(FileIOError)

  /// Makes what was written durable, with all that the system knows of the file (fsync).
  func sync() throws(FileIOError)

  /// Cuts the file off, or lengthens it with zeros.
  func truncate(to byteCount: Int) throws(FileIOError)

  /// Reserves space on the disk, and lengthens the file with zeros up to there; nothing is cut off.
  func allocate(_ byteCount: Int) throws(FileIOError)

  /// Takes the advisory lock of the file, until the file is closed.
  ///
  /// It is the lock that etcd takes of its log, and bbolt of its database.
  ///
  /// - Returns: False if another holds it and `mode` does not wait.
  func lock(_ mode: LockMode) throws(FileIOError) -> Bool

  /// Maps the file from its start for reading.
  ///
  /// What is written later is seen through it. The file must be as long as what is read of it:
  /// beyond its end there is no memory, and the process dies.
  func map(_ byteCount: Int) throws(FileIOError) -> Mapping
}

/// How an advisory lock is taken.
public enum LockMode: Sendable {
  /// Beside other readers, or not at all.
  case sharedWithoutWaiting

  /// Alone, or not at all.
  case exclusiveWithoutWaiting
}
