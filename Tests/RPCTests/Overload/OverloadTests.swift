import Foundation
import TestSupport
import Testing

/// Clients ask for more than they take, stay without a word, or go without one.
///
/// What the node keeps for them is bounded, and gone when they are; others are served meanwhile.
@Suite(.serialized) struct OverloadTests {
  private static let range = "/etcdserverpb.KV/Range"
  private static let watch = "/etcdserverpb.Watch/Watch"
  private static let keepAlive = "/etcdserverpb.Lease/LeaseKeepAlive"
  private static let windowSetting = 4

  /// Puts values of a megabyte; each has its number in front.
  private static func fill(_ node: LoadedNode, _ client: FrameClient, count: Int, from stream: Int)
  {
    for number in 0..<count {
      var value = [UInt8](repeating: UInt8(number % 251), count: 1 << 20)
      value[0] = UInt8(number)
      let answer = client.call(
        "/etcdserverpb.KV/Put",
        Request.put("large/\(number + 1_000)", value),
        stream: stream + 2 * number
      )
      #expect(answer?.code == 0, "\(answer?.text ?? "none")")
    }
  }

  @Test func slowReadersOfALargeRangeCostNoMemory() async throws {
    try await LoadedNode.with { node in
      let writer = try node.client()
      Self.fill(node, writer, count: 16, from: 1)
      // What the writer made it allocate is not what is measured.
      #expect(try node.serves())
      usleep(300_000)
      let before = node.memory
      // 16 MiB for each, on all loops: windows that take nothing, or as much as they begin with.
      var slow: [FrameClient] = []
      for number in 0..<12 {
        let client = try node.client(
          settings: number % 2 == 0 ? [(Self.windowSetting, 0)] : []
        )
        for call in 0..<4 {
          client.begin(Self.range, stream: 2 * call + 1)
          client.send(message: Request.everything(), stream: 2 * call + 1, isEnd: true)
        }
        slow.append(client)
      }
      #expect(try node.serves())
      for _ in 0..<4 { #expect(try node.serves()) }
      #expect(node.memory - before < 32 << 20, "\((node.memory - before) >> 20) MiB")

      // One begins to read after all, and misses nothing.
      let patient = slow[1]
      patient.send(window: 0x7000_0000, stream: 0)
      patient.send(window: 0x7000_0000, stream: 1)
      let answer = patient.answer(of: 1, within: 30)
      #expect(answer?.code == 0)
      #expect(answer?.messages.count == 1)
      var reader = Fields(answer?.messages.first ?? [])
      var rows: [[UInt8]] = []
      while let field = reader.next() { if field.number == 2 { rows.append(field.bytes) } }
      // The one that others have put comes behind them.
      #expect(rows.count == 17)
      for (number, row) in rows.prefix(16).enumerated() {
        var reader = Fields(row)
        var value: [UInt8] = []
        while let field = reader.next() { if field.number == 5 { value = field.bytes } }
        #expect(value.count == 1 << 20 && value[0] == UInt8(number))
        #expect(value.dropFirst().allSatisfy { $0 == UInt8(number % 251) })
      }
      for client in slow { client.wire.close() }
      #expect(try node.serves())
      #expect(node.complaints.isEmpty, "\(node.complaints)")
    }
  }

  /// An answer of many rows is read in steps.
  @Test func largeAnswersAreWhole() async throws {
    try await LoadedNode.with(["--max-txn-ops", "5000"]) { node in
      let client = try node.client()
      let count = 6_000
      for start in stride(from: 0, to: count, by: 3_000) {
        var transaction: [UInt8] = []
        for number in start..<start + 3_000 {
          let put = Request.put("row/\(number + 10_000)", [UInt8](repeating: 5, count: 250))
          transaction += TestSupport.Wire.field(2, TestSupport.Wire.field(2, put))
        }
        let answer = client.call("/etcdserverpb.KV/Txn", transaction, stream: 2 * start + 1)
        #expect(answer?.code == 0, "\(answer?.text ?? "none")")
      }
      let keysOnly = TestSupport.Wire.field(8, varint: 1)
      for (place, option) in [[], keysOnly].enumerated() {
        let answer = client.call(
          Self.range,
          Request.range("row/", end: Array("row0".utf8)) + option,
          stream: 50_001 + 2 * place
        )
        #expect(answer?.code == 0)
        var reader = Fields(answer?.messages.first ?? [])
        var keys: [String] = []
        var total: UInt64?
        while let field = reader.next() {
          if field.number == 4 { total = field.value }
          guard field.number == 2 else { continue }
          var row = Fields(field.bytes)
          while let part = row.next() {
            if part.number == 1 { keys.append(String(decoding: part.bytes, as: UTF8.self)) }
            if part.number == 5 { #expect(option.isEmpty && part.bytes.count == 250) }
          }
        }
        #expect(total == UInt64(count))
        #expect(keys == (0..<count).map { "row/\($0 + 10_000)" })
      }
    }
  }

  @Test func slowReadersOfAWatchCostNoMemory() async throws {
    try await LoadedNode.with { node in
      let writer = try node.client()
      Self.fill(node, writer, count: 2, from: 1)
      usleep(200_000)
      let before = node.memory
      var slow: [FrameClient] = []
      for _ in 0..<10 {
        let client = try node.client()
        client.begin(Self.watch, stream: 1)
        client.send(message: Request.watch("large/", end: Array("large0".utf8)), stream: 1)
        #expect(client.next(.data, stream: 1) != nil)
        slow.append(client)
      }
      Self.fill(node, writer, count: 40, from: 1_001)
      #expect(try node.serves())
      // 400 MiB, if each had its events. What was put is in memory once, until it is committed, and
      // some of that stays with the allocator.
      #expect(
        node.comes { node.memory - before < 128 << 20 },
        "\((node.memory - before) >> 20) MiB"
      )
      // One reads at last: everything, in order.
      let patient = slow[0]
      patient.send(window: 0x7000_0000, stream: 0)
      patient.send(window: 0x7000_0000, stream: 1)
      var byteCount = 0
      while byteCount < 40 << 20, let frame = patient.next(.data, stream: 1) {
        byteCount += frame.payload.count
      }
      #expect(byteCount >= 40 << 20)
      for client in slow { client.wire.close() }
      #expect(node.comes { (try? node.metric("etcd_debugging_mvcc_watcher_total")) == 0 })
      #expect(try node.serves())
      #expect(node.complaints.isEmpty, "\(node.complaints)")
    }
  }

  /// Passwords and hashes take a thread too.
  @Test func slowReadersOfSnapshotsHoldUpNothingElse() async throws {
    try await LoadedNode.with { node in
      let writer = try node.client()
      Self.fill(node, writer, count: 4, from: 1)
      let before = node.memory
      var slow: [FrameClient] = []
      for _ in 0..<8 {
        let client = try node.client(settings: [(Self.windowSetting, 0)])
        for stream in [1, 3, 5, 7, 9] {
          client.begin("/etcdserverpb.Maintenance/Snapshot", stream: stream)
          client.send(message: [], stream: stream, isEnd: true)
        }
        slow.append(client)
      }
      // As many as there may be have begun, and the others were told.
      var refused = 0
      for client in slow {
        for _ in 0..<5 {
          guard let headers = client.next(.headers) else { break }
          if client.fields(headers)["grpc-status"] == "8" { refused += 1 }
        }
      }
      #expect(refused == 8)
      let hash = writer.call("/etcdserverpb.Maintenance/HashKV", [], stream: 101)
      #expect(hash?.code == 0)
      #expect(node.memory - before < 48 << 20, "\((node.memory - before) >> 20) MiB")
      for client in slow { client.wire.close() }
      let saved = writer.call("/etcdserverpb.Maintenance/Snapshot", [], stream: 103)
      #expect(saved?.code == 0)
      #expect((saved?.messages.reduce(0) { $0 + $1.count } ?? 0) > 4 << 20)
      #expect(node.complaints.isEmpty, "\(node.complaints)")
    }
  }

  @Test func keepAlivesThatNobodyReadsAreNotPiledUp() async throws {
    try await LoadedNode.with { node in
      let client = try node.client()
      #expect(
        client.call("/etcdserverpb.Lease/LeaseGrant", Request.grant(5, ttl: 600), stream: 1)?.code
          == 0
      )
      let flood = Array(
        repeatElement(FrameClient.framed(Request.keepAlive(5)), count: 2_000).joined()
      )
      // All are answered for a client that reads.
      client.begin(Self.keepAlive, stream: 3)
      client.send(.data, flags: 1, stream: 3, flood)
      let answers = client.answer(of: 3, within: 60)?.messages ?? []
      #expect(answers.count == 2_000)
      let answerByteCount = 5 + (answers.last?.count ?? 0)
      let before = node.memory
      // And one that does not is not read from any more.
      let deaf = try node.client(settings: [(Self.windowSetting, 0)])
      deaf.begin(Self.keepAlive, stream: 1)
      for _ in 0..<5 { deaf.send(.data, stream: 1, flood) }
      #expect(try node.serves())
      #expect(node.memory - before < 32 << 20, "\((node.memory - before) >> 20) MiB")
      // The window of its call was not opened again, but for what had been answered at once.
      var opened = 0
      while let frame = deaf.next(.windowUpdate, stream: 1, within: 0.3) {
        opened += frame.number(at: 0)
      }
      #expect(opened == 0)
      // When it reads, it gets them all.
      for _ in 0..<12 { deaf.send(window: 1 << 20, stream: 1) }
      deaf.send(window: 64 << 20, stream: 0)
      var byteCount = 0
      let wanted = 5 * 2_000 * answerByteCount
      while byteCount < wanted, let frame = deaf.next(.data, stream: 1, within: 20) {
        byteCount += frame.payload.count
      }
      #expect(byteCount == wanted)
      deaf.wire.close()
      #expect(try node.serves())
      #expect(node.complaints.isEmpty, "\(node.complaints)")
    }
  }

