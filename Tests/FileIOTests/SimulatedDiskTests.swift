import FileIO
import Glibc
import TestSupport
import Testing

/// The danger: a simulated disk that is kinder than a real one proves nothing, and one that is
/// crueller finds mistakes that are none.
@Suite struct SimulatedDiskTests {
  private let disk = SimulatedDisk()

  /// Every model, and the seeded one often enough to meet each of a few outcomes.
  private static let models: [CrashModel] =
    [.losingUnsynced, .keepingUnsynced] + (0..<60).map { .scattering(seed: $0) }

  private static let scatterings: [CrashModel] = (0..<60).map { .scattering(seed: $0) }

  // MARK: - Bytes

  @Test(arguments: [false, true])
  func syncedBytesAreAlwaysThere(isDataSync: Bool) throws {
    let bytes = (0..<9_999).map { UInt8(truncatingIfNeeded: $0) }
    let file = try File("/a", .create, in: disk)
    try file.write(bytes, at: 0)
    if isDataSync { try file.syncData() } else { try file.sync() }
    try disk.syncDirectory("/")
    // Sectors of their own, behind and in a gap.
    try file.write([UInt8](repeating: 0xff, count: 512), at: 10_240)
    for model in Self.models {
      #expect(try disk.crashed(model).contents(of: "/a").prefix(9_999) == bytes[...], "\(model)")
    }
  }

  @Test func unsyncedBytesAreLostOrKeptBySector() throws {
    try disk.setContents(of: "/a", to: [UInt8](repeating: 1, count: 4_096))
    disk.syncAll()
    let file = try File("/a", .update, in: disk)
    try file.write([UInt8](repeating: 2, count: 2_000), at: 100)
    let old = [UInt8](repeating: 1, count: 4_096)
    let new = try disk.contents(of: "/a")
    #expect(try disk.crashed(.losingUnsynced).contents(of: "/a") == old)
    #expect(try disk.crashed(.keepingUnsynced).contents(of: "/a") == new)
    // What is written are sectors 0 to 4, the first and the last of them in part.
    var outcomes: Set<[Bool]> = []
    for model in Self.scatterings {
      let found = try disk.crashed(model).contents(of: "/a")
      outcomes.insert(
        stride(from: 0, to: 4_096, by: 512).map { start in
          let sector = found[start..<start + 512]
          let isNew = sector == new[start..<start + 512]
          #expect(isNew || sector == old[start..<start + 512], "\(model)")
          return isNew && sector != old[start..<start + 512]
        }
      )
    }
    for sector in 0..<5 {
      for other in 0..<5 where other != sector {
        #expect(outcomes.contains { $0[sector] && !$0[other] }, "\(sector) without \(other)")
      }
    }
    #expect(outcomes.allSatisfy { !$0[5] && !$0[6] && !$0[7] })
  }

  @Test func laterWritesOfASectorAreNotThereWithoutEarlierOnes() throws {
    try disk.setContents(of: "/a", to: [UInt8](repeating: 1, count: 512))
    disk.syncAll()
    let file = try File("/a", .update, in: disk)
    try file.write([2, 2], at: 0)
    try file.write([3], at: 1)
    let found = try Set(Self.scatterings.map { try disk.crashed($0).contents(of: "/a").prefix(2) })
    #expect(found == [[1, 1], [2, 2], [2, 3]])
  }

  @Test func lengthsAreLostOrKept() throws {
    try disk.setContents(of: "/a", to: [1, 1, 1])
    disk.syncAll()
    let file = try File("/a", .update, in: disk)
    try file.write([2, 2], at: 2)
    try file.truncate(to: 1)
    try file.write([3], at: 3)
    #expect(try disk.crashed(.losingUnsynced).contents(of: "/a") == [1, 1, 1])
    #expect(try disk.crashed(.keepingUnsynced).contents(of: "/a") == [1, 0, 0, 3])
    // Three states of the sector, times four lengths; where the truncation is kept, nothing shows
    // of what was beyond it before.
    let found = try Set(
      (0..<200).map { try disk.crashed(.scattering(seed: $0)).contents(of: "/a") }
    )
    let expected: Set<[UInt8]> = [
      [1, 1, 1], [1, 1, 2], [1, 0, 0], [1, 1, 1, 0], [1, 1, 2, 2], [1, 0, 0, 3], [1], [1, 0, 0, 0],
    ]
    #expect(found == expected)
  }

  @Test func allocationIsALengthToo() throws {
    let file = try File("/a", .create, in: disk)
    disk.syncAll()
    try file.allocate(64 << 20)
    try file.write([1], at: 8)
    #expect(try disk.crashed(.losingUnsynced).open("/a", .read).byteCount() == 0)
    try file.syncData()
    let crashed = try File("/a", .read, in: try disk.crashed(.losingUnsynced))
    #expect(try crashed.byteCount() == 64 << 20)
    #expect(try crashed.bytes(10, at: 0) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 0])
  }

