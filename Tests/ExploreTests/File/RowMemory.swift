@testable import Explore
import Bolt
import MVCC
import TestSupport

/// Rows as a leaf keeps them, a row's name right before its message, in memory of their own.
final class RowMemory {
  private let bytes: UnsafeMutableRawBufferPointer
  private var places: [(start: Int, nameCount: Int, end: Int)] = []

  /// Lays out rows.
  ///
  /// - Parameter rows: Names and messages, as `SampleFile.Row` has them.
  init(_ rows: [(name: [UInt8], message: [UInt8])]) {
    let byteCount = rows.reduce(0) { $0 + $1.name.count + $1.message.count }
    bytes = .allocate(byteCount: max(1, byteCount), alignment: 1)
    var offset = 0
    for (name, message) in rows {
      let row = name + message
      UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<offset + row.count]).copyBytes(
        from: row
      )
      places.append((offset, name.count, offset + row.count))
      offset += row.count
    }
  }

  /// Lays out live rows of keys at revisions from 1, each with its number as its value.
  convenience init(keys: [[UInt8]]) {
    self.init(
      keys.enumerated().map { number, key in
        let value = withUnsafeBytes(of: UInt32(number)) { Array($0) }
        return (
          SampleFile.name(Revision(main: Int64(number + 1), sub: 7)),
          Wire.field(1, key) + Wire.field(5, value)
        )
      }
    )
  }

  deinit { bytes.deallocate() }

  var count: Int { places.count }

  /// The row at a place.
  subscript(place: Int) -> StoredRow {
    let (start, nameCount, end) = places[place]
    let name = UnsafeRawBufferPointer(rebasing: bytes[start..<start + nameCount])
    let message = UnsafeRawBufferPointer(rebasing: bytes[(start + nameCount)..<end])
    let main = UInt64(bigEndian: name.loadUnaligned(as: UInt64.self))
    let sub = UInt64(bigEndian: name.loadUnaligned(fromByteOffset: 9, as: UInt64.self))
    return StoredRow(
      revision: Revision(main: Int64(main), sub: Int64(sub)),
      isTombstone: nameCount == 18,
      message: message
    )
  }

  /// All of them.
  var rows: [StoredRow] { places.indices.map { self[$0] } }
}
