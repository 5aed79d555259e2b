internal import Apply
internal import MVCC
internal import RPC

// What etcd answers when it refuses a request. Clients compare the texts: this is the one place that
// knows them.
//
// Source: etcd 3.5, `api/v3rpc/rpctypes/error.go`; etcd 3.4, `etcdserver/api/v3rpc/util.go`.
extension RPCStatus {
  private static func etcd(_ code: Code, _ text: String) -> RPCStatus {
    RPCStatus(code, "etcdserver: " + text)
  }

  // Keys.
  static let emptyKey = etcd(.invalidArgument, "key is not provided")
  static let keyNotFound = etcd(.invalidArgument, "key not found")
  static let valueProvided = etcd(.invalidArgument, "value is provided")
  static let leaseProvided = etcd(.invalidArgument, "lease is provided")
  static let tooManyOperations = etcd(.invalidArgument, "too many operations in txn request")
  static let duplicateKey = etcd(.invalidArgument, "duplicate key given in txn request")
  static let invalidClientVersion = etcd(.invalidArgument, "invalid client api version")
  static let invalidSortOption = etcd(.invalidArgument, "invalid sort option")
  static let compacted = etcd(.outOfRange, "mvcc: required revision has been compacted")
  static let futureRevision = etcd(.outOfRange, "mvcc: required revision is a future revision")
  static let stalledSnapshot = etcd(.deadlineExceeded, "client takes nothing of the snapshot")
  static let noSpace = etcd(.resourceExhausted, "mvcc: database space exceeded")

  // Leases and watches.
  static let leaseNotFound = etcd(.notFound, "requested lease not found")
  static let leaseExists = etcd(.failedPrecondition, "lease already exists")
  static let leaseTTLTooLarge = etcd(.outOfRange, "too large lease TTL")
  static let watchCanceled = etcd(.cancelled, "watch canceled")

  // Members.
  static let memberExists = etcd(.failedPrecondition, "member ID already exist")
  static let peerURLExists = etcd(.failedPrecondition, "Peer URLs already exists")
  static let notEnoughStarted = etcd(
    .failedPrecondition,
    "re-configuration failed due to not enough started members"
  )
  static let badMemberURLs = etcd(.invalidArgument, "given member URLs are invalid")
  static let memberNotFound = etcd(.notFound, "member not found")
  static let memberNotLearner = etcd(.failedPrecondition, "can only promote a learner member")
  static let learnerNotReady = etcd(
    .failedPrecondition,
    "can only promote a learner member which is in sync with leader"
  )
  static let tooManyLearners = etcd(
    .failedPrecondition,
    "too many learner members in cluster"
  )
  static let clusterIDMismatch = etcd(.failedPrecondition, "cluster ID mismatch")
  static let notLeader = etcd(.failedPrecondition, "not leader")
  static let unknownMethod = etcd(.unknown, "unknown method")
  static let badLeaderTransferee = etcd(.failedPrecondition, "bad leader transferee")

  // The server.
  static let requestTooLarge = etcd(.invalidArgument, "request is too large")
  static let tooManyRequests = etcd(.resourceExhausted, "too many requests")
  static let noLeader = etcd(.unavailable, "no leader")
  static let leaderChanged = etcd(.unavailable, "leader changed")
  static let notCapable = etcd(.failedPrecondition, "not capable")
  static let stopped = etcd(.unavailable, "server stopped")
  static let timeout = etcd(.unavailable, "request timed out")
  static let unhealthy = etcd(.unavailable, "unhealthy cluster")
  static let corrupt = etcd(.dataLoss, "corrupt cluster")
  static let requestCanceled = etcd(.cancelled, "request canceled")

  // Downgrades.
  static let downgradeWithoutClusterVersion = etcd(
    .failedPrecondition,
    "cluster version not found during downgrade"
  )
  static let badDowngradeFormat = etcd(
    .invalidArgument,
    "wrong downgrade target version format"
  )
  static let badDowngradeTarget = etcd(.invalidArgument, "invalid downgrade target version")
  static let downgradeInProgress = etcd(
    .failedPrecondition,
    "cluster has a downgrade job in progress"
  )
  static let noDowngrade = etcd(.failedPrecondition, "no inflight downgrade job")

