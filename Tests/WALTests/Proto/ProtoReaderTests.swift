import TestSupport
import Testing

@testable import WAL

@Suite struct ProtoReaderTests {
  private func varint(_ bytes: [UInt8]) throws -> UInt64 {
    try bytes.withUnsafeBytes { bytes in
      var reader = ProtoReader(bytes)
      let value = try reader.varint()
      #expect(reader.isAtEnd)
      return value
    }
  }

  @Test func numbersAreReadAsTheyAreWritten() throws {
    var values: [UInt64] = [0, .max]
    for bit in 0..<64 { values += [1 << bit, 1 << bit - 1, 1 << bit + 1] }
    for value in values {
      let buffer = ByteBuffer()
      buffer.append(varint: value)
      #expect(buffer.array == Wire.varint(value))
      #expect(ByteBuffer.varintByteCount(value) == buffer.count)
      #expect(try varint(Wire.varint(value)) == value)
    }
  }

  @Test func longFormsOfNumbersAreRead() throws {
    #expect(try varint([0x81, 0x00]) == 1)
    #expect(try varint([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]) == 0)
  }

  @Test func numbersOfMoreThan64BitsAreRefused() {
    let nine = [UInt8](repeating: 0xFF, count: 9)
    for bytes in [nine + [0x02], nine + [0x81, 0x00], nine + [0xFF], nine, [0x80], []] {
      #expect(throws: ProtoFault(offset: 0)) { try varint(bytes) }
    }
  }

  @Test func fieldNumbersAndWireTypesAreChecked() {
    for bytes in [[0x00], [0x07], [0x03], [0x0B], [0x0C], [0x0E], [0x0F], Wire.varint(1 << 33)] {
      #expect(throws: ProtoFault(offset: 0)) {
        try bytes.withUnsafeBytes { bytes in
          var reader = ProtoReader(bytes)
          _ = try reader.nextTag()
        }
      }
    }
  }

  @Test func lengthsBeyondTheEndAreRefused() {
    for length: UInt64 in [1, 127, 1 << 32, 1 << 63, .max] {
      let bytes = Wire.varint(length)
      #expect(throws: ProtoFault(offset: 0)) {
        try bytes.withUnsafeBytes { bytes in
          var reader = ProtoReader(bytes)
          _ = try reader.bytes()
        }
      }
    }
  }

  @Test func unknownFieldsAreSkippedAndKnownOnesOfAnotherTypeAreNot() throws {
    let fields = [
      Wire.field(4, varint: .max), Wire.field(4, [1, 2]), Wire.tag(4, wireType: 5) + [1, 2, 3, 4],
      Wire.tag(4, wireType: 1) + [1, 2, 3, 4, 5, 6, 7, 8],
    ]
    for field in fields {
      try field.withUnsafeBytes { bytes in
        var reader = ProtoReader(bytes)
        let tag = try #require(try reader.nextTag())
        try reader.skip(tag, known: 1...3)
        #expect(reader.isAtEnd)
      }
      for bytes in [Array(field.dropLast()), field] {
        #expect(throws: ProtoFault.self) {
          try bytes.withUnsafeBytes { bytes in
            var reader = ProtoReader(bytes)
            let tag = try #require(try reader.nextTag())
            try reader.skip(tag, known: 1...(bytes.count == field.count ? 4 : 3))
          }
        }
      }
    }
  }
}
