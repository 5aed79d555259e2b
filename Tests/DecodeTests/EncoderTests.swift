import Schema
import TestSupport
import Testing

@testable import Decode

@Suite struct EncoderTests {
  private func encode(
    _ text: String,
    as form: Encoder.Form = .storage,
    release: String? = nil
  ) throws -> [Encoder.Value] {
    var options = Encoder.Options()
    options.release = try release.map { try #require(Release($0)) }
    return try Encoder(options: options).encode(Array(text.utf8), as: form)
  }

  private func printed(_ bytes: [UInt8], as form: OutputForm, release: String) throws -> String {
    var options = Decoder.Options()
    let wanted: Release = try #require(Release(release))
    options.release = wanted
    return String(
      decoding: try Decoder(options: options).decode(bytes, as: form).bytes,
      as: UTF8.self
    )
  }

  @Test(arguments: EncoderTests.objects)
  func objectsBecomeTheBytesThatKubernetesStores(
    source: String,
    stored: String,
    json: String,
    yaml: String
  ) throws {
    let values = try encode(source, release: "1.35")
    #expect(values.map(\.bytes.hexadecimal) == [stored])
    #expect(try encode(yaml, release: "1.35").map(\.bytes.hexadecimal) == [stored])
    #expect(try printed([UInt8](hexadecimal: stored), as: .json, release: "1.35") == json + "\n")
    #expect(try printed([UInt8](hexadecimal: stored), as: .yaml, release: "1.35") == yaml)
  }

  @Test func theEnvelopeEndsWithWhatIsEmpty() throws {
    let value = try #require(try encode("apiVersion: v1\nkind: Namespace\n").first)
    #expect(
      value.bytes.starts(
        with: Array("k8s\0".utf8) + Wire.field(1, Wire.field(1, "v1") + Wire.field(2, "Namespace"))
      )
    )
    #expect(value.bytes.suffix(4) == [0x1A, 0x00, 0x22, 0x00])
    #expect(value.type == DecodeError.ObjectType(apiVersion: "v1", kind: "Namespace"))
    let message = try #require(try encode("apiVersion: v1\nkind: Namespace\n", as: .protobuf).first)
    #expect(value.bytes == Wire.stored(apiVersion: "v1", kind: "Namespace", message.bytes))
  }