  @Test func idleConnectionsCostLittleAndLeaveNothing() async throws {
    // The compiler does not see what a macro throws.
    try await LoadedNode.with { (node) throws in
      var limits = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limits)
      // Other tests open files too.
      let count = max(100, min(5_000, Int(min(limits.rlim_cur, 1 << 20)) / 3))
      let hello = FrameClient.preface + FrameClient.bytes(.settings, stream: 0)
      let before = node.settledDescriptorCount
      var memory: [Int] = []
      for count in [count, count / 2] {
        var sockets: [RawSocket] = []
        for _ in 0..<count {
          guard let socket = RawSocket(node.port) else { break }
          socket.send(hello)
          sockets.append(socket)
        }
        #expect(sockets.count == count)
        #expect(node.comes(within: 30) { node.descriptorCount >= before + count })
        #expect(try node.serves())
        memory.append(node.memory)
        sockets.removeAll()
        #expect(node.comes(within: 30) { node.descriptorCount <= before })
      }
      #expect(memory[0] < count * (64 << 10) + (64 << 20), "\(memory[0] >> 20) MiB")
      #expect(memory[1] < memory[0] + memory[0] / 10, "\(memory.map { $0 >> 20 }) MiB")
      #expect(try node.serves())
      #expect(node.complaints.isEmpty, "\(node.complaints.prefix(3))")
    }
  }

  /// The system has no file for another connection: the node waits for one, and does not spin.
  @Test func connectionsBeyondTheLimitWait() async throws {
    try await LoadedNode.with(openFileLimit: 200) { node in
      #expect(try node.serves())
      let before = node.settledDescriptorCount
      let hello = FrameClient.preface + FrameClient.bytes(.settings, stream: 0)
      let ping = FrameClient.bytes(.ping, stream: 0, [UInt8](repeating: 7, count: 8))
      let first = try node.client()
      var sockets: [RawSocket] = []
      for _ in 0..<300 {
        let socket = try #require(RawSocket(node.port))
        socket.send(hello)
        sockets.append(socket)
      }
      #expect(node.comes { !node.complaints.isEmpty })
      #expect(node.complaints.count == 1)
      // Files of the database must still be had.
      #expect(node.descriptorCount < 160)
      let busy = node.processorTime
      first.wire.send(ping)
      #expect(first.next(.ping) != nil)
      sleep(1)
      #expect(node.processorTime - busy < 60)
      #expect(first.call(Self.range, Request.range("a"), stream: 1)?.code == 0)
      sockets.removeAll()
      first.wire.close()
      #expect(try node.serves())
      #expect(node.comes { node.descriptorCount <= before })
      #expect(node.complaints.count == 1, "\(node.complaints)")
    }
  }

  @Test func clientsThatVanishLeaveNothing() async throws {
    try await LoadedNode.with { node in
      let writer = try node.client()
      Self.fill(node, writer, count: 8, from: 1)
      #expect(
        writer.call("/etcdserverpb.Lease/LeaseGrant", Request.grant(5, ttl: 600), stream: 101)?.code
          == 0
      )
      let script = FrameClient.self
      let before = node.settledDescriptorCount
      func vanish() throws {
        var sockets: [RawSocket] = []
        for number in 0..<200 {
          let socket = try #require(RawSocket(node.port))
          let path = [Self.range, Self.watch, Self.keepAlive, Self.range][number % 4]
          let message = [
            Request.everything(), Request.watch("a", end: [0]), Request.keepAlive(5),
            Request.everything(),
          ][number % 4]
          let encoder = FrameClient.Script()
          var framed = FrameClient.framed(message)
          // One of four has said half of it only.
          if number % 4 == 3 { framed.removeLast() }
          socket.send(
            script.preface + script.bytes(.settings, stream: 0)
              + encoder.headers(FrameClient.headers(path), stream: 1)
              + script.bytes(.data, flags: number % 4 == 0 ? 1 : 0, stream: 1, framed)
          )
          sockets.append(socket)
        }
        usleep(100_000)
        for socket in sockets { socket.vanish() }
        #expect(node.comes { node.descriptorCount <= before })
      }
      try vanish()
      let memory = node.memory
      for _ in 0..<4 { try vanish() }
      #expect(node.comes { (try? node.metric("etcd_debugging_mvcc_watcher_total")) == 0 })
      #expect(node.memory - memory < 24 << 20, "\((node.memory - memory) >> 20) MiB")
      #expect(try node.serves())
      #expect(node.complaints.isEmpty, "\(node.complaints.prefix(3))")
    }
  }

  @Test func halfOpenConnectionsAreAskedAndClosed() async throws {
    try await LoadedNode.with([
      "--grpc-keepalive-interval", "2s", "--grpc-keepalive-timeout", "1s",
    ]) { node in
      #expect(try node.serves())
      let before = node.settledDescriptorCount
      // They say what they speak, and never anything again.
      let sockets = (0..<40).compactMap { _ in RawSocket(node.port) }
      for socket in sockets {
        socket.send(FrameClient.preface + FrameClient.bytes(.settings, stream: 0))
      }
      #expect(node.comes { node.descriptorCount >= before + 40 })
      let honest = try node.client()
      #expect(honest.call(Self.range, Request.range("a"), stream: 1)?.code == 0)
      #expect(node.comes { node.descriptorCount <= before + 1 })
      #expect(node.complaints.count <= 40)
      #expect(try node.serves())
      withExtendedLifetime(sockets) {}
    }
  }
}

/// The fields of a message.
private struct Fields {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private mutating func number() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  mutating func next() -> (number: Int, value: UInt64, bytes: [UInt8])? {
    guard let tag = number(), let value = number() else { return nil }
    guard tag & 7 == 2 else { return (Int(tag >> 3), value, []) }
    let end = min(bytes.count, place + Int(value))
    defer { place = end }
    return (Int(tag >> 3), value, Array(bytes[place..<end]))
  }
}
