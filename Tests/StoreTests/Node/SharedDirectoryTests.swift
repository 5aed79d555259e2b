import FileIO
import Foundation
import MVCC
import TestSupport
import Testing

@testable import Store

/// A data directory in turns: a real etcd's and ours.
@Suite struct SharedDirectoryTests {
  @Test(arguments: EtcdVersion.installed)
  func etcdAndTheNodeTakeTurnsOnOneDirectory(version: EtcdVersion) throws {
    let folder = try TemporaryFolder()
    let data = folder.path("data")
    var number = 0
    var expected: [String: String] = [:]
    func next() -> (key: String, value: String) {
      number += 1
      let pair = (key: "key\(number % 7)", value: "value\(number)")
      expected[pair.key] = pair.value
      return pair
    }
    // The peers' addresses are part of the member's number: the first server chooses them.
    let first = try EtcdServer.start(version: version, dataDirectory: data)
    let peer = "http://127.0.0.1:\(first.peerPort)"
    var server = first
    for turn in 0..<4 {
      for _ in 0..<5 {
        let pair = next()
        #expect(try server.etcdctl("put", pair.key, pair.value).status == 0)
      }
      if turn.isMultiple(of: 2) { try server.stop() } else { server.kill() }

      var options = Node.Options()
      options.store.name = "test"
      options.store.peerURLs = [peer]
      options.store.initialCluster = "test=\(peer)"
      let node = try TestNode(data, options)
      for (key, value) in expected { #expect(try node.get(key) == value) }
      for _ in 0..<5 {
        let pair = next()
        try node.put(pair.key, pair.value)
      }
      let hash = try node.node.keyspace.view().hash()
      node.close()

      server = try EtcdServer.start(
        version: version,
        dataDirectory: data,
        arguments: [
          "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
          "--initial-cluster", "test=\(peer)",
        ]
      )
      for (key, value) in expected {
        let found = try server.etcdctl("get", key, "--print-value-only")
        #expect(found.text == value + "\n")
      }
      let answer = try server.etcdctl("endpoint", "hashkv")
      #expect(answer.text.contains(", \(hash.hash)"), "\(answer.text)")
    }
    try server.stop()
  }
}
