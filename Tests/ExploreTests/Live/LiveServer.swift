import EtcdClient
import EtcdMessages
import Explore
import Foundation
import MVCC
import SwiftProtobuf
import TestSupport

/// A server with keys, and a source of them.
struct LiveServer {
  let server: Server
  let client: EtcdClient

  /// Every kind of server that is there.
  static let kinds = [ServerKind.etcd(.v34), .etcd(.v35), .node].filter(\.isThere)

  init(_ kind: ServerKind) throws {
    server = try Server.start(kind, electsFast: true)
    client = EtcdClient(.init(endpoints: [try Endpoint(server.endpoint)]))
  }

  /// A source of its own.
  func source(_ options: LiveSource.Options = .init()) throws -> LiveSource {
    let client = EtcdClient(.init(endpoints: [try Endpoint(server.endpoint)]))
    return LiveSource(client, name: server.endpoint, options: options)
  }

  @discardableResult
  func put(_ key: String, _ value: String) async throws -> Int64 {
    let request = Etcdserverpb_PutRequest.with {
      ($0.key, $0.value) = (Data(key.utf8), Data(value.utf8))
    }
    return try await client.call(.put, request).header.revision
  }

  @discardableResult
  func delete(_ key: String) async throws -> Int64 {
    let request = Etcdserverpb_DeleteRangeRequest.with { $0.key = Data(key.utf8) }
    return try await client.call(.deleteRange, request).header.revision
  }

  func compact(_ revision: Int64) async throws {
    _ = try await client.call(.compact, .with { ($0.revision, $0.physical) = (revision, true) })
  }

  /// Puts and deletes keys at one revision.
  @discardableResult
  func change(_ puts: [(String, String)], deleting keys: [String] = []) async throws -> Int64 {
    let request = Etcdserverpb_TxnRequest.with { request in
      for (key, value) in puts {
        request.success.append(
          .with {
            $0.requestPut = .with { ($0.key, $0.value) = (Data(key.utf8), Data(value.utf8)) }
          }
        )
      }
      for key in keys {
        request.success.append(
          .with { $0.requestDeleteRange = .with { $0.key = Data(key.utf8) } }
        )
      }
    }
    return try await client.call(.txn, request).header.revision
  }

  /// All keys and values with a prefix, by one request.
  func all(_ prefix: String, at revision: Int64 = 0) async throws -> [Mvccpb_KeyValue] {
    let range = KeyRange(prefix: prefix.utf8)
    let request = Etcdserverpb_RangeRequest.with {
      $0.key = Data(range.lowerBound.isEmpty ? [0] : range.lowerBound)
      $0.rangeEnd = Data(range.upperBound ?? [0])
      $0.revision = revision
    }
    return try await client.call(.range, request).kvs
  }
}

/// What a test has of a row.
struct RowFacts: Equatable, Sendable {
  var key: String
  var value: String
  var revision: Int64
  var isTombstone = false

  init(_ row: StoredRow) {
    key = String(decoding: row.key, as: UTF8.self)
    value = (try? row.keyValue()).map { String(decoding: $0.value, as: UTF8.self) } ?? "?"
    revision = row.revision.main
    isTombstone = row.isTombstone
  }

  init(_ keyValue: Mvccpb_KeyValue) {
    key = String(decoding: keyValue.key, as: UTF8.self)
    value = String(decoding: keyValue.value, as: UTF8.self)
    revision = keyValue.modRevision
  }
}
