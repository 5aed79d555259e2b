import FileIO
import TestSupport
import Testing

/// The simulated disk beside a real folder, through the same random operations: every answer and
/// every error must be the same.
@Suite struct DifferentialTests {
  @Test func answersAreTheSame() throws {
    var kinds: Set<String> = []
    for seed in 0..<8 as Range<UInt64> {
      var script = try Script(seed: seed)
      for step in 0..<1_500 {
        let exchange = script.next()
        let answers = exchange.answers
        try #require(answers[0] == answers[1], "seed \(seed), step \(step): \(exchange.question)")
        kinds.insert(exchange.question.prefix { $0 != " " } + (exchange.isRefused ? "!" : ""))
      }
      try script.compareTrees()
    }
    // The scripts are worth something only if they meet both ends of nearly everything.
    let expected: Set<String> = [
      "open", "open!", "makeDirectory", "makeDirectory!", "remove", "remove!", "rename", "rename!",
      "list", "list!", "kind", "syncDirectory", "syncDirectory!", "write", "write!", "read",
      "read!", "truncate", "truncate!", "allocate", "allocate!", "lock", "sync", "map", "seen",
    ]
    #expect(kinds.isSuperset(of: expected), "missing: \(expected.subtracting(kinds))")
  }
}

/// What was asked of both, and what they answered.
private struct Exchange {
  var question: String
  var answers: [String]

  var isRefused: Bool { answers[0].hasPrefix("!") }
}

/// Random operations on two file systems at once.
private struct Script {
  private let places: [PlacedFileSystem]
  private var generator: SeededGenerator
  private var files: [OpenFile] = []

  /// A file that is open on both sides, with what was mapped of it.
  private struct OpenFile {
    var handles: [any FileHandle]
    var mappings: [Mapping] = []
  }

  init(seed: UInt64) throws {
    places = [try PlacedFileSystem(.local), try PlacedFileSystem(.simulated)]
    generator = SeededGenerator(seed: seed)
  }

  mutating func next() -> Exchange {
    switch number(0...19) {
    case 0...2:
      return open()
    case 3, 4:
      return ask("makeDirectory") { (place, path) throws(FileIOError) in
        try place.makeDirectory(path)
      }
    case 5:
      guard number(0...2) > 0 else { return rename() }
      return ask("remove") { (place, path) throws(FileIOError) in try place.remove(path) }
    case 6:
      return ask("list") { (place, path) throws(FileIOError) in try place.list(path) }
    case 7:
      return ask("kind") { (place, path) throws(FileIOError) in try place.kind(of: path) }
    case 8:
      return ask("syncDirectory") { (place, path) throws(FileIOError) in
        try place.syncDirectory(path)
      }
    case 9 where files.count > 4:
      files.remove(at: number(0...files.count - 1))
      return Exchange(question: "close", answers: ["", ""])
    default:
      return files.isEmpty ? open() : useFile(number(0...files.count - 1))
    }
  }

  /// Compares everything that lies in the two places in the end.
  func compareTrees() throws {
    var paths = ["."]
    while let path = paths.popLast() {
      let kinds = try places.map { try $0.kind(of: path) }
      #expect(kinds[0] == kinds[1], "\(path)")
      if kinds[0] == .file {
        #expect(try places[0].contents(of: path) == places[1].contents(of: path), "\(path)")
      } else {
        let names = try places.map { try $0.list(path) }
        #expect(names[0] == names[1], "\(path)")
        paths += names[0].map { "\(path)/\($0)" }
      }
    }
  }

  // MARK: - By path

  private mutating func open() -> Exchange {
    let accesses: [FileAccess] = [.read, .update, .updateOrCreate, .updateOrCreate, .create]
    let access = accesses[number(0...4)]
    var handles: [any FileHandle] = []
    let exchange = ask("open \(access)") { (place, path) throws(FileIOError) in
      handles.append(try place.open(path, access))
    }
    if handles.count == places.count { files.append(OpenFile(handles: handles)) }
    return exchange
  }

