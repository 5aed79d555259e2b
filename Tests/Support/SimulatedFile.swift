internal import FileIO
private import Glibc
internal import Synchronization

/// A file of a ``SimulatedDisk``: what is seen in it, and what of that the disk is sure to keep.
///
/// What is seen lies in a file without a name in the machine's memory, so that mappings of it
/// behave as mappings of files do: they show later writes, cannot be written through, and beyond
/// the end of the file reading them ends the process.
final class SimulatedFile: Sendable {
  private let descriptor: Int32
  private let state: Mutex<State>

  fileprivate struct State {
    var durable: SparseBytes
    var unsynced: [Change] = []
    var locks: [ObjectIdentifier: LockMode] = [:]
  }

  fileprivate enum Change: Sendable {
    case write([UInt8], offset: Int)
    case resize(Int)
  }

  /// Puts a file in place that holds these bytes durably.
  init(_ contents: SparseBytes = SparseBytes()) throws(FileIOError) {
    let made = makeMemoryFile("simulated", 1)
    guard made >= 0 else { throw .failed(operation: .open, path: "memory", code: errno) }
    descriptor = made
    state = Mutex(State(durable: contents))
    for (page, bytes) in contents.pages {
      let offset = off_t(page * SparseBytes.pageByteCount)
      guard pwrite(descriptor, bytes, bytes.count, offset) == bytes.count else {
        throw .failed(operation: .write, path: "memory", code: errno)
      }
    }
    guard ftruncate(descriptor, contents.byteCount) == 0 else {
      throw .failed(operation: .truncate, path: "memory", code: errno)
    }
  }

  deinit { close(descriptor) }

  var byteCount: Int {
    var status = stat()
    precondition(fstat(descriptor, &status) == 0, "an open file has a status")
    return Int(status.st_size)
  }

  /// Reads as `pread` does.
  ///
  /// - Returns: How many bytes were read, or the value of `errno`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) -> Outcome<Int> {
    guard buffer.count > 0 else { return .done(0) }
    let count = pread(descriptor, buffer.baseAddress, buffer.count, offset)
    return count < 0 ? .refused(errno) : .done(count)
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Outcome<Void> {
    guard bytes.count > 0 else { return .done(()) }
    return state.withLock { state in
      let before = byteCount
      let count = pwrite(descriptor, bytes.baseAddress, bytes.count, offset)
      guard count == bytes.count else { return .refused(count < 0 ? errno : ENOSPC) }
      if offset + count > before { state.unsynced.append(.resize(offset + count)) }
      state.unsynced.append(.write(Array(bytes), offset: offset))
      return .done(())
    }
  }

  func resize(to newByteCount: Int) -> Outcome<Void> {
    state.withLock { state in
      guard ftruncate(descriptor, newByteCount) == 0 else { return .refused(errno) }
      state.unsynced.append(.resize(newByteCount))
      return .done(())
    }
  }

  func map(_ byteCount: Int) -> Outcome<Mapping> {
    guard byteCount > 0 else {
      return .done(Mapping(UnsafeRawBufferPointer(start: nil, count: 0)) { _ in })
    }
    let memory = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
    guard let memory, memory != MAP_FAILED else { return .refused(errno) }
    let mapping = Mapping(UnsafeRawBufferPointer(start: memory, count: byteCount)) { bytes in
      munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    }
    return .done(mapping)
  }

  /// Makes all that was written durable.
  func sync() {
    state.withLock { state in
      for change in state.unsynced { state.durable.apply(change) }
      state.unsynced = []
    }
  }

  /// Drops what was written since the last sync from what a later one makes durable, though it is
  /// still seen; lengths are kept, since they do not go the way of the data.
  func loseUnsyncedWrites() {
    state.withLock { state in
      state.unsynced.removeAll { if case .write = $0 { true } else { false } }
    }
  }

  /// What a disk may hold of the file when the power is back.
  func contents(keeping survivors: Survivors) -> SparseBytes {
    state.withLock { $0.contents(keeping: survivors) }
  }

  /// Takes the lock for an open file as flock does, where a change of mode gives the old one up.
  func lock(_ holder: ObjectIdentifier, _ mode: LockMode) -> Bool {
    state.withLock { state in
      if state.locks[holder] == mode { return true }
      state.locks[holder] = nil
      let isFree =
        switch mode {
        case .sharedWithoutWaiting: state.locks.values.allSatisfy { $0 == .sharedWithoutWaiting }
        case .exclusiveWithoutWaiting: state.locks.isEmpty
        }
      if isFree { state.locks[holder] = mode }
      return isFree
    }
  }

