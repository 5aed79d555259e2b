internal import Synchronization
internal import WAL

/// Numbers for requests and leases, which no other member gives out and no later start either.
///
/// Format: the low 16 bits of the member's number, 40 bits of the milliseconds since 1970 when the
/// node started, and a count of 8 bits that carries into them.
///
/// Source: etcd 3.5, `pkg/idutil/id.go`.
final class RequestIDs: Sendable {
  private let prefix: UInt64
  private let suffix: Atomic<UInt64>

  /// Numbers of a member.
  ///
  /// - Parameters:
  ///   - member: Whose they are.
  ///   - milliseconds: The time since 1970.
  init(of member: NodeID, milliseconds: UInt64) {
    prefix = member.rawValue << 48
    suffix = Atomic((milliseconds & (1 << 40 - 1)) << 8)
  }

  /// The next number.
  func next() -> UInt64 {
    let count = suffix.wrappingAdd(1, ordering: .relaxed).newValue
    return prefix | (count & (1 << 48 - 1))
  }
}
