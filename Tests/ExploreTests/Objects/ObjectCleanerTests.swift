import Decode
import TestSupport
import Testing

@testable import Explore

@Suite struct ObjectCleanerTests {
  private func clean(
    _ json: String,
    _ change: (inout ObjectCleaner.Options) -> Void = { _ in }
  ) throws -> String {
    var options = ObjectCleaner.Options()
    change(&options)
    return ObjectCleaner(options: options).cleaned(try DecodedObject(json)).json
  }

  // MARK: Every object

  @Test func whatTheClusterWroteIsLeftOut() throws {
    let json = """
      {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","generateName":"a-",
      "namespace":"demo","selfLink":"/x","uid":"u","resourceVersion":"5","generation":2,
      "creationTimestamp":"2026-01-01T00:00:00Z","deletionTimestamp":"2026-01-01T00:00:00Z",
      "deletionGracePeriodSeconds":0,"labels":{"l":"m"},"annotations":{"mine":"1",
      "kubectl.kubernetes.io/last-applied-configuration":"{}","deployment.kubernetes.io/revision":"3"},
      "ownerReferences":[{"kind":"X","uid":"o"}],
      "finalizers":["kubernetes.io/pvc-protection","example.com/mine","foregroundDeletion","orphan",
      "external-attacher.csi.storage.k8s.io/x","customresourcecleanup.apiextensions.k8s.io"],
      "clusterName":"c","managedFields":[{"manager":"m"}]},"data":{"k":"v"},"status":{"x":1}}
      """
    #expect(
      try clean(json)
        == #"{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"a","namespace":"demo","#
        + #""labels":{"l":"m"},"annotations":{"mine":"1"},"finalizers":["example.com/mine"]},"#
        + #""data":{"k":"v"}}"#
    )
    let kept = try clean(json) {
      $0.keepsStatus = true
      $0.keepsOwners = true
    }
    #expect(kept.contains(#""ownerReferences":[{"kind":"X","uid":"o"}]"#))
    #expect(kept.hasSuffix(#""status":{"x":1}}"#))
  }

  @Test func whatHasNothingLeftIsLeftOutToo() throws {
    #expect(
      try clean(
        #"{"kind":"Foo","apiVersion":"a/v1","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":""},"finalizers":["orphan"],"uid":"u"},"spec":{"empty":{},"list":[]}}"#
      ) == #"{"kind":"Foo","apiVersion":"a/v1","spec":{"empty":{},"list":[]}}"#
    )
    #expect(
      try clean(
        #"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"a"},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}"#
      )
        == #"{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"a"}}"#
    )
  }

  @Test(arguments: [
    "{}", "[]", "null", #""text""#, "5", #"{"kind":"Pod"}"#, #"{"a":{"uid":"u"},"status":1}"#,
    #"{"cidr":"10.0.0.0/26","status":"x","metadata":{"uid":"u"}}"#,
  ])
  func whatIsNoObjectStaysAsItIs(json: String) throws { #expect(try clean(json) == json) }

  @Test(arguments: [
    #"{"kind":"Pod","apiVersion":"v1","metadata":"text","spec":[1,2],"status":null}"#,
    #"{"kind":"Job","apiVersion":"batch/v1","metadata":[],"spec":{"template":5,"manualSelector":1}}"#,
    #"{"kind":"Service","apiVersion":"v1","spec":{"ports":{"nodePort":1},"clusterIP":5}}"#,
    #"{"kind":"Pod","apiVersion":"v1","spec":{"volumes":[1,null,{"name":5}],"containers":[[]]}}"#,
    #"{"kind":"ServiceAccount","apiVersion":"v1","secrets":["x",{"name":null}],"metadata":{}}"#,
  ])
  func fieldsOfOtherTypesDoNoHarm(json: String) throws {
    let once = try clean(json)
    #expect(try clean(once) == once)
  }

  @Test func keysThatStandTwiceAllGo() throws {
    #expect(
      try clean(
        #"{"kind":"A","apiVersion":"v1","metadata":{"uid":"1","name":"x","uid":"2"},"status":1,"status":2}"#
      )
        == #"{"kind":"A","apiVersion":"v1","metadata":{"name":"x"},"status":1}"#
    )
  }

  // MARK: Kinds

  @Test func aPodCanBeCreatedAnywhere() throws {
    let json = """
      {"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"demo"},"spec":{
      "volumes":[{"name":"data","emptyDir":{}},{"name":"kube-api-access-x7k2p","projected":{}},
      {"name":"default-token-8lmxz","secret":{"secretName":"default-token-8lmxz"}},
      {"name":"my-token-abcde","secret":{"secretName":"mine"}},
      {"name":"kube-api-access","projected":{}}],
      "initContainers":[{"name":"i","volumeMounts":[{"name":"default-token-8lmxz","mountPath":"/x"}]}],
      "containers":[{"name":"c","image":"i","volumeMounts":[{"name":"data","mountPath":"/d"},
      {"name":"kube-api-access-x7k2p","mountPath":"/var/run/secrets"}]}],
      "ephemeralContainers":[{"name":"e"}],"nodeName":"n1","priority":0,"overhead":{"cpu":"1"},
      "preemptionPolicy":"PreemptLowerPriority","priorityClassName":"high"},"status":{}}
      """
    #expect(
      try clean(json)
        == #"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"demo"},"spec":{"#
        + #""volumes":[{"name":"data","emptyDir":{}},"#
        + #"{"name":"my-token-abcde","secret":{"secretName":"mine"}},"#
        + #"{"name":"kube-api-access","projected":{}}],"initContainers":[{"name":"i"}],"#
        + #""containers":[{"name":"c","image":"i","#
        + #""volumeMounts":[{"name":"data","mountPath":"/d"}]}],"priorityClassName":"high"}}"#
    )
    #expect(try clean(json) { $0.keepsBindings = true }.contains(#""nodeName":"n1""#))
  }

  @Test func aServiceGivesItsAddressesBack() throws {
    func service(_ address: String) -> String {
      """
      {"kind":"Service","apiVersion":"v1","metadata":{"name":"a"},"spec":{"ports":[{"port":80,\
      "nodePort":30080},{"port":81,"nodePort":30081}],"clusterIP":"\(address)",\
      "clusterIPs":["\(address)"],"type":"NodePort","healthCheckNodePort":31000,\
      "ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack","externalIPs":["1.2.3.4"]}}
      """
    }
    #expect(
      try clean(service("10.0.0.7"))
        == #"{"kind":"Service","apiVersion":"v1","metadata":{"name":"a"},"#
        + #""spec":{"ports":[{"port":80},{"port":81}],"type":"NodePort","#
        + #""ipFamilyPolicy":"SingleStack","externalIPs":["1.2.3.4"]}}"#
    )
    #expect(try clean(service("None")).contains(#""clusterIP":"None","clusterIPs":["None"]"#))
    #expect(try clean(service("10.0.0.7")) { $0.keepsBindings = true } == service("10.0.0.7"))
    let other = service("10.0.0.7").replacing(#""v1""#, with: #""serving.knative.dev/v1""#)
    #expect(try clean(other) == other)
  }

  @Test func claimsAndVolumesLetGoOfEachOther() throws {
    let claim = """
      {"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"a","annotations":{\
      "pv.kubernetes.io/bind-completed":"yes","volume.kubernetes.io/selected-node":"n",\
      "mine":"1"}},"spec":{"accessModes":["ReadWriteOnce"],"volumeName":"pvc-1"}}
      """
    #expect(
      try clean(claim)
        == #"{"kind":"PersistentVolumeClaim","apiVersion":"v1","metadata":{"name":"a","#
        + #""annotations":{"mine":"1"}},"spec":{"accessModes":["ReadWriteOnce"]}}"#
    )
    #expect(try clean(claim) { $0.keepsBindings = true } == claim)
    #expect(
      try clean(
        #"{"kind":"PersistentVolume","apiVersion":"v1","metadata":{"name":"v"},"spec":{"claimRef":{"namespace":"a","name":"b","uid":"u","resourceVersion":"3"}}}"#
      )
        == #"{"kind":"PersistentVolume","apiVersion":"v1","metadata":{"name":"v"},"#
        + #""spec":{"claimRef":{"namespace":"a","name":"b"}}}"#
    )
  }

  @Test func aJobLosesItsGeneratedSelector() throws {
    func job(_ manual: String) -> String {
      """
      {"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"a","labels":{"controller-uid":"u",\
      "job-name":"a"}},"spec":{\(manual)"selector":{"matchLabels":{"controller-uid":"u"}},\
      "template":{"metadata":{"creationTimestamp":null,"labels":{\
      "batch.kubernetes.io/controller-uid":"u","batch.kubernetes.io/job-name":"a",\
      "controller-uid":"u","app":"x"}},"spec":{"restartPolicy":"Never"}}}}
      """
    }
    #expect(
      try clean(job(""))
        == #"{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"a"},"spec":{"#
        + #""template":{"metadata":{"labels":{"app":"x"}},"spec":{"restartPolicy":"Never"}}}}"#
    )
    let manual = job(#""manualSelector":true,"#)
    #expect(
      try clean(manual) == manual.replacing(#""creationTimestamp":null,"#, with: "")
    )
  }

  @Test func tokensOfTheOldClusterGo() throws {
    #expect(
      try clean(
        #"{"kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"bot"},"secrets":[{"name":"bot-token-8lmxz"},{"name":"bot-dockercfg-x7k2p"},{"name":"mine"},{"name":"default-token-8lmxz"}],"imagePullSecrets":[{"name":"bot-dockercfg-x7k2p"}]}"#
      )
        == #"{"kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"bot"},"#
        + #""secrets":[{"name":"mine"},{"name":"default-token-8lmxz"}]}"#
    )
    let secret = """
      {"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","annotations":{\
      "kubernetes.io/service-account.name":"bot","kubernetes.io/service-account.uid":"u"}},\
      "data":{"ca.crt":"Yw==","namespace":"bg==","token":"dA==","mine":"bQ=="},\
      "type":"kubernetes.io/service-account-token"}
      """
    #expect(
      try clean(secret)
        == #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","annotations":{"#
        + #""kubernetes.io/service-account.name":"bot"}},"data":{"mine":"bQ=="},"#
        + #""type":"kubernetes.io/service-account-token"}"#
    )
    let opaque = #"{"kind":"Secret","apiVersion":"v1","data":{"token":"dA=="},"type":"Opaque"}"#
    #expect(try clean(opaque) == opaque)
  }

  @Test func templatesLoseTheirEmptyTimes() throws {
    #expect(
      try clean(
        #"{"kind":"StatefulSet","apiVersion":"apps/v1","spec":{"template":{"metadata":{"creationTimestamp":null}},"volumeClaimTemplates":[{"metadata":{"name":"d","creationTimestamp":null},"spec":{},"status":{"phase":"Pending"}}]}}"#
      )
        == #"{"kind":"StatefulSet","apiVersion":"apps/v1","spec":{"#
        + #""volumeClaimTemplates":[{"metadata":{"name":"d"},"spec":{}}]}}"#
    )
    #expect(
      try clean(
        #"{"kind":"CronJob","apiVersion":"batch/v1","spec":{"jobTemplate":{"metadata":{"creationTimestamp":null},"spec":{"template":{"metadata":{"creationTimestamp":null,"labels":{"a":"b"}}}}}}}"#
      )
        == #"{"kind":"CronJob","apiVersion":"batch/v1","spec":{"jobTemplate":{"spec":{"#
        + #""template":{"metadata":{"labels":{"a":"b"}}}}}}}"#
    )
  }

  // MARK: Real objects

  /// Every object of a real cluster: nothing new is in the clean copy, it is what YAML and JSON say
  /// alike, and cleaning it again changes nothing.
  @Test(.enabled(if: SharedArchive.cluster.isThere))
  func objectsOfARealClusterBecomeClean() throws {
    let decoder = Decoder()
    var count = 0
    for name in SharedArchive.cluster.names(in: "values") {
      guard let value = SharedArchive.cluster.bytes("values/\(name)"),
        let json = try? decoder.decode(value, as: .json).bytes, json.first == UInt8(ascii: "{")
      else { continue }
      let object = try DecodedObject(json: json)
      let clean = ObjectCleaner().cleaned(object)
      #expect(ObjectCleaner().cleaned(clean).json == clean.json, "\(name)")
      #expect(clean.name == object.name)
      #expect(clean.namespace == object.namespace)
      for field in ["uid", "creationTimestamp", "managedFields", "ownerReferences"] {
        #expect(clean.document.values(at: "metadata.\(field)").isEmpty, "\(name)")
      }
      #expect(clean.document.value(of: "status", in: 0) == nil)
      if object.kind != "CustomResourceDefinition" {
        #expect(clean.document.nodes.count < object.document.nodes.count)
        #expect(Set(clean.leaves).isSubset(of: Set(object.leaves)), "\(name)")
      }
      var yaml = OutputBuffer()
      clean.appendYAML(to: &yaml)
      let stored = try Encoder().encode(yaml.bytes, as: .storage)
      #expect(stored.count == 1, "\(name)")
      count += 1
    }
    #expect(count > 300)
  }

  @Test func aVeryDeepObjectIsCleaned() throws {
    let depth = 900
    let deep =
      String(repeating: #"{"a":["#, count: depth / 2) + String(repeating: "]}", count: depth / 2)
    let json = #"{"kind":"X","apiVersion":"v1","metadata":{"uid":"u"},"spec":\#(deep)}"#
    #expect(try clean(json) == #"{"kind":"X","apiVersion":"v1","spec":\#(deep)}"#)
    #expect(throws: ObjectError.self) {
      try DecodedObject(String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000))
    }
  }
}

