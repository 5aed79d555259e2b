@testable import Bolt

import FileIO
import TestSupport

/// Everything that can be done to a file, whatever it is.
struct HostileWriting {
  /// Why it was not opened or not committed.
  private(set) var refusal: BoltError?

  /// What is wrong with the file afterwards.
  private(set) var faultsAfter: [BoltError] = []

  /// Changes a file in two transactions, and reads what is then there.
  ///
  /// - Parameters:
  ///   - image: The file.
  ///   - storesFreelist: Whether the writer stores its freelist.
  ///   - other: What another program writes into the file once it is open.
  /// - Throws: What the disk refuses while the file is made.
  init(_ image: BoltImage, storesFreelist: Bool, overwrittenWith other: BoltImage? = nil) throws {
    let disk = try image.disk()
    let file = try File("/db", .update, in: disk)
    do throws(BoltError) {
      let options = Database.Options.writing(pageByteCount: 1024, storesFreelist: storesFreelist)
      let database = try Database("/db", options, in: disk)
      let reader = database.read()
      if let other { try? file.write(other.bytes, at: 0) }
      for round in 0..<2 {
        let transaction = try database.write()
        change(transaction, round)
        try transaction.commit()
      }
      _ = reader.check()
    } catch {
      refusal = error
    }
    faultsAfter = HostileReading(disk).faults
  }

  /// Changes of every kind; what one of them meets does not keep the others from being tried.
  private func change(_ transaction: WriteTransaction, _ round: Int) {
    func attempt(_ body: () throws(BoltError) -> Void) { try? body() }
    let value = [UInt8](repeating: 7, count: 300)
    for name in ["inline", "large", "tree"] {
      guard let bucket = try? transaction.bucketOrNew(Array(name.utf8)) else { continue }
      for key in ["a", "key1", "key15", "m", "zz\(round)"] {
        attempt { () throws(BoltError) in try bucket.put(value, for: Array(key.utf8)) }
        attempt { () throws(BoltError) in _ = try bucket.value(for: Array(key.utf8)) }
      }
      attempt { () throws(BoltError) in try bucket.delete(Array("key2".utf8)) }
      attempt { () throws(BoltError) in try bucket.delete(Array("n".utf8)) }
      for start in [[], [0x61], [0x6D]] as [[UInt8]] {
        attempt { () throws(BoltError) in
          try withBytes(of: start) { start throws(BoltError) in
            var key = start
            for _ in 0..<100 {
              guard let next = try bucket.element(after: key, orEqual: false) else { break }
              key = next.key
            }
          }
        }
      }
    }
    attempt { () throws(BoltError) in
      let tree = try transaction.bucketOrNew(Array("tree".utf8))
      try tree.bucketOrNew(Array("bucket".utf8)).put(value, for: Array("inner3".utf8))
      if round == 1 { try tree.deleteBucket(Array("bucket".utf8)) }
    }
    if round == 1 {
      attempt { () throws(BoltError) in try transaction.deleteBucket(Array("large".utf8)) }
      attempt { () throws(BoltError) in try transaction.deleteBucket(Array("tree".utf8)) }
    }
  }
}
