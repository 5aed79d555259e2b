import Schema
import Testing

@testable import Explore

@Suite struct TargetResolverTests {
  private static let resources = try? ResourceTable()

  /// The keys that words stand for: `/a` for one key, `/a/*` for all that begin with `/a/`.
  private func keys(
    _ words: String...,
    namespace: TargetResolver.NamespaceScope = .unsaid,
    literals: TargetResolver.LiteralRule = .paths,
    prefix: String = "/registry"
  ) throws -> [String] {
    try targets(words, namespace: namespace, literals: literals, prefix: prefix)
      .flatMap(\.ranges).map(\.shown)
  }

  private func targets(
    _ words: [String],
    namespace: TargetResolver.NamespaceScope = .unsaid,
    literals: TargetResolver.LiteralRule = .paths,
    prefix: String = "/registry"
  ) throws -> [KeyTarget] {
    var options = TargetResolver.Options()
    options.namespace = namespace
    options.literals = literals
    options.registryPrefix = prefix
    let resources = try #require(TargetResolverTests.resources)
    return try TargetResolver(resources: resources, options: options).targets(of: words)
  }

  private func error(
    _ words: String...,
    namespace: TargetResolver.NamespaceScope = .unsaid
  ) -> String {
    do {
      return "\(try targets(words, namespace: namespace))"
    } catch {
      return "\(error)"
    }
  }

  // MARK: Resources

  @Test(arguments: [
    ("pods", "pods"), ("pod", "pods"), ("po", "pods"), ("Pod", "pods"), ("PODS", "pods"),
    ("pods/", "pods"), ("svc", "services/specs"), ("service", "services/specs"),
    ("ep", "services/endpoints"), ("endpoints", "services/endpoints"), ("nodes", "minions"),
    ("no", "minions"), ("rc", "controllers"), ("ing", "ingress"), ("ingress", "ingress"),
    ("ingresses.extensions", "ingress"), ("ingresses.networking.k8s.io", "ingress"),
    ("deploy", "deployments"), ("deployments.apps", "deployments"),
    ("deployments.extensions", "deployments"), ("deployments.v1.apps", "deployments"),
    ("Deployment.v1beta2.apps", "deployments"), ("pods.v1.", "pods"), ("pods.v1", "pods"),
    ("events", "events"), ("ev", "events"), ("events.events.k8s.io", "events"),
    ("crd", "apiextensions.k8s.io/customresourcedefinitions"),
    ("crds", "apiextensions.k8s.io/customresourcedefinitions"),
    (
      "customresourcedefinitions.apiextensions.k8s.io",
      "apiextensions.k8s.io/customresourcedefinitions"
    ),
    ("apiservices", "apiregistration.k8s.io/apiservices"), ("leases", "leases"),
    ("psp", "podsecuritypolicy"), ("secrets", "secrets"), ("cm", "configmaps"),
    ("hpa", "horizontalpodautoscalers"), ("netpol", "networkpolicies"), ("sc", "storageclasses"),
    ("storageclasses.storage.k8s.io", "storageclasses"), ("vac", "volumeattributesclasses"),
    ("masterleases", "masterleases"), ("ranges", "ranges"), ("ip", "ipaddresses"),
    ("crontabs.stable.example.com", "stable.example.com/crontabs"),
    ("crontabs.v1.stable.example.com", "stable.example.com/crontabs"),
    ("CronTabs.stable.example.com", "stable.example.com/crontabs"),
    ("volumesnapshots.snapshot.storage.k8s.io", "snapshot.storage.k8s.io/volumesnapshots"),
  ])
  func aWordForAResourceStandsForAllItsKeys(word: String, path: String) throws {
    #expect(try keys(word) == ["/registry/\(path)/*"])
  }

