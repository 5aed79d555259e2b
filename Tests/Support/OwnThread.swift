private import Foundation

/// Does what waits on a thread of its own, and returns what came of it.
///
/// Tests share few threads: one that waits for a process keeps others from going on.
public func onOwnThread<Value: Sendable>(
  _ work: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(with: Result { try work() })
    }
  }
}
