/// What an entry of the log asks for.
///
/// The raw value is the word that people write; what stands before its first dash is its group, where
/// there are several of one group.
public enum RequestKind: String, CaseIterable, Sendable {
  /// A leader's first entry, which asks for nothing.
  case nothing = "no-op"

  case range
  case put
  case delete
  case txn
  case compaction

  case leaseGrant = "lease-grant"
  case leaseRevoke = "lease-revoke"
  case leaseCheckpoint = "lease-checkpoint"

  case alarm

  case authEnable = "auth-enable"
  case authDisable = "auth-disable"
  case authStatus = "auth-status"
  case authenticate = "auth-authenticate"
  case userAdd = "auth-user-add"
  case userDelete = "auth-user-delete"
  case userGet = "auth-user-get"
  case userChangePassword = "auth-user-change-password"
  case userGrantRole = "auth-user-grant-role"
  case userRevokeRole = "auth-user-revoke-role"
  case userList = "auth-user-list"
  case roleAdd = "auth-role-add"
  case roleDelete = "auth-role-delete"
  case roleGet = "auth-role-get"
  case roleGrantPermission = "auth-role-grant-permission"
  case roleRevokePermission = "auth-role-revoke-permission"
  case roleList = "auth-role-list"

  case clusterVersion = "cluster-version"
  case clusterMember = "cluster-member"
  case clusterDowngrade = "cluster-downgrade"
  case clusterDowngradeTest = "cluster-downgrade-test"

  case memberAdd = "member-add"
  case memberAddLearner = "member-add-learner"
  case memberPromote = "member-promote"
  case memberUpdate = "member-update"
  case memberRemove = "member-remove"

  /// Several members at once, which etcd never asks for.
  case memberChanges = "member-changes"

  /// A request in the form of etcd 2, in which etcd up to 3.5 writes what members publish.
  case legacy = "v2"

  /// Something else: of a newer etcd, or damaged before it was written.
  case unknown

  /// The group: `lease`, `auth`, `cluster`, `member`; or the whole word.
  public var group: String {
    guard self != .nothing, let dash = rawValue.firstIndex(of: "-") else { return rawValue }
    return String(rawValue[..<dash])
  }

  /// What is asked for within the group; empty where the group is the whole word.
  public var action: String {
    guard self != .nothing, let dash = rawValue.firstIndex(of: "-") else { return "" }
    return String(rawValue[rawValue.index(after: dash)...])
  }

  /// The kinds that a word stands for: one, or those of a group; none for any other word.
  public static func kinds(of word: String) -> [RequestKind] {
    allCases.filter { $0.rawValue == word || $0.group == word }
  }

  /// All words that stand for kinds, groups before what is in them.
  public static let words: [String] = {
    var words: [String] = []
    for kind in allCases {
      for word in [kind.group, kind.rawValue] where !words.contains(word) { words.append(word) }
    }
    return words
  }()
}
