import TestSupport
import Testing

@testable import WAL

@Suite struct MessageTests {
  /// Encodes, decodes and encodes again.
  private func roundTrip<Message: ProtoMessage & Equatable>(_ message: Message) throws -> [UInt8] {
    let bytes = message.encoded()
    let decoded = try bytes.withUnsafeBytes { try Message(decoding: $0) }
    #expect(decoded == message)
    #expect(decoded.encoded() == bytes)
    return bytes
  }

  private let joint = ConfState(
    voters: [NodeID(rawValue: .max), NodeID(rawValue: 1)],
    learners: [NodeID(rawValue: 2)],
    outgoingVoters: [NodeID(rawValue: 3)],
    nextLearners: [NodeID(rawValue: 4), NodeID(rawValue: 5)],
    leavesByItself: true
  )

  @Test func messagesAreTheSameAfterARoundTrip() throws {
    _ = try roundTrip(HandmadeLog.metadata)
    _ = try roundTrip(HardState(term: .max, vote: 1, commit: 1 << 63))
    _ = try roundTrip(WALSnapshot(index: 1, term: .max))
    _ = try roundTrip(WALSnapshot(index: 1, term: 2, voters: [1, 2, .max]))
    _ = try roundTrip(WALSnapshot(index: .zero, term: .zero, confState: joint))
    _ = try roundTrip(ConfState(voters: []))
    _ = try roundTrip(joint)
    _ = try roundTrip(ConfChange(id: 5, action: .removeNode, nodeID: NodeID(rawValue: 6)))
    _ = try roundTrip(SnapshotDirectoryTests.snapshot)
    let empty = RaftSnapshot(index: .zero, term: .zero, confState: joint, data: [])
    _ = try roundTrip(empty)
  }

  @Test func numbersAreThereAlsoWhenTheyAreZero() throws {
    #expect(try roundTrip(HardState.empty).hexadecimal == "080010001800")
    #expect(try roundTrip(WALSnapshot.beginning).hexadecimal == "08001000")
    #expect(try roundTrip(ConfState(voters: [])).hexadecimal == "2800")
    let change = ConfChange(action: .addNode, nodeID: .nobody)
    #expect(try roundTrip(change).hexadecimal == "080010001800")
    let snapshot = RaftSnapshot(
      index: .zero,
      term: .zero,
      confState: ConfState(voters: []),
      data: []
    )
    #expect(try roundTrip(snapshot).hexadecimal == "12080a02280010001800")
  }

  @Test func packedMembersAreRead() throws {
    let bytes = Wire.field(1, Wire.varint(7) + Wire.varint(300)) + Wire.field(5, varint: 1)
    let state = try bytes.withUnsafeBytes { try ConfState(decoding: $0) }
    let voters = [NodeID(rawValue: 7), NodeID(rawValue: 300)]
    #expect(state == ConfState(voters: voters, leavesByItself: true))
  }

  @Test func faultsInsideAMessageHaveTheirPlace() {
    let bytes = Wire.field(1, varint: 1) + Wire.field(3, Wire.field(1, varint: 5) + [0x08, 0x80])
    let fault = #expect(throws: ProtoFault.self) {
      try bytes.withUnsafeBytes { _ = try WALSnapshot(decoding: $0) }
    }
    #expect(fault == ProtoFault(offset: 7))
  }

  @Test func whatIsNoChangeOfMembersIsNone() {
    for bytes in [Wire.field(2, varint: 4), [0x08], Wire.field(3, [1])] {
      bytes.withUnsafeBytes { #expect(ConfChange($0) == nil) }
    }
  }

  @Test func everyTruncationAndBitFlipIsDecodedOrRefused() {
    for bytes in [
      joint.encoded(), WALSnapshot(index: .zero, term: .zero, confState: joint).encoded(),
      SnapshotDirectoryTests.snapshot.encoded(), HandmadeLog.metadata.encoded(),
      ConfChange(action: .addNode, nodeID: .nobody, context: [1, 2, 3]).encoded(),
    ] {
      for damaged in Array(Damage.truncations(of: bytes)) + Array(Damage.bitFlips(of: bytes)) {
        damaged.withUnsafeBytes { bytes in
          // Whatever comes of it, it is no trap.
          _ = try? ConfState(decoding: bytes)
          _ = try? WALSnapshot(decoding: bytes)
          _ = try? RaftSnapshot(decoding: bytes)
          _ = try? WALMetadata(decoding: bytes)
          _ = try? ConfChange(decoding: bytes)
        }
      }
    }
  }
}
