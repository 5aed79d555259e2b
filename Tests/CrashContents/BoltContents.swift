public import Bolt

/// What a database holds after so many numbered transactions: all of it follows from the number.
///
/// Each transaction adds a row and takes an old one out, changes one of fifty slots, and now and then
/// makes or deletes a bucket. Values are of all sizes up to some pages.
public enum BoltContents {
  private static let rowCount: UInt64 = 300
  private static let slotCount: UInt64 = 50

  private static let state = Array("state".utf8)
  private static let rows = Array("rows".utf8)
  private static let slots = Array("slots".utf8)

  /// The number of the last transaction.
  public static func number(in reader: ReadTransaction) throws -> UInt64 {
    guard let value = try reader.bucket(state)?.copy(of: [0]) else { return 0 }
    return value.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Puts what a transaction adds to those before it.
  public static func write(_ number: UInt64, in transaction: WriteTransaction) throws {
    try transaction.bucketOrNew(state).put(bytes(number), for: [0])
    let rows = try transaction.bucketOrNew(rows)
    rows.fillPercent = 0.9
    try rows.put(value(number), for: bytes(number))
    if number > rowCount { try rows.delete(bytes(number - rowCount)) }
    try transaction.bucketOrNew(slots).put(value(number), for: bytes(number % slotCount))
    // A bucket for every hundred, in which the numbers of its second half are, until the next one.
    let hundred = bytes(number / 100)
    if number % 100 == 50, number >= 100 { try transaction.deleteBucket(bytes(number / 100 - 1)) }
    if number % 100 >= 50 {
      try transaction.bucketOrNew(hundred).bucketOrNew(rowsOfHundred).put(
        value(number),
        for: bytes(number)
      )
    }
  }

  private static let rowsOfHundred = Array("rows".utf8)

  /// What is wrong with a state, or nothing if it is that of its number.
  public static func fault(of reader: ReadTransaction) throws -> String? {
    let number = try number(in: reader)
    guard number > 0 else {
      return try reader.root.keyCount() == 0 ? nil : "buckets before the first transaction"
    }
    let first = number > rowCount ? number - rowCount + 1 : 1
    if let fault = try fault(of: reader.bucket(rows), "rows", Array(first...number), { $0 }) {
      return fault
    }
    let newest = number > slotCount ? number - slotCount + 1 : 1
    if let fault = try fault(
      of: reader.bucket(slots),
      "slots",
      Array(newest...number),
      { $0 % slotCount }
    ) {
      return fault
    }
    let hundred = number % 100 >= 50 ? number / 100 : number >= 100 ? number / 100 - 1 : nil
    guard let hundred else { return try reader.root.keyCount() == 3 ? nil : "a bucket too many" }
    guard try reader.root.keyCount() == 4 else { return "a bucket too many or too few" }
    let last = min(number, hundred * 100 + 99)
    return try fault(
      of: reader.bucket(bytes(hundred))?.bucket(rowsOfHundred),
      "hundred \(hundred)",
      Array(hundred * 100 + 50...last),
      { $0 }
    )
  }

  private static func fault(
    of bucket: Bucket?,
    _ name: String,
    _ numbers: [UInt64],
    _ key: (UInt64) -> UInt64
  ) throws -> String? {
    guard let bucket else { return "\(name): no bucket" }
    guard try bucket.keyCount() == numbers.count else { return "\(name): keys" }
    for number in numbers where try bucket.copy(of: bytes(key(number))) != value(number) {
      return "\(name): the value of \(number)"
    }
    return nil
  }

  private static func bytes(_ number: UInt64) -> [UInt8] {
    (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  private static func value(_ number: UInt64) -> [UInt8] {
    let mixed = (number &* 0x9E37_79B9_7F4A_7C15) >> 40
    let byteCount = mixed % 20 == 0 ? Int(mixed % 12_000) : Int(mixed % 300)
    return [UInt8](repeating: UInt8(truncatingIfNeeded: number &+ mixed), count: byteCount)
  }
}

extension Bucket {
  fileprivate func keyCount() throws -> Int {
    var count = 0
    var cursor = cursor()
    var next = try cursor.first()
    while next != nil {
      count += 1
      next = try cursor.next()
    }
    return count
  }
}