  @Test func customResourcesAreSortedJSONWithALineFeed() throws {
    let yaml = """
      kind: CronTab
      spec: {replicas: 1, image: "a<b", ratio: 1.50, list: [null, yes, 0x10]}
      apiVersion: stable.example.com/v1
      metadata: {name: c}
      """
    let expected = #"""
      {"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"c"},"spec":{"image":"a\u003cb","list":[null,true,16],"ratio":1.5,"replicas":1}}

      """#
    #expect(try encode(yaml).map { String(decoding: $0.bytes, as: UTF8.self) } == [expected])
    let type = DecodeError.ObjectType(apiVersion: "stable.example.com/v1", kind: "CronTab")
    #expect(throws: EncodeError.inDocument(number: 1, type, .noMessage)) {
      try encode(yaml, as: .protobuf)
    }
  }

  @Test func unknownFieldsOfInlinedMessagesGoBackWhereTheyWere() throws {
    // A volume source that only a newer release has: field 99 of the inlined message.
    let source = Wire.field(99, Wire.field(1, "x"))
    let volume = Wire.field(1, "data") + Wire.field(2, source)
    let spec = Wire.field(2, Wire.field(1, volume))
    let stored = Wire.stored(apiVersion: "v1", kind: "Pod", spec)
    #expect(
      try Decoder().decode(stored, as: .json).notes == [
        .unknownFields(count: 1, paths: ["spec.volumes[0].volumeSource field 99 (6 bytes)"])
      ]
    )
    var options = Decoder.Options()
    options.showsUnknownFields = true
    let yaml = try Decoder(options: options).decode(stored, as: .yaml).bytes
    let encoded = try #require(try Encoder().encode(yaml, as: .storage).first).bytes
    let again = try Decoder(options: options).decode(encoded, as: .yaml).bytes
    #expect(again == yaml)
  }

  @Test func anUnknownFieldWithoutItsMessageIsAnError() {
    let yaml = "# unknown field: \"spec.nowhere\" 99 9a0600\napiVersion: v1\nkind: Pod\n"
    let type = DecodeError.ObjectType(apiVersion: "v1", kind: "Pod")
    #expect(
      throws: EncodeError.inDocument(number: 1, type, .misplacedUnknownField(path: "spec.nowhere"))
    ) {
      try encode(yaml)
    }
  }

  @Test func mappingsThatMergeEachOtherAreRefused() {
    var yaml = "apiVersion: example.org/v1\nkind: Bomb\na0: &a0 {x: 1}\n"
    for level in 1...40 {
      yaml += "a\(level): &a\(level) {<<: [*a\(level - 1), *a\(level - 1)]}\n"
    }
    #expect(throws: EncodeError.self) { try encode(yaml) }
  }

  @Test func yamlMayBeginWithABrace() throws {
    let braces = try encode("{apiVersion: v1, kind: Namespace}")
    #expect(braces == (try encode("apiVersion: v1\nkind: Namespace\n")))
  }

  @Test func aKindThatItsOwnGroupLacksIsATypingError() {
    let type = DecodeError.ObjectType(apiVersion: "apps/v1", kind: "Deploiment")
    #expect(
      throws: EncodeError.inDocument(
        number: 2,
        type,
        .unknownKind(type, nearest: "Deployment")
      )
    ) {
      try encode("apiVersion: v1\nkind: Pod\n---\napiVersion: apps/v1\nkind: Deploiment\n")
    }
  }

  @Test func definitionsOfCustomResourcesAreStoredAsJSON() throws {
    let yaml = """
      apiVersion: apiextensions.k8s.io/v1
      kind: CustomResourceDefinition
      metadata:
        name: widgets.example.org
      spec:
        scope: Namespaced
        names: {kind: Widget, plural: widgets}
        group: example.org
        versions:
        - {storage: true, served: true, name: v1}
      """
    let expected = """
      {"kind":"CustomResourceDefinition","apiVersion":"apiextensions.k8s.io/v1",\
      "metadata":{"name":"widgets.example.org"},"spec":{"group":"example.org",\
      "names":{"plural":"widgets","kind":"Widget"},"scope":"Namespaced",\
      "versions":[{"name":"v1","served":true,"storage":true}]},"status":{"conditions":null,\
      "acceptedNames":{"plural":"","kind":""},"storedVersions":null}}

      """
    #expect(
      try encode(yaml, release: "1.35").map { String(decoding: $0.bytes, as: UTF8.self) } == [
        expected
      ]
    )
  }

  @Test func aTextMayHoldManyDocuments() throws {
    let yaml = "---\n# nothing\n---\napiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Secret\n"
    #expect(try encode(yaml).map(\.type.kind) == ["Pod", "Secret"])
    let lines =
      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\"}\n{\"apiVersion\":\"v1\",\"kind\":\"Secret\"}\n"
    #expect(try encode(lines).map(\.type.kind) == ["Pod", "Secret"])
  }

  @Test(arguments: [
    ("", EncodeError.empty), ("\n# a comment\n", .empty), ("a: b\n", .untyped), ("[1]\n", .untyped),
    ("apiVersion: v1\n", .untyped), ("apiVersion: v1\nkind: 1\n", .untyped),
    (
      "{\"apiVersion\":\"v1\",}",
      .notJSON(offset: 19, problem: .notJSON(description: "unexpected \"}\""))
    ),
  ])
  func whatIsNoObjectIsRefused(text: String, expected: EncodeError) {
    #expect(throws: expected) { try encode(text) }
  }

  @Test func damagedYAMLSaysItsLine() {
    let error = #expect(throws: EncodeError.self) {
      try encode("apiVersion: v1\nkind: Pod\na: [1\n")
    }
    guard case .notYAML(let line, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(line >= 3)
  }

  /// Fields of a release that the catalogue does not know must survive an edit.
  @Test func unknownFieldsGoThroughYAMLAndBack() throws {
    let source = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"v"}}"#
    let message = try #require(try encode(source, as: .protobuf).first?.bytes)
    // Field 1 is the metadata; it gets a field 99, the object a field 98 with a number.
    let count = Int(message[1])
    let metadata = Array(message[2..<(2 + count)])
    let rest = Array(message[(2 + count)...])
    let object =
      Wire.field(1, metadata + Wire.field(99, "hi")) + rest + Wire.field(98, varint: 300)
    let stored = Wire.stored(apiVersion: "v1", kind: "ConfigMap", object)

    var options = Decoder.Options()
    options.showsUnknownFields = true
    let (yaml, notes) = try Decoder(options: options).decode(stored, as: .yaml)
    #expect(notes.isEmpty)
    #expect(
      String(decoding: yaml, as: UTF8.self) == """
        # unknown field: "metadata" 99 9a06026869
        # unknown field: "" 98 9006ac02
        apiVersion: v1
        data:
          k: v
        kind: ConfigMap
        metadata:
          name: a

        """
    )
    #expect(try Encoder().encode(yaml, as: .storage).map(\.bytes) == [stored])

    let plain = try Decoder().decode(stored, as: .yaml)
    #expect(
      plain.notes == [
        .unknownFields(count: 2, paths: ["metadata field 99 (5 bytes)", "field 98 (4 bytes)"])
      ]
    )
  }

  /// Encoded and decoded by Kubernetes 1.35.
  static let objects: [(source: String, stored: String, json: String, yaml: String)] = [
    (
      """
      {"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":\
      "demo"},"data":{"b":"2","a":"one\\ntwo\\n"},"binaryData":{"raw":"AAEC/w=="}}
      """,
      """
      6b3873000a0f0a0276311209436f6e6669674d617012420a1c0a0873657474696e677312001a0464\
      656d6f22002a00320038004200120d0a016112086f6e650a74776f0a12060a01621201321a0b0a03\
      7261771204000102ff1a002200
      """,
      """
      {"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"settings","namespace":\
      "demo"},"data":{"a":"one\\ntwo\\n","b":"2"},"binaryData":{"raw":"AAEC/w=="}}
      """,
      """
      apiVersion: v1
      binaryData:
        raw: AAEC/w==
      data:
        a: |
          one
          two
        b: "2"
      kind: ConfigMap
      metadata:
        name: settings
        namespace: demo

      """
    ),
    (
      """
      {"apiVersion":"v1","kind":"Namespace","metadata":{"name":"demo","labels":{"b":"2\
      ","a":"1"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
      """,
      """
      6b3873000a0f0a02763112094e616d657370616365123e0a240a0464656d6f12001a0022002a0032\
      00380042005a060a01611201315a060a0162120132120c0a0a6b756265726e657465731a080a0641\
      63746976651a002200
      """,
      """
      {"kind":"Namespace","apiVersion":"v1","metadata":{"name":"demo","labels":{"a":"1\
      ","b":"2"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}
      """,
      """
      apiVersion: v1
      kind: Namespace
      metadata:
        labels:
          a: "1"
          b: "2"
        name: demo
      spec:
        finalizers:
        - kubernetes
      status:
        phase: Active

      """
    ),
    (
      """
      {"apiVersion":"v1","kind":"Service","metadata":{"name":"web"},"spec":{"ports":[{\
      "port":80,"targetPort":"http"},{"port":81,"targetPort":8081}],"selector":{"app":\
      "web"}}}
      """,
      """
      6b3873000a0d0a02763112075365727669636512600a130a0377656212001a0022002a0032003800\
      420012450a140a0012001850220a080110001a046874747028000a110a0012001851220708001091\
      3f1a002800120a0a0361707012037765621a0022003a00420052005a00600068001a020a001a0022\
      00
      """,
      """
      {"kind":"Service","apiVersion":"v1","metadata":{"name":"web"},"spec":{"ports":[{\
      "port":80,"targetPort":"http"},{"port":81,"targetPort":8081}],"selector":{"app":\
      "web"}},"status":{"loadBalancer":{}}}
      """,
      """
      apiVersion: v1
      kind: Service
      metadata:
        name: web
      spec:
        ports:
        - port: 80
          targetPort: http
        - port: 81
          targetPort: 8081
        selector:
          app: web
      status:
        loadBalancer: {}

      """
    ),
    (
      """
      {"apiVersion":"policy/v1","kind":"PodDisruptionBudget","metadata":{"name":"b"},"\
      spec":{"minAvailable":"50%","selector":{"matchExpressions":[{"key":"a","operator\
      ":"In","values":["x","y"]}]}}}
      """,
      """
      6b3873000a200a09706f6c6963792f76311213506f6444697372757074696f6e427564676574123d\
      0a110a016212001a0022002a00320038004200121c0a09080110001a03353025120f120d0a016112\
      02496e1a01781a01791a0a080018002000280030001a002200
      """,
      """
      {"kind":"PodDisruptionBudget","apiVersion":"policy/v1","metadata":{"name":"b"},"\
      spec":{"minAvailable":"50%","selector":{"matchExpressions":[{"key":"a","operator\
      ":"In","values":["x","y"]}]}},"status":{"disruptionsAllowed":0,"currentHealthy":\
      0,"desiredHealthy":0,"expectedPods":0}}
      """,
      """
      apiVersion: policy/v1
      kind: PodDisruptionBudget
      metadata:
        name: b
      spec:
        minAvailable: 50%
        selector:
          matchExpressions:
          - key: a
            operator: In
            values:
            - x
            - "y"
      status:
        currentHealthy: 0
        desiredHealthy: 0
        disruptionsAllowed: 0
        expectedPods: 0

      """
    ),
    (
      """
      {"apiVersion":"v1","kind":"ResourceQuota","metadata":{"name":"q"},"spec":{"hard"\
      :{"cpu":"0.5","memory":"1024Mi","pods":10}}}
      """,
      """
      6b3873000a130a027631120d5265736f7572636551756f746112450a110a017112001a0022002a00\
      320038004200122e0a0d0a0363707512060a043530306d0a0f0a066d656d6f727912050a03314769\
      0a0c0a04706f647312040a0231301a001a002200
      """,
      """
      {"kind":"ResourceQuota","apiVersion":"v1","metadata":{"name":"q"},"spec":{"hard"\
      :{"cpu":"500m","memory":"1Gi","pods":"10"}},"status":{}}
      """,
      """
      apiVersion: v1
      kind: ResourceQuota
      metadata:
        name: q
      spec:
        hard:
          cpu: 500m
          memory: 1Gi
          pods: "10"
      status: {}

      """
    ),
    (
      """
      {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","cr\
      eationTimestamp":"2026-07-24T04:09:49Z"},"spec":{"holderIdentity":"n","leaseDura\
      tionSeconds":15,"renewTime":"2026-07-24T04:09:49.123456Z"}}
      """,
      """
      6b3873000a1f0a16636f6f7264696e6174696f6e2e6b38732e696f2f763112054c65617365122f0a\
      190a016c12001a0022002a00320038004208088dcb8bd306100012120a016e100f220b088dcb8bd3\
      06108094ef3a1a002200
      """,
      """
      {"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"l","cr\
      eationTimestamp":"2026-07-24T04:09:49Z"},"spec":{"holderIdentity":"n","leaseDura\
      tionSeconds":15,"renewTime":"2026-07-24T04:09:49.123456Z"}}
      """,
      """
      apiVersion: coordination.k8s.io/v1
      kind: Lease
      metadata:
        creationTimestamp: "2026-07-24T04:09:49Z"
        name: l
      spec:
        holderIdentity: "n"
        leaseDurationSeconds: 15
        renewTime: "2026-07-24T04:09:49.123456Z"

      """
    ),
    (
      """
      {"apiVersion":"apps/v1","kind":"ControllerRevision","metadata":{"name":"r"},"dat\
      a":{"a":"b","z":[1,2.5,{"x":null}]},"revision":3}
      """,
      """
      6b3873000a1d0a07617070732f76311212436f6e74726f6c6c65725265766973696f6e12390a110a\
      017212001a0022002a0032003800420012220a207b2261223a2262222c227a223a5b312c322e352c\
      7b2278223a6e756c6c7d5d7d18031a002200
      """,
      """
      {"kind":"ControllerRevision","apiVersion":"apps/v1","metadata":{"name":"r"},"dat\
      a":{"a":"b","z":[1,2.5,{"x":null}]},"revision":3}
      """,
      """
      apiVersion: apps/v1
      data:
        a: b
        z:
        - 1
        - 2.5
        - x: null
      kind: ControllerRevision
      metadata:
        name: r
      revision: 3

      """
    ),
    (
      """
      {"apiVersion":"v1","kind":"Secret","metadata":{"name":"s","managedFields":[{"man\
      ager":"m","operation":"Update","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"."\
      :{},"f:p":{}}}}]},"data":{"p":"cGFzcw==","e":"\"},"type":"Opaque"}
      """,
      """
      6b3873000a0c0a027631120653656372657412690a4d0a017312001a0022002a003200380042008a\
      01390a016d12065570646174651a0032084669656c647356313a1e0a1c7b22663a64617461223a7b\
      222e223a7b7d2c22663a70223a7b7d7d7d420012050a0165120012090a01701204706173731a064f\
      70617175651a002200
      """,
      """
      {"kind":"Secret","apiVersion":"v1","metadata":{"name":"s","managedFields":[{"man\
      ager":"m","operation":"Update","fieldsType":"FieldsV1","fieldsV1":{"f:data":{"."\
      :{},"f:p":{}}}}]},"data":{"e":"\","p":"cGFzcw=="},"type":"Opaque"}
      """,
      """
      apiVersion: v1
      data:
        e: "\"
        p: cGFzcw==
      kind: Secret
      metadata:
        managedFields:
        - fieldsType: FieldsV1
          fieldsV1:
            f:data:
              .: {}
              f:p: {}
          manager: m
          operation: Update
        name: s
      type: Opaque

      """
    ),
    (
      """
      {"apiVersion":"scheduling.k8s.io/v1","kind":"PriorityClass","metadata":{"name":"\
      p"},"value":-5,"preemptionPolicy":"Never"}
      """,
      """
      6b3873000a250a147363686564756c696e672e6b38732e696f2f7631120d5072696f72697479436c\
      61737312290a110a017012001a0022002a0032003800420010fbffffffffffffffff01180022002a\
      054e657665721a002200
      """,
      """
      {"kind":"PriorityClass","apiVersion":"scheduling.k8s.io/v1","metadata":{"name":"\
      p"},"value":-5,"preemptionPolicy":"Never"}
      """,
      """
      apiVersion: scheduling.k8s.io/v1
      kind: PriorityClass
      metadata:
        name: p
      preemptionPolicy: Never
      value: -5

      """
    ),
  ]
}
