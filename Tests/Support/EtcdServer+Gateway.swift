private import Foundation

/// What tests ask of a server through its JSON gateway, which needs no library.
extension EtcdServer {
  /// The hash of the rows of a store up to a revision.
  public struct HashKV: Equatable, Sendable {
    /// The hash.
    public let hash: UInt32

    /// The revision that the store was compacted at; -1 if it never was.
    public let compactRevision: Int64

    /// The current revision of the store.
    public let revision: Int64
  }

  /// Sends a message to the gateway.
  ///
  /// - Parameters:
  ///   - path: Such as `/v3/kv/range`.
  ///   - json: The message; bytes are base64 in it.
  ///   - token: What `/v3/auth/authenticate` answered, where authentication is enabled.
  /// - Returns: The answer, JSON.
  /// - Throws: `Failure.refused` if the status is not 200, or there is no answer.
  public func gateway(
    _ path: String,
    _ json: String = "{}",
    token: String? = nil
  ) throws(Failure) -> [UInt8] {
    let answer: (status: Int, body: [UInt8])
    do {
      answer = try Loopback.request(
        clientPort,
        "POST",
        path,
        body: Array(json.utf8),
        headers: token.map { ["Authorization: \($0)"] } ?? []
      )
    } catch {
      throw .refused(path: path, status: 0, body: "\(error)")
    }
    guard answer.status == 200 else {
      let text = String(decoding: answer.body, as: UTF8.self)
      throw .refused(path: path, status: answer.status, body: text)
    }
    return answer.body
  }

  /// Puts one pair; the answer is the revision.
  @discardableResult
  public func put(_ key: String, _ value: String) throws -> Int64 {
    try put([(Array(key.utf8), Array(value.utf8))])
  }

  /// Puts many pairs, in their order: some ten thousand a second.
  ///
  /// A transaction has one main revision, and a key can stand in it once. So a transaction ends
  /// before a key that it has already.
  ///
  /// - Parameters:
  ///   - pairs: Keys and values.
  ///   - perTransaction: How many puts share a main revision; etcd allows 128.
  /// - Returns: The revision behind the last put; 0 if there was none.
  /// - Throws: `Failure.refused` if a transaction is not applied.
  @discardableResult
  public func put(
    _ pairs: some Sequence<(key: [UInt8], value: [UInt8])>,
    perTransaction: Int = 128
  ) throws -> Int64 {
    var revision: Int64 = 0
    var puts: [String] = []
    var keys: Set<[UInt8]> = []
    for (key, value) in pairs {
      if puts.count == perTransaction || keys.contains(key) {
        revision = try apply(puts)
        puts.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
      }
      keys.insert(key)
      let (key64, value64) = (Data(key).base64EncodedString(), Data(value).base64EncodedString())
      puts.append("{\"requestPut\":{\"key\":\"\(key64)\",\"value\":\"\(value64)\"}}")
    }
    return puts.isEmpty ? revision : try apply(puts)
  }

  /// Deletes the keys from `key` up to `end`, or `key` alone; the answer is the revision.
  @discardableResult
  public func delete(_ key: String, upTo end: String? = nil) throws -> Int64 {
    let key64 = Data(key.utf8).base64EncodedString()
    let end64 = end.map { ",\"range_end\":\"\(Data($0.utf8).base64EncodedString())\"" } ?? ""
    return try revision(in: gateway("/v3/kv/deleterange", "{\"key\":\"\(key64)\"\(end64)}"))
  }

  /// Compacts the store at a revision and waits until the rows are gone.
  public func compact(at revision: Int64) throws {
    _ = try gateway("/v3/kv/compaction", "{\"revision\":\"\(revision)\",\"physical\":true}")
  }

  /// The current revision of the store.
  public func revision() throws -> Int64 {
    try revision(in: gateway("/v3/maintenance/status"))
  }

  /// What Maintenance.Hash answers: the hash of everything in the database.
  ///
  /// Asking it makes the server commit what it holds back.
  public func hash() throws -> UInt32 {
    let path = "/v3/maintenance/hash"
    let answer = try object(gateway(path), path)
    guard let hash = (answer["hash"] as? NSNumber)?.uint32Value else {
      throw Failure.refused(path: path, status: 200, body: "no hash")
    }
    return hash
  }

  /// What Maintenance.HashKV answers at a revision; at the current one if it is 0.
  ///
  /// It is asked through etcdctl: the gateway has one path for both hashes, and means the other.
  public func hashKV(revision: Int64 = 0) throws -> HashKV {
    let result = try etcdctl("endpoint", "hashkv", "--rev", "\(revision)", "-w", "json")
    let list = try? JSONSerialization.jsonObject(with: Data(result.output)) as? [[String: Any]]
    guard let answer = list?.first?["HashKV"] as? [String: Any],
      let header = answer["header"] as? [String: Any],
      let hash = answer["hash"] as? NSNumber, let current = header["revision"] as? NSNumber
    else {
      throw Failure.refused(path: "hashkv", status: Int(result.status), body: result.errors)
    }
    return HashKV(
      hash: hash.uint32Value,
      // Left out of the JSON if it is 0.
      compactRevision: (answer["compact_revision"] as? NSNumber)?.int64Value ?? 0,
      revision: current.int64Value
    )
  }

  /// Saves a snapshot to a file.
  public func saveSnapshot(to path: String) throws {
    let result = try etcdctl("snapshot", "save", path)
    guard result.status == 0 else {
      throw Failure.refused(path: "snapshot", status: Int(result.status), body: result.errors)
    }
  }

  private func apply(_ puts: [String]) throws -> Int64 {
    try revision(in: gateway("/v3/kv/txn", "{\"success\":[\(puts.joined(separator: ","))]}"))
  }

  private func revision(in answer: [UInt8]) throws -> Int64 {
    let header = try object(answer, "header")["header"] as? [String: Any]
    // The gateway writes 64-bit numbers as text.
    guard let text = header?["revision"] as? String, let revision = Int64(text) else {
      throw Failure.refused(path: "header", status: 200, body: "no revision")
    }
    return revision
  }

  private func object(_ answer: [UInt8], _ path: String) throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any] else {
      throw Failure.refused(path: path, status: 200, body: "no object")
    }
    return object
  }
}
