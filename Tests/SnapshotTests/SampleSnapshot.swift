import Bolt
import Crypto
import FileIO
import TestSupport
import Testing

/// A snapshot as etcd would send it, made here so that tests know all that is in it.
enum SampleSnapshot {
  /// Rows by bucket, in ascending order of their keys.
  typealias Rows = [String: [[UInt8]: [UInt8]]]

  /// What is in the database: a few keys, a tombstone at last, and what belongs to its old cluster.
  static let rows: Rows = {
    var keys: [[UInt8]: [UInt8]] = [:]
    for main in 2...40 { keys[name(main)] = Array("value \(main)".utf8) }
    keys[name(41) + Array("t".utf8)] = Array("gone".utf8)
    return [
      "alarm": [:],
      "auth": [Array("authRevision".utf8): [0, 0, 0, 0, 0, 0, 0, 7]],
      "cluster": [Array("clusterVersion".utf8): Array("3.5.0".utf8)],
      "key": keys,
      "lease": [[0, 0, 0, 0, 0, 0, 0, 9]: [8, 9, 16, 60]],
      "members": [Array("abc".utf8): Array("old".utf8)],
      "members_removed": [Array("def".utf8): Array("removed".utf8)],
      "meta": [
        Array("confState".utf8): Array(#"{"voters":[2748],"auto_leave":false}"#.utf8),
        Array("consistent_index".utf8): [0, 0, 0, 0, 0, 0, 1, 0],
        Array("finishedCompactRev".utf8): name(3),
        Array("scheduledCompactRev".utf8): name(3),
        Array("term".utf8): [0, 0, 0, 0, 0, 0, 0, 5],
      ],
    ]
  }()

  /// The name of a row of the bucket `key`.
  static func name(_ main: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(main).bigEndian) { Array($0) } + Array("_".utf8)
      + [UInt8](repeating: 0, count: 8)
  }

  /// The image of a database with these rows.
  static func image(_ rows: Rows = rows) throws -> [UInt8] {
    let disk = SimulatedDisk()
    let database = try Database("/db", in: disk)
    let transaction = try database.write()
    for (bucket, content) in rows {
      let target = try transaction.bucketOrNew(Array(bucket.utf8))
      for (key, value) in content { try target.put(value, for: key) }
    }
    try transaction.commit()
    var image: [UInt8] = []
    database.read().sendImage { image += Array($0) }
    return image
  }

  /// The image, and its hash behind it.
  static func bytes(_ rows: Rows = rows) throws -> [UInt8] { withHash(try image(rows)) }

  /// Any bytes, and their hash behind them.
  static func withHash(_ image: [UInt8]) -> [UInt8] { image + Array(SHA256.hash(data: image)) }

  /// What is in a database.
  static func rows(of path: String, in fileSystem: any FileSystem) throws -> Rows {
    let database = try Database(path, .reading, in: fileSystem)
    let state = database.read()
    #expect(state.check().faults == [])
    var rows: Rows = [:]
    var buckets = state.root.cursor()
    var next = try buckets.first()
    while let element = next {
      let bucket = try state.root.bucket(of: element, on: buckets.page)
      var content: [[UInt8]: [UInt8]] = [:]
      var cursor = bucket.cursor()
      var row = try cursor.first()
      while let found = row {
        content[Array(found.key)] = Array(found.value)
        row = try cursor.next()
      }
      rows[String(decoding: element.key, as: UTF8.self)] = content
      next = try buckets.next()
    }
    return rows
  }
}
