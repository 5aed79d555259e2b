import TestSupport
import Testing

@testable import MVCC

/// The bytes of a row are what HashKV is made of, and what etcd reads: they must be etcd's own.
@Suite struct KeyValueViewTests {
  typealias KeyValue = EtcdFixture.KeyValue

  static let samples = [
    KeyValue(
      key: Array("foo".utf8),
      value: Array("bar".utf8),
      createRevision: 2,
      modRevision: 2,
      version: 1
    ),
    KeyValue(key: [0], value: [], createRevision: 1, modRevision: 127, version: 128, lease: 1),
    KeyValue(
      key: [UInt8](repeating: 7, count: 300),
      value: [UInt8](repeating: 8, count: 20_000),
      createRevision: 16_383,
      modRevision: 16_384,
      version: .max,
      lease: .max
    ),
    KeyValue(key: [1], value: [2], createRevision: -1, modRevision: .min, version: 0, lease: -1),
    KeyValue(key: [], value: [], createRevision: 0, modRevision: 0, version: 0),
  ]

  @Test(arguments: samples.indices)
  func whatIsWrittenIsWhatEtcdWrites(place: Int) throws {
    let sample = Self.samples[place]
    let bytes = written(sample)
    #expect(bytes == sample.message)
    #expect(try read(bytes) == sample)
  }

  @Test func theSampleOfTheFormatIsWritten() {
    #expect(written(Self.samples[0]).hexadecimal == "0a03666f6f1002180220012a03626172")
  }

  @Test func aTombstoneHasItsKeyOnly() {
    let bytes = withBytes(of: Array("foo".utf8)) { key in
      let keyValue = NewKeyValue(tombstoneOf: key)
      return [UInt8](unsafeUninitializedCapacity: keyValue.byteCount) { buffer, count in
        if let base = buffer.baseAddress { keyValue.write(to: UnsafeMutableRawPointer(base)) }
        count = keyValue.byteCount
      }
    }
    #expect(bytes.hexadecimal == "0a03666f6f")
  }

  @Test func fieldsInAnyOrderAndUnknownOnesAreRead() throws {
    let sample = Self.samples[0]
    let other = Wire.field(9, "other") + Wire.field(1000, varint: 5)
    let fixed =
      Wire.tag(10, wireType: 1) + [1, 2, 3, 4, 5, 6, 7, 8] + Wire.tag(11, wireType: 5) + [
        1, 2, 3, 4,
      ]
    #expect(try read(other + sample.message + fixed) == sample)
    // Of a field that is there twice, the last one counts.
    #expect(try read(Wire.field(1, "x") + Wire.field(5, "y") + sample.message) == sample)
  }

  @Test func damagedBytesAreReadOrRefused() throws {
    let bytes = KeyValue(
      key: Array("key".utf8),
      value: Array("value".utf8),
      createRevision: 300,
      modRevision: 70_000,
      version: 2,
      lease: 1 << 60
    ).message
    for cut in Damage.truncations(of: bytes) { try readOrRefuse(cut) }
    for flipped in Damage.bitFlips(of: bytes) {
      try readOrRefuse(flipped)
      for cut in Damage.truncations(of: flipped) { try readOrRefuse(cut) }
    }
  }

  @Test(arguments: [
    ([0x0A], MessageFault.truncated(offset: 1)),
    ([0x0A, 0x80], .truncated(offset: 2)),
    ([0x0A, 5, 1], .length(offset: 0, found: 5, remaining: 1)),
    (
      [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
      .length(offset: 0, found: .max, remaining: 0)
    ),
    ([0x10] + [UInt8](repeating: 0xFF, count: 10) + [0], .number(offset: 1)),
    ([0x00], .number(offset: 0)),
    ([0x0B], .wireType(offset: 0, found: 3)),
    ([0x0A, 0, 0x08, 1], .wireType(offset: 2, found: 0)),
    ([0x52, 1, 7, 0x2D, 1, 2, 3, 4], .wireType(offset: 3, found: 1)),
    ([0x31, 1, 2], .length(offset: 0, found: 8, remaining: 2)),
  ])
  func faultsAreNamed(bytes: [UInt8], fault: MessageFault) {
    #expect(throws: MVCCError.keyValue(revision: Revision(main: 9), fault: fault)) {
      try read(bytes)
    }
  }

  private func readOrRefuse(_ bytes: [UInt8]) throws {
    do throws(MVCCError) {
      let found = try read(bytes)
      #expect(found.key.count + found.value.count <= bytes.count)
    } catch {
      guard case .keyValue(Revision(main: 9), _) = error else { throw error }
    }
  }

  private func read(_ bytes: [UInt8]) throws(MVCCError) -> KeyValue {
    try withBytes(of: bytes) { bytes throws(MVCCError) in
      try KeyValueView(bytes, at: Revision(main: 9)).copy()
    }
  }

  private func written(_ sample: KeyValue) -> [UInt8] {
    withBytes(of: sample.key) { key in
      withBytes(of: sample.value) { value in
        let keyValue = NewKeyValue(
          key: key,
          value: value,
          lease: LeaseID(rawValue: sample.lease),
          state: KeyState(
            modified: Revision(main: sample.modRevision),
            createRevision: sample.createRevision,
            version: sample.version
          )
        )
        return [UInt8](unsafeUninitializedCapacity: keyValue.byteCount) { buffer, count in
          if let base = buffer.baseAddress { keyValue.write(to: UnsafeMutableRawPointer(base)) }
          count = keyValue.byteCount
        }
      }
    }
  }
}
