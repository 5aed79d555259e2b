// Makes the databases that the benchmarks read:
//
//   benchmark-databases keys COUNT FILE                  keys of six resources, values of 256 bytes
//   benchmark-databases pods COUNT REVISIONS FROM FILE   pods of the database FROM, renamed, each
//                                                        written as often as REVISIONS says
//
// They have the buckets and rows of an etcd that was written to in the order of revisions.

import Bolt
import MVCC

#if canImport(Glibc)
import Glibc
#endif

/// Writes rows as etcd does: in the order of revisions, 10,000 to a transaction.
struct RowWriter {
  private static let buckets = [
    "alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members",
    "members_removed", "meta",
  ]
  private static let rowsPerCommit = 10_000

  private let database: Database
  private var transaction: WriteTransaction
  private var bucket: WritableBucket
  private var count = 0
  private var main: UInt64 = 2

  init(_ path: String) throws {
    database = try Database(path)
    transaction = try database.write()
    for name in RowWriter.buckets { _ = try transaction.bucketOrNew(Array(name.utf8)) }
    bucket = try transaction.bucketOrNew(Array("key".utf8))
    bucket.fillPercent = 0.9
  }

  mutating func put(_ key: [UInt8], _ value: [UInt8], version: Int, created: UInt64?) throws
    -> UInt64
  {
    let revision = main
    main += 1
    var message: [UInt8] = []
    append(1, key, to: &message)
    append(2, created ?? revision, to: &message)
    append(3, revision, to: &message)
    append(4, UInt64(version), to: &message)
    append(5, value, to: &message)
    let rowKey = RowKey(Revision(main: Int64(revision))).bytes
    try bucket.put(message, for: rowKey)
    count += 1
    if count % RowWriter.rowsPerCommit == 0 { try commit() }
    return revision
  }

  mutating func finish() throws { try transaction.commit() }

  private mutating func commit() throws {
    try transaction.commit()
    transaction = try database.write()
    bucket = try transaction.bucketOrNew(Array("key".utf8))
    bucket.fillPercent = 0.9
  }

  private func append(_ field: UInt8, _ number: UInt64, to message: inout [UInt8]) {
    message.append(field << 3)
    append(number, to: &message)
  }

  private func append(_ field: UInt8, _ bytes: [UInt8], to message: inout [UInt8]) {
    message.append(field << 3 | 2)
    append(UInt64(bytes.count), to: &message)
    message += bytes
  }

  private func append(_ number: UInt64, to message: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      message.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    message.append(UInt8(rest))
  }
}

/// Numbers that are the same in every run.
struct Numbers {
  var state: UInt64 = 1

  mutating func next() -> UInt64 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state >> 11
  }
}

func makeKeys(_ count: Int, _ path: String) throws {
  let resources = ["pods", "configmaps", "secrets", "events", "services/specs", "deployments"]
  var writer = try RowWriter(path)
  var numbers = Numbers()
  var value = [UInt8](repeating: 0, count: 256)
  for number in 0..<count {
    for place in 0..<256 { value[place] = UInt8(truncatingIfNeeded: numbers.next()) }
    let name = "namespace-\(number % 100)/object-\(numbers.next() % 1_000_000_007)-\(number)"
    let key = Array("/registry/\(resources[number % resources.count])/\(name)".utf8)
    _ = try writer.put(key, value, version: 1, created: nil)
  }
  try writer.finish()
}

/// The pods of a database: their keys and values.
func pods(of path: String) throws -> [(key: [UInt8], value: [UInt8])] {
  let transaction = try Database(path, .reading).read()
  guard var cursor = try transaction.bucket("key")?.cursor() else { return [] }
  var found: [(key: [UInt8], value: [UInt8])] = []
  var next = try cursor.first()
  while let element = next {
    let view = try KeyValueView(element.value, at: try RowKey(element.key).revision)
    if view.key.starts(with: Array("/registry/pods/".utf8)), view.value.count > 1000 {
      found.append((Array(view.key), Array(view.value)))
    }
    next = try cursor.next()
  }
  return found
}

func makePods(_ count: Int, _ revisions: Int, from source: String, _ path: String) throws {
  let templates = try pods(of: source)
  guard !templates.isEmpty else { fatalError("\(source): no pods") }
  var writer = try RowWriter(path)
  var created = [UInt64?](repeating: nil, count: count)
  for version in 1...revisions {
    for number in 0..<count {
      let template = templates[number % templates.count]
      // A name of the same length: every length in the value stays right.
      guard let slash = template.key.lastIndex(of: UInt8(ascii: "/")) else { continue }
      let name = Array(template.key[(slash + 1)...])
      let digits = String(number, radix: 36)
      var renamed = name
      let tail = Array((String(repeating: "0", count: max(0, 4 - digits.count)) + digits).utf8)
      renamed.replaceSubrange(max(0, name.count - tail.count)..., with: tail.suffix(name.count))
      let value = replacing(name, by: renamed, in: template.value)
      let key = template.key[...slash] + renamed + Array("-\(number % templates.count)".utf8)
      let revision = try writer.put(
        Array(key),
        value,
        version: version,
        created: created[number]
      )
      created[number] = created[number] ?? revision
    }
  }
  try writer.finish()
}

func replacing(_ name: [UInt8], by other: [UInt8], in value: [UInt8]) -> [UInt8] {
  var result = value
  var place = 0
  while place + name.count <= result.count {
    if result[place..<place + name.count].elementsEqual(name) {
      result.replaceSubrange(place..<place + name.count, with: other)
      place += name.count
    } else {
      place += 1
    }
  }
  return result
}

let arguments = CommandLine.arguments.dropFirst()
switch (arguments.first, arguments.count) {
case ("keys", 3):
  try makeKeys(Int(CommandLine.arguments[2]) ?? 0, CommandLine.arguments[3])
case ("pods", 5):
  try makePods(
    Int(CommandLine.arguments[2]) ?? 0,
    Int(CommandLine.arguments[3]) ?? 0,
    from: CommandLine.arguments[4],
    CommandLine.arguments[5]
  )
default:
  print("usage: benchmark-databases keys COUNT FILE | pods COUNT REVISIONS FROM FILE")
  exit(2)
}
