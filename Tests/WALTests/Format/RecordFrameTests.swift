import Testing

@testable import WAL

@Suite struct RecordFrameTests {
  @Test func framesAreMultiplesOfEightBytes() {
    for count in 1...4096 {
      let frame = RecordFrame(recordByteCount: count)
      #expect(frame.byteCount % 8 == 0)
      #expect(frame.byteCount - 8 - count < 8)
      #expect(RecordFrame(word: frame.word) == frame)
    }
  }

  @Test func wordsOfTheSpecification() {
    #expect(RecordFrame(recordByteCount: 4).word == 0x8400_0000_0000_0004)
    #expect(RecordFrame(recordByteCount: 32).word == 32)
    #expect(RecordFrame(recordByteCount: 25).word == 0x8700_0000_0000_0019)
  }

  @Test func framesWithoutPaddingMayHaveAnyLength() {
    #expect(RecordFrame(word: 5)?.byteCount == 13)
  }

  @Test(
    arguments: [
      // The end, which is no frame.
      0,
      // Padding that does not pad, or pads too much; none of it with the mark set.
      0x8400_0000_0000_0005, 0x8000_0000_0000_0008, 0x8800_0000_0000_0008, 0xC400_0000_0000_0004,
      // Padding without the mark.
      0x0400_0000_0000_0004,
      // Nothing but padding.
      0x8400_0000_0000_0000,
      .max,
    ] as [UInt64]
  )
  func wordsThatNoWriterWritesAreNoFrames(_ word: UInt64) {
    #expect(RecordFrame(word: word) == nil)
  }

  @Test func theLongestLengthDoesNotOverflow() {
    let frame = RecordFrame(word: 0x00FF_FFFF_FFFF_FFFF)
    #expect(frame?.recordByteCount == 1 << 56 - 1)
    #expect(frame?.byteCount == 1 << 56 + 7)
  }
}