  /// Random writes and syncs: each sector is found in a state that it was in since the last sync.
  @Test(arguments: 0..<20 as Range<UInt64>)
  func sectorsAreFoundAsTheyOnceWere(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let file = try File("/a", .create, in: disk)
    try file.truncate(to: 8_192)
    disk.syncAll()
    func sectors(of disk: SimulatedDisk) throws -> [ArraySlice<UInt8>] {
      let bytes = try disk.contents(of: "/a")
      return stride(from: 0, to: bytes.count, by: 512).map { bytes[$0..<$0 + 512] }
    }
    var states = try sectors(of: disk).map { [$0] }
    for step in 1...60 as ClosedRange<UInt8> {
      let offset = Int.random(in: 0..<8_000, using: &generator)
      let count = Int.random(in: 1...min(2_000, 8_192 - offset), using: &generator)
      try file.write([UInt8](repeating: step, count: count), at: offset)
      for (slot, sector) in try sectors(of: disk).enumerated() { states[slot].append(sector) }
      if Int.random(in: 0..<8, using: &generator) == 0 {
        try file.syncData()
        states = try sectors(of: disk).map { [$0] }
      }
      guard step % 6 == 0 else { continue }
      let found = try sectors(of: try disk.crashed(.scattering(seed: generator.next())))
      #expect(found.count == states.count)
      #expect(zip(found, states).allSatisfy { $1.contains($0) }, "step \(step)")
    }
  }

  // MARK: - Names

