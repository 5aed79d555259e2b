import Schema
import TestSupport
import Testing

@testable import Explore

@Suite struct StorageKeyTests {
  private func parse(_ key: String, prefix: String = "/registry") throws -> StorageKey {
    let parser = StorageKeyParser(resources: try ResourceTable(), registryPrefix: prefix)
    return Array(key.utf8).withUnsafeBytes { parser.key($0) }
  }

  /// Resource, kind, namespace and name; `-` for what there is not.
  private func shown(_ key: StorageKey) -> String {
    "\(key.resource) \(key.kind ?? "-") \(key.namespace ?? "-") \(key.name)"
  }

  @Test(arguments: [
    ("/registry/pods/default/web", "pods Pod default web"),
    ("/registry/services/specs/default/kubernetes", "services Service default kubernetes"),
    ("/registry/services/endpoints/default/a", "endpoints Endpoints default a"),
    ("/registry/minions/n1", "nodes Node - n1"),
    ("/registry/namespaces/a", "namespaces Namespace - a"),
    ("/registry/controllers/a/b", "replicationcontrollers ReplicationController a b"),
    ("/registry/ingress/a/b", "ingresses.networking.k8s.io Ingress a b"),
    ("/registry/deployments/a/b", "deployments.apps Deployment a b"),
    ("/registry/events/a/b.17", "events Event a b.17"),
    ("/registry/leases/kube-node-lease/n1", "leases.coordination.k8s.io Lease kube-node-lease n1"),
    ("/registry/masterleases/10.0.0.1", "masterleases Endpoints - 10.0.0.1"),
    ("/registry/ranges/serviceips", "ranges RangeAllocation - serviceips"),
    ("/registry/podsecuritypolicy/a", "podsecuritypolicies.policy PodSecurityPolicy - a"),
    (
      "/registry/apiregistration.k8s.io/apiservices/v1.apps",
      "apiservices.apiregistration.k8s.io APIService - v1.apps"
    ),
    (
      "/registry/apiextensions.k8s.io/customresourcedefinitions/a.b.c",
      "customresourcedefinitions.apiextensions.k8s.io CustomResourceDefinition - a.b.c"
    ),
    ("/registry/stable.example.com/crontabs/ns/a", "crontabs.stable.example.com - ns a"),
    ("/registry/stable.example.com/crontabs/a", "crontabs.stable.example.com - - a"),
    ("/registry/crd.projectcalico.org/ippools/a", "ippools.crd.projectcalico.org - - a"),
    ("/registry/foos/a/b", "foos - a b"), ("/registry/foos/a", "foos - - a"),
    ("/registry/foos/a/b/c", "foos - a b/c"),
    ("/registry/pods/lonely", "pods Pod - lonely"), ("/registry/pods", "pods Pod - "),
    ("/registry/pods/", "pods Pod - "), ("/registry/pods//x", "pods Pod - x"),
    ("/registry/services/x/y/z", "services - x y/z"), ("/registry/services", "services - - "),
    ("/registry/a.b", "a.b - - "), ("/registry/a.b/c", "c.a.b - - "),
    ("/registry/", " - - "), ("/registry//x", " - - x"), ("/registry", "/registry - - "),
    ("/registry2/pods/a/b", "/registry2 - - pods/a/b"),
    ("compact_rev_key", "compact_rev_key - - "), ("", " - - "), ("/", "/ - - "),
    ("cilium/state/x", "cilium - - state/x"), ("/service/a/leader", "/service - - a/leader"),
    ("/calico/ipam/v2/config", "/calico/ipam - - v2/config"), ("/calico/", "/calico/ - - "),
    (
      "/calico/resources/v3/projectcalico.org/ippools/p", "ippools.projectcalico.org - - p"
    ),
    (
      "/calico/resources/v3/projectcalico.org/networkpolicies/ns/p",
      "networkpolicies.projectcalico.org - ns p"
    ),
  ])
  func aKeyTellsItsObject(key: String, expected: String) throws {
    #expect(shown(try parse(key)) == expected)
  }

