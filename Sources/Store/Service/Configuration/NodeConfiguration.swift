/// Everything that one member needs to know before it starts.
///
/// The names are those of etcd's flags, and so are the defaults, which are those of etcd 3.5 unless
/// the property says otherwise. ``ConfigurationSource`` makes one from a command line, the environment
/// or a file; code that embeds a node fills one in and calls ``validate()``.
public struct NodeConfiguration: Equatable, Sendable {
  /// `--name`: what people call the member.
  public var name = "default"

  /// `--data-dir`; empty means `NAME.etcd`, see ``dataPath``.
  public var dataDirectory = ""

  /// `--wal-dir`; empty means within the data directory.
  public var walDirectory = ""

  /// Where the node listens, and what it tells others.
  public var endpoints = Endpoints()

  /// What the cluster begins with.
  public var cluster = Cluster()

  /// How the data lies on disk.
  public var storage = Storage()

  /// How much is too much.
  public var limits = Limits()

  /// What becomes of old revisions.
  public var compaction = Compaction()

  /// When connections are asked whether they live.
  public var keepAlive = KeepAlive()

  /// `--cert-file` and the rest of what encrypts connections of clients.
  public var transport = TransportSecurity()

  /// Users and their tokens.
  public var auth = Auth()

  /// What is logged, and where.
  public var logging = Log()

  /// What is observed, and what warns.
  public var monitoring = Monitoring()

  /// `--heartbeat-interval`: 100 ms.
  public var heartbeatInterval = Duration.milliseconds(100)

  /// `--election-timeout`: 1 s.
  ///
  /// A lease lives at least 1.5 times as long.
  public var electionTimeout = Duration.milliseconds(1000)

  /// `--experimental-enable-lease-checkpoint`: whether what is left of long leases is written down.
  public var leaseCheckpoint = false

  /// `--experimental-enable-lease-checkpoint-persist`; needs ``leaseCheckpoint``.
  public var leaseCheckpointPersist = false

  /// `--initial-corrupt-check`: whether the data is checked before anything is served.
  public var initialCorruptCheck = false

  /// `--enable-grpc-gateway`: whether JSON is answered over plain HTTP.
  public var grpcGateway = true

  /// `--watch-progress-notify-interval`: how often a watcher that asked for it hears of progress.
  public var watchProgressNotifyInterval = Duration.seconds(600)

  /// The flags that were given although they mean nothing for one member.
  public var withoutEffect: Set<String> = []

  /// A member with etcd's defaults.
  public init() {}
}

extension NodeConfiguration {
  /// Where the node listens, and what it tells others.
  public struct Endpoints: Equatable, Sendable {
    /// `--listen-client-urls`: gRPC, and HTTP unless ``clientHTTP`` has URLs.
    public var client = [NodeConfiguration.local(2379)]

    /// `--listen-client-http-urls`: HTTP only.
    public var clientHTTP: [EndpointURL] = []

    /// `--listen-metrics-urls`: `/metrics` and `/health` only.
    public var metrics: [EndpointURL] = []

    /// `--advertise-client-urls`: what the member list tells clients.
    ///
    /// Nil if it has to be given.
    public var advertisedClient: [EndpointURL]? = [NodeConfiguration.local(2379)]

    /// `--listen-peer-urls`, where nothing listens.
    public var peer = [NodeConfiguration.local(2380)]

    /// `--initial-advertise-peer-urls`: a part of the member's identity.
    public var advertisedPeer = [NodeConfiguration.local(2380)]

    /// `--socket-reuse-port`.
    public var reusesPort = false

    /// `--cors`: origins that browsers may ask from; `*` is any.
    public var origins: Set<String> = ["*"]

    /// `--host-whitelist`: names that HTTP without TLS is answered for; `*` is any.
    public var hosts: Set<String> = ["*"]
  }

  /// What the cluster begins with.
  ///
  /// A data directory that has a member ignores the first three.
  public struct Cluster: Equatable, Sendable {
    /// `--initial-cluster-state`.
    public enum State: String, Sendable {
      case new
      case existing
    }

    /// `--initial-cluster`; see ``NodeConfiguration/settle(defaultHost:)`` for what it is if not given.
    public var initial = "default=http://localhost:2380"

    /// `--initial-cluster-state`.
    public var state = State.new

    /// `--initial-cluster-token`: what tells clusters apart that have the same URLs.
    public var token = "etcd-cluster"

    /// `--force-new-cluster`: whether other members are dropped from the cluster.
    public var forcesNew = false
  }

  /// How the data lies on disk.
  public struct Storage: Equatable, Sendable {
    /// `--snapshot-count`: applied entries between two snapshots.
    public var snapshotCount: UInt64 = 100_000

    /// `--max-snapshots`: how many `.snap` files are kept; 0 is all.
    public var maxSnapshots = 5

    /// `--max-wals`: how many segments of the log are kept; 0 is all.
    public var maxWALs = 5

    /// `--backend-batch-interval`: how long changes may wait for the database; 0 is 100 ms.
    public var batchInterval = Duration.zero

    /// `--backend-batch-limit`: how many changes may wait for the database; 0 is 10,000.
    public var batchLimit = 0

