internal import MVCC
internal import NIOCore

/// An event loop, as the writer sees it: where answers are awaited, and who watches there.
final class NodeLoop: Sendable {
  /// The loop.
  let eventLoop: any EventLoop

  /// Its place among the node's loops.
  let slot: Int

  /// Takes what is seen from now on; called on the loop, in order.
  let advance: @Sendable (KeyspaceView) -> Void

  /// A loop by its parts.
  init(
    _ eventLoop: any EventLoop,
    slot: Int,
    advance: @escaping @Sendable (KeyspaceView) -> Void
  ) {
    self.eventLoop = eventLoop
    self.slot = slot
    self.advance = advance
  }
}
