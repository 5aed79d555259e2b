import Bolt
import TestSupport

/// What a database holds, as plain dictionaries: paths of buckets, each with its keys.
struct BoltModel: Equatable {
  var buckets: [[[UInt8]]: [[UInt8]: [UInt8]]] = [:]

  init() {}

  /// Reads everything, forwards and backwards.
  init(_ transaction: ReadTransaction) throws {
    try read(transaction.root, path: [])
  }

  private mutating func read(_ bucket: Bucket, path: [[UInt8]]) throws {
    var values: [[UInt8]: [UInt8]] = [:]
    var keys: [[UInt8]] = []
    var cursor = bucket.cursor()
    var next = try cursor.first()
    while let element = next {
      keys.append(Array(element.key))
      if element.isBucket {
        try read(bucket.bucket(of: element, on: cursor.page), path: path + [Array(element.key)])
      } else {
        values[Array(element.key)] = Array(element.value)
      }
      next = try cursor.next()
    }
    var backwards: [[UInt8]] = []
    next = try cursor.last()
    while let element = next {
      backwards.append(Array(element.key))
      next = try cursor.previous()
    }
    guard keys == backwards.reversed() else { throw Difference.order }
    if !path.isEmpty { buckets[path] = values }
  }

  enum Difference: Error { case order }

  /// Changes one thing in a transaction and here, among so many keys.
  mutating func change(
    _ transaction: WriteTransaction,
    using generator: inout SeededGenerator,
    keyCount: Int = 3000
  ) throws {
    let name = Array("bucket\(Int.random(in: 0..<4, using: &generator))".utf8)
    switch Int.random(in: 0..<1000, using: &generator) {
    case 0..<3:
      guard buckets[[name]] != nil else { return }
      try transaction.deleteBucket(name)
      buckets = buckets.filter { $0.key.first != name }
    case 3..<20:
      let inner = Array("inner\(Int.random(in: 0..<3, using: &generator))".utf8)
      let bucket = try transaction.bucketOrNew(name).bucketOrNew(inner)
      buckets[[name], default: [:]] = buckets[[name]] ?? [:]
      let (key, value) = (randomKey(&generator, keyCount), randomValue(&generator))
      if Int.random(in: 0..<3, using: &generator) == 0 {
        try bucket.delete(key)
        buckets[[name, inner], default: [:]][key] = nil
      } else {
        try bucket.put(value, for: key)
        buckets[[name, inner], default: [:]][key] = value
      }
    case 20..<24:
      let inner = Array("inner\(Int.random(in: 0..<3, using: &generator))".utf8)
      guard buckets[[name, inner]] != nil else { return }
      try transaction.bucketOrNew(name).deleteBucket(inner)
      buckets[[name, inner]] = nil
    case 24..<450:
      guard let values = buckets[[name]], !values.isEmpty else { return }
      let key = randomKey(&generator, keyCount)
      try transaction.bucketOrNew(name).delete(key)
      buckets[[name]]?[key] = nil
    case 450..<460:
      // A whole range goes: leaves become empty, and levels with them.
      guard let values = buckets[[name]] else { return }
      let bucket = try transaction.bucketOrNew(name)
      let limit = randomKey(&generator, keyCount)
      for key in values.keys where key.lexicographicallyPrecedes(limit) {
        try bucket.delete(key)
        buckets[[name]]?[key] = nil
      }
    default:
      let (key, value) = (randomKey(&generator, keyCount), randomValue(&generator))
      let bucket = try transaction.bucketOrNew(name)
      if Bool.random(using: &generator) { bucket.fillPercent = 0.9 }
      try bucket.put(value, for: key)
      buckets[[name], default: [:]][key] = value
      guard try bucket.value(for: key).map({ Array($0) }) == value else { throw Difference.order }
    }
  }

  private func randomKey(_ generator: inout SeededGenerator, _ count: Int) -> [UInt8] {
    let number = Int.random(in: 0..<count, using: &generator)
    let padding = number % 97 == 0 ? String(repeating: "k", count: number) : ""
    return Array("key\(number)\(padding)".utf8)
  }

  private func randomValue(_ generator: inout SeededGenerator) -> [UInt8] {
    let count =
      Int.random(in: 0..<100, using: &generator) == 0
      ? Int.random(in: 0..<20000, using: &generator)
      : Int.random(in: 0..<200, using: &generator)
    return [UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: count)
  }
}
