import Checksum
import FileIO
import TestSupport
import WAL

/// A log of three segments in `/wal`, with two entries each, put together by hand.
enum ThreeSegments {
  static let names = [
    "0000000000000000-0000000000000000.wal", "0000000000000001-0000000000000003.wal",
    "0000000000000002-0000000000000005.wal",
  ]

  static func make(on disk: SimulatedDisk) throws(FileIOError) -> [HandmadeLog] {
    var logs = [HandmadeLog.first()]
    logs[0].addEntry(1)
    logs[0].addEntry(2)
    for slot in 1...2 {
      var log = HandmadeLog(continuing: logs[slot - 1].checksum.value)
      log.addHead()
      log.addState(commit: UInt64(2 * slot))
      log.addEntry(UInt64(2 * slot + 1))
      log.addEntry(UInt64(2 * slot + 2))
      logs.append(log)
    }
    logs[2].addZeros(upTo: 4096)
    try disk.makeDirectory("/wal")
    for (name, log) in zip(names, logs) {
      try disk.setContents(of: "/wal/\(name)", to: log.bytes)
    }
    return logs
  }
}

extension WALWriter.Options {
  /// Small segments, and nothing in the background.
  static let test = Self.with(segmentByteCount: 4096)

  static func with(segmentByteCount: Int) -> Self {
    var options = Self()
    options.segmentByteCount = segmentByteCount
    options.preparesNextSegment = false
    return options
  }
}
