internal import Checksum
public import FileIO

/// Reads the records of a log, one after the other, and checks each before it is returned.
///
/// Reading changes nothing and takes no lock, so it goes on beside the process that writes the log;
/// it ends where the last segment ended when it was reached. It holds a part of one segment in
/// memory, or one record if that is larger, however long the log is.
///
/// What is checked: the order of the segments, the frames, the checksums through all segments, that
/// each segment begins with a checksum and with metadata that is the same everywhere, and that each
/// record's message makes sense. What records say together is ``LogState``'s matter.
///
/// Source: etcd 3.4, `wal/decoder.go` and `wal/wal.go`, `ReadAll`.
public final class WALReader {
  /// Where the log ends.
  public struct End: Hashable, Sendable {
    /// Which of the segments.
    public var segmentSlot: Int

    /// Where the next record would be, in bytes from the start of the segment.
    public var offset: Int

    /// Whether the rest of the segment is what an interrupted write has left.
    public var isTorn: Bool
  }

  /// Where the log ends; nil until ``next()`` has come there.
  public private(set) var end: End?

  /// The checksum of everything before the next record.
  var runningChecksum = CRC32C()

  private let segments: [SegmentFile]
  private let window = ReadWindow()

  // Where it reads.
  private var slot = -1
  private var offset = 0
  private var segmentByteCount = 0
  private var earlierByteCount = 0
  private var recordCount = 0
  private var isAtEnd = false

  // What the records must agree with.
  private var hasChecksum = false
  private var metadata: WALMetadata?

  /// Opens a log for reading.
  ///
  /// - Parameters:
  ///   - path: The directory of a log, or one segment of it by any name.
  ///   - index: Where to begin: segments are left out if all that is in them is at this index or
  ///     before; nil for everything that is there. Of no effect on a single segment.
  ///   - fileSystem: Where the log lies.
  /// - Throws: ``WALError/noSegments(path:)``, ``WALError/beginsLater(path:found:wanted:)``,
  ///   ``WALError/sequenceBroken(path:found:expected:)``, and what the system refuses.
  public convenience init(
    _ path: String,
    from index: LogIndex? = nil,
    in fileSystem: any FileSystem = LocalFileSystem()
  ) throws(WALError) {
    self.init(try SegmentList.open(path, from: index, .read, fileSystem))
  }

  /// Reads segments that are open already; they are one or more, and contiguous.
  init(_ segments: [SegmentFile]) {
    self.segments = segments
  }

  /// The paths of the segments, oldest first.
  public var paths: [String] { segments.map(\.path) }

  /// How many bytes the segments have, with what was allocated ahead.
  ///
  /// - Returns: The sum over all segments.
  /// - Throws: What the system refuses.
  public func byteCount() throws(WALError) -> Int {
    var sum = 0
    for segment in segments {
      sum += try segment.throwingWALError { file throws(FileIOError) in try file.byteCount() }
    }
    return sum
  }

  /// How many of these bytes have been read: to tell how far it is.
  public var readByteCount: Int { earlierByteCount + offset }

  /// The index before the first entry of the oldest segment, by that segment's name.
  var indexBefore: LogIndex? {
    segments.first?.segment.map { LogIndex(rawValue: max($0.index.rawValue, 1) - 1) }
  }

  /// The next record, or nothing at the end of the log.
  ///
  /// After an error has been thrown, the log cannot be read further.
  ///
  /// - Returns: The record, whose data is valid until the next call.
  /// - Throws: ``WALError/damaged(path:offset:_:)``, and what the system refuses. A write that was
  ///   interrupted at the end of the last segment is not an error: see ``end``.
  public func next() throws(WALError) -> Record? {
    if slot < 0 { try beginSegment(0) }
    while !isAtEnd {
      // Set already when the log is read a second time.
      if let end, end.segmentSlot == slot, end.offset == offset {
        isAtEnd = true
      } else if let record = try nextInSegment() {
        return record
      } else if !isAtEnd {
        try endSegment()
      }
    }
    return nil
  }

  /// Begins anew; once ``next()`` has come to the end, records end there again, though more have
  /// been appended.
  func rewind() throws(WALError) {
    isAtEnd = false
    hasChecksum = false
    metadata = nil
    earlierByteCount = 0
    try beginSegment(0)
  }

  private func beginSegment(_ next: Int) throws(WALError) {
    slot = next
    offset = 0
    recordCount = 0
    window.move(to: segments[slot])
    try measure()
  }

  private func endSegment() throws(WALError) {
    guard recordCount >= 2 else {
      let expected: RecordType = recordCount == 0 ? .checksum : .metadata
      throw damaged(.headMissing(found: nil, expected: expected))
    }
    guard !isInLastSegment else { return endLog(isTorn: false) }
    earlierByteCount += segmentByteCount
    try beginSegment(slot + 1)
  }

  private func endLog(isTorn: Bool) {
    end = End(segmentSlot: slot, offset: offset, isTorn: isTorn)
    isAtEnd = true
  }

  private var isInLastSegment: Bool { slot == segments.count - 1 }

  private func measure() throws(WALError) {
    segmentByteCount = try segments[slot].throwingWALError { file throws(FileIOError) in
      try file.byteCount()
    }
  }

  private func damaged(_ damage: WALDamage) -> WALError {
    .damaged(path: segments[slot].path, offset: offset, damage)
  }

  // MARK: One record

