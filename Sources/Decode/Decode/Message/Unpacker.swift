internal import CProtobufC

/// Unpacks protobuf bytes by a plan, into memory that lasts until the next object.
///
/// One unpacker serves one object at a time.
struct Unpacker: ~Copyable {
  /// Why bytes could not be unpacked; libprotobuf-c says no more, and ``WireSurvey`` finds the
  /// place.
  enum Failure: Error {
    case malformed
    case tooDeep
    case tooLarge
  }

  /// How much stack libprotobuf-c may use: a level of nesting takes it about a kilobyte, and no
  /// Kubernetes object nests 200 levels deep.
  private static let maximumStackByteCount: UInt = 256 << 10

  private var arena = Arena()

  /// The unpacked message, which is valid until the next call.
  mutating func unpack(
    _ bytes: UnsafeRawBufferPointer,
    by plan: UnsafePointer<MessagePlan>
  ) throws(Failure) -> UnsafeRawPointer {
    arena.reset(
      memoryLimit: Arena.limit(forInputOf: bytes.count),
      stackByteCount: Unpacker.maximumStackByteCount
    )
    var allocator = ProtobufCAllocator(
      alloc: { state, byteCount in
        guard let state else { return nil }
        return Arena.allocate(byteCount, from: state.assumingMemoryBound(to: Arena.State.self))
      },
      // All of it is taken back at once.
      free: { _, _ in },
      allocator_data: arena.state
    )
    let message = protobuf_c_message_unpack(
      plan.pointee.descriptor,
      &allocator,
      bytes.count,
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
    )
    guard let message else {
      switch arena.state.pointee.refusal {
      case .stack: throw .tooDeep
      case .memory: throw .tooLarge
      case nil: throw .malformed
      }
    }
    return UnsafeRawPointer(message)
  }
}

extension MessagePlan {
  /// The field with a number, by bisection.
  func field(numbered number: UInt32) -> UnsafePointer<FieldPlan>? {
    var low = 0
    var high = fields.count
    while low < high {
      let middle = (low + high) / 2
      let found = fields[middle].number
      if found == number { return fields.baseAddress.map { $0 + middle } }
      if found < number { low = middle + 1 } else { high = middle }
    }
    return nil
  }
}