  @Test func theRegistryMayHaveAnotherPrefix() throws {
    #expect(shown(try parse("/kubernetes.io/pods/a/b", prefix: "/kubernetes.io")) == "pods Pod a b")
    #expect(shown(try parse("/pods/a/b", prefix: "")) == "pods Pod a b")
    #expect(
      shown(try parse("/registry/pods/a/b", prefix: "/kubernetes.io")) == "/registry - - pods/a/b"
    )
  }

  /// Keys of a real cluster: whatever the object says of itself, its key says too.
  @Test(.enabled(if: SharedArchive.cluster.isThere))
  func keysOfARealClusterTellWhatTheirObjectsSay() throws {
    let table = try #require(SharedArchive.cluster.bytes("meta.tsv"))
    let rows = String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst()
      .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
    #expect(rows.count > 300)
    let parser = StorageKeyParser(resources: try ResourceTable())
    var compared = 0
    for row in rows where row[2] == "protobuf" || row[2] == "json" {
      let key = Array(row[1].utf8).withUnsafeBytes { parser.key($0) }
      if let kind = key.kind { #expect(kind == row[4], "\(row)") }
      compared += 1
    }
    #expect(compared > 300)
  }

  @Test func customResourcesAreKnownByTheirDefinitions() throws {
    let crd = try #require(CustomResource(try DecodedObject(CustomResourceTests.definition)))
    let table = try ResourceTable(customResources: [crd])
    let parser = StorageKeyParser(resources: table)
    let key = Array("/registry/stable.example.com/crontabs/ns/a".utf8).withUnsafeBytes {
      parser.key($0)
    }
    #expect(shown(key) == "crontabs.stable.example.com CronTab ns a")
    #expect(key.group == "stable.example.com")
  }
}

@Suite struct CustomResourceTests {
  static let definition = """
    {"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1beta1",
     "metadata":{"name":"crontabs.stable.example.com"},
     "spec":{"group":"stable.example.com","scope":"Namespaced","names":{"plural":"crontabs",
     "singular":"crontab","kind":"CronTab","shortNames":["ct"],"categories":["all","Mine"]}}}
    """

  private func targets(_ words: String..., definitions: String...) throws -> [String] {
    let custom = try definitions.map { try #require(CustomResource(try DecodedObject($0))) }
    let resolver = TargetResolver(resources: try ResourceTable(customResources: custom))
    return try resolver.targets(of: words).flatMap(\.ranges).map(\.shown)
  }

  @Test(arguments: ["crontabs", "crontab", "ct", "CronTab", "ct.stable.example.com", "mine"])
  func aDefinitionMakesItsWordsKnown(word: String) throws {
    #expect(
      try targets(word, definitions: CustomResourceTests.definition)
        == ["/registry/stable.example.com/crontabs/*"]
    )
  }

  @Test func itsScopeIsKnownToo() throws {
    #expect(
      try targets("ct/x", definitions: CustomResourceTests.definition)
        == ["/registry/stable.example.com/crontabs/x/*"]
    )
    let cluster = CustomResourceTests.definition.replacing("Namespaced", with: "Cluster")
    #expect(
      try targets("ct/x", definitions: cluster) == ["/registry/stable.example.com/crontabs/x"]
    )
    #expect(try targets("all", definitions: cluster).count == 11)
  }

  @Test func ofTwoWithOneNameTheGroupDecides() throws {
    let other = CustomResourceTests.definition.replacing(
      "stable.example.com",
      with: "b.example.org"
    )
    #expect(throws: TargetError.self) {
      try targets("ct", definitions: CustomResourceTests.definition, other)
    }
    #expect(
      try targets("ct.b.example.org", definitions: CustomResourceTests.definition, other)
        == ["/registry/b.example.org/crontabs/*"]
    )
  }

  @Test func kubernetesOwnResourceGoesFirst() throws {
    let services = CustomResourceTests.definition.replacing("crontabs", with: "services")
    #expect(try targets("services", definitions: services) == ["/registry/services/specs/*"])
    #expect(
      try targets("services.stable.example.com", definitions: services)
        == ["/registry/stable.example.com/services/*"]
    )
  }

  @Test(arguments: [
    #"{"kind":"Pod"}"#, #"{"kind":"CustomResourceDefinition"}"#, "[]", "null", #""x""#,
    #"{"kind":"CustomResourceDefinition","spec":{"group":"","names":{"plural":"a","kind":"A"}}}"#,
    #"{"kind":"CustomResourceDefinition","spec":{"group":"a.b","names":["plural"]}}"#,
  ])
  func whatIsNoDefinitionIsNone(json: String) throws {
    #expect(CustomResource(try DecodedObject(json)) == nil)
  }
}

extension DecodedObject {
  /// The object that JSON text stands for.
  init(_ json: String) throws { try self.init(json: Array(json.utf8)) }
}
