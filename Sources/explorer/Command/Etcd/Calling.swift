import EtcdClient
import Explore
import RPC

/// Calls to servers from a command, which has nothing else to do meanwhile.
enum Calling {
  /// Waits until a task has done its work.
  ///
  /// - Parameter work: What is done, on other threads.
  /// - Returns: What it returns.
  /// - Throws: `CommandFailure` for an error of the client's, else what `work` throws.
  static func wait<Answer: Sendable>(
    _ work: @escaping @Sendable () async throws -> Answer
  ) throws -> Answer {
    let answer = Awaited<Answer, any Error> {
      do {
        return .success(try await work())
      } catch {
        return .failure(error)
      }
    }
    do {
      return try answer.get()
    } catch let error as EtcdClientError {
      throw CommandFailure("", error)
    }
  }
}

extension EtcdClientError {
  /// What is wrong, without the server's name in front: in the server's words where they are its own.
  var cause: String {
    switch self {
    case .refused(_, let status): status.message
    case .unreachable(_, let reason): "unreachable, \(reason)"
    case .untrusted(let endpoint, _), .unknownHost(let endpoint), .lost(let endpoint, _, _),
      .timedOut(let endpoint, _), .tooLarge(let endpoint, _, _), .malformed(let endpoint, _):
      String(description.dropFirst(endpoint.count + 2))
    case .cancelled, .badEndpoint, .badCertificates: description
    }
  }
}