  private mutating func rename() -> Exchange {
    let target = path()
    return ask("rename to \(target)") { (place, path) throws(FileIOError) in
      try place.rename(path, to: target)
    }
  }

  private mutating func ask<Answer>(
    _ question: String,
    _ operation: (PlacedFileSystem, String) throws(FileIOError) -> Answer
  ) -> Exchange {
    let path = path()
    let answers = places.map { place in
      answer { () throws(FileIOError) in try operation(place, path) }
    }
    return Exchange(question: "\(question) \(path)", answers: answers)
  }

  /// Few names, so that they meet.
  private mutating func path() -> String {
    (0..<number(1...3)).map { _ in ["a", "b", "c", "d", "e"][number(0...4)] }.joined(separator: "/")
  }

  // MARK: - By open file

  private mutating func useFile(_ slot: Int) -> Exchange {
    let file = files[slot]
    // Now and then before the file's beginning.
    let offset = number(0...20) == 0 ? -number(1...9) : number(0...20_000)
    let count = number(0...3) == 0 ? number(0...10) : number(0...6_000)
    switch number(0...12) {
    case 0...3:
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ offset) }
      return ask("write \(count) at \(offset)", file) { (handle) throws(FileIOError) in
        let result = bytes.withUnsafeBytes { bytes in
          Result { () throws(FileIOError) in try handle.write(bytes, at: offset) }
        }
        try result.get()
      }
    case 4...6:
      return ask("read \(count) at \(offset)", file) { (handle) throws(FileIOError) in
        var bytes = [UInt8](repeating: 0xee, count: count)
        let result = bytes.withUnsafeMutableBytes { buffer in
          Result { () throws(FileIOError) in try handle.read(into: buffer, at: offset) }
        }
        return "\(try result.get()) \(bytes.hashValue)"
      }
    case 7:
      return ask("truncate to \(offset)", file) { (handle) throws(FileIOError) in
        try handle.truncate(to: offset)
      }
    case 8:
      return ask("allocate \(offset)", file) { (handle) throws(FileIOError) in
        try handle.allocate(offset)
      }
    case 9:
      let mode = number(0...1) == 0 ? LockMode.sharedWithoutWaiting : .exclusiveWithoutWaiting
      return ask("lock \(mode)", file) { (handle) throws(FileIOError) in try handle.lock(mode) }
    case 10:
      return ask("sync", file) { (handle) throws(FileIOError) in
        try handle.syncData()
        try handle.sync()
      }
    default:
      return file.mappings.isEmpty ? map(slot, offset) : compareMappings(of: file)
    }
  }

  private mutating func map(_ slot: Int, _ byteCount: Int) -> Exchange {
    var mappings: [Mapping] = []
    let exchange = ask("map \(byteCount)", files[slot]) { (handle) throws(FileIOError) in
      mappings.append(try handle.map(byteCount))
    }
    if mappings.count == places.count { files[slot].mappings = mappings }
    return exchange
  }

  private func compareMappings(of file: OpenFile) -> Exchange {
    let answers = zip(file.handles, file.mappings).map { handle, mapping in
      answer { () throws(FileIOError) in
        // Beyond the end of the file there is no memory.
        let byteCount = min(try handle.byteCount(), mapping.bytes.count)
        return withExtendedLifetime(mapping) {
          "\(byteCount) \(Array($0.bytes.prefix(byteCount)).hashValue)"
        }
      }
    }
    return Exchange(question: "seen of \(file.handles[0].path)", answers: answers)
  }

  private func ask<Answer>(
    _ question: String,
    _ file: OpenFile,
    _ operation: (any FileHandle) throws(FileIOError) -> Answer
  ) -> Exchange {
    let answers = file.handles.map { handle in
      answer { () throws(FileIOError) in try operation(handle) }
    }
    return Exchange(question: "\(question) of \(file.handles[0].path)", answers: answers)
  }

  // MARK: - Helpers

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &generator)
  }

  /// The answer as text; `!` begins an error.
  private func answer<Answer>(_ body: () throws(FileIOError) -> Answer) -> String {
    do throws(FileIOError) { return "\(try body())" } catch { return "! \(error)" }
  }
}