@Suite struct CustomResourceDefinitionUpgradeTests {
  private func clean(_ json: String) throws -> String {
    ObjectCleaner().cleaned(try DecodedObject(json)).json
  }

  private func definition(_ spec: String) -> String {
    """
    {"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1beta1",\
    "metadata":{"name":"a.b.c"},"spec":{"group":"b.c","version":"v1","names":{"plural":"a",\
    "kind":"A"},"scope":"Cluster",\(spec)}}
    """
  }

  private func upgraded(_ versions: String, _ more: String = "") -> String {
    """
    {"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1",\
    "metadata":{"name":"a.b.c"},"spec":{"group":"b.c","names":{"plural":"a","kind":"A"},\
    "scope":"Cluster","versions":[\(versions)]\(more)}}
    """
  }

  @Test func whatAllVersionsShareIsGivenToEach() throws {
    let found = try clean(
      definition(
        """
        "validation":{"openAPIV3Schema":{"type":"object","description":"d"}},\
        "subresources":{"status":{}},\
        "additionalPrinterColumns":[{"name":"N","type":"string","JSONPath":".spec.n"}],\
        "selectableFields":[{"jsonPath":".spec.x"}],\
        "versions":[{"name":"v1","served":true,"storage":true},\
        {"name":"v2","served":true,"storage":false,"deprecated":true}],\
        "conversion":{"strategy":"None"},"preserveUnknownFields":false
        """
      )
    )
    let shared = """
      "schema":{"openAPIV3Schema":{"type":"object","description":"d"}},\
      "subresources":{"status":{}},\
      "additionalPrinterColumns":[{"name":"N","type":"string","jsonPath":".spec.n"}],\
      "selectableFields":[{"jsonPath":".spec.x"}]
      """
    #expect(
      found
        == upgraded(
          #"{"name":"v1","served":true,"storage":true,\#(shared)},"#
            + #"{"name":"v2","served":true,"storage":false,"deprecated":true,\#(shared)}"#,
          #","conversion":{"strategy":"None"}"#
        )
    )
  }

  @Test func whatAVersionHasItselfStays() throws {
    let found = try clean(
      definition(
        """
        "versions":[{"name":"v1","served":true,"storage":true,\
        "schema":{"openAPIV3Schema":{"type":"object"}},"subresources":{"scale":{}},\
        "additionalPrinterColumns":[{"JSONPath":".a","name":"A","type":"date"}]}],\
        "preserveUnknownFields":false,"conversion":{"strategy":"Webhook",\
        "webhookClientConfig":{"url":"https://x"},"conversionReviewVersions":["v1"]}
        """
      )
    )
    #expect(
      found
        == upgraded(
          #"{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":"#
            + #"{"type":"object"}},"subresources":{"scale":{}},"#
            + #""additionalPrinterColumns":[{"jsonPath":".a","name":"A","type":"date"}]}"#,
          #","conversion":{"strategy":"Webhook","webhook":{"clientConfig":{"url":"https://x"},"#
            + #""conversionReviewVersions":["v1"]}}"#
        )
    )
  }

  @Test func fieldsThatWereKeptWithoutASchemaAreKept() throws {
    // Neither a list of versions, nor a schema, nor a word on unknown fields: as of old.
    let preserving = #"{"type":"object","x-kubernetes-preserve-unknown-fields":true}"#
    let version = #"{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":"#
    #expect(try clean(definition(#""x":1"#)) == upgraded("\(version)\(preserving)}}"))
    #expect(
      try clean(
        definition(
          #""validation":{"openAPIV3Schema":{"properties":{}}},"preserveUnknownFields":true"#
        )
      )
        == upgraded(
          version
            + #"{"properties":{},"type":"object","x-kubernetes-preserve-unknown-fields":true}}}"#
        )
    )
    #expect(
      try clean(definition(#""preserveUnknownFields":false"#))
        == upgraded("\(version){\"type\":\"object\"}}}")
    )
  }

  @Test(arguments: [
    #"{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1","spec":{"version":"v1"}}"#,
    #"{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1beta1"}"#,
    #"{"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1beta1","spec":[]}"#,
  ])
  func otherObjectsStayAsTheyAre(json: String) throws { #expect(try clean(json) == json) }

  @Test(arguments: [
    #""versions":[1,null,{}],"validation":5,"additionalPrinterColumns":{},"conversion":[]"#,
    #""versions":{"a":1},"subresources":null,"conversion":{"strategy":"Webhook"}"#,
    #""validation":{"openAPIV3Schema":[1]},"additionalPrinterColumns":["x",{"JSONPath":[]}]"#,
  ])
  func fieldsOfOtherTypesDoNoHarm(spec: String) throws {
    let once = try clean(definition(spec))
    #expect(once.contains("apiextensions.k8s.io/v1\""))
    #expect(try clean(once) == once)
  }
}

