import Decode
import TestSupport
import Testing

@testable import Explore

@Suite struct ChangeWriterTests {
  private func object(_ json: String) throws -> DecodedObject {
    try DecodedObject(json: Array(json.utf8))
  }

  private func words(
    _ old: String?,
    _ new: String?,
    _ change: (inout ChangeWriter.Options) -> Void = { _ in }
  ) throws -> ChangeWords {
    var options = ChangeWriter.Options()
    change(&options)
    return ChangeWriter(options: options).words(
      from: try old.map { try object($0) },
      to: try new.map { try object($0) }
    )
  }

  private func pod(_ metadata: String = "{}", status: String) -> String {
    #"{"apiVersion":"v1","kind":"Pod","metadata":\#(metadata),"status":\#(status)}"#
  }

  // MARK: Fields

  @Test func changedFieldsAreTold() throws {
    let found = try words(
      pod(status: #"{"phase":"Pending"}"#),
      pod(status: #"{"phase":"Running","podIP":"10.1.0.4"}"#)
    )
    #expect(found.text == "status.phase Pending \u{2192} Running, + status.podIP 10.1.0.4")
    #expect(!found.isNoise)
    let metadata = try words(
      pod(#"{"labels":{"app":"web","a.b/c":"d"}}"#, status: "{}"),
      pod(
        #"{"labels":{"app":"db"},"finalizers":["x/y"],"deletionTimestamp":"2026-01-01T00:00:00Z"}"#,
        status: "{}"
      )
    )
    #expect(
      metadata.text == #"+ deletionTimestamp 2026-01-01T00:00:00Z, + finalizers ["x/y"], "#
        + #"- labels["a.b/c"] d, labels.app web \#u{2192} db"#
    )
  }

  @Test func itemsOfListsAreTold() throws {
    let found = try words(
      pod(#"{"finalizers":["a"]}"#, status: "{}"),
      pod(#"{"finalizers":["a","orphan"]}"#, status: "{}")
    )
    #expect(found.text == "+ finalizers[1] orphan")
    let conditions = try words(
      pod(status: #"{"conditions":[{"type":"Ready","status":"False"}]}"#),
      pod(
        status: #"""
          {"conditions":[{"type":"Ready","status":"True"},
           {"type":"Initialized","status":"True","reason":"ARatherLongReasonForACondition"}]}
          """#
      )
    )
    #expect(
      conditions.text == "status.conditions[type=Ready].status False \u{2192} True,"
        + " + status.conditions[type=Initialized] True"
    )
  }

  @Test func whatHasManyFieldsIsOnlyNamed() throws {
    let long = String(repeating: "x", count: 50)
    let found = try words(
      #"{"kind":"A","spec":{"a":1,"text":"\#(long)"}}"#,
      #"{"kind":"A","spec":{"b":{"long":"\#(long)"},"text":" ","list":[1,2]}}"#
    )
    #expect(
      found.text == "- spec.a 1, + spec.b, + spec.list [1,2], spec.text "
        + String(repeating: "x", count: 40) + "\u{2026} \u{2192} \" \""
    )
  }

  @Test func linesHaveALength() throws {
    let old = (0..<50).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
    let new = (0..<50).map { "\"key\($0)\":\($0 + 1)" }.joined(separator: ",")
    for limit in [1, 10, 24, 60, 200] {
      let found = try words("{\(old)}", "{\(new)}") { $0.lengthLimit = limit }
      #expect(found.text.unicodeScalars.count <= max(limit, 12), "\(limit): \(found.text)")
      #expect(found.text.hasSuffix(" more"))
      #expect(!found.isNoise)
    }
    let found = try words("{\(old)}", "{\(new)}") { $0.lengthLimit = 60 }
    #expect(
      found.text == "key0 0 \u{2192} 1, key1 1 \u{2192} 2, key10 10 \u{2192} 11 +47 more"
    )
    let one = try words(#"{"a":"\#(old.prefix(0))x"}"#, #"{"a":"yyyyyyyyyyyy"}"#) {
      $0.lengthLimit = 10
    }
    #expect(one.text == "a x \u{2192} yyy\u{2026}")
  }

  @Test func moreChangesThanAreLookedForAreMore() throws {
    let new = (0..<500).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
    let found = try words("{}", "{\(new)}")
    #expect(found.text.hasSuffix(" and more"))
    #expect(found.text.unicodeScalars.count <= 210)
  }

  @Test func secretsStaySecretUnlessTheyAreAskedFor() throws {
    let old = #"{"apiVersion":"v1","kind":"Secret","data":{"a":"c2VjcmV0"}}"#
    let new = #"{"apiVersion":"v1","kind":"Secret","data":{"a":"b3RoZXI="}}"#
    #expect(try words(old, new).text == "data.a *** (before) \u{2192} *** (after)")
    let shown = try words(old, new) { $0.masksSecrets = false }
    #expect(shown.text == "data.a c2VjcmV0 \u{2192} b3RoZXI=")
  }

  // MARK: Noise

  @Test(arguments: [
    (
      #"{"kind":"Lease","spec":{"renewTime":"2026-01-01T00:00:00.000000Z","holderIdentity":"n"}}"#,
      #"{"kind":"Lease","spec":{"renewTime":"2026-01-01T00:00:10.000000Z","holderIdentity":"n"}}"#
    ),
    (
      #"""
      {"kind":"Node","metadata":{"resourceVersion":"1","managedFields":[{"manager":"kubelet"}]},
       "status":{"conditions":[{"type":"Ready","lastHeartbeatTime":"2026-01-01T00:00:00Z"}]}}
      """#,
      #"""
      {"kind":"Node","metadata":{"resourceVersion":"2"},
       "status":{"conditions":[{"type":"Ready","lastHeartbeatTime":"2026-01-01T00:05:00Z"}]}}
      """#
    ),
    (
      #"{"metadata":{"annotations":{"control-plane.alpha.kubernetes.io/leader":"{a}"}}}"#,
      #"{"metadata":{"annotations":{"control-plane.alpha.kubernetes.io/leader":"{b}"}}}"#
    ), (#"{"a":1}"#, #"{"a":1.0}"#),
  ])
  func heartbeatsAreNoise(old: String, new: String) throws {
    #expect(try words(old, new) == ChangeWords(text: "", isNoise: true))
  }

  @Test func whatIsIgnoredCanBeChosen() throws {
    let (old, new) = (#"{"spec":{"renewTime":"a","x":1}}"#, #"{"spec":{"renewTime":"b","x":1}}"#)
    #expect(
      try words(old, new) { $0.ignoredFields = [] }
        == ChangeWords(text: "spec.renewTime a \u{2192} b", isNoise: false)
    )
    #expect(try words(#"{"spec":{"x":2}}"#, new) { $0.ignoredFields = ["spec"] }.isNoise)
    // A holder that changes is news.
    let held = try words(
      #"{"kind":"Lease","spec":{"renewTime":"a","holderIdentity":"n1"}}"#,
      #"{"kind":"Lease","spec":{"renewTime":"b","holderIdentity":"n2"}}"#
    )
    #expect(held == ChangeWords(text: "spec.holderIdentity n1 \u{2192} n2", isNoise: false))
  }

  // MARK: Coming and going

  @Test func whatComesOrGoesIsToldAsInATable() throws {
    let json = #"""
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-0"},
       "spec":{"nodeName":"n1","containers":[{}]},"status":{"phase":"Pending"}}
      """#
    let text = "ready 0/1, status Pending, restarts 0, node n1"
    #expect(try words(nil, json) == ChangeWords(text: text, isNoise: false))
    #expect(try words(json, nil) == ChangeWords(text: text, isNoise: false))
    let custom = #"{"apiVersion":"example.org/v1","kind":"Widget","metadata":{"name":"w"}}"#
    #expect(try words(nil, custom) == ChangeWords(text: "", isNoise: false))
    #expect(try words(nil, nil) == ChangeWords(text: "", isNoise: false))
  }

  // MARK: Events

  private func event(count: Int, last: String, message: String = "Back-off\\nrestarting") -> String
  {
    #"""
    {"apiVersion":"v1","kind":"Event","metadata":{"name":"web-0.17"},"type":"Warning",
     "reason":"BackOff","message":"\#(message)","count":\#(count),
     "involvedObject":{"kind":"Pod","name":"web-0"},
     "firstTimestamp":"2026-01-01T00:00:00Z","lastTimestamp":"\#(last)"}
    """#
  }

  @Test func eventsAreToldAsKubectlTellsThem() throws {
    let once = event(count: 1, last: "2026-01-01T00:00:00Z")
    let often = event(count: 5, last: "2026-01-01T00:03:00Z")
    let text = #"Warning BackOff pod/web-0 Back-off\u{a}restarting"#
    #expect(try words(nil, once).text == text)
    #expect(try words(once, often) == ChangeWords(text: "\(text) (x5 over 3m)", isNoise: false))
    #expect(try words(often, often).isNoise)
    let series = #"""
      {"apiVersion":"events.k8s.io/v1","kind":"Event","type":"Normal","reason":"Scheduled",
       "note":"Assigned","regarding":{"kind":"Pod","name":"web-0"},
       "eventTime":"2026-01-01T00:00:00.000000Z",
       "series":{"count":3,"lastObservedTime":"2026-01-01T00:01:00.000000Z"}}
      """#
    #expect(try words(nil, series).text == "Normal Scheduled pod/web-0 Assigned (x3 over 60s)")
  }

  // MARK: Calico

  @Test func calicosValuesAreToldAsWhatTheyMean() throws {
    func block(_ allocations: String) -> String {
      """
      {"apiVersion":"crd.projectcalico.org/v1","kind":"IPAMBlock","metadata":{"name":"b"},
       "spec":{"cidr":"10.1.2.0/30","affinity":"host:n1","allocations":[\(allocations)],
       "attributes":[{"handle_id":"h","secondary":{"namespace":"a","pod":"b","node":"n1"}}]}}
      """
    }
    let (none, one) = (block("null,null"), block("null,0"))
    #expect(try words(none, one).text == "10.1.2.1 allocated to pod a/b on node n1")
    #expect(try words(one, none).text == "10.1.2.1 released (was pod a/b)")
    #expect(try words(nil, one).text == "block 10.1.2.0/30 of n1: 1 of 2 addresses allocated")
    #expect(try words(one, nil).text == "block 10.1.2.0/30 of n1: 1 of 2 addresses allocated")
    #expect(try words(one, one).isNoise)
    let key = "/calico/felix/v2/no-region/host/n1/status"
    let values = [#"{"uptime":1}"#, #"{"uptime":11}"#].map { text in
      Array(text.utf8).withUnsafeBytes { CalicoValue(key: key, value: $0) }
    }
    #expect(ChangeWriter().words(from: values[0], to: values[1]).isNoise)
  }

  /// Any two objects of a real cluster have words for what differs, of one line.
  @Test(.enabled(if: SharedArchive.cluster.isThere))
  func anyTwoObjectsHaveWords() throws {
    let decoder = Decoder()
    let objects = SharedArchive.cluster.names(in: "values").compactMap { name -> DecodedObject? in
      guard let value = SharedArchive.cluster.bytes("values/\(name)"),
        let json = try? decoder.decode(value, as: .json).bytes
      else { return nil }
      return try? DecodedObject(json: json)
    }
    #expect(objects.count > 300)
    let writer = ChangeWriter()
    for (old, new) in zip(objects, objects.dropFirst()) {
      let found = writer.words(from: old, to: new)
      #expect(!found.text.contains("\n") && !found.isNoise)
      #expect(found.text.unicodeScalars.count <= 210)
      #expect(writer.words(from: new, to: new).isNoise)
    }
  }
}
