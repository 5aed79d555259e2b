public import Decode

/// What a table has of one object: what its summary and its revision say.
public struct ObjectRow: Hashable, Sendable {
  /// The key in etcd.
  public var key: String

  /// The namespace; empty where there is none.
  public var namespace: String

  /// The name.
  public var name: String

  /// The kind; empty where it is not known.
  public var kind: String

  /// The API version; empty where it is not known.
  public var apiVersion: String

  /// When the object was created, in seconds since 1970; nil if it does not say.
  public var creationSeconds: Int64?

  /// The revision of the object's last change.
  public var modRevision: Int64

  /// The revision in which the key was created.
  public var createRevision: Int64

  /// How many times the key was put since then.
  public var version: Int64

  /// The key's lease; 0 for none.
  public var lease: Int64

  /// The size of the value in bytes.
  public var byteCount: Int

  /// A row without revisions, of a key and what its value says.
  ///
  /// What the value does not say, as one that is encrypted, is taken from the key.
  public init(key: String, storageKey: StorageKey, summary: ObjectSummary?) {
    self.key = key
    namespace = storageKey.namespace ?? ""
    name = storageKey.name.isEmpty ? key : storageKey.name
    kind = storageKey.kind ?? ""
    apiVersion = ""
    modRevision = 0
    createRevision = 0
    version = 0
    lease = 0
    byteCount = summary?.byteCount ?? 0
    guard let summary, !summary.kind.isEmpty else { return }
    kind = summary.kind
    apiVersion = summary.apiVersion
    creationSeconds = summary.creationSeconds
    if !summary.name.isEmpty {
      name = summary.name
      namespace = summary.namespace
    }
  }

  /// What `-o name` prints: `pod/web-0`, `deployment.apps/web`; the key where the kind is unknown.
  ///
  /// Source: kubernetes/cli-runtime, pkg/printers/name.go.
  public var resourceName: String { kind.isEmpty ? key : resourcePrefix + name }

  /// What stands in front of the name there: `deployment.apps/`.
  var resourcePrefix: String {
    let group = group
    return "\(kind.lowercased())\(group.isEmpty ? "" : ".")\(group)/"
  }

  /// The group of the API version; empty for the core group.
  var group: String {
    guard let slash = apiVersion.lastIndex(of: "/") else { return "" }
    return String(apiVersion[..<slash])
  }
}
