/// Tells a write that a power failure interrupted from damage.
///
/// A disk writes sectors of 512 bytes as a whole or not at all, and what was never written is
/// zeros. So what is left of an interrupted write has sectors of zeros, and nothing of it was ever
/// acknowledged. What cannot have come about like that is damage, and may have been acknowledged.
enum TornWrite {
  /// Whether a frame that cannot be read is what an interrupted write leaves behind.
  ///
  /// The frame's length word is not zero, so the sector that it lies in was written. If the head of
  /// the record lies in one sector too, it was written together with the length word or is zeros:
  /// when it is there and speaks of another length, one of the two was damaged later.
  ///
  /// - Parameters:
  ///   - frame: What the length word says.
  ///   - bytes: What the file has behind the length word, to the end of the frame; the first
  ///     ``RawRecord/headByteCount`` are enough where the frame passes the end of the file.
  ///   - offset: Where these bytes begin in the file.
  ///   - passesEnd: Whether the file ends before the frame does.
  /// - Returns: Whether the rest of the segment may be cut off without loss.
  static func explains(
    _ frame: RecordFrame,
    startingWith bytes: UnsafeRawBufferPointer,
    at offset: Int,
    passesEnd: Bool
  ) -> Bool {
    let inSector = UnsafeRawBufferPointer(rebasing: bytes.prefix(byteCountToSectorEnd(offset)))
    if let promised = byteCountPromised(by: inSector), promised != frame.recordByteCount {
      return false
    }
    return passesEnd || hasZeroSector(bytes, at: offset)
  }

  /// Whether a length word of zero once told of the record that stands behind it.
  ///
  /// Had the write been interrupted, the whole sector would be zeros from there on.
  ///
  /// - Parameter bytes: What follows the length word in its sector.
  /// - Returns: Whether it is the head of a record.
  static func hidesRecord(_ bytes: UnsafeRawBufferPointer) -> Bool {
    byteCountPromised(by: bytes) != nil
  }

  /// Whether a part of the bytes that lies in one sector is all zeros.
  ///
  /// - Parameters:
  ///   - bytes: What the file has from `offset` on.
  ///   - offset: Where the bytes begin in the file.
  /// - Returns: Whether there is such a part.
  static func hasZeroSector(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + byteCountToSectorEnd(offset + start))
      if bytes[start..<end].allSatisfy({ $0 == 0 }) { return true }
      start = end
    }
    return false
  }

  /// How many bytes there are from a place to the end of its sector.
  static func byteCountToSectorEnd(_ offset: Int) -> Int {
    WALLimits.sectorByteCount - offset % WALLimits.sectorByteCount
  }

  /// How long a record is by its own head; nil if these bytes are not the head of one, or only a
  /// part of it.
  private static func byteCountPromised(by bytes: UnsafeRawBufferPointer) -> Int? {
    do throws(ProtoFault) {
      var reader = ProtoReader(bytes)
      guard try reader.nextTag() == ProtoTag(number: 1, wireType: .varint) else { return nil }
      let type = RecordType(rawValue: Int64(bitPattern: try reader.varint()))
      guard try reader.nextTag() == ProtoTag(number: 2, wireType: .varint) else { return nil }
      let checksum = try reader.varint()
      guard let type, checksum <= UInt32.max else { return nil }
      if type == .checksum { return reader.offset }
      guard try reader.nextTag() == ProtoTag(number: 3, wireType: .bytes) else { return nil }
      let count = try reader.varint()
      guard count > 0, count <= UInt32.max else { return nil }
      return reader.offset + Int(count)
    } catch {
      return nil
    }
  }
}
