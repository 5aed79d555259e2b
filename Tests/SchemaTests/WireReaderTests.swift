import TestSupport
import Testing

@testable import Schema

@Suite struct WireReaderTests {
  private func read<Result>(
    _ bytes: [UInt8],
    _ body: (inout WireReader) throws -> Result
  ) rethrows -> Result {
    try bytes.withUnsafeBytes { bytes in
      var reader = WireReader(bytes)
      return try body(&reader)
    }
  }

  @Test(
    arguments: [0, 1, 127, 128, 300, 16383, 16384, 1 << 35, UInt64(Int64.max), .max] as [UInt64]
  )
  func numbersReadBack(_ value: UInt64) throws {
    let bytes = Wire.varint(value)
    #expect(try read(bytes) { try $0.varint() } == value)
    // Zeros may stand behind a number's last digit, as long as there are ten bytes at most.
    if bytes.count < 10 {
      let longer = bytes.dropLast() + [(bytes.last ?? 0) | 0x80, 0x00]
      #expect(try read(Array(longer)) { try $0.varint() } == value)
    }
  }

  @Test func aNumberHasTenBytesAtMost() throws {
    let nine = [UInt8](repeating: 0x80, count: 9)
    #expect(try read(nine + [0x01]) { try $0.varint() } == 1 << 63)
    #expect(throws: WireReader.Fault.varintTooLong(offset: 0)) {
      try read(nine + [0x80, 0x01]) { try $0.varint() }
    }
    #expect(throws: WireReader.Fault.truncated(offset: 9)) { try read(nine) { try $0.varint() } }
    #expect(throws: WireReader.Fault.truncated(offset: 0)) { try read([]) { try $0.varint() } }
  }

  @Test(arguments: [
    (UInt32(1), UInt8(0)), (15, 2), (16, 5), (2047, 1), (536_870_911, 2),
  ])
  func tagsReadBack(number: UInt32, wireType: UInt8) throws {
    let tag = try read(Wire.tag(number, wireType: wireType)) { try $0.tag() }
    #expect(tag == WireReader.Tag(number: number, wireType: wireType))
  }

  @Test(arguments: [
    ("00", WireReader.Fault.badFieldNumber(offset: 0)), ("02", .badFieldNumber(offset: 0)),
    ("8080808010", .badFieldNumber(offset: 0)), ("0b", .badWireType(offset: 0, wireType: 3)),
    ("0c", .badWireType(offset: 0, wireType: 4)), ("0e", .badWireType(offset: 0, wireType: 6)),
    ("0f", .badWireType(offset: 0, wireType: 7)), ("80", .truncated(offset: 1)),
  ])
  func otherTagsAreFaults(bytes: String, fault: WireReader.Fault) {
    #expect(throws: fault) { try read([UInt8](hexadecimal: bytes)) { try $0.tag() } }
    #expect(fault.offset <= 1)
  }

  @Test func payloadsAreReadByTheirWireType() throws {
    let bytes =
      Wire.field(1, varint: 300) + Wire.tag(2, wireType: 1) + [8, 7, 6, 5, 4, 3, 2, 1]
      + Wire.tag(3, wireType: 5) + [4, 3, 2, 1] + Wire.field(4, "abc") + Wire.field(5, "")
    var found: [String] = []
    try read(bytes) { reader in
      while !reader.isAtEnd {
        let tag = try reader.tag()
        switch try reader.payload(of: tag) {
        case .varint(let value): found.append("\(tag.number) varint \(value)")
        case .fixed64(let value): found.append("\(tag.number) fixed64 \(String(value, radix: 16))")
        case .fixed32(let value): found.append("\(tag.number) fixed32 \(String(value, radix: 16))")
        case .bytes(let range): found.append("\(tag.number) bytes \(range)")
        }
      }
      #expect(reader.offset == bytes.count)
    }
    #expect(
      found == [
        "1 varint 300", "2 fixed64 102030405060708", "3 fixed32 1020304", "4 bytes 19..<22",
        "5 bytes 24..<24",
      ]
    )
  }

  @Test func nothingIsReadOutsideTheRange() throws {
    let bytes: [UInt8] = [0xFF, 0x02, 0x61, 0x62, 0x63, 0xFF]
    try bytes.withUnsafeBytes { bytes in
      var reader = WireReader(bytes, range: 1..<3)
      let fault = WireReader.Fault.lengthBeyondEnd(offset: 1, length: 2, available: 1)
      #expect(throws: fault) { try reader.lengthDelimited() }
      reader = WireReader(bytes, range: 1..<4)
      let found = try reader.lengthDelimited()
      #expect(found == 2..<4)
      #expect(reader.isAtEnd)
      #expect(throws: WireReader.Fault.truncated(offset: 4)) { try reader.varint() }
      reader = WireReader(bytes, range: 0..<3)
      let tag = WireReader.Tag(number: 1, wireType: 5)
      #expect(throws: WireReader.Fault.truncated(offset: 3)) { try reader.payload(of: tag) }
    }
  }

  @Test func aLengthBeyondAnIntIsAFault() {
    let bytes = Wire.varint(.max)
    #expect(throws: WireReader.Fault.lengthBeyondEnd(offset: 0, length: .max, available: 0)) {
      try read(bytes) { try $0.lengthDelimited() }
    }
  }
}