  @Test func aNamespaceDoesNotTakeInOthersThatBeginAlike() throws {
    #expect(try keys("pods/kube-system") == ["/registry/pods/kube-system/*"])
    #expect(try keys("pods/kube-system/") == ["/registry/pods/kube-system/*"])
    let range = try #require(try targets(["po/kube-system"]).first?.ranges.first)
    #expect(range.contains("/registry/pods/kube-system/coredns-0"))
    #expect(!range.contains("/registry/pods/kube-system-2/coredns-0"))
    #expect(!range.contains("/registry/pods/kube-system"))
    #expect(!range.contains("/registry/pods/kube-system."))
    #expect(!range.contains("/registry/pods/kube-system0"))
  }

  @Test func anObjectIsOneKey() throws {
    let target = try #require(try targets(["pods/default/web"]).first)
    #expect(target.singleKey == Array("/registry/pods/default/web".utf8))
    #expect(!target.ranges[0].contains("/registry/pods/default/web-0"))
    #expect(!target.ranges[0].contains("/registry/pods/default/web/"))
    #expect(try keys("nodes/n1") == ["/registry/minions/n1"])
    #expect(try keys("svc/default/kubernetes") == ["/registry/services/specs/default/kubernetes"])
    #expect(
      try keys("clusterroles/system:controller:job-controller")
        == ["/registry/clusterroles/system:controller:job-controller"]
    )
    #expect(
      try keys("crontabs.stable.example.com/ns/name")
        == ["/registry/stable.example.com/crontabs/ns/name"]
    )
    #expect(
      try keys("crd/crontabs.stable.example.com")
        == [
          "/registry/apiextensions.k8s.io/customresourcedefinitions/crontabs.stable.example.com"
        ]
    )
  }

  @Test func onePartOfAnUnknownCustomResourceMayBeANamespaceOrAName() throws {
    #expect(
      try keys("issuers.example.io/x")
        == ["/registry/example.io/issuers/x", "/registry/example.io/issuers/x/*"]
    )
    #expect(try keys("issuers.example.io/x/") == ["/registry/example.io/issuers/x/*"])
  }

  @Test func aNamespaceBesideTheWordIsUsed() throws {
    let inSystem = TargetResolver.NamespaceScope.named("kube-system")
    #expect(try keys("po", namespace: inSystem) == ["/registry/pods/kube-system/*"])
    #expect(try keys("po/web", namespace: inSystem) == ["/registry/pods/kube-system/web"])
    #expect(
      try keys("po/kube-system", namespace: inSystem)
        == ["/registry/pods/kube-system/kube-system"]
    )
    #expect(try keys("po/kube-system/", namespace: inSystem) == ["/registry/pods/kube-system/*"])
    #expect(
      try keys("po/kube-system/web", namespace: inSystem) == ["/registry/pods/kube-system/web"]
    )
    #expect(try keys("nodes", namespace: inSystem) == ["/registry/minions/*"])
    #expect(try keys("nodes/n1", namespace: inSystem) == ["/registry/minions/n1"])
    #expect(
      try keys("crontabs.stable.example.com", namespace: inSystem)
        == ["/registry/stable.example.com/crontabs/kube-system/*"]
    )
    #expect(
      try keys("crontabs.stable.example.com/a", namespace: inSystem)
        == ["/registry/stable.example.com/crontabs/kube-system/a"]
    )
    #expect(try keys("po", namespace: .all) == ["/registry/pods/*"])
    #expect(error("po/default/web", namespace: inSystem).hasPrefix("po/default/web: names a"))
    #expect(error("po/default/", namespace: inSystem).hasPrefix("po/default/: names a namespace"))
    #expect(error("po/default", namespace: .all).hasPrefix("po/default: names a namespace"))
  }

  @Test func namesFollowTheirResource() throws {
    let inDemo = TargetResolver.NamespaceScope.named("demo")
    #expect(
      try keys("pods", "web-0", "web-1", namespace: inDemo)
        == ["/registry/pods/demo/web-0", "/registry/pods/demo/web-1"]
    )
    #expect(try keys("nodes", "n1") == ["/registry/minions/n1"])
    #expect(
      try keys("nodes", "ip-10-0-0-1.ec2.internal") == [
        "/registry/minions/ip-10-0-0-1.ec2.internal"
      ]
    )
    #expect(
      try keys("crd", "crontabs.stable.example.com")
        == [
          "/registry/apiextensions.k8s.io/customresourcedefinitions/crontabs.stable.example.com"
        ]
    )
    #expect(try keys("pods", "svc", namespace: inDemo).count == 2)
    #expect(
      try keys("pods", "a.b.example.com", namespace: inDemo)
        == ["/registry/pods/demo/a.b.example.com"]
    )
    #expect(
      try keys("pods", "crontabs.stable.example.com")
        == ["/registry/pods/*", "/registry/stable.example.com/crontabs/*"]
    )
    #expect(
      try keys("clusterissuers.cert-manager.io", "letsencrypt")
        == ["/registry/cert-manager.io/clusterissuers/letsencrypt"]
    )
    #expect(
      try keys("secrets", "a", "cm", "b", "/x", namespace: inDemo) == [
        "/registry/secrets/demo/a", "/registry/configmaps/demo/b", "/x", "/x/*",
      ]
    )
    #expect(
      error("pods", "web-0")
        == "web-0: no such resource"
        + " (for an object of that name add -n NAMESPACE or write pods/NAMESPACE/web-0)"
    )
    #expect(error("pods", "servces").contains("did you mean services?"))
    #expect(error("pods", "web-0", namespace: .all).contains("across all namespaces"))
  }

  @Test func severalResourcesStandInOneWord() throws {
    #expect(
      try keys("pods,svc,nodes/n1")
        == ["/registry/pods/*", "/registry/services/specs/*", "/registry/minions/n1"]
    )
    let all = try keys("all")
    #expect(all.count == 10)
    #expect(all.contains("/registry/controllers/*"))
    #expect(!all.contains("/registry/secrets/*"))
    #expect(
      try keys("all", namespace: .named("demo")).allSatisfy { $0.hasSuffix("/demo/*") }
    )
    #expect(error("pods,") == "empty target")
  }

  // MARK: Keys as they are

  @Test func aPathIsAKeyAndAllBelowIt() throws {
    #expect(
      try keys("/registry/pods/kube-system")
        == ["/registry/pods/kube-system", "/registry/pods/kube-system/*"]
    )
    #expect(try keys("/registry/pods/") == ["/registry/pods/*"])
    #expect(try keys("/") == ["/*"])
    #expect(try keys("/a,b") == ["/a,b", "/a,b/*"])
  }

  @Test func theCallerCanTakeWordsAsKeysOrPrefixes() throws {
    #expect(try keys("/registry/pods", literals: .keys) == ["/registry/pods"])
    #expect(try keys("pods", literals: .keys) == ["pods"])
    #expect(try keys("pods,a", literals: .prefixes) == ["pods,a*"])
    #expect(try keys("/registry/pods/d", literals: .prefixes) == ["/registry/pods/d*"])
  }

  @Test func aNamespaceFiltersKeysThatNoRangeTells() throws {
    let targets = try targets(["/registry/"], namespace: .named("demo"))
    let resources = try #require(TargetResolverTests.resources)
    let selection = KeySelection(targets, parser: StorageKeyParser(resources: resources))
    #expect(selection.contains("/registry/pods/demo/a"))
    #expect(selection.contains("/registry/services/specs/demo/a"))
    #expect(selection.contains("/registry/stable.example.com/crontabs/demo/a"))
    #expect(selection.contains("/registry/namespaces/demo"))
    #expect(!selection.contains("/registry/namespaces/demo2"))
    #expect(!selection.contains("/registry/pods/demo2/a"))
    #expect(!selection.contains("/registry/minions/demo"))
    #expect(!selection.contains("/calico/resources/v3/projectcalico.org/networksets/demo/a"))
    let everything = try #require(try self.targets([], namespace: .named("demo")).first)
    #expect(everything.namespace == "demo")
    #expect(everything.ranges.map(\.shown) == ["/registry/*"])
    #expect(try keys() == ["*"])
  }

  @Test func otherStoresHaveWords() throws {
    #expect(try keys("calico") == ["/calico/*", "/registry/crd.projectcalico.org/*"])
    #expect(
      try keys("calico/ippools") == [
        "/calico/ippools", "/calico/ippools/*",
        "/calico/resources/v3/projectcalico.org/ippools",
        "/calico/resources/v3/projectcalico.org/ippools/*",
        "/registry/crd.projectcalico.org/ippools", "/registry/crd.projectcalico.org/ippools/*",
      ]
    )
    #expect(try keys("cilium") == ["cilium/*"])
    #expect(try keys("cilium/state") == ["cilium/state", "cilium/state/*"])
    #expect(try keys("compact_rev_key") == ["compact_rev_key"])
  }

  @Test(arguments: [
    ("/kubernetes.io", "/kubernetes.io/pods/*"), ("kubernetes.io/", "/kubernetes.io/pods/*"),
    ("/a//b/", "/a/b/pods/*"), ("", "/pods/*"), ("/", "/pods/*"),
  ])
  func theRegistryMayHaveAnotherPrefix(prefix: String, expected: String) throws {
    #expect(try keys("pods", prefix: prefix) == [expected])
  }

  // MARK: Errors

  @Test func anUnknownWordNamesWhatIsNear() {
    #expect(error("deploymnets") == "deploymnets: no such resource, did you mean deployments?")
    #expect(error("netpoll") == "netpoll: no such resource, did you mean netpol?")
    #expect(
      error("deployment.aps/default/x")
        == "deployment.aps/default/x: no such resource, did you mean deployments.apps?"
    )
    #expect(error("clico") == "clico: no such resource, did you mean calico?")
    #expect(error("qqqqqqqqqqqq") == "qqqqqqqqqqqq: no such resource")
    #expect(error("storageclass.storge.k8s.i0").contains("no such resource") == false)
    // Nobody can add a resource to a group of Kubernetes' own.
    #expect(error("storageclases.storage.k8s.io").contains("storageclasses.storage.k8s.io"))
    #expect(error("pods..com").contains("no such resource"))
    #expect(error("pods.a_b.com").contains("no such resource"))
  }

  @Test func wordsThatStandForNothingAreErrors() {
    #expect(error("") == "empty target")
    #expect(error("pods//web") == "pods//web: nothing between two slashes")
    #expect(error("pods//") == "pods//: nothing between two slashes")
    #expect(error("nodes/n1/x") == "nodes/n1/x: more than nodes/NAME")
    #expect(error("nodes/n1/") == "nodes/n1/: more than nodes/NAME")
    #expect(error("pods/a/b/c") == "pods/a/b/c: more than pods/NAMESPACE/NAME")
    #expect(error("pods/a/b/") == "pods/a/b/: more than pods/NAMESPACE/NAME")
    #expect(error("x.example.com/a/b/c").contains("more than x/NAMESPACE/NAME"))
    #expect(error("no\nsuch") == "no\\u{a}such: no such resource")
  }

  @Test func aVeryLongWordIsRefusedAtOnce() {
    let word = String(repeating: "a", count: 1_000_000)
    #expect(error(word).hasSuffix(": no such resource"))
    #expect(error(String(repeating: "/", count: 100_000).dropFirst() + "a").isEmpty == false)
    #expect(error("pods" + String(repeating: "/a", count: 100_000)).hasSuffix("NAMESPACE/NAME"))
  }
}

extension KeyRange {
  /// `/a` for one key, `/a/*` for all that begin with `/a/`.
  var shown: String {
    if let singleKey { return String(decoding: singleKey, as: UTF8.self) }
    let text = String(decoding: lowerBound, as: UTF8.self)
    return self == KeyRange(prefix: lowerBound) ? "\(text)*" : "\(self)"
  }

  func contains(_ key: String) -> Bool { Array(key.utf8).withUnsafeBytes { contains($0) } }
}

extension KeySelection {
  func contains(_ key: String) -> Bool { Array(key.utf8).withUnsafeBytes { contains($0) } }
}
