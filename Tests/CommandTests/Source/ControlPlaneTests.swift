import ArgumentParser
import EtcdClient
import Foundation
import TestSupport
import Testing

@testable import explorer

/// The files that kubeadm leaves on a machine of the control plane.
@Suite struct ControlPlaneTests {
  private let root: TemporaryFolder

  init() throws { root = try TemporaryFolder() }

  private func write(_ path: String, _ text: String = "PEM") throws {
    let file = URL(fileURLWithPath: root.path(path))
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(text.utf8).write(to: file)
  }

  private func find() -> (plane: ControlPlane?, notes: [String]) {
    var notes: [String] = []
    let plane = ControlPlane.find(root: root.path) { notes.append($0) }
    return (plane, notes)
  }

  private func manifest(_ flags: String...) -> String {
    """
    apiVersion: v1
    kind: Pod
    spec:
      containers:
      - command:
        - program

    """ + flags.map { "    - \($0)\n" }.joined() + "    image: registry.example/program\n"
  }

  @Test func otherMachinesHaveNone() throws {
    #expect(find().plane == nil)
    // A worker has the cluster's authority, not etcd's.
    try write("etc/kubernetes/pki/ca.crt")
    #expect(find().plane == nil)
    #expect(find().notes.isEmpty)
  }

  @Test func apiServersOwnFlagsComeFirst() throws {
    try write(
      "etc/kubernetes/manifests/kube-apiserver.yaml",
      manifest(
        "--etcd-cafile=/etc/kubernetes/pki/etcd/ca.crt",
        "--etcd-certfile=/etc/kubernetes/pki/apiserver-etcd-client.crt",
        "--etcd-keyfile=/etc/kubernetes/pki/apiserver-etcd-client.key",
        "\"--etcd-servers=https://10.0.0.1:2379,https://10.0.0.2:2379\""
      )
    )
    for name in ["etcd/ca.crt", "apiserver-etcd-client.crt", "apiserver-etcd-client.key"] {
      try write("etc/kubernetes/pki/\(name)")
    }
    let (plane, notes) = find()
    #expect(plane?.endpoints == ["https://10.0.0.1:2379", "https://10.0.0.2:2379"])
    let pki = root.path("etc/kubernetes/pki")
    #expect(plane?.certificates.authorities == "\(pki)/etcd/ca.crt")
    #expect(plane?.certificates.certificate == "\(pki)/apiserver-etcd-client.crt")
    #expect(plane?.certificates.key == "\(pki)/apiserver-etcd-client.key")
    #expect(notes.count == 1)
    #expect(notes.first?.contains("https://10.0.0.1:2379,https://10.0.0.2:2379") == true)
  }

  @Test func etcdsOwnManifestTellsWhereItListens() throws {
    try write(
      "etc/kubernetes/manifests/etcd.yaml",
      manifest("--listen-client-urls=https://0.0.0.0:2379,https://10.0.0.7:2379")
    )
    for name in ["ca.crt", "server.crt", "server.key"] {
      try write("etc/kubernetes/pki/etcd/\(name)")
    }
    let plane = find().plane
    #expect(plane?.endpoints == ["https://10.0.0.7:2379"])
    #expect(plane?.certificates.key == root.path("etc/kubernetes/pki/etcd/server.key"))
  }

  @Test func withoutManifestsItIsTheUsualPort() throws {
    for name in ["ca.crt", "healthcheck-client.crt", "healthcheck-client.key"] {
      try write("etc/kubernetes/pki/etcd/\(name)")
    }
    #expect(find().plane?.endpoints == ["https://127.0.0.1:2379"])
  }

  @Test func etcdWithoutEncryptionNeedsNoCertificates() throws {
    try write(
      "etc/kubernetes/manifests/kube-apiserver.yaml",
      manifest("--etcd-servers=http://127.0.0.1:2379")
    )
    let plane = find().plane
    #expect(plane == ControlPlane(endpoints: ["http://127.0.0.1:2379"], certificates: .init()))
  }

  @Test func keyThatCannotBeReadIsSaid() throws {
    for name in ["ca.crt", "server.crt"] { try write("etc/kubernetes/pki/etcd/\(name)") }
    // A folder cannot be read by anybody, not even by root.
    try write("etc/kubernetes/pki/etcd/server.key/file")
    let (plane, notes) = find()
    #expect(plane == nil)
    #expect(notes.count == 1)
    #expect(notes.first?.contains("/etc/kubernetes/pki/etcd/server.key cannot be read") == true)
  }

  @Test func itIsCalledOnlyIfNothingElseIsSaid() throws {
    for name in ["ca.crt", "server.crt", "server.key"] {
      try write("etc/kubernetes/pki/etcd/\(name)")
    }
    var surroundings = ConnectionOptions.Surroundings()
    var variables: [String: String] = [:]
    var notes: [String] = []
    surroundings.root = root.path
    surroundings.note = { notes.append($0) }
    surroundings.variable = { variables[$0] }
    let found = try ConnectionOptions.parse([]).clientOptions(in: surroundings)
    #expect(found.endpoints == [try Endpoint("https://127.0.0.1:2379")])
    #expect(found.connection.certificates.key == root.path("etc/kubernetes/pki/etcd/server.key"))
    #expect(notes.count == 1)
    let named = try ConnectionOptions.parse(["--endpoints", "a:1"]).clientOptions(in: surroundings)
    #expect(named.endpoints == [try Endpoint("http://a:1")])
    variables["ETCDCTL_CACERT"] = "ca"
    let other = try ConnectionOptions.parse([]).clientOptions(in: surroundings)
    #expect(other.connection.certificates.key == nil)
    #expect(notes.count == 1)
  }
}