  // Users and roles.
  static let rootUserMissing = etcd(.failedPrecondition, "root user does not exist")
  static let rootRoleMissing = etcd(.failedPrecondition, "root user does not have root role")
  static let userExists = etcd(.failedPrecondition, "user name already exists")
  static let userEmpty = etcd(.invalidArgument, "user name is empty")
  static let userNotFound = etcd(.failedPrecondition, "user name not found")
  static let roleExists = etcd(.failedPrecondition, "role name already exists")
  static let roleNotFound = etcd(.failedPrecondition, "role name not found")
  static let roleEmpty = etcd(.invalidArgument, "role name is empty")
  static let authFailed = etcd(
    .invalidArgument,
    "authentication failed, invalid user ID or password"
  )
  static let permissionNotGiven = etcd(.invalidArgument, "permission not given")
  static let permissionDenied = etcd(.permissionDenied, "permission denied")
  static let roleNotGranted = etcd(.failedPrecondition, "role is not granted to the user")
  static let permissionNotGranted = etcd(
    .failedPrecondition,
    "permission is not granted to the role"
  )
  static let authNotEnabled = etcd(.failedPrecondition, "authentication is not enabled")
  static let invalidAuthToken = etcd(.unauthenticated, "invalid auth token")
  static let invalidAuthManagement = etcd(.invalidArgument, "invalid auth management")
  static let authRevisionOld = etcd(.invalidArgument, "revision of auth store is old")

  // Refusals that etcd passes on as they are, without a code of their own.
  static let passwordForNoPasswordUser = RPCStatus(
    .unknown,
    "auth: authentication failed, password was given for no password user"
  )
  static let verifyOnlyKey = RPCStatus(
    .unknown,
    "auth: token signing attempted with verify-only key"
  )
  static let passwordTooLong = RPCStatus(.unknown, "bcrypt: password length exceeds 72 bytes")
  // etcd takes such passwords; see ``Bcrypt``.
  static let passwordWithZero = RPCStatus(.unknown, "bcrypt: password has a zero byte")
}

extension RPCStatus {
  /// A message that is none, of a stream.
  ///
  /// Source: grpc-go, `rpc_util.go`, `recv`.
  static let malformedMessage = RPCStatus(
    .internal,
    "grpc: failed to unmarshal the received message: unexpected EOF"
  )
}

extension RPCStatus.Code {
  /// The code as etcd writes it in texts.
  ///
  /// Source: grpc-go, `codes/code_string.go`.
  var name: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "Canceled"
    case .unknown: "Unknown"
    case .invalidArgument: "InvalidArgument"
    case .deadlineExceeded: "DeadlineExceeded"
    case .notFound: "NotFound"
    case .alreadyExists: "AlreadyExists"
    case .permissionDenied: "PermissionDenied"
    case .resourceExhausted: "ResourceExhausted"
    case .failedPrecondition: "FailedPrecondition"
    case .aborted: "Aborted"
    case .outOfRange: "OutOfRange"
    case .unimplemented: "Unimplemented"
    case .internal: "Internal"
    case .unavailable: "Unavailable"
    case .dataLoss: "DataLoss"
    case .unauthenticated: "Unauthenticated"
    }
  }
}

// Members that cannot come or go.
extension RPCStatus {
  // etcd forgets to give it a code.
  static let onlyMember = RPCStatus(.unknown, notEnoughStarted.message)
  static let servesAlone = etcd(
    .failedPrecondition,
    "this node serves alone and takes no other members; restore a snapshot of it in a cluster"
  )
}

// Locks, elections and gRPC's health.
//
// Source: etcd 3.5, `client/v3/concurrency`, `server/etcdserver/api/v3election/election.go`; grpc-go,
// `health/server.go`.
extension RPCStatus {
  static let sessionExpired = RPCStatus(.unknown, "mutex: session is expired")
  static let electionNoLeader = RPCStatus(.unknown, "election: no leader")
  static let electionNotLeader = RPCStatus(.unknown, "election: not leader")
  static let leaderMissing = RPCStatus(.unknown, "\"leader\" field must be provided")
  static let unknownService = RPCStatus(.notFound, "unknown service")

  static func watchRefused(_ reason: String) -> RPCStatus {
    RPCStatus(.failedPrecondition, reason)
  }

