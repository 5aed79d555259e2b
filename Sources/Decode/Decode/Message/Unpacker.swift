internal import CProtobufC
internal import Schema

/// Unpacks protobuf bytes by a plan, into memory that lasts until the next object.
///
/// One unpacker serves one object at a time.
final class Unpacker {
  /// Why bytes could not be unpacked. libprotobuf-c says no more than that; ``WireSurvey`` finds
  /// the place.
  enum Failure: Error {
    case malformed
    case tooDeep
    case tooLarge
  }

  /// No Kubernetes object nests deeper; each level costs libprotobuf-c half a kilobyte of stack.
  static let maximumDepth = 256

  private let arena = Arena()
  private var isExhausted = false

  /// The unpacked message. It is valid until the next call.
  func unpack(
    _ bytes: UnsafeRawBufferPointer, by plan: UnsafePointer<MessagePlan>
  ) throws(Failure) -> UnsafeRawPointer {
    // Only a message that can contain itself can nest deeper than its types do.
    if plan.pointee.isRecursive,
      Unpacker.depth(of: bytes, by: plan, limit: Unpacker.maximumDepth) == nil
    {
      throw .tooDeep
    }
    arena.reset(limit: Arena.limit(forInputOf: bytes.count))
    isExhausted = false
    var allocator = ProtobufCAllocator(
      alloc: { context, byteCount in
        guard let context else { return nil }
        let unpacker = Unmanaged<Unpacker>.fromOpaque(context)
        return unpacker._withUnsafeGuaranteedRef { $0.allocate(byteCount) }
      },
      // All of it is taken back at once.
      free: { _, _ in },
      allocator_data: Unmanaged.passUnretained(self).toOpaque())
    let message = protobuf_c_message_unpack(
      plan.pointee.descriptor, &allocator, bytes.count,
      bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
    guard let message else { throw isExhausted ? .tooLarge : .malformed }
    return UnsafeRawPointer(message)
  }

  private func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let memory = arena.allocate(byteCount)
    if memory == nil { isExhausted = true }
    return memory
  }

  /// How deep messages lie in each other, found without recursion; nil when it is beyond `limit`.
  ///
  /// Damaged bytes count as far as they can be read: libprotobuf-c stops at the same place.
  static func depth(
    of bytes: UnsafeRawBufferPointer, by plan: UnsafePointer<MessagePlan>, limit: Int
  ) -> Int? {
    var deepest = 0
    var open: [(reader: WireReader, plan: UnsafePointer<MessagePlan>)] = [(WireReader(bytes), plan)]
    while let top = open.popLast() {
      var reader = top.reader
      let plan = top.plan
      guard !reader.isAtEnd, let tag = try? reader.tag(), let payload = try? reader.payload(of: tag)
      else { continue }
      open.append((reader, plan))
      guard case .bytes(let range) = payload, let field = plan.pointee.field(numbered: tag.number),
        let next = field.pointee.entry ?? field.pointee.message
      else { continue }
      open.append((WireReader(bytes, range: range), next))
      deepest = max(deepest, open.count)
      if open.count > limit { return nil }
    }
    return deepest
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