    /// `--unsafe-no-fsync`: whether files are left for the system to write in its own time.
    public var syncs = true

    /// `--bootstrap-defrag-threshold-megabytes`: how much must be free for the database to be
    /// defragmented at the start; 0 is never.
    public var defragmentThresholdMegabytes = 0

    /// `--memory-mlock`: whether the process is kept out of swap.
    public var locksMemory = false

    /// How long changes may wait for the database.
    public var effectiveBatchInterval: Duration {
      batchInterval <= .zero ? .milliseconds(100) : batchInterval
    }

    /// How many changes may wait for the database.
    public var effectiveBatchLimit: Int { batchLimit <= 0 ? 10_000 : batchLimit }
  }

  /// How much is too much.
  public struct Limits: Equatable, Sendable {
    /// `--quota-backend-bytes` as given; see ``quotaByteCount``.
    public var quotaBackendBytes: Int64 = 0

    /// `--max-request-bytes`: 1.5 MiB.
    public var maxRequestByteCount = 1_572_864

    /// `--max-txn-ops`.
    public var maxTransactionOperations = 128

    /// `--max-concurrent-streams` of one connection.
    public var maxConcurrentStreams: UInt32 = .max

    /// How long a message of a client may be, in bytes: 512 KiB more than a request.
    ///
    /// Source: etcd 3.5, `server/etcdserver/api/v3rpc/grpc.go`, `grpcOverheadBytes`.
    public var maxMessageByteCount: Int {
      min(maxRequestByteCount, Int(Int32.max) - 524_288) + 524_288
    }

    /// How large the database may become: 2 GiB if nothing is said, nil if there is no limit.
    public var quotaByteCount: Int64? {
      if quotaBackendBytes < 0 { return nil }
      return quotaBackendBytes == 0 ? 2 << 30 : quotaBackendBytes
    }
  }

  /// What becomes of old revisions.
  public struct Compaction: Equatable, Sendable {
    /// `--auto-compaction-mode`.
    public var mode = "periodic"

    /// `--auto-compaction-retention` as given; see ``retention()``.
    public var retentionText = "0"

    /// `--compaction-batch-limit`: revisions that one step removes; 0 is 1,000.
    public var batchLimit = 0

    /// `--compaction-sleep-interval` between two steps; 0 is 10 ms.
    public var sleepInterval = Duration.zero

    /// Revisions that one step removes.
    public var effectiveBatchLimit: Int { batchLimit <= 0 ? 1000 : batchLimit }

    /// How long to wait between two steps.
    public var effectiveSleepInterval: Duration {
      sleepInterval <= .zero ? .milliseconds(10) : sleepInterval
    }
  }

  /// When connections are asked whether they live.
  public struct KeepAlive: Equatable, Sendable {
    /// `--grpc-keepalive-min-time`: a client that pings more often is sent away.
    public var minTime = Duration.seconds(5)

    /// `--grpc-keepalive-interval`: how long a connection is idle before it is pinged; 0 is never.
    public var interval = Duration.seconds(7200)

    /// `--grpc-keepalive-timeout`: how long the answer may take; 0 is for ever.
    public var timeout = Duration.seconds(20)
  }

  /// Users and their tokens.
  public struct Auth: Equatable, Sendable {
    /// `--auth-token` as given; see ``tokenKind()``.
    public var token = "simple"

    /// `--auth-token-ttl`: how long a simple token lives.
    public var tokenTTL = Duration.seconds(300)

    /// `--bcrypt-cost` as given; see ``effectiveBcryptCost``.
    public var bcryptCost = 10

    /// The cost; what bcrypt does not know is 10, as etcd has it.
    public var effectiveBcryptCost: Int { (4...31).contains(bcryptCost) ? bcryptCost : 10 }
  }

  /// What is logged, and where.
  public struct Log: Equatable, Sendable {
    /// `--logger`: `zap` is the form that all lines have.
    public var logger = "zap"

    /// `--log-level`.
    public var level = LogLevel.info

    /// `--log-format`.
    public var format = LogFormat.json

    /// `--log-outputs`: `default`, `stderr`, `stdout` or paths.
    public var outputs = ["default"]
  }

  /// What is observed, and what warns.
  public struct Monitoring: Equatable, Sendable {
    /// `--metrics`: `extensive` adds how long calls take.
    public var metrics = "basic"

    /// `--warning-apply-duration`: changes that take longer are logged.
    public var slowApply = Duration.milliseconds(100)

    /// `--warning-unary-request-duration`: requests that take longer are logged.
    public var slowRequest = Duration.milliseconds(300)

    /// Whether `StopGRPCServiceOnDefrag` is on: health says no while the database is defragmented.
    public var stopsServiceOnDefragment = false
  }

  fileprivate static func local(_ port: UInt16) -> EndpointURL {
    EndpointURL(localPort: port)
  }
}

/// `--log-level`: the least that is logged.
public enum LogLevel: String, CaseIterable, Sendable {
  case debug
  case info
  case warn
  case error
  case dpanic
  case panic
  case fatal
}

/// `--log-format`: the shape of a line.
public enum LogFormat: String, CaseIterable, Sendable {
  case json
  case console
}
