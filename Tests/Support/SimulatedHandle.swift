internal import FileIO
private import Glibc

/// An open file of a ``SimulatedDisk``.
final class SimulatedHandle: FileHandle {
  let path: String
  private let access: FileAccess
  private let file: SimulatedFile
  private let disk: SimulatedDisk

  init(path: String, access: FileAccess, file: SimulatedFile, disk: SimulatedDisk) {
    self.path = path
    self.access = access
    self.file = file
    self.disk = disk
  }

  deinit { file.unlock(ObjectIdentifier(self)) }

  func byteCount() throws(FileIOError) -> Int {
    try disk.requirePower(.examine, path)
    return file.byteCount
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileIOError) -> Int {
    try disk.requirePower(.read, path)
    return try value(of: file.read(into: buffer, at: offset), .read)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileIOError) {
    try disk.requirePower(.write, path)
    guard !bytes.isEmpty else { return }
    // As Linux has it, the offset is looked at first.
    guard offset >= 0 else { throw .failed(operation: .write, path: path, code: EINVAL) }
    try requireWritable(.write, else: EBADF)
    let operation = SimulatedDisk.Operation.write(path, offset: offset, byteCount: bytes.count)
    try disk.change(operation, .write, path) { file.write(bytes, at: offset) }
  }

  func syncData() throws(FileIOError) { try disk.sync(file, .syncData(path), path) }

  func sync() throws(FileIOError) { try disk.sync(file, .sync(path), path) }

  func truncate(to byteCount: Int) throws(FileIOError) {
    try disk.requirePower(.truncate, path)
    try requireWritable(.truncate, else: EINVAL)
    try disk.change(.truncate(path, byteCount: byteCount), .truncate, path) {
      file.resize(to: byteCount)
    }
  }

  func allocate(_ byteCount: Int) throws(FileIOError) {
    try disk.requirePower(.allocate, path)
    guard byteCount != 0 else { return }
    guard byteCount > 0 else { throw .failed(operation: .allocate, path: path, code: EINVAL) }
    try requireWritable(.allocate, else: EBADF)
    try disk.change(.allocate(path, byteCount: byteCount), .allocate, path) {
      file.byteCount < byteCount ? file.resize(to: byteCount) : .done(())
    }
  }

  func lock(_ mode: LockMode) throws(FileIOError) -> Bool {
    try disk.requirePower(.lock, path)
    return file.lock(ObjectIdentifier(self), mode)
  }

  func map(_ byteCount: Int) throws(FileIOError) -> Mapping {
    try disk.requirePower(.map, path)
    return try value(of: file.map(byteCount), .map)
  }

  private func requireWritable(_ kind: FileOperation, else code: Int32) throws(FileIOError) {
    if case .read = access { throw .failed(operation: kind, path: path, code: code) }
  }

  private func value<Value>(
    of outcome: SimulatedFile.Outcome<Value>,
    _ kind: FileOperation
  ) throws(FileIOError) -> Value {
    switch outcome {
    case .done(let value): return value
    case .refused(let code): throw .failed(operation: kind, path: path, code: code)
    }
  }
}
