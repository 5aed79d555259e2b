internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import RPC
internal import SwiftProtobuf

/// Waits until the keys of a prefix are gone that were there first.
///
/// It looks for the latest of them and waits until that is deleted, and then looks again: so each
/// deletion wakes one waiter, not all.
///
/// Source: etcd 3.5, `client/v3/concurrency/key.go`.
final class PredecessorWait {
  private let client: InnerClient
  private let prefix: Data
  private let createRevision: Int64

  // Invariant: nil as soon as the wait is over.
  private var complete: ((Result<Void, RPCStatus>) -> Void)?
  private var stream: InnerStream<Etcdserverpb_WatchResponse>?

  /// A wait that begins with ``begin()``.
  ///
  /// - Parameters:
  ///   - prefix: What the keys begin with.
  ///   - createRevision: The create revision of the last key that is waited for.
  ///   - client: Who waits.
  ///   - complete: Called once, unless the wait is cancelled.
  init(
    for prefix: Data,
    upTo createRevision: Int64,
    _ client: InnerClient,
    _ complete: @escaping (Result<Void, RPCStatus>) -> Void
  ) {
    self.prefix = prefix
    self.createRevision = createRevision
    self.client = client
    self.complete = complete
  }

  /// Looks for the latest key, and waits for it.
  func begin() {
    var request = Etcdserverpb_RangeRequest.ofPrefix(prefix)
    request.sortOrder = .descend
    request.sortTarget = .create
    request.limit = 1
    request.maxCreateRevision = createRevision
    client.range(request) { [self] result in
      guard complete != nil else { return }
      switch result {
      case .failure(let status): end(.failure(status))
      case .success(let response):
        guard let latest = response.kvs.first else { return end(.success(())) }
        wait(for: latest.key, since: response.header.revision)
      }
    }
  }

  private func wait(for key: Data, since revision: Int64) {
    let request = Etcdserverpb_WatchCreateRequest.with {
      $0.key = key
      $0.startRevision = revision
      $0.filters = [.noput]
    }
    stream = client.watch(request) { [self] result in
      switch result {
      case .failure(let status): end(.failure(status))
      case .success(let response): take(response)
      }
    }
  }

  private func take(_ response: Etcdserverpb_WatchResponse) {
    if response.canceled, response.compactRevision == 0 {
      return end(.failure(.watchRefused(response.cancelReason)))
    }
    // What was compacted is not told of: it is looked for again, as after a deletion.
    let isDeleted = response.events.contains { $0.type == .delete }
    guard isDeleted || response.canceled else { return }
    stream?.cancel()
    stream = nil
    begin()
  }

  private func end(_ result: Result<Void, RPCStatus>) {
    let complete = complete
    cancel()
    complete?(result)
  }

  /// Waits no more.
  func cancel() {
    complete = nil
    stream?.cancel()
    stream = nil
  }
}

// The requests of locks and elections.
extension Etcdserverpb_RangeRequest {
  /// The keys that begin with a prefix, which is not empty.
  static func ofPrefix(_ prefix: Data) -> Etcdserverpb_RangeRequest {
    .with {
      $0.key = prefix
      // The prefixes of locks and elections end with a slash.
      $0.rangeEnd = prefix.dropLast() + [UInt8(ascii: "/") + 1]
    }
  }

  /// The key of those with a prefix that was there first.
  static func firstOfPrefix(_ prefix: Data) -> Etcdserverpb_RangeRequest {
    var request = ofPrefix(prefix)
    request.sortOrder = .ascend
    request.sortTarget = .create
    request.limit = 1
    return request
  }

  /// One key.
  static func ofKey(_ key: Data) -> Etcdserverpb_RangeRequest { .with { $0.key = key } }
}

extension Etcdserverpb_Compare {
  /// Whether a key was made at a revision; 0 for a key that is not there.
  static func isCreated(_ key: Data, at revision: Int64) -> Etcdserverpb_Compare {
    .with {
      $0.key = key
      $0.target = .create
      $0.result = .equal
      $0.createRevision = revision
    }
  }
}

extension Etcdserverpb_RequestOp {
  static func put(_ key: Data, _ value: Data, lease: Int64) -> Etcdserverpb_RequestOp {
    .with {
      $0.requestPut.key = key
      $0.requestPut.value = value
      $0.requestPut.lease = lease
    }
  }

  static func range(_ request: Etcdserverpb_RangeRequest) -> Etcdserverpb_RequestOp {
    .with { $0.requestRange = request }
  }

  static func delete(_ key: Data) -> Etcdserverpb_RequestOp {
    .with { $0.requestDeleteRange.key = key }
  }
}

extension Data {
  /// What the keys of a lock or an election begin with.
  static func prefix(of name: Data) -> Data { name + [UInt8(ascii: "/")] }

  /// The key of a lease, as Go writes it in hexadecimal.
  func key(of lease: Int64) -> Data { self + Data(String(lease, radix: 16).utf8) }
}
