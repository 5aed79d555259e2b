private import Foundation

extension EtcdFixture {
  /// What the server said of itself; one that was killed, after a start from a copy of its files.
  public struct Facts: Sendable {
    /// The release with its patch: 3.4.23.
    public let version: String

    /// The id of the cluster.
    public let clusterID: UInt64

    /// The id of the member.
    public let memberID: UInt64

    /// The current revision.
    public let revision: Int64

    /// The revision that the store was compacted at; -1 if it never was.
    public let compactRevision: Int64

    /// What Maintenance.Hash answered.
    public let hash: UInt32

    /// Whether requests had to be authenticated.
    public let authEnabled: Bool

    /// The last revision that a client knew of when the server was killed amid requests.
    public let acknowledgedRevision: Int64?

    init(_ archive: UnpackedArchive) throws {
      let path = "answers/facts.tsv"
      let facts = Dictionary(
        try archive.rows(path).map { ($0[0], $0[1]) },
        uniquingKeysWith: { first, _ in first }
      )
      func number<Number: FixedWidthInteger>(_ name: String) throws -> Number {
        guard let number = facts[name].flatMap({ Number($0) }) else {
          throw Failure(path: path, detail: name)
        }
        return number
      }
      version = facts["version"] ?? ""
      clusterID = try number("clusterID")
      memberID = try number("memberID")
      revision = try number("revision")
      compactRevision = try number("compactRevision")
      hash = try number("hash")
      authEnabled = facts["authEnabled"] == "true"
      acknowledgedRevision =
        facts["acknowledgedRevision"] == nil ? nil : try number("acknowledgedRevision")
    }
  }

  /// What HashKV answered.
  public struct HashKV: Equatable, Sendable {
    /// The revision that was asked for.
    public let revision: Int64

    /// The hash; nil if the answer was that this revision has been compacted.
    public let hash: UInt32?

    /// The revision that the store was compacted at; -1 if it never was.
    public let compactRevision: Int64

    init(_ columns: [String]) throws {
      guard columns.count == 3, let revision = Int64(columns[0]),
        let compactRevision = Int64(columns[2]),
        columns[1] == "compacted" || UInt32(columns[1]) != nil
      else { throw Failure(path: "answers/hashkv.tsv", detail: columns.joined(separator: " ")) }
      self.revision = revision
      hash = UInt32(columns[1])
      self.compactRevision = compactRevision
    }
  }

  /// A key as a range answers it.
  public struct KeyValue: Equatable, Sendable {
    /// The key.
    public let key: [UInt8]

    /// The value.
    public let value: [UInt8]

    /// The revision that made it.
    public let createRevision: Int64

    /// The revision that changed it last.
    public let modRevision: Int64

    /// How many times it was put in this life.
    public let version: Int64

    /// The lease that it is attached to; 0 if none.
    public let lease: Int64

    /// A key as a range answers it.
    public init(
      key: [UInt8],
      value: [UInt8],
      createRevision: Int64,
      modRevision: Int64,
      version: Int64,
      lease: Int64 = 0
    ) {
      self.key = key
      self.value = value
      self.createRevision = createRevision
      self.modRevision = modRevision
      self.version = version
      self.lease = lease
    }

    static func list(_ archive: UnpackedArchive, _ path: String) throws -> [KeyValue] {
      let answer: [String: Any] = try archive.json(path)
      return try (answer["kvs"] as? [[String: Any]] ?? []).map { fields in
        guard let key = bytes(fields["key"]), let create = integer(fields["create_revision"]),
          let mod = integer(fields["mod_revision"]), let version = integer(fields["version"])
        else { throw Failure(path: path, detail: "kvs") }
        // Fields that are empty or 0 are left out.
        return KeyValue(
          key: key,
          value: bytes(fields["value"]) ?? [],
          createRevision: create,
          modRevision: mod,
          version: version,
          lease: integer(fields["lease"]) ?? 0
        )
      }
    }
  }

  /// A lease.
  public struct Lease: Equatable, Sendable {
    /// Its id.
    public let id: Int64

    /// How many seconds it was granted for.
    public let grantedTTL: Int64

    /// The keys that are attached to it, in no order.
    public let keys: Set<[UInt8]>

    init(_ columns: [String]) throws {
      guard columns.count == 3, let id = Int64(columns[0]), let ttl = Int64(columns[1]) else {
        throw Failure(path: "answers/leases.tsv", detail: columns.joined(separator: " "))
      }
      self.id = id
      grantedTTL = ttl
      keys = Set(columns[2].split(separator: ",").map { [UInt8](hexadecimal: String($0)) })
    }
  }

  /// An alarm.
  public struct Alarm: Equatable, Sendable {
    /// The member that raised it.
    public let memberID: UInt64

    /// `NOSPACE` or `CORRUPT`.
    public let alarm: String

    static func list(_ archive: UnpackedArchive) throws -> [Alarm] {
      let path = "answers/alarms.json"
      let alarms: [[String: Any]] = try archive.json(path)
      return try alarms.map { fields in
        guard let text = fields["memberID"] as? String, let memberID = UInt64(text),
          let alarm = fields["alarm"] as? String
        else { throw Failure(path: path, detail: "memberID, alarm") }
        return Alarm(memberID: memberID, alarm: alarm)
      }
    }
  }