  @Test func newNamesNeedASyncOfTheirDirectory() throws {
    let file = try File("/a", .create, in: disk)
    try file.write([1], at: 0)
    try file.sync()
    #expect(try disk.crashed(.losingUnsynced).list("/") == [])
    #expect(try disk.crashed(.keepingUnsynced).contents(of: "/a") == [1])
    let found = try Set(Self.scatterings.map { try disk.crashed($0).list("/") })
    #expect(found == [[], ["a"]])
    try disk.syncDirectory("/")
    for model in Self.models { #expect(try disk.crashed(model).contents(of: "/a") == [1]) }
  }

  @Test func namesAreNoBytes() throws {
    try disk.setContents(of: "/a", to: [1])
    try disk.syncDirectory("/")
    #expect(try disk.crashed(.losingUnsynced).contents(of: "/a") == [])
    let found = try Set(Self.scatterings.map { try disk.crashed($0).contents(of: "/a") })
    #expect(found == [[], [0], [1]])
  }

  @Test func directoriesNeedASyncOfTheirParent() throws {
    try disk.makeDirectory("/d")
    try disk.setContents(of: "/d/a", to: [1])
    try disk.syncDirectory("/d")
    #expect(try disk.crashed(.losingUnsynced).list("/") == [])
    try disk.syncDirectory("/")
    for model in Self.models { #expect(try disk.crashed(model).list("/d") == ["a"], "\(model)") }
  }

  @Test func renamingsAreWholeOrNotDone() throws {
    try disk.makeDirectory("/d")
    try disk.setContents(of: "/old", to: [1])
    try disk.setContents(of: "/d/new", to: [2])
    disk.syncAll()
    try disk.rename("/d/new", to: "/old")
    var found: Set<[[UInt8]]> = []
    for model in Self.models {
      let crashed = try disk.crashed(model)
      let isThere = try crashed.kind(of: "/d/new") != nil
      found.insert([[isThere ? 1 : 0], try crashed.contents(of: "/old")])
    }
    #expect(found == [[[1], [1]], [[0], [2]]])
    try disk.syncDirectory("/")
    for model in Self.models {
      #expect(try disk.crashed(model).list("/d") == [], "\(model)")
      #expect(try disk.crashed(model).contents(of: "/old") == [2], "\(model)")
    }
  }

  @Test func removedNamesComeBack() throws {
    try disk.setContents(of: "/a", to: [1])
    disk.syncAll()
    try disk.remove("/a")
    #expect(try disk.crashed(.losingUnsynced).contents(of: "/a") == [1])
    let found = try Set(Self.scatterings.map { try disk.crashed($0).list("/") })
    #expect(found == [[], ["a"]])
    try disk.syncDirectory("/")
    for model in Self.models { #expect(try disk.crashed(model).list("/") == []) }
  }

  @Test func namesChangeInOrder() throws {
    for name in ["0", "1", "2"] { _ = try disk.open("/\(name)", .create) }
    disk.syncAll()
    for name in ["0", "1", "2"] { try disk.remove("/\(name)") }
    let found = try Set(Self.scatterings.map { try disk.crashed($0).list("/") })
    #expect(found == [["0", "1", "2"], ["1", "2"], ["2"], []])
  }

  /// A file that is moved and whose new directory is synced must not stay in the old one, whatever
  /// else is lost there.
  @Test func movesTakeAlongWhatTheyRestOn() throws {
    for name in ["/from", "/to"] { try disk.makeDirectory(name) }
    disk.syncAll()
    try File("/from/a", .create, in: disk).syncData()
    try disk.rename("/from/a", to: "/to/a")
    try disk.syncDirectory("/to")
    for model in Self.models {
      #expect(try disk.crashed(model).list("/from") == [], "\(model)")
      #expect(try disk.crashed(model).list("/to") == ["a"], "\(model)")
    }
  }

  // MARK: - The disk that is found

  @Test func theSameModelGivesTheSameDisk() throws {
    for name in ["a", "b", "c"] {
      try disk.setContents(of: "/\(name)", to: (0..<5_000).map { UInt8($0 / 20) })
    }
    for model in Self.models {
      let (first, second) = (try disk.crashed(model), try disk.crashed(model))
      #expect(try first.list("/") == second.list("/"))
      for name in try first.list("/") {
        #expect(try first.contents(of: name) == second.contents(of: name), "\(model)")
      }
    }
  }

  @Test func theDiskThatIsFoundIsAnother() throws {
    let file = try File("/a", .create, in: disk)
    try file.write([1, 2], at: 0)
    try file.lock(.exclusiveWithoutWaiting)
    disk.syncAll()
    let crashed = try disk.crashed(.losingUnsynced)
    #expect(crashed.operations == [])
    let found = try File("/a", .update, in: crashed)
    try found.lock(.exclusiveWithoutWaiting)
    try found.write([9], at: 0)
    try file.write([8], at: 1)
    #expect(try disk.contents(of: "/a") == [1, 8])
    #expect(try crashed.contents(of: "/a") == [9, 2])
    #expect(try crashed.crashed(.losingUnsynced).contents(of: "/a") == [1, 2])
  }

  // MARK: - Stopping

  /// Something of everything.
  private func work(on disk: SimulatedDisk) throws(FileIOError) {
    try disk.makeDirectory("/d")
    let file = try File("/d/a", .create, in: disk)
    try file.allocate(1_000)
    try file.write([1, 2, 3], at: 10)
    try file.syncData()
    try disk.syncDirectory("/d")
    try file.truncate(to: 20)
    try file.sync()
    try disk.rename("/d/a", to: "/d/b")
    try disk.syncDirectory("/d")
    try disk.remove("/d/b")
  }

  private let allOperations: [SimulatedDisk.Operation] = [
    .makeDirectory("/d"), .create("/d/a"), .allocate("/d/a", byteCount: 1_000),
    .write("/d/a", offset: 10, byteCount: 3), .syncData("/d/a"), .syncDirectory("/d"),
    .truncate("/d/a", byteCount: 20), .sync("/d/a"), .rename("/d/a", to: "/d/b"),
    .syncDirectory("/d"), .remove("/d/b"),
  ]

  @Test func operationsAreKeptInOrder() throws {
    try work(on: disk)
    #expect(disk.operations == allOperations)
    #expect(disk.operationCount == allOperations.count)
    #expect(disk.syncCount == 4)
    // Looking is none, nor is what was refused.
    _ = try disk.list("/d")
    #expect(throws: FileIOError.self) { try disk.remove("/x") }
    #expect(disk.operations == allOperations)
    #expect(!disk.isPowerOff)
  }

  @Test(arguments: 1...11, [false, true])
  func thePowerIsCutAtAnyOperation(number: Int, isAfter: Bool) throws {
    disk.cutPower(isAfter ? .afterOperation(number) : .beforeOperation(number))
    let isLast = isAfter && number == allOperations.count
    var found: FileIOError?
    do throws(FileIOError) { try work(on: disk) } catch { found = error }
    let doneCount = isAfter ? number : number - 1
    #expect(disk.operations == Array(allOperations[..<doneCount]))
    #expect(disk.isPowerOff)
    guard !isLast else {
      #expect(found == nil)
      return
    }
    guard case .failed(_, _, EIO) = found else {
      Issue.record("\(String(describing: found))")
      return
    }
    // What is found then is what was done, and works.
    let again = try disk.crashed(.keepingUnsynced)
    #expect(try again.list("/") == (doneCount == 0 ? [] : ["d"]))
    try again.makeDirectory("/e")
  }

  @Test(arguments: 1...4)
  func thePowerIsCutAtAnySync(number: Int) throws {
    let before = SimulatedDisk()
    before.cutPower(.beforeSync(number))
    #expect(throws: FileIOError.self) { try work(on: before) }
    let after = SimulatedDisk()
    after.cutPower(.afterSync(number))
    #expect(throws: FileIOError.self) { try work(on: after) }
    let slots = allOperations.indices.filter { allOperations[$0].isSync }
    #expect(before.operations == Array(allOperations[..<slots[number - 1]]))
    #expect(after.operations == Array(allOperations[...slots[number - 1]]))
    #expect(before.syncCount == number - 1)
    #expect(after.syncCount == number)
  }

  @Test func aStoppedMachineRefusesEverything() throws {
    let file = try File("/a", .create, in: disk)
    disk.cutPower(.beforeSync(1))
    #expect(throws: FileIOError.failed(operation: .sync, path: "/a", code: EIO)) {
      try file.sync()
    }
    #expect(disk.isPowerOff)
    let attempts: [() throws -> Void] = [
      { _ = try disk.open("/a", .read) }, { _ = try disk.open("/b", .create) },
      { try disk.rename("/a", to: "/b") }, { try disk.remove("/a") },
      { try disk.makeDirectory("/d") }, { _ = try disk.list("/") },
      { _ = try disk.kind(of: "/a") }, { try disk.syncDirectory("/") },
      { _ = try file.byteCount() }, { _ = try file.bytes(1, at: 0) }, { _ = try file.map(0) },
      { try file.lock(.sharedWithoutWaiting) },
    ]
    for (slot, attempt) in attempts.enumerated() {
      let error = #expect(throws: FileIOError.self, "attempt \(slot)") { try attempt() }
      guard case .failed(_, _, EIO) = error else {
        Issue.record("attempt \(slot): \(String(describing: error))")
        continue
      }
    }
    #expect(disk.operations == [.create("/a")])
    // The disk can be looked at, and the machine started again.
    #expect(try disk.crashed(.keepingUnsynced).list("/") == ["a"])
  }

  /// As Linux has it: the pages that could not be written are clean afterwards.
  @Test func whatAFailedSyncLostStaysLost() throws {
    let file = try disk.open("/a", .create)
    try disk.syncDirectory("/")
    try write([1, 2, 3], to: file)
    disk.failSync(2)
    #expect(throws: FileIOError.failed(operation: .sync, path: "/a", code: EIO)) {
      try file.sync()
    }
    // Past the latch of `File`, which is there for this.
    try file.sync()
    #expect(disk.operations.suffix(2) == [.failedSync("/a"), .sync("/a")])
    #expect(disk.syncCount == 3)
    #expect(try disk.contents(of: "/a") == [1, 2, 3])
    for model in Self.models { #expect(try disk.crashed(model).contents(of: "/a") == [0, 0, 0]) }
    disk.failSync(4)
    #expect(throws: FileIOError.failed(operation: .sync, path: "/", code: EIO)) {
      try disk.syncDirectory("/")
    }
  }

  private func write(_ bytes: [UInt8], to file: any FileHandle) throws {
    try bytes.withUnsafeBytes { try file.write($0, at: 0) }
  }

  // MARK: - A workload

  /// Replaces a file by a new one, the way it is done right or without its first sync.
  private func replace(_ disk: SimulatedDisk, isSynced: Bool) throws(FileIOError) {
    let file = try File("/new", .create, in: disk)
    try file.write([UInt8](repeating: 2, count: 3_000), at: 0)
    if isSynced { try file.syncData() }
    try disk.rename("/new", to: "/file")
    try disk.syncDirectory("/")
  }

  /// How often neither the old nor the new file is found, after a power failure at any operation.
  private func countOfLosses(isSynced: Bool) throws -> Int {
    let old = [UInt8](repeating: 1, count: 2_000)
    let new = [UInt8](repeating: 2, count: 3_000)
    var lossCount = 0
    for number in 1...6 {
      let disk = SimulatedDisk()
      try disk.setContents(of: "/file", to: old)
      disk.syncAll()
      disk.cutPower(.beforeOperation(disk.operationCount + number))
      let isDone = (try? replace(disk, isSynced: isSynced)) != nil
      for model in Self.models {
        let found = try disk.crashed(model).contents(of: "/file")
        if isDone ? found != new : found != old && found != new { lossCount += 1 }
      }
    }
    return lossCount
  }

  @Test func aFileIsReplacedWithoutLossOnlyWithBothSyncs() throws {
    #expect(try countOfLosses(isSynced: true) == 0)
    #expect(try countOfLosses(isSynced: false) > 0)
  }
}
