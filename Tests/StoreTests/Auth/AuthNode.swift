import Bolt
import EtcdMessages
import Foundation
import MVCC
import NIOCore
import NIOPosix
import RPC
import Synchronization
import SwiftProtobuf
import TestSupport

@testable import Apply
@testable import Store

/// What of a node its users and roles need: a log that is applied at once and kept nowhere.
final class AuthNode: Sendable {
  let keyspace: Keyspace
  let directory: AuthDirectory
  let tokens: TokenProvider
  let admission: Admission
  let service: AuthService
  let writer: InstantWriter
  let methods: [String: RPCMethod]

  init(
    tokens: TokenProvider = .simple(SimpleTokens()),
    trustsCertificates: Bool = false
  ) throws {
    let database = try Database("/db", in: SimulatedDisk())
    let keyspace = try Keyspace(database)
    var options = Applier.Options()
    options.tokens = tokens.keeper
    let applier = try Applier(keyspace, in: database.read(), options: options)
    self.keyspace = keyspace
    self.tokens = tokens
    directory = applier.auth.directory
    writer = InstantWriter(applier, keyspace)
    admission = Admission(
      directory,
      tokens: tokens,
      keyspace: keyspace,
      trustsCertificates: trustsCertificates
    )
    service = AuthService(
      admission,
      tokens: tokens,
      passwords: PasswordWorker(on: .singleton, cost: 4),
      proposer: writer,
      header: { .with { $0.revision = keyspace.currentRevision } }
    )
    methods = service.methods
  }

  /// Calls a method and waits for its answer.
  func call(
    _ path: String,
    _ request: some Message,
    metadata: [(name: String, value: String)] = [],
    certificateName: String? = nil
  ) throws -> [UInt8] {
    let bytes: [UInt8] = try request.serializedBytes()
    return try call(path, bytes, metadata: metadata, certificateName: certificateName)
  }

  /// Calls a method with the bytes of a message and waits for its answer.
  func call(
    _ path: String,
    _ bytes: [UInt8],
    metadata: [(name: String, value: String)] = [],
    certificateName: String? = nil
  ) throws -> [UInt8] {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let promise = loop.makePromise(of: [UInt8].self)
    let bytes = ByteBuffer(bytes: bytes)
    guard case .unary(let method) = methods[path] else { throw RPCStatus(.unimplemented, path) }
    loop.execute {
      let call = RPCCall(
        path: path,
        metadata: RPCMetadata(metadata),
        peer: RPCPeer(address: "test", certificateName: certificateName),
        eventLoop: loop,
        sink: PromiseSink(promise)
      )
      method(call, bytes)
    }
    return try promise.futureResult.wait()
  }

  /// Calls a method, with a token if one is given.
  func call<Response: Message>(
    _ path: String,
    _ request: some Message,
    token: String? = nil,
    _: Response.Type
  ) throws -> Response {
    let metadata = token.map { [(name: "token", value: $0)] } ?? []
    return try Response(serializedBytes: call(path, request, metadata: metadata))
  }
}

/// The one place that applies entries; any thread proposes them.
final class InstantWriter: LogProposer, @unchecked Sendable {
  // The lock guards everything: an applier belongs to one thread at a time.
  private let lock = NSLock()
  let requestByteCount = 1 << 16
  private let applier: Applier
  private let keyspace: Keyspace
  private var index: UInt64 = 0
  private var isPaused = false
  private var waiting: [@Sendable () -> Void] = []

  init(_ applier: Applier, _ keyspace: Keyspace) {
    self.applier = applier
    self.keyspace = keyspace
  }

  /// Applies a request, as by whoever asks.
  func apply(
    _ request: Etcdserverpb_InternalRaftRequest,
    by requester: AuthStore.Requester
  ) throws -> Applier.Answer {
    try lock.withLock {
      var request = request
      request.header.username = requester.name
      request.header.authRevision = requester.revision
      index += 1
      keyspace.setConsistentIndex(ConsistentIndex(index: index, term: 2))
      switch try applier.apply(request) {
      case .applied(let answer): return answer
      case .refused(let refusal): throw RPCStatus(refusal)
      case .passedOver, .unreadable: throw RPCStatus(.internal, "not applied")
      }
    }
  }

  /// Lets what is proposed from now on wait.
  func pause() { lock.withLock { isPaused = true } }

  /// How many proposals wait.
  var waitingCount: Int { lock.withLock { waiting.count } }

  /// Applies what waits, and from now on what is proposed.
  func goOn() {
    let waiting = lock.withLock {
      defer { self.waiting = [] }
      isPaused = false
      return self.waiting
    }
    for proposal in waiting { proposal() }
  }

  func propose(
    _ request: Etcdserverpb_InternalRaftRequest,
    by requester: AuthStore.Requester,
    on loop: any EventLoop,
    _ complete: @escaping @Sendable (Result<Applier.Answer, RPCStatus>) -> Void
  ) {
    let proposal: @Sendable () -> Void = {
      let result = Result { try self.apply(request, by: requester) }
        .mapError { $0 as? RPCStatus ?? RPCStatus(.internal, "\($0)") }
      loop.execute { complete(result) }
    }
    let waits = lock.withLock {
      if isPaused { waiting.append(proposal) }
      return isPaused
    }
    if !waits { proposal() }
  }
}