  func unlock(_ holder: ObjectIdentifier) {
    state.withLock { $0.locks[holder] = nil }
  }
}

extension SimulatedFile {
  /// How an operation ended; `refused` has the value of `errno`.
  enum Outcome<Value: Sendable>: Sendable {
    case done(Value)
    case refused(Int32)
  }

  /// What of the unsynced changes reached the disk.
  enum Survivors {
    case none
    case all

    /// Every sector up to a change of its own, and the changes of length up to one of them.
    case some(SeededGenerator)
  }
}

extension SimulatedFile.State {
  /// What a disk writes as a whole, in bytes.
  private static let sectorByteCount = 512

  /// The durable contents with the changes that survive.
  func contents(keeping survivors: SimulatedFile.Survivors) -> SparseBytes {
    var image = durable
    switch survivors {
    case .none: break
    case .all: for change in unsynced { image.apply(change) }
    case .some(var generator): scatter(into: &image, using: &generator)
    }
    return image
  }

  /// Every sector as it was after some change of it: what a disk writes of it is what was in memory
  /// then, so that a later change is never there without an earlier one.
  private func scatter(into image: inout SparseBytes, using generator: inout SeededGenerator) {
    let resizeCount = unsynced.count { if case .resize = $0 { true } else { false } }
    var keptResizeCount = Int.random(in: 0...resizeCount, using: &generator)
    var pieces = keptPieces(using: &generator)
    for change in unsynced {
      switch change {
      case .resize(let byteCount):
        guard keptResizeCount > 0 else {
          // A sector that is written later is written with the zeros that this made.
          for (sector, count) in pieces where count > 0 {
            let start = max(byteCount, sector * Self.sectorByteCount)
            image.clear(start, to: (sector + 1) * Self.sectorByteCount)
          }
          continue
        }
        keptResizeCount -= 1
        image.resize(to: byteCount)
      case .write(let bytes, let offset):
        for (sector, range) in Self.sectors(offset..<offset + bytes.count) {
          guard let count = pieces[sector], count > 0 else { continue }
          pieces[sector] = count - 1
          bytes.withUnsafeBytes { bytes in
            let part = bytes[range.lowerBound - offset..<range.upperBound - offset]
            image.write(part, at: range.lowerBound)
          }
        }
      }
    }
    image.removeHidden()
  }

  /// How many of the writes of each sector reached the disk.
  private func keptPieces(using generator: inout SeededGenerator) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for case .write(let bytes, let offset) in unsynced {
      for (sector, _) in Self.sectors(offset..<offset + bytes.count) {
        counts[sector, default: 0] += 1
      }
    }
    // Mostly lost, mostly kept, or half and half: each finds other mistakes.
    let keptPercent = [10, 50, 90].randomElement(using: &generator) ?? 50
    // In order, so that the same seed gives the same choice.
    for (sector, count) in counts.sorted(by: { $0.key < $1.key }) {
      let areAllKept = Int.random(in: 0..<100, using: &generator) < keptPercent
      counts[sector] = areAllKept ? count : Int.random(in: 0..<count, using: &generator)
    }
    return counts
  }

  /// The parts of a range of the file that lie in one sector each.
  private static func sectors(
    _ range: Range<Int>
  ) -> some Sequence<(sector: Int, range: Range<Int>)> {
    let first = range.lowerBound / sectorByteCount
    let end = (range.upperBound + sectorByteCount - 1) / sectorByteCount
    return (first..<end).lazy.map { sector in
      let whole = sector * sectorByteCount..<(sector + 1) * sectorByteCount
      return (sector, range.clamped(to: whole))
    }
  }
}

extension SparseBytes {
  fileprivate mutating func apply(_ change: SimulatedFile.Change) {
    switch change {
    case .write(let bytes, let offset): bytes.withUnsafeBytes { write($0[...], at: offset) }
    case .resize(let byteCount): resize(to: byteCount)
    }
  }
}

/// `memfd_create`, which Glibc's module does not have.
private let makeMemoryFile: @convention(c) (UnsafePointer<CChar>, UInt32) -> Int32 = {
  guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "memfd_create") else {
    fatalError("memfd_create is missing: Linux with glibc 2.27 or later has it")
  }
  // The C declaration is `int memfd_create(const char *name, unsigned int flags)`.
  return unsafeBitCast(symbol, to: (@convention(c) (UnsafePointer<CChar>, UInt32) -> Int32).self)
}()
