@testable import Bolt

import Testing

@Suite struct MetaTests {
  /// The bytes of a meta page.
  private func page(_ meta: Meta, as id: UInt64 = 0) -> [UInt8] {
    var page = [UInt8](repeating: 0, count: 4096)
    page.withUnsafeMutableBytes { meta.write(to: $0, as: PageID(rawValue: id)) }
    return page
  }

  private func new(_ transaction: UInt64) -> Meta {
    Meta(
      pageByteCount: 4096,
      root: PageID(rawValue: 3),
      sequence: 0,
      freelist: PageID(rawValue: 2),
      highWaterMark: PageID(rawValue: 4),
      transaction: TransactionID(rawValue: transaction)
    )
  }

  private func read(_ page: [UInt8]) -> Result<Meta, MetaFault> {
    page.withUnsafeBytes { Meta.read($0) }
  }

  @Test(arguments: [(UInt64(0), UInt64(0x0751_6e11_4689_fdee)), (1, 0x264c_351a_5179_480f)])
  func aNewFilesMetaPagesHaveTheChecksumsThatBboltWrites(transaction: UInt64, checksum: UInt64) {
    #expect(Array(page(new(transaction))[72..<80]) == littleEndian(checksum))
  }

  @Test func everyFieldLiesWhereBboltHasIt() {
    let meta = Meta(
      pageByteCount: 16384,
      root: PageID(rawValue: 0x1112_1314_1516_1718),
      sequence: 0x2122_2324_2526_2728,
      freelist: PageID(rawValue: 0x3132_3334_3536_3738),
      highWaterMark: PageID(rawValue: 0x4142_4344_4546_4748),
      transaction: TransactionID(rawValue: 0x5152_5354_5556_5758)
    )
    let page = page(meta, as: 1)
    let expected =
      littleEndian(UInt64(1)) + littleEndian(UInt16(4)) + [UInt8](repeating: 0, count: 6)
      + littleEndian(UInt32(0xED0C_DAED)) + littleEndian(UInt32(2)) + littleEndian(UInt32(16384))
      + littleEndian(UInt32(0)) + littleEndian(meta.root.rawValue) + littleEndian(meta.sequence)
      + littleEndian(meta.freelist.rawValue) + littleEndian(meta.highWaterMark.rawValue)
      + littleEndian(meta.transaction.rawValue)
    #expect(Array(page[..<72]) == expected)
    #expect(page[80...].allSatisfy { $0 == 0 })
    #expect(read(page) == .success(meta))
  }

  @Test func everyBitOfTheFieldsIsGuarded() {
    let sound = page(new(1))
    for bit in 16 * 8..<80 * 8 {
      var damaged = sound
      damaged[bit / 8] ^= 1 << (bit % 8)
      guard case .failure(let fault) = read(damaged) else {
        Issue.record("bit \(bit) is not guarded")
        continue
      }
      switch (bit / 8, fault) {
      case (16..<20, .magic), (20..<24, .version), (24..<80, .checksum): break
      default: Issue.record("bit \(bit): \(fault)")
      }
    }
  }

  @Test func faultsSayWhatWasFoundAndExpected() {
    var damaged = page(new(1))
    damaged[16] = 0
    #expect(read(damaged) == .failure(.magic(found: 0xED0C_DA00)))
    damaged = page(new(1))
    damaged[20] = 3
    #expect(read(damaged) == .failure(.version(found: 3)))
    damaged = page(new(1))
    damaged[79] = 0
    #expect(
      read(damaged)
        == .failure(.checksum(found: 0x004c_351a_5179_480f, expected: 0x264c_351a_5179_480f))
    )
    #expect("\(MetaFault.magic(found: 1))" == "magic 0x1, expected 0xed0cdaed")
    #expect("\(MetaFault.version(found: 3))" == "version 3, expected 2")
    #expect("\(MetaFault.checksum(found: 10, expected: 11))" == "checksum 0xa, expected 0xb")
    #expect("\(MetaFault.tooShort(byteCount: 5))" == "only 5 bytes")
    #expect("\(MetaFault.pageSize(found: 3))" == "page size 3, expected a power of two")
  }

  @Test func everyShorterPageIsNone() {
    let sound = page(new(1))
    for count in 0..<80 {
      #expect(read(Array(sound[..<count])) == .failure(.tooShort(byteCount: count)))
    }
    #expect(read(Array(sound[..<80])) == .success(new(1)))
  }

  @Test(arguments: [0, 1, 512, 1000, 4095, 4097, 1 << 25, 1 << 31, (1 << 32) - 1])
  func aPageSizeThatIsNoneIsRefused(size: Int) {
    var meta = new(1)
    meta.pageByteCount = size
    #expect(read(page(meta)) == .failure(.pageSize(found: size)))
  }

  @Test(arguments: (10...24).map { 1 << $0 })
  func everyPageSizeThatBboltLooksForIsTaken(size: Int) {
    var meta = new(1)
    meta.pageByteCount = size
    #expect(read(page(meta)) == .success(meta))
  }
}