  /// The next record; nil where the segment ends, or the log.
  ///
  /// What another process is just writing may be seen half written: so what is wrong in the last
  /// segment is looked at again before it is believed.
  private func nextInSegment() throws(WALError) -> Record? {
    var attempt = 1
    while true {
      var isReadable = false
      do throws(WALError) {
        guard let frame = try nextFrame() else { return nil }
        let raw = try readRecord(frame)
        isReadable = true
        return try accept(raw, frame)
      } catch {
        guard case .damaged = error, isInLastSegment, !isReadable else { throw error }
        if attempt == 3 {
          guard recordCount >= 2, try isTorn() else { throw error }
          endLog(isTorn: true)
          return nil
        }
      }
      attempt += 1
      window.forget()
      try measure()
    }
  }

  /// The frame at the present offset; nil where the segment's records end.
  private func nextFrame() throws(WALError) -> RecordFrame? {
    // Negative if somebody has cut off what was read already.
    let left = max(0, segmentByteCount - offset)
    let wordByteCount = RecordFrame.wordByteCount
    let sectorByteCount = TornWrite.byteCountToSectorEnd(offset)
    let bytes = try window.bytes(at: offset, count: min(left, max(sectorByteCount, wordByteCount)))
    guard bytes.count >= wordByteCount else {
      if bytes.allSatisfy({ $0 == 0 }) { return nil }
      throw damaged(.cutOff(found: bytes.count, expected: wordByteCount))
    }
    let word = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard word != 0 else {
      let rest = bytes.prefix(sectorByteCount).dropFirst(wordByteCount)
      guard !TornWrite.hidesRecord(UnsafeRawBufferPointer(rebasing: rest)) else {
        throw damaged(.lengthLost)
      }
      return nil
    }
    guard let frame = RecordFrame(word: word) else { throw damaged(.malformedFrame(found: word)) }
    guard frame.byteCount <= left else {
      throw damaged(.cutOff(found: left, expected: frame.byteCount))
    }
    guard frame.recordByteCount <= WALLimits.recordByteCount else {
      let limit = WALLimits.recordByteCount
      throw damaged(.tooLong(found: frame.recordByteCount, limit: limit))
    }
    return frame
  }

  /// The record in a frame that the file has room for, with the right checksum.
  private func readRecord(_ frame: RecordFrame) throws(WALError) -> RawRecord {
    let bytes = try window.bytes(at: offset, count: frame.byteCount)
    guard bytes.count == frame.byteCount else {
      // The file has become shorter since it was measured.
      throw damaged(.cutOff(found: bytes.count, expected: frame.byteCount))
    }
    do throws(WALDamage) {
      let raw = try RawRecord(
        decoding: UnsafeRawBufferPointer(
          rebasing: bytes.dropFirst(RecordFrame.wordByteCount).prefix(frame.recordByteCount)
        )
      )
      try check(raw)
      return raw
    } catch {
      throw damaged(error)
    }
  }

  /// Whether the frame at the present offset, which cannot be read, was never written whole.
  private func isTorn() throws(WALError) -> Bool {
    let left = segmentByteCount - offset
    let wordByteCount = RecordFrame.wordByteCount
    guard left >= wordByteCount else { return true }
    let word = try window.bytes(at: offset, count: wordByteCount)
    guard word.count == wordByteCount,
      let frame = RecordFrame(word: UInt64(littleEndian: word.loadUnaligned(as: UInt64.self)))
    else { return false }
    let passesEnd = frame.byteCount > left
    guard passesEnd || frame.recordByteCount <= WALLimits.recordByteCount else { return false }
    let needed = passesEnd ? RawRecord.headByteCount : frame.byteCount - wordByteCount
    let start = offset + wordByteCount
    let bytes = try window.bytes(at: start, count: min(needed, left - wordByteCount))
    return TornWrite.explains(frame, startingWith: bytes, at: start, passesEnd: passesEnd)
  }

  // MARK: What a record must be

  private func check(_ raw: RawRecord) throws(WALDamage) {
    if raw.type == .checksum {
      // The first of all says what came before; every other one must agree with it.
      guard !hasChecksum || raw.checksum == runningChecksum.value else {
        throw .checksumMismatch(found: raw.checksum, expected: runningChecksum.value)
      }
      return
    }
    var checksum = runningChecksum
    checksum.update(raw.data)
    guard raw.checksum == checksum.value else {
      throw .checksumMismatch(found: raw.checksum, expected: checksum.value)
    }
  }

  private func accept(
    _ raw: RawRecord,
    _ frame: RecordFrame
  ) throws(WALError) -> Record {
    let content: Record.Content
    do throws(WALDamage) {
      content = try raw.content()
      try checkHead(raw.type)
      try check(content)
    } catch {
      throw damaged(error)
    }
    hasChecksum = true
    runningChecksum = CRC32C(continuing: raw.checksum)
    let place = RecordPlace(segmentSlot: slot, offset: offset, byteCount: frame.byteCount)
    recordCount += 1
    offset = place.end
    return Record(content: content, data: raw.data, checksum: raw.checksum, place: place)
  }

  private func checkHead(_ type: RecordType) throws(WALDamage) {
    switch recordCount {
    case 0 where type != .checksum: throw .headMissing(found: type, expected: .checksum)
    case 1 where type != .metadata: throw .headMissing(found: type, expected: .metadata)
    default: return
    }
  }

  private func check(_ content: Record.Content) throws(WALDamage) {
    guard case .metadata(let found) = content else { return }
    if let metadata, metadata != found {
      throw .metadataMismatch(found: found, expected: metadata)
    }
    metadata = found
  }
}
