@testable import Bolt

import TestSupport
import Testing

@Suite struct ReadTransactionImageTests {
  private func image(of reader: ReadTransaction) -> [UInt8] {
    var bytes: [UInt8] = []
    reader.sendImage { bytes += $0 }
    return bytes
  }

  @Test(arguments: [false, true]) func anImageHoldsWhatItsStateHolds(storesFreelist: Bool) throws {
    let options = Database.Options.writing(pageByteCount: 1024, storesFreelist: storesFreelist)
    let database = try Database("/db", options, in: SimulatedDisk())
    var model = BoltModel()
    var generator = SeededGenerator(seed: 5)
    var states: [(reader: ReadTransaction, model: BoltModel)] = []
    for _ in 0..<8 {
      try database.update { transaction in
        for _ in 0..<100 { try model.change(transaction, using: &generator) }
      }
      states.append((database.read(), model))
    }
    // The oldest one as well, whose pages later ones have replaced.
    for (reader, model) in states {
      let bytes = image(of: reader)
      #expect(bytes.count == reader.byteCount)
      let copy = BoltImage(bytes, pageByteCount: 1024)
      let opened = try copy.open().read()
      #expect(opened.id == reader.id)
      #expect(opened.check().faults == [])
      #expect(try BoltModel(opened) == model)
      let writer = try copy.open(options)
      try writer.update { _ = try $0.bucketOrNew(Array("more".utf8)) }
      #expect(writer.read().check().faults == [])
    }
  }

  @Test func bothMetaPagesLeadToTheSameRootAndTheFirstIsCurrent() throws {
    let database = try Database("/db", in: SimulatedDisk())
    try database.update { try $0.bucketOrNew([1]).put([2], for: [3]) }
    let reader = database.read()
    let bytes = image(of: reader)
    let metas = try [0, 4096].map { start in
      try bytes[start..<start + 4096].withUnsafeBytes { try Meta.read($0).get() }
    }
    #expect(metas[0].transaction == reader.id)
    #expect(metas[1].transaction.rawValue == reader.id.rawValue - 1)
    #expect(metas[0].root == metas[1].root)
    #expect(Array(bytes[4096..<4104]) == littleEndian(UInt64(1)))
    // With the first one lost, the image still opens with all that is in it.
    var damaged = BoltImage(bytes, pageByteCount: 4096)
    damaged.bytes[16] = 0
    #expect(try damaged.open().read().bucket([1])?.copy(of: [3]) == [2])
  }

  @Test func theFirstStateOfAllHasNoneBeforeIt() throws {
    var image = BoltImage(pageCount: 4)
    image.setLeaf(3, [])
    image.setMeta(transaction: 0)
    let reader = try image.open().read()
    #expect(reader.id == TransactionID(rawValue: 0))
    let copy = BoltImage(self.image(of: reader), pageByteCount: 1024)
    #expect(try copy.open().read().id == TransactionID(rawValue: 0))
  }

  @Test func whatTheReceiverThrowsEndsIt() throws {
    struct Stop: Error, Equatable {}
    let database = try Database("/db", in: SimulatedDisk())
    try database.update {
      try $0.bucketOrNew([1]).put([UInt8](repeating: 7, count: 5 << 20), for: [3])
    }
    var count = 0
    #expect(throws: Stop()) {
      try database.read().sendImage { piece throws(Stop) in
        count += 1
        if count == 3 { throw Stop() }
      }
    }
    #expect(count == 3)
  }
}
