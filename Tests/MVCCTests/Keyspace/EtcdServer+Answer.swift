private import Foundation
import TestSupport

@testable import MVCC

extension EtcdServer {
  /// Asks a real etcd, through its JSON gateway.
  func answer(_ request: Request) throws -> Answer {
    do throws(Failure) {
      switch request {
      case .range(let request): return try range(ask("kv/range", request.json))
      case .put(let request): return try put(ask("kv/put", request.json))
      case .delete(let request): return try delete(ask("kv/deleterange", request.json))
      case .transaction(let request): return try transaction(ask("kv/txn", request.json))
      case .compact(let target):
        let answer = try ask("kv/compaction", ["revision": "\(target)", "physical": true])
        return .done(revision: revision(in: answer))
      case .grant(let id):
        let answer = try ask("lease/grant", ["ID": "\(id.rawValue)", "TTL": "100000"])
        return .done(revision: revision(in: answer))
      case .revoke(let id):
        let answer = try ask("lease/revoke", ["ID": "\(id.rawValue)"])
        return .done(revision: revision(in: answer))
      }
    } catch {
      guard case .refused(_, let status, let body) = error, status != 0,
        let object = try JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any],
        let text = object["error"] as? String ?? object["message"] as? String,
        text.hasPrefix("etcdserver: ")
      else { throw error }
      return .refused(String(text.dropFirst("etcdserver: ".count)))
    }
  }

  private func ask(_ path: String, _ fields: [String: Any]) throws(Failure) -> [String: Any] {
    let json = (try? JSONSerialization.data(withJSONObject: fields)) ?? Data()
    let answer = try gateway("/v3/\(path)", String(decoding: json, as: UTF8.self))
    let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
    guard let object else { throw .refused(path: path, status: 200, body: "no object") }
    return object
  }

  private func revision(in answer: [String: Any]) -> Int64 {
    integer((answer["header"] as? [String: Any])?["revision"])
  }

  private func range(_ answer: [String: Any]) -> Answer {
    .range(
      keyValues(answer["kvs"]),
      count: Int(integer(answer["count"])),
      hasMore: answer["more"] as? Bool ?? false,
      revision: revision(in: answer)
    )
  }

  private func put(_ answer: [String: Any]) -> Answer {
    let previous = (answer["prev_kv"] as? [String: Any]).map { [$0] }
    return .put(previous: keyValues(previous), revision: revision(in: answer))
  }

  private func delete(_ answer: [String: Any]) -> Answer {
    .delete(
      count: Int(integer(answer["deleted"])),
      previous: keyValues(answer["prev_kvs"]),
      revision: revision(in: answer)
    )
  }

  private func transaction(_ answer: [String: Any]) -> Answer {
    let responses = answer["responses"] as? [[String: Any]] ?? []
    let answers: [Answer] = responses.map { response in
      if let answer = response["response_range"] as? [String: Any] { return range(answer) }
      if let answer = response["response_put"] as? [String: Any] { return put(answer) }
      if let answer = response["response_delete_range"] as? [String: Any] { return delete(answer) }
      if let answer = response["response_txn"] as? [String: Any] { return transaction(answer) }
      return .empty
    }
    return .transaction(
      succeeded: answer["succeeded"] as? Bool ?? false,
      answers,
      revision: revision(in: answer)
    )
  }

  private func keyValues(_ list: Any?) -> [Answer.KeyValue] {
    (list as? [[String: Any]] ?? []).map { fields in
      Answer.KeyValue(
        key: bytes(fields["key"]),
        value: bytes(fields["value"]),
        createRevision: integer(fields["create_revision"]),
        modRevision: integer(fields["mod_revision"]),
        version: integer(fields["version"]),
        lease: integer(fields["lease"])
      )
    }
  }

  /// Numbers are text in the gateway's answers, and left out if they are 0.
  private func integer(_ value: Any?) -> Int64 { (value as? String).flatMap { Int64($0) } ?? 0 }

  private func bytes(_ value: Any?) -> [UInt8] {
    (value as? String).flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? []
  }
}

// Requests as the gateway takes them.

private func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

extension KeyRange {
  fileprivate var json: [String: Any] {
    switch end {
    case .withStart: ["key": base64(start)]
    case .before(let end): ["key": base64(start), "range_end": base64(end)]
    case .never: ["key": base64(start), "range_end": base64([0])]
    }
  }
}

extension RangeRequest {
  fileprivate var json: [String: Any] {
    let order =
      switch order {
      case .none: "NONE"
      case .ascending: "ASCEND"
      case .descending: "DESCEND"
      }
    let target =
      switch target {
      case .key: "KEY"
      case .version: "VERSION"
      case .createRevision: "CREATE"
      case .modRevision: "MOD"
      case .value: "VALUE"
      }
    let options: [String: Any] = [
      "limit": "\(limit)", "revision": "\(revision)", "sort_order": order, "sort_target": target,
      "keys_only": isKeysOnly, "count_only": isCountOnly,
      "min_mod_revision": "\(minimumModRevision)", "max_mod_revision": "\(maximumModRevision)",
      "min_create_revision": "\(minimumCreateRevision)",
      "max_create_revision": "\(maximumCreateRevision)",
    ]
    return keys.json.merging(options) { $1 }
  }
}

extension PutRequest {
  fileprivate var json: [String: Any] {
    [
      "key": base64(key), "value": base64(value), "lease": "\(lease.rawValue)",
      "prev_kv": wantsPrevious, "ignore_value": keepsValue, "ignore_lease": keepsLease,
    ]
  }
}

extension DeleteRequest {
  fileprivate var json: [String: Any] { keys.json.merging(["prev_kv": wantsPrevious]) { $1 } }
}

extension Compare {
  fileprivate var json: [String: Any] {
    let result =
      switch relation {
      case .equal: "EQUAL"
      case .greater: "GREATER"
      case .less: "LESS"
      case .notEqual: "NOT_EQUAL"
      }
    let fields: [String: Any] =
      switch target {
      case .version(let given): ["target": "VERSION", "version": "\(given)"]
      case .createRevision(let given): ["target": "CREATE", "create_revision": "\(given)"]
      case .modRevision(let given): ["target": "MOD", "mod_revision": "\(given)"]
      case .value(let given): ["target": "VALUE", "value": base64(given)]
      case .lease(let given): ["target": "LEASE", "lease": "\(given.rawValue)"]
      }
    return keys.json.merging(fields) { $1 }.merging(["result": result]) { $1 }
  }
}

extension TransactionRequest {
  fileprivate var json: [String: Any] {
    [
      "compare": compares.map(\.json), "success": success.map(\.json),
      "failure": failure.map(\.json),
    ]
  }
}

extension TransactionRequest.Operation {
  fileprivate var json: [String: Any] {
    switch self {
    case .range(let request): ["request_range": request.json]
    case .put(let request): ["request_put": request.json]
    case .delete(let request): ["request_delete_range": request.json]
    case .transaction(let request): ["request_txn": request.json]
    case .empty: [:]
    }
  }
}
