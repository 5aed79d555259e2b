import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import RPC

@Suite struct StreamTableTests {
  @Test func tableDoesWhatADictionaryDoes() throws {
    let connection = EmbeddedServer.connection()
    var generator = SeededGenerator(seed: Fuzz.seed)
    for _ in 0..<20 {
      var table = StreamTable()
      var model: [Int32: ConnectionStream] = [:]
      // Few numbers, so that places are taken, freed and taken again; many, so that it grows.
      let numbers: Int32 = Bool.random(using: &generator) ? 40 : 4_000
      for _ in 0..<2_000 {
        let id = Int32.random(in: 1...numbers, using: &generator)
        switch Int.random(in: 0..<5, using: &generator) {
        case 0, 1:
          let stream = ConnectionStream(id: id, connection: connection)
          table.insert(stream, for: id)
          model[id] = stream
        case 2, 3:
          let removed = table.remove(id)
          let expected = model.removeValue(forKey: id)
          #expect(removed === expected)
        default: #expect(table[id] === model[id])
        }
        #expect(table.count == model.count)
      }
      for id in 1...numbers { #expect(table[id] === model[id]) }
      #expect(table.all.count == model.count)
      table.removeAll()
      #expect(table.count == 0)
      #expect(table.all.isEmpty)
    }
  }
}
