import Bolt
import EtcdMessages
import FileIO
import Foundation
import MVCC
import SwiftProtobuf
import TestSupport
import WAL

@testable import Apply

/// An applier over a new database on a simulated disk, and the entries that it is given.
final class TestApplier {
  let disk: SimulatedDisk
  let database: Database
  let keyspace: Keyspace
  let applier: Applier

  /// The index of the last entry.
  private(set) var index: UInt64 = 0

  init(on disk: SimulatedDisk = SimulatedDisk(), options: Applier.Options = .init()) throws {
    self.disk = disk
    database = try Database("/db", in: disk)
    keyspace = try Keyspace(database)
    applier = try Applier(keyspace, in: database.read(), options: options)
    index = keyspace.consistentIndex.index
  }

  /// Applies the data of an entry.
  @discardableResult
  func apply(_ data: [UInt8], as type: EntryType = .normal) throws -> Applier.Outcome {
    index += 1
    return try data.withUnsafeBytes { data in
      try applier.apply(
        EntryView(
          type: type,
          term: Term(rawValue: 2),
          index: LogIndex(rawValue: index),
          data: data
        )
      )
    }
  }

  /// Applies a request.
  @discardableResult
  func apply(
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws -> Applier.Outcome {
    var request = Etcdserverpb_InternalRaftRequest()
    fill(&request)
    return try apply(request.serializedBytes() as [UInt8])
  }

  /// Applies a request and returns why it was refused; nothing if it was not.
  func refusal(
    _ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void
  ) throws -> Applier.Refusal? {
    if case .refused(let refusal) = try apply(fill) { return refusal }
    return nil
  }

  /// Puts a key, as a user if one is given; returns why it was refused.
  @discardableResult
  func put(
    _ key: String,
    _ value: String = "",
    as user: String? = nil
  ) throws -> Applier.Refusal? {
    try refusal { request in
      request.put.key = Data(key.utf8)
      request.put.value = Data(value.utf8)
      request.setRequester(user, self.applier.auth.revision)
    }
  }

  /// The value of a key; nothing if it is not live.
  func value(of key: String) throws -> String? {
    let rows = try keyspace.view().range(RangeRequest(KeyRange(Array(key.utf8)))).rows
    return rows.isEmpty ? nil : String(decoding: try rows[0].keyValue().value, as: UTF8.self)
  }

  /// The rows of a bucket, once everything is committed.
  func rows(of bucket: BucketName) throws -> [[UInt8]: [UInt8]] {
    try keyspace.commit()
    return try database.rows(of: bucket)
  }
}

extension Etcdserverpb_InternalRaftRequest {
  /// Says who asks, as a server does while authentication is on.
  mutating func setRequester(_ user: String?, _ revision: UInt64) {
    guard let user else { return }
    header.username = user
    header.authRevision = revision
  }
}

extension Database {
  /// The rows of a bucket; none if there is no such bucket.
  func rows(of bucket: BucketName) throws -> [[UInt8]: [UInt8]] {
    let transaction = read()
    var rows: [[UInt8]: [UInt8]] = [:]
    guard var cursor = try transaction.bucket(bucket.bytes)?.cursor() else { return rows }
    var next = try cursor.first()
    while let element = next {
      rows[Array(element.key)] = Array(element.value)
      next = try cursor.next()
    }
    return rows
  }
}
