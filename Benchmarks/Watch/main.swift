// How fast a watch shows changes, as a reader of its lines sees it:
//
//   benchmark-watch EXPLORER ENDPOINT FILE
//
// FILE has a pod as it is stored. Pods are written to the server at ENDPOINT, which should be empty:
// 100,000 changes of the past first, for how many a second are shown; then 1,000 a second for ten
// seconds, for the time from the beginning of a put to its line.

import EtcdClient
import EtcdMessages
import Foundation
import SwiftProtobuf

let arguments = CommandLine.arguments
guard arguments.count == 4 else {
  FileHandle.standardError.write(Data("usage: benchmark-watch EXPLORER ENDPOINT FILE\n".utf8))
  exit(2)
}
let (explorer, endpoint) = (arguments[1], arguments[2])
let pod = try Data(contentsOf: URL(fileURLWithPath: arguments[3]))
let client = EtcdClient(.init(endpoints: [try Endpoint(endpoint)]))

/// The pod, with another phase: the first occurrence of the word is replaced by one as long.
func pod(_ number: Int) -> Data {
  guard let place = pod.range(of: Data("Pending".utf8)) else { return pod }
  return pod.replacing(place, with: number % 2 == 0 ? "Pending" : "Running")
}

extension Data {
  func replacing(_ range: Range<Int>, with text: String) -> Data {
    var copy = self
    copy.replaceSubrange(range, with: Data(text.utf8))
    return copy
  }
}

/// Runs `explorer watch` and tells of each line, to one task at a time.
final class Watch: @unchecked Sendable {
  let process = Process()
  private let pipe = Pipe()
  private var rest = Data()

  init(_ arguments: [String]) throws {
    process.executableURL = URL(fileURLWithPath: explorer)
    process.arguments = ["watch", "pods", "--endpoints", endpoint] + arguments
    process.standardOutput = pipe
    try process.run()
  }

  /// Waits for the next lines; none at the end.
  func lines() -> [Substring] {
    while true {
      let data = pipe.fileHandleForReading.availableData
      guard !data.isEmpty else { return [] }
      rest += data
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
      let text = String(decoding: rest[...end], as: UTF8.self)
      rest = Data(rest[(end + 1)...])
      return text.split(separator: "\n")
    }
  }
}

/// The processor time of the children that have ended, in seconds.
func childSeconds() -> Double {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage)
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
  return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

func put(_ number: Int) async throws -> Int64 {
  let request = Etcdserverpb_PutRequest.with {
    $0.key = Data("/registry/pods/default/pod-\(number % 1_000)".utf8)
    $0.value = pod(number / 1_000)
  }
  return try await client.call(.put, request).header.revision
}

// The past.
let pastCount = 100_000
let first = try await put(0)
try await withThrowingTaskGroup(of: Void.self) { group in
  for worker in 0..<100 {
    group.addTask {
      // Each pod is written by one worker, so that its phases alternate.
      for number in stride(from: 1_000 + worker, to: pastCount + 1_000, by: 100) {
        _ = try await put(number)
      }
    }
  }
  try await group.waitForAll()
}
let beforePast = childSeconds()
let start = ContinuousClock.now
let past = try Watch(["--rev", "\(first + 1)", "--limit", "\(pastCount)"])
var count = 0
while case let lines = past.lines(), !lines.isEmpty { count += lines.count }
past.process.waitUntilExit()
let elapsed = ContinuousClock.now - start
let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
let processorSeconds = childSeconds() - beforePast
print(
  "  the past: \(count) changes, \(Int(Double(count) / seconds))/s, "
    + "\(Int(Double(count) / processorSeconds)) per processor second"
)

// The present.
let presentCount = 10_000
let watch = try Watch(["--limit", "\(presentCount)"])
try await Task.sleep(for: .seconds(1))
let shown = Task.detached { [watch] () -> [Int64: ContinuousClock.Instant] in
  var shown: [Int64: ContinuousClock.Instant] = [:]
  while case let lines = watch.lines(), !lines.isEmpty {
    let now = ContinuousClock.now
    for line in lines {
      let columns = line.split(separator: " ", omittingEmptySubsequences: true)
      if columns.count > 3, let revision = Int64(columns[3]) { shown[revision] = now }
    }
  }
  return shown
}
var sent: [Int64: ContinuousClock.Instant] = [:]
var answers: [Duration] = []
let begin = ContinuousClock.now
try await withThrowingTaskGroup(of: (Int64, ContinuousClock.Instant, Duration).self) { group in
  for number in 0..<presentCount {
    let due = begin + .milliseconds(number)
    if due > .now { try await Task.sleep(until: due, clock: .continuous) }
    group.addTask {
      let start = ContinuousClock.now
      let revision = try await put(pastCount + 1_000 + number)
      return (revision, start, .now - start)
    }
  }
  for try await (revision, start, answer) in group {
    sent[revision] = start
    answers.append(answer)
  }
}
watch.process.waitUntilExit()
let times = await shown.value
let delays = sent.compactMap { revision, start in times[revision].map { $0 - start } }.sorted()
answers.sort()
func milliseconds(_ part: Double, of delays: [Duration]) -> String {
  guard !delays.isEmpty else { return "-" }
  let delay = delays[min(delays.count - 1, Int(Double(delays.count) * part))]
  let value = Double(delay.components.seconds) * 1e3 + Double(delay.components.attoseconds) * 1e-15
  return "\((value * 100).rounded() / 100) ms"
}
print(
  "  1,000 a second: \(delays.count) of \(presentCount) seen, put to line p50 "
    + "\(milliseconds(0.5, of: delays)), p99 \(milliseconds(0.99, of: delays)); put to answer p50 "
    + "\(milliseconds(0.5, of: answers)), p99 \(milliseconds(0.99, of: answers))"
)
