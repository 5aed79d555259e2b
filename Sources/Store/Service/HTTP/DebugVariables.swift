#if canImport(Glibc)
internal import Glibc
#endif
internal import NIOCore
internal import NIOHTTP1
internal import RPC
internal import Snapshot
internal import Synchronization
internal import WAL

/// What a node tells of itself to whoever looks for a fault: `/debug/vars`.
///
/// Format: as Go's expvar writes it; without `memstats`, which tell of Go's own memory.
struct DebugVariables: Sendable {
  private let node: Node
  private let commandLine: [String]

  /// The variables of a node.
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - commandLine: The command line of its process.
  init(of node: Node, commandLine: [String]) {
    self.node = node
    self.commandLine = commandLine
  }

  /// Answers a request for them.
  func answer(_ exchange: any HTTPExchange, _ headers: HTTPHeaders) {
    var headers = headers
    headers.add(name: "content-type", value: "application/json; charset=utf-8")
    exchange.answer(.ok, headers, body: ByteBuffer(string: text))
  }

  private var text: String {
    """
    {
    "cmdline": \(JSONText.list(commandLine)),
    "file_descriptor_limit": \(ProcessFigures.fileLimit),
    "raft.status": \(raftStatus)
    }

    """
  }

  private var raftStatus: String {
    let id = node.header.memberID.hexadecimal
    let last = node.status.lastIndex.load(ordering: .relaxed)
    let applied = node.status.appliedIndex.load(ordering: .relaxed)
    return "{\"id\":\"\(id)\",\"term\":\(node.header.term.rawValue),\"vote\":\"\(id)\","
      + "\"commit\":\(last),\"lead\":\"\(id)\",\"raftState\":\"StateLeader\","
      + "\"applied\":\(applied),\"progress\":{\"\(id)\":{\"match\":\(last),\"next\":\(last + 1),"
      + "\"state\":\"StateReplicate\"}},\"leadtransferee\":\"0\"}"
  }
}
