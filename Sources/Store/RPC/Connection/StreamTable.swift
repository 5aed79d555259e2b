/// The streams of a connection by their numbers.
///
/// Open addressing, since every frame looks here. A stream's number is at least 1, so that 0 marks an
/// empty place.
struct StreamTable {
  /// How many streams there are.
  private(set) var count = 0

  // Invariant: the number of places is a power of two and at least twice the count, so that every
  // search ends at an empty place.
  private var keys: [Int32] = Array(repeating: 0, count: 16)
  private var values: [ConnectionStream?] = Array(repeating: nil, count: 16)

  /// The stream of a number.
  subscript(id: Int32) -> ConnectionStream? {
    let mask = keys.count - 1
    var place = Self.hash(id) & mask
    while keys[place] != 0 {
      if keys[place] == id { return values[place] }
      place = (place + 1) & mask
    }
    return nil
  }

  /// Adds a stream, or puts it in the place of another of its number.
  mutating func insert(_ stream: ConnectionStream, for id: Int32) {
    precondition(id > 0, "a stream's number is at least 1")
    if (count + 1) * 2 > keys.count { grow() }
    let mask = keys.count - 1
    var place = Self.hash(id) & mask
    while keys[place] != 0, keys[place] != id { place = (place + 1) & mask }
    if keys[place] == 0 { count += 1 }
    keys[place] = id
    values[place] = stream
  }

  /// Takes a stream out.
  mutating func remove(_ id: Int32) -> ConnectionStream? {
    let mask = keys.count - 1
    var place = Self.hash(id) & mask
    while keys[place] != id {
      if keys[place] == 0 { return nil }
      place = (place + 1) & mask
    }
    let removed = values[place]
    count -= 1
    // Those behind it move up, as long as that brings them nearer to where they belong.
    var hole = place
    var next = (hole + 1) & mask
    while keys[next] != 0 {
      let home = Self.hash(keys[next]) & mask
      if (next - home) & mask >= (next - hole) & mask {
        keys[hole] = keys[next]
        values[hole] = values[next]
        hole = next
      }
      next = (next + 1) & mask
    }
    keys[hole] = 0
    values[hole] = nil
    return removed
  }

  /// All streams, in no order.
  var all: [ConnectionStream] { values.compactMap { $0 } }

  /// Forgets all.
  mutating func removeAll() { self = StreamTable() }

  private static func hash(_ id: Int32) -> Int {
    // A client's numbers are odd and rise: half the number alone spreads them evenly.
    Int(id >> 1)
  }

  private mutating func grow() {
    let old = (keys, values)
    keys = Array(repeating: 0, count: old.0.count * 2)
    values = Array(repeating: nil, count: old.0.count * 2)
    count = 0
    for (id, stream) in zip(old.0, old.1) {
      if let stream { insert(stream, for: id) }
    }
  }
}
