import Bolt
import EtcdMessages
import Foundation
import MVCC
import NIOCore
import NIOPosix
import RPC
import SwiftProtobuf
import TestSupport
import Testing

@testable import Store

/// Beside a thread that writes, commits and compacts, watchers on several loops are sent all that it
/// writes, wherever they began.
@Suite struct WatchConcurrencyTests {
  @Test func watchersOnSeveralLoopsSeeAllThatOneThreadWrites() async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    let loops = Array(group.makeIterator())
    let keyspace = try Keyspace(try Database("/db", in: SimulatedDisk()))
    let service = WatchService(on: loops, of: keyspace, identity: WatchNode.identity)
    let last: Int64 = 3001
    let readers = try await withThrowingTaskGroup(of: Void.self) { tasks in
      let readers = (0..<12).map {
        WatchReader(on: loops[$0 % 2], of: service, window: $0 % 3 == 0 ? 500 : .max)
      }
      tasks.addTask { try write(upTo: last, keyspace, loops, service) }
      for (place, reader) in readers.enumerated() {
        tasks.addTask {
          // Some begin in the middle.
          try await Task.sleep(for: .milliseconds(place * 10))
          try await reader.watch(from: 2, until: last)
        }
      }
      try await tasks.waitForAll()
      return readers
    }
    for reader in readers {
      let revisions = try await reader.close()
      #expect(revisions == Array(2...last))
    }
    for loop in loops {
      let shard = try #require(service.shards.first { $0.eventLoop === loop })
      #expect(try await loop.submit { shard.counts.watchers }.get() == 0)
    }
    try await group.shutdownGracefully()
  }

  private func write(
    upTo last: Int64,
    _ keyspace: Keyspace,
    _ loops: [any EventLoop],
    _ service: WatchService
  ) throws {
    while keyspace.currentRevision < last {
      for _ in 0..<min(7, last - keyspace.currentRevision) {
        let key = Array("key/\(keyspace.currentRevision % 50)".utf8)
        _ = try keyspace.put(PutRequest(key, Array("\(keyspace.currentRevision)".utf8)))
      }
      let view = keyspace.view()
      for (place, loop) in loops.enumerated() {
        loop.execute { service.shards[place].advance(to: view) }
      }
      if keyspace.currentRevision % 5 == 0 { try keyspace.commit() }
    }
  }
}

/// A stream on a loop with one watcher of everything, and what it was sent.
private final class WatchReader: @unchecked Sendable {
  // Everything but the constants belongs to the loop.
  private let loop: any EventLoop
  private let client: WatchClient
  private let service: WatchService
  private var revisions: [Int64] = []

  init(on loop: any EventLoop, of service: WatchService, window: Int) {
    self.loop = loop
    self.service = service
    client = WatchClient(window: window)
  }

  func watch(from revision: Int64, until last: Int64) async throws {
    try await loop.submit { [self] in
      client.open(service, on: loop)
      try client.create("\0", upTo: "\0", from: revision) { $0.prevKv = true }
    }.get()
    while try await read() < last { try await Task.sleep(for: .milliseconds(1)) }
  }

  private func read() async throws -> Int64 {
    try await loop.submit { [self] in
      for event in try client.read(limit: 3).flatMap(\.events) {
        revisions.append(event.kv.modRevision)
        guard event.kv.version > 1 else { continue }
        // Each value says what was the current revision before.
        #expect(event.hasPrevKv)
        #expect(event.prevKv.version == event.kv.version - 1)
        #expect(event.kv.value == Data("\(event.kv.modRevision - 1)".utf8))
      }
      return revisions.last ?? 0
    }.get()
  }

  func close() async throws -> [Int64] {
    try await loop.submit { [self] in
      client.close()
      return revisions
    }.get()
  }
}
