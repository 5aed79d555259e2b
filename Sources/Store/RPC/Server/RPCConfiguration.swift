public import NIOCore

/// What a server listens on, and what it allows.
public struct RPCConfiguration: Sendable {
  /// Where it listens; each may be plain or encrypted.
  public var listeners: [RPCListener]

  /// What it allows to clients.
  public var limits = RPCLimits()

  /// How it finds out whether clients are there, and how often they may ask.
  public var keepalive = RPCKeepalive()

  /// The status of streams that the server ends because it shuts down.
  public var shutdownStatus = RPCStatus(.unavailable, "server is shutting down")

  /// Takes a line for the log, on any thread.
  public var log: @Sendable (RPCLogLine) -> Void = { _ in }

  /// Takes unary calls that took longer than is expected, on their event loop; nil if nobody wants to
  /// know.
  public var onSlowCall: (@Sendable (RPCSlowCall) -> Void)?

  /// How long unary calls may take.
  public var expectedCallDuration = TimeAmount.milliseconds(300)

  /// A configuration with the defaults of etcd.
  public init(listeners: [RPCListener]) { self.listeners = listeners }
}

/// A place to listen on.
public struct RPCListener: Sendable {
  /// Where.
  public enum Address: Sendable, Equatable {
    /// A host, by name or number, and a port; port 0 lets the system choose.
    case tcp(host: String, port: Int)

    /// A unix socket; a socket that is left over there is removed.
    case unix(path: String)
  }

  /// Where.
  public var address: Address

  /// How connections are encrypted; nil for plain text.
  public var tls: RPCTLS?

  /// Whether other processes may listen on the same port.
  public var sharesPort = false

  /// A place by its parts.
  public init(_ address: Address, tls: RPCTLS? = nil) {
    self.address = address
    self.tls = tls
  }
}

/// What a server allows to its clients.
public struct RPCLimits: Sendable {
  /// The most connections that are open at once; more wait until one is closed.
  public var maximumConnectionCount = Int.max

  /// The longest message of a client, in bytes: etcd's 1.5 MiB for a request and 512 KiB over.
  ///
  /// Source: etcd, `server/embed/config.go`, `DefaultMaxRequestBytes`, and `v3rpc/grpc.go`,
  /// `grpcOverheadBytes`.
  public var maximumMessageByteCount = 2_097_152

  /// The most calls that are open on a connection at once.
  public var maximumConcurrentStreams: UInt32 = 100_000

  /// The longest headers of a call, in bytes as HPACK counts them.
  public var maximumHeaderByteCount = 65_536

  /// The longest body of a request over plain HTTP, in bytes.
  public var maximumBodyByteCount = 2_097_152

  /// How much of messages and bodies that are not complete, and of long headers, is kept for a
  /// connection, in bytes.
  public var maximumIncompleteByteCount = 268_435_456

  /// How much may wait to be sent on a call before ``RPCCall/isWritable`` is false, in bytes.
  public var callHighWaterMark = 262_144

  /// How little must wait to be sent on a call before it is true again, in bytes.
  public var callLowWaterMark = 65_536

  /// How much may wait on all calls of a connection, in bytes.
  ///
  /// Beyond it a call may send only while it has nothing waiting, and unary calls that come are kept
  /// until the client has taken what it asked for.
  public var connectionHighWaterMark = 8_388_608

  /// How little must wait on all calls of a connection to end that, in bytes.
  public var connectionLowWaterMark = 4_194_304

  /// How much a client may send on a call before it must wait for the server, in bytes.
  public var callWindowByteCount = 2_097_152 + 65_536

  /// How much a client may send on a connection before it must wait for the server, in bytes.
  public var connectionWindowByteCount = 16_777_216

  /// How long a client may take to say what it speaks, encryption included.
  public var handshakeTimeout = TimeAmount.seconds(20)

  /// How long a client may take nothing of a long answer before the call is ended: until then the
  /// answer keeps what it is made from.
  public var stallTimeout = TimeAmount.minutes(1)

  /// How long a connection over HTTP/1.1 may be silent.
  public var idleTimeout = TimeAmount.minutes(5)

  /// The defaults.
  public init() {}
}

/// How server and clients find out whether the other is still there.
///
/// Source: etcd, `server/embed/config.go`, `DefaultGRPCKeepAlive…`.
public struct RPCKeepalive: Sendable {
  /// After how long a silence the server pings.
  public var interval = TimeAmount.hours(2)

  /// How long it waits for anything then.
  public var timeout = TimeAmount.seconds(20)

  /// How far apart a client's pings have to be.
  public var minimumClientInterval = TimeAmount.seconds(5)

  /// Whether a client may ping so often even without a call.
  public var permitsPingsWithoutCalls = false

  /// The defaults.
  public init() {}
}

/// A unary call that took long.
public struct RPCSlowCall: Sendable {
  /// The full method.
  public var path: String

  /// The client's address.
  public var peer: String?

  /// How long it took until there was an answer.
  public var duration: Duration

  /// What was asked for.
  public var request: ByteBuffer

  /// What was answered; nil after an error, and if it is made only while it is sent.
  public var answer: ByteBuffer?

  /// How long the answer is, in bytes.
  public var answerByteCount: Int
}

/// A line for the log.
public struct RPCLogLine: Sendable, Equatable {
  /// How much it matters.
  public enum Level: Sendable {
    case debug
    case info
    case warning
    case error
  }

  /// How much it matters.
  public var level: Level

  /// What happened.
  public var message: String

  /// The other end's address, if there is one.
  public var peer: String?

  /// Why, if there is a reason.
  public var error: String?

  /// A line by its parts.
  public init(_ level: Level, _ message: String, peer: String? = nil, error: String? = nil) {
    self.level = level
    self.message = message
    self.peer = peer
    self.error = error
  }
}