  static func users(_ archive: UnpackedArchive) throws -> [String: [String]] {
    try archive.json("answers/users.json")
  }

  /// What a role allows.
  public struct Permission: Equatable, Sendable {
    /// `READ`, `WRITE` or `READWRITE`.
    public let kind: String

    /// The key, or the first of a range.
    public let key: [UInt8]

    /// The end of the range; empty if it is one key.
    public let rangeEnd: [UInt8]

    static func roles(_ archive: UnpackedArchive) throws -> [String: [Permission]] {
      let roles: [String: [[String: Any]]] = try archive.json("answers/roles.json")
      return roles.mapValues { permissions in
        permissions.map { fields in
          // The first value of an enumeration is left out.
          Permission(
            kind: fields["permType"] as? String ?? "READ",
            key: bytes(fields["key"]) ?? [],
            rangeEnd: bytes(fields["range_end"]) ?? []
          )
        }
      }
    }
  }

  /// A member.
  public struct Member: Equatable, Sendable {
    /// Its id.
    public let id: UInt64

    /// Its name.
    public let name: String

    /// Where other members find it.
    public let peerURLs: [String]

    /// Where clients find it.
    public let clientURLs: [String]

    static func list(_ archive: UnpackedArchive) throws -> [Member] {
      let path = "answers/members.json"
      let members: [[String: Any]] = try archive.json(path)
      return try members.map { fields in
        guard let text = fields["ID"] as? String, let id = UInt64(text),
          let name = fields["name"] as? String, let peerURLs = fields["peerURLs"] as? [String],
          let clientURLs = fields["clientURLs"] as? [String]
        else { throw Failure(path: path, detail: "member") }
        return Member(id: id, name: name, peerURLs: peerURLs, clientURLs: clientURLs)
      }
    }
  }

  /// What `snapshot status` printed.
  public struct SnapshotStatus: Equatable, Sendable {
    /// The CRC-32C of the names of all buckets and of all rows.
    public let hash: UInt32

    /// The last revision of a row.
    public let revision: Int64

    /// How many rows all buckets have.
    public let totalKey: Int64

    /// The size of what is in use, in bytes.
    public let totalSize: Int64

    init(_ archive: UnpackedArchive, _ path: String) throws {
      let fields: [String: Any] = try archive.json(path)
      guard let hash = integer(fields["hash"]).flatMap(UInt32.init(exactly:)),
        let revision = integer(fields["revision"]), let totalKey = integer(fields["totalKey"]),
        let totalSize = integer(fields["totalSize"])
      else { throw Failure(path: path, detail: "status") }
      self.hash = hash
      self.revision = revision
      self.totalKey = totalKey
      self.totalSize = totalSize
    }
  }

  /// What etcd's own reader found in a write-ahead log.
  public struct WAL: Equatable, Sendable {
    /// A place in the log.
    public struct Place: Equatable, Sendable {
      /// The index of an entry.
      public let index: UInt64

      /// Its term.
      public let term: UInt64
    }

    /// A raft entry.
    public struct Entry: Equatable, Sendable {
      /// Where it stands.
      public let place: Place

      /// 0 for a request, 1 for a change of members.
      public let type: Int

      /// How many bytes of data it has.
      public let byteCount: Int

      /// The CRC-32C of the data.
      public let checksum: UInt32
    }

    /// The snapshots that a server may start from; the first is the empty one.
    public private(set) var snapshots: [Place] = []

    /// The id of the member.
    public private(set) var nodeID: UInt64 = 0

    /// The id of the cluster.
    public private(set) var clusterID: UInt64 = 0

    /// The term, the vote and the committed index of the last state.
    public private(set) var state: [UInt64] = []

    /// The entries behind the empty snapshot.
    public private(set) var entries: [Entry] = []

    init(_ rows: [[String]]) throws {
      for columns in rows {
        let numbers = columns.dropFirst().map { UInt64($0) ?? 0 }
        switch (columns[0], numbers.count) {
        case ("snapshot", 2): snapshots.append(Place(index: numbers[0], term: numbers[1]))
        case ("metadata", 2): (nodeID, clusterID) = (numbers[0], numbers[1])
        case ("state", 3): state = numbers
        case ("entry", 5):
          entries.append(
            Entry(
              place: Place(index: numbers[0], term: numbers[1]),
              type: Int(numbers[2]),
              byteCount: Int(numbers[3]),
              checksum: UInt32(columns[5], radix: 16) ?? 0
            )
          )
        default: throw Failure(path: "answers/wal.tsv", detail: columns.joined(separator: " "))
        }
      }
    }
  }
}

extension UnpackedArchive {
  /// A file as JSON.
  fileprivate func json<Value>(_ path: String) throws -> Value {
    let value = try JSONSerialization.jsonObject(with: Data(bytes(path)))
    guard let value = value as? Value else {
      throw EtcdFixture.Failure(path: path, detail: "\(Value.self)")
    }
    return value
  }

  /// The names in a folder, sorted.
  func names(in path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(path)").sorted()
  }
}

private func bytes(_ value: Any?) -> [UInt8]? {
  (value as? String).flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
}

private func integer(_ value: Any?) -> Int64? {
  (value as? NSNumber)?.int64Value
}