  static func unknownMethod(_ path: String) -> RPCStatus {
    RPCStatus(.unimplemented, "unknown method \(path)")
  }

  /// What a lock or an election is answered when something that it has called was refused: etcd's
  /// inner client takes the code away and leaves the text.
  var asInner: RPCStatus { RPCStatus(.unknown, message) }
}

// What the JSON gateway refuses, which has no texts that clients compare.
extension RPCStatus {
  static let deadlineExceeded = RPCStatus(.deadlineExceeded, "context deadline exceeded")
  static let jsonCutOff = RPCStatus(.invalidArgument, "unexpected EOF")
  static let jsonNotObject = RPCStatus(.invalidArgument, "a message in JSON is an object")

  static func badJSON(_ reason: String) -> RPCStatus { RPCStatus(.invalidArgument, reason) }

  static func badTimeout(_ found: String) -> RPCStatus {
    RPCStatus(.invalidArgument, "invalid grpc-timeout: \(found)")
  }

  static func messageTooLarge(_ byteCount: Int, limit: Int) -> RPCStatus {
    RPCStatus(
      .resourceExhausted,
      "grpc: received message larger than max (\(byteCount) vs. \(limit))"
    )
  }
}

// What the layers below refuse, as clients are told it.
extension RPCStatus {
  /// A keyspace's refusal; what is wrong with the store itself has no text of etcd's.
  init(_ error: MVCCError) {
    self =
      switch error {
      case .compacted: .compacted
      case .futureRevision: .futureRevision
      case .keyMissing: .emptyKey
      case .keyNotFound: .keyNotFound
      case .valueProvided: .valueProvided
      case .leaseProvided: .leaseProvided
      case .tooManyOperations: .tooManyOperations
      case .duplicateKey: .duplicateKey
      case .leaseNotFound: .leaseNotFound
      case .leaseExists: .leaseExists
      case .leaseTTLTooLarge: .leaseTTLTooLarge
      case .keyTooLarge: .requestTooLarge
      case .bolt, .rowKey, .keyValue, .revisionOutOfOrder, .subRevision, .rowMissing, .metaRow,
        .leaseRow, .tooManyRevisions, .indexFull, .revisionsExhausted, .changeFailedBefore:
        RPCStatus(.unknown, error.description)
      }
  }

  /// What somebody may not do, or a change of users or roles that cannot be made.
  init(_ error: AuthError) {
    self =
      switch error {
      case .rootUserMissing: .rootUserMissing
      case .rootRoleMissing: .rootRoleMissing
      case .userExists: .userExists
      case .userNameEmpty: .userEmpty
      case .userNotFound: .userNotFound
      case .roleExists: .roleExists
      case .roleNotFound: .roleNotFound
      case .roleNameEmpty: .roleEmpty
      case .passwordUnreadable: .passwordForNoPasswordUser
      case .notEnabled: .authNotEnabled
      case .invalidToken: .invalidAuthToken
      case .authenticationFailed: .authFailed
      case .permissionMissing: .permissionNotGiven
      case .permissionDenied: .permissionDenied
      case .roleNotGranted: .roleNotGranted
      case .permissionNotGranted: .permissionNotGranted
      case .invalidManagement: .invalidAuthManagement
      case .oldRevision: .authRevisionOld
      }
  }

  /// What somebody may not do, where etcd forgets to give it the code of clients: in Defragment, Hash,
  /// HashKV and Snapshot.
  ///
  /// Source: etcd 3.5, `server/etcdserver/api/v3rpc/maintenance.go`, `authMaintenanceServer`.
  init(uncoded error: AuthError) {
    self =
      switch error {
      case .userNameEmpty: RPCStatus(.unknown, "auth: user name is empty")
      case .userNotFound: RPCStatus(.unknown, "auth: user not found")
      case .permissionDenied: RPCStatus(.unknown, "auth: permission denied")
      case .invalidToken: RPCStatus(.unknown, "auth: invalid auth token")
      default: RPCStatus(error)
      }
  }

  /// Why an entry of the log has no effect.
  init(_ refusal: Applier.Refusal) {
    self =
      switch refusal {
      case .keyspace(let error): RPCStatus(error)
      case .auth(let error): RPCStatus(error)
      case .alarm(.noSpace): .noSpace
      case .alarm(.corrupt): .corrupt
      }
  }
}
