import Bolt
import Foundation

/// Rows per second of the bolt layer: batched puts, each transaction synced, and scans in order.
///
/// The load is that of `bbolt bench -count 100000 -batch-size 400 -key-size 16 -value-size 512`, with
/// `-write-mode rnd` and `seq`: keys that begin with a 32-bit number, big-endian, zeros behind it,
/// values of zeros. Usage: benchmark-bolt [ROWS [FOLDER]]
@main
struct BoltBenchmark {
  static let batchCount = 400
  static let keyByteCount = 16
  static let valueByteCount = 512

  let rowCount: Int
  let folder: String

  static func main() throws {
    let arguments = CommandLine.arguments
    let benchmark = BoltBenchmark(
      rowCount: arguments.count > 1 ? Int(arguments[1]) ?? 100_000 : 100_000,
      folder: arguments.count > 2 ? arguments[2] : NSTemporaryDirectory()
    )
    print(
      "\(benchmark.rowCount) rows, keys of \(keyByteCount) and values of \(valueByteCount) bytes, "
        + "\(batchCount) rows a transaction, fdatasync on"
    )
    try benchmark.run("random order", isRandom: true, fillPercent: 0.5)
    try benchmark.run("ascending", isRandom: false, fillPercent: 0.5)
    print(
      "bbolt's README has 14593 puts/s, 68.5 us each, and 11 ns for a row read: -batch-size 400 -key-size 16"
    )
  }

  func run(_ name: String, isRandom: Bool, fillPercent: Double) throws {
    let path = "\(folder)/bolt-benchmark-\(UUID().uuidString).db"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let database = try Database(path)
    var generator = SplitMix(state: 1)
    let value = [UInt8](repeating: 0, count: BoltBenchmark.valueByteCount)
    var key = [UInt8](repeating: 0, count: BoltBenchmark.keyByteCount)
    let writing = try ContinuousClock().measure {
      for start in stride(from: 0, to: rowCount, by: BoltBenchmark.batchCount) {
        let transaction = try database.write()
        let bucket = try transaction.bucketOrNew(Array("bench".utf8))
        bucket.fillPercent = fillPercent
        for row in start..<min(start + BoltBenchmark.batchCount, rowCount) {
          let number = isRandom ? UInt32(truncatingIfNeeded: generator.next()) : UInt32(row)
          withUnsafeBytes(of: number.bigEndian) { key.replaceSubrange(0..<4, with: $0) }
          try bucket.put(value, for: key)
        }
        try transaction.commit()
      }
    }
    report("puts in \(name)", rowCount, writing)

    let reader = database.read()
    guard let bucket = try reader.bucket("bench") else { return }
    for (direction, isForward) in [("forwards", true), ("backwards", false)] {
      var count = 0
      var byteCount = 0
      let scanning = try ContinuousClock().measure {
        for _ in 0..<20 {
          var cursor = bucket.cursor()
          var next = try isForward ? cursor.first() : cursor.last()
          while let element = next {
            count += 1
            byteCount += element.value.count
            next = try isForward ? cursor.next() : cursor.previous()
          }
        }
      }
      precondition(byteCount == count * BoltBenchmark.valueByteCount, "a row without its value")
      report("rows read \(direction), \(name)", count, scanning)
    }
    let size = try database.byteCount()
    print("  the file has \(size >> 20) MiB, \(database.freeByteCount >> 20) MiB of it free")
  }

  private func report(_ name: String, _ count: Int, _ duration: Duration) {
    let seconds = duration / .seconds(1)
    let each = seconds / Double(count)
    let time = each < 1e-6 ? "\(rounded(each * 1e9)) ns" : "\(rounded(each * 1e6)) us"
    print("\(name): \(Int(Double(count) / seconds)) rows/s, \(time) each")
  }

  private func rounded(_ number: Double) -> Double { (number * 10).rounded() / 10 }
}

/// The same numbers in each run.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
