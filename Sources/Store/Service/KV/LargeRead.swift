internal import MVCC
internal import NIOCore
internal import RPC

/// A read that looks at so many rows, before there is anything to answer, that the loop would keep others
/// waiting: done by the threads of the pool.
///
/// etcd has a thread for every call. What is read for a transaction that changes something keeps the
/// writer waiting, as in etcd.
struct LargeRead {
  /// Reads of more rows than these are done elsewhere: that takes some milliseconds.
  static let rowCount = 10_000

  private let call: RPCCall
  private let node: Node

  init(_ call: RPCCall, _ node: Node) {
    self.call = call
    self.node = node
  }

  /// Reads, and goes on with what was found on the call's loop, unless the client has gone.
  ///
  /// - Parameters:
  ///   - read: What is done elsewhere; if it fails, so does the call.
  ///   - answer: Takes what was found.
  func run<Result: Sendable>(
    _ read: @escaping @Sendable () throws(MVCCError) -> Result,
    _ answer: @escaping @Sendable (RPCCall, Result) -> Void
  ) {
    let loop = call.eventLoop
    let pending = NIOLoopBound(call, eventLoop: loop)
    node.pool.submit { state in
      var found: Swift.Result<Result, RPCStatus> = .failure(.stopped)
      if state == .active {
        do throws(MVCCError) { found = .success(try read()) } catch {
          found = .failure(RPCStatus(error))
        }
      }
      loop.execute { [found] in
        let call = pending.value
        guard !call.isOver else { return }
        switch found {
        case .success(let result): answer(call, result)
        case .failure(let status): call.fail(status)
        }
      }
    }
  }
}