@Suite struct ApplyOrderTests {
  @Test func whatOthersNeedComesFirst() {
    let kinds = [
      "ValidatingWebhookConfiguration", "CronTab", "Deployment", "Service", "ConfigMap",
      "ServiceAccount", "CustomResourceDefinition", "Namespace",
    ]
    let sorted = kinds.sorted { ApplyOrder.rank(ofKind: $0) < ApplyOrder.rank(ofKind: $1) }
    #expect(
      sorted == [
        "Namespace", "CustomResourceDefinition", "ServiceAccount", "ConfigMap", "Service",
        "Deployment", "CronTab", "ValidatingWebhookConfiguration",
      ]
    )
  }

  @Test(arguments: [
    (#""kind":"Event","apiVersion":"v1""#, "an event"),
    (#""kind":"Event","apiVersion":"events.k8s.io/v1""#, "an event"),
    (#""kind":"Event","apiVersion":"example.com/v1""#, nil),
    (#""kind":"Lease","apiVersion":"coordination.k8s.io/v1""#, "a lease of the moment"),
    (
      #""kind":"Pod","apiVersion":"v1","metadata":{"ownerReferences":[{"kind":"ReplicaSet","name":"web-5","controller":true}]}"#,
      "made by ReplicaSet web-5"
    ),
    (
      #""kind":"Pod","apiVersion":"v1","metadata":{"ownerReferences":[{"kind":"X","name":"y"}]}"#,
      nil
    ),
    (
      #""kind":"Pod","apiVersion":"v1","metadata":{"annotations":{"kubernetes.io/config.mirror":"x"}}"#,
      "made by the kubelet from a file"
    ),
    (
      #""kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"kube-root-ca.crt"}"#,
      "made for every namespace"
    ),
    (#""kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"mine"}"#, nil),
    (
      #""kind":"ServiceAccount","apiVersion":"v1","metadata":{"name":"default"}"#,
      "made for every namespace"
    ),
    (
      #""kind":"Service","apiVersion":"v1","metadata":{"name":"kubernetes","namespace":"default"}"#,
      "made by the API server"
    ),
    (
      #""kind":"Service","apiVersion":"v1","metadata":{"name":"kubernetes","namespace":"demo"}"#,
      nil
    ),
    (
      #""kind":"Endpoints","apiVersion":"v1","metadata":{"name":"web"},"subsets":[{"addresses":[{"targetRef":{"kind":"Pod"}}]}]"#,
      "made for Service web"
    ),
    (#""kind":"Endpoints","apiVersion":"v1","subsets":[{"addresses":[{"ip":"1.2.3.4"}]}]"#, nil),
    (
      #""kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"labels":{"endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io"}}"#,
      "made by the controller of slices"
    ),
    (
      #""kind":"Secret","apiVersion":"v1","type":"kubernetes.io/service-account-token","metadata":{"name":"bot-token-8lmxz","annotations":{"kubernetes.io/service-account.name":"bot"}}"#,
      "made for ServiceAccount bot"
    ),
    (
      #""kind":"Secret","apiVersion":"v1","type":"kubernetes.io/service-account-token","metadata":{"name":"mine","annotations":{"kubernetes.io/service-account.name":"bot"}}"#,
      nil
    ),
    (
      #""kind":"APIService","apiVersion":"apiregistration.k8s.io/v1","metadata":{"labels":{"kube-aggregator.kubernetes.io/automanaged":"onstart"}}"#,
      "made by the API server"
    ),
    (#""kind":"RangeAllocation","apiVersion":"v1""#, "made by the API server"),
    (#""metadata":5"#, nil),
  ])
  func whatAClusterMakesItselfIsNamed(fields: String, expected: String?) throws {
    #expect(ApplyOrder.derivation(of: try DecodedObject("{\(fields)}")) == expected)
  }
}

extension DecodedObject {
  /// The object as JSON, keys as they stand.
  var json: String {
    var output = OutputBuffer()
    document.writeInOrder(to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  /// Every value that has nothing in it, with its path; positions in arrays do not count.
  var leaves: [String] {
    var leaves: [String] = []
    var pending = [(0, "")]
    while let (index, path) = pending.popLast() {
      let node = document.nodes[index]
      switch node.kind {
      case .object where node.count > 0:
        pending += document.keys(of: index).map {
          ($0 + 1, "\(path).\(document.string(of: document.nodes[$0]))")
        }
      case .array where node.count > 0:
        pending += document.items(of: index).map { ($0, "\(path)[]") }
      case .string, .number: leaves.append("\(path)=\(document.string(of: node))")
      default: leaves.append("\(path)=\(node.kind)")
      }
    }
    return leaves
  }
}
