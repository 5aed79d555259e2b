private import Foundation
import Snapshot
import TestSupport
import Testing
import WAL

/// A restored directory is for one purpose: that real etcd starts from it and serves what was saved.
@Suite struct RestoredClusterTests {
  /// A snapshot that a server saved, and what the server said of it.
  final class Saved {
    let folder: TemporaryFolder
    let revision: Int64
    let hash: UInt32
    let keys: String
    var path: String { folder.path("s.db") }

    /// Overwritten, deleted, leased and compacted keys.
    init(by version: EtcdVersion) throws {
      folder = try TemporaryFolder()
      let server = try EtcdServer.start(version: version)
      for number in 0..<30 { try server.put("/k/\(number % 20)", "value \(number)") }
      _ = try server.delete("/k/5")
      _ = try server.etcdctl("lease", "grant", "1000")
      try server.compact(at: 20)
      try server.put("/k/last", "<&>")
      let hash = try server.hashKV()
      revision = hash.revision
      self.hash = hash.hash
      keys = try server.etcdctl("get", "--prefix", "", "-w", "fields").bodyText
      try server.saveSnapshot(to: folder.path("s.db"))
      try server.stop()
    }
  }

  static let pairs = EtcdVersion.installed.flatMap { saved in
    EtcdVersion.installed.map { (saved: saved, started: $0) }
  }

  @Test(arguments: pairs)
  func aMemberServesWhatWasSaved(saved: EtcdVersion, started: EtcdVersion) throws {
    let snapshot = try Saved(by: saved)
    let restore = try SnapshotRestore(
      from: snapshot.path,
      RestoreOptions(dataDirectory: snapshot.folder.path("data"))
    )
    #expect(try restore.run() == snapshot.revision)

    let server = try EtcdServer.start(
      version: started,
      dataDirectory: snapshot.folder.path("data"),
      environment: ["ETCD_VERIFY": "all"]
    )
    #expect(try server.etcdctl("get", "--prefix", "", "-w", "fields").bodyText == snapshot.keys)
    let hash = try server.hashKV()
    #expect(hash.hash == snapshot.hash)
    #expect(hash.revision == snapshot.revision)
    let status = try server.etcdctl("endpoint", "status", "-w", "fields").text
    #expect(status.contains("\"ClusterID\" : \(restore.clusterID.rawValue)\n"))
    #expect(status.contains("\"MemberID\" : \(restore.member.id.rawValue)\n"))
    #expect(status.contains("\"Leader\" : \(restore.member.id.rawValue)\n"))
    #expect(try server.put("/k/new", "1") == snapshot.revision + 1)

    // From its own files, as any other member.
    try server.stop()
    let again = try EtcdServer.start(version: started, dataDirectory: server.dataDirectory)
    #expect(try again.etcdctl("get", "/k/new", "--print-value-only").text == "1\n")
  }

  @Test(arguments: EtcdVersion.installed)
  func threeMembersFormACluster(version: EtcdVersion) throws {
    let snapshot = try Saved(by: version)
    let ports = try Loopback.freePorts(6)
    let cluster = (0..<3).map { "m\($0)=http://127.0.0.1:\(ports[$0])" }.joined(separator: ",")
    var servers: [EtcdServer] = []
    for number in 0..<3 {
      var options = RestoreOptions(dataDirectory: snapshot.folder.path("m\(number)"))
      options.name = "m\(number)"
      options.initialCluster = cluster
      options.initialClusterToken = "three"
      options.advertisedPeerURLs = "http://127.0.0.1:\(ports[number])"
      // One of them has its log elsewhere.
      if number == 2 { options.walDirectory = snapshot.folder.path("log") }
      _ = try SnapshotRestore(from: snapshot.path, options).run()
      let log = number == 2 ? ["--wal-dir", snapshot.folder.path("log")] : []
      servers.append(
        try EtcdServer(
          version: version,
          dataDirectory: options.dataDirectory,
          ports: (client: ports[3 + number], peer: ports[number]),
          arguments: ["--name", options.name, "--initial-cluster", cluster] + log
        )
      )
    }
    for server in servers { try server.waitUntilServing() }
    for server in servers {
      #expect(try server.etcdctl("get", "--prefix", "", "-w", "fields").bodyText == snapshot.keys)
      let members = try server.etcdctl("member", "list").text
      #expect(members.split(separator: "\n").count == 3)
      #expect(try server.etcdctl("endpoint", "status").status == 0)
    }
    let revision = try servers[1].put("/k/new", "1")
    #expect(revision == snapshot.revision + 1)
    #expect(try servers[2].etcdctl("get", "/k/new", "--print-value-only").text == "1\n")
  }

  @Test(arguments: EtcdVersion.installed)
  func watchersOfARaisedRevisionBeginAnew(version: EtcdVersion) throws {
    let snapshot = try Saved(by: version)
    var options = RestoreOptions(dataDirectory: snapshot.folder.path("data"))
    options.revisionBump = 1000
    options.marksCompacted = true
    let revision = try SnapshotRestore(from: snapshot.path, options).run()
    #expect(revision == snapshot.revision + 1000)

    let server = try EtcdServer.start(version: version, dataDirectory: options.dataDirectory)
    #expect(try server.revision() == revision)
    let keys = try server.etcdctl("get", "--prefix", "", "-w", "fields").bodyText
    #expect(keys == snapshot.keys)
    let old = try server.etcdctl("get", "/k/1", "--rev", "\(snapshot.revision)")
    #expect(old.errors.contains("required revision has been compacted"))
    #expect(try server.put("/k/new", "1") == revision + 1)
  }
}

extension Program.Result {
  /// The output of `-w fields` behind the header, which is different on every server.
  fileprivate var bodyText: String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.drop { !$0.hasPrefix("\"Key\"") }.joined(separator: "\n")
  }
}
