import Decode
import TestSupport
import Testing

@testable import Explore

@Suite struct ObjectDifferenceTests {
  private func changes(
    _ old: String,
    _ new: String,
    _ change: (inout ObjectDifference.Options) -> Void = { _ in }
  ) throws -> [String] {
    var options = ObjectDifference.Options()
    change(&options)
    let difference = ObjectDifference(
      from: try DecodedObject(old),
      to: try DecodedObject(new),
      options: options
    )
    return difference.changes.map { $0.summary() }
  }

  @Test func fieldsAreAddedRemovedAndChanged() throws {
    #expect(
      try changes(
        #"{"spec":{"replicas":2,"old":true,"same":{"x":[1]}},"kind":"A"}"#,
        #"{"kind":"A","spec":{"same":{"x":[1]},"new":{"a":null},"replicas":3}}"#
      ) == [
        #"+ spec.new {"a":null}"#, "- spec.old true", "~ spec.replicas 2 \u{2192} 3",
      ]
    )
  }

  @Test func theOrderOfKeysAndTheFormOfNumbersDoNotCount() throws {
    #expect(
      try changes(#"{"a":1,"b":{"c":2,"d":1e3}}"#, #"{"b":{"d":1000.0,"c":2.0},"a":1}"#) == []
    )
    #expect(try changes(#"{"a":1}"#, #"{"a":1.5}"#) == ["~ a 1 \u{2192} 1.5"])
    #expect(try changes(#"{"a":1}"#, #"{"a":"1"}"#) == ["~ a 1 \u{2192} \"1\""])
    #expect(
      try changes(#"{"a":18446744073709551615}"#, #"{"a":18446744073709551613}"#) == []
    )
    #expect(try changes(#"{"a":9007199254740993}"#, #"{"a":9007199254740992}"#).count == 1)
  }

  @Test func nullIsNotTheSameAsNothing() throws {
    #expect(try changes("{}", #"{"a":null}"#) == ["+ a null"])
    #expect(try changes(#"{"a":null}"#, #"{"a":{}}"#) == ["~ a null \u{2192} {}"])
    #expect(try changes(#"{"a":[]}"#, #"{"a":{}}"#) == ["~ a [] \u{2192} {}"])
    #expect(try changes("1", "[]") == ["~ 1 \u{2192} []"])
  }

  @Test func ofKeysThatStandTwiceTheLastCounts() throws {
    #expect(try changes(#"{"a":1,"a":2}"#, #"{"a":2}"#) == [])
    #expect(try changes(#"{"a":1,"a":2}"#, #"{"a":1}"#) == ["~ a 2 \u{2192} 1"])
  }

  // MARK: Lists

  @Test func itemsAreFoundByTheirNames() throws {
    let old = """
      {"spec":{"containers":[{"name":"web","image":"a:1","env":[{"name":"A","value":"1"}],
      "ports":[{"containerPort":80,"protocol":"TCP"},{"containerPort":81}]},
      {"name":"gone","image":"x"}]}}
      """
    let new = """
      {"spec":{"containers":[{"name":"side","image":"s"},{"name":"web","image":"a:2",
      "env":[{"name":"B","value":"2"},{"name":"A","value":"1"}],
      "ports":[{"containerPort":81,"protocol":"UDP"},{"containerPort":80,"protocol":"TCP"}]}]}}
      """
    #expect(
      try changes(old, new) == [
        #"+ spec.containers[name=web].env[name=B] {"name":"B","value":"2"}"#,
        "~ spec.containers[name=web].image \"a:1\" \u{2192} \"a:2\"",
        #"+ spec.containers[name=web].ports[containerPort=81].protocol "UDP""#,
        #"~ spec.containers[name=web].ports ["80","81"] → ["81","80"]"#,
        #"- spec.containers[name=gone] {"name":"gone","image":"x"}"#,
        #"+ spec.containers[name=side] {"name":"side","image":"s"}"#,
      ]
    )
  }

  @Test func severalKeysNameAnItemWhereOneDoesNot() throws {
    let old = """
      {"ports":[{"port":53,"protocol":"UDP","nodePort":1},{"port":53,"protocol":"TCP"}]}
      """
    #expect(
      try changes(old, old.replacing(#""nodePort":1"#, with: #""nodePort":2"#))
        == ["~ ports[port=53,protocol=UDP].nodePort 1 \u{2192} 2"]
    )
    let mounts =
      #"{"volumeMounts":[{"name":"v","mountPath":"/a"},{"name":"v","mountPath":"/b b"}]}"#
    #expect(
      try changes(mounts, mounts.replacing(#""/b b"}"#, with: #""/b b","readOnly":true}"#))
        == [#"+ volumeMounts[mountPath="/b b"].readOnly true"#]
    )
    // Two items of one name are told apart by nothing but their places.
    let twice = #"{"env":[{"name":"A","value":"1"},{"name":"A","value":"2"}]}"#
    #expect(
      try changes(twice, twice.replacing("\"2\"", with: "\"3\""))
        == ["~ env[1].value \"2\" \u{2192} \"3\""]
    )
  }

  @Test func otherListsGoByPlaces() throws {
    #expect(
      try changes(#"{"args":["a","b","c","d"]}"#, #"{"args":["a","x","c","d"]}"#)
        == ["~ args[1] \"b\" \u{2192} \"x\""]
    )
    #expect(
      try changes(#"{"args":["b","c"]}"#, #"{"args":["a","b","c"]}"#) == ["+ args[0] \"a\""]
    )
    #expect(
      try changes(#"{"args":["a","b","c","d"]}"#, #"{"args":["a","d"]}"#)
        == ["- args[1] \"b\"", "- args[2] \"c\""]
    )
    #expect(
      try changes(#"{"m":[[1,2],[3]]}"#, #"{"m":[[1,5],[3],[4]]}"#)
        == ["~ m[0][1] 2 \u{2192} 5", "+ m[2] [4]"]
    )
    #expect(try changes(#"{"a":[1,1,1]}"#, #"{"a":[1,1]}"#) == ["- a[2] 1"])
    #expect(try changes(#"{"a":[]}"#, #"{"a":[{"name":"x"}]}"#) == [#"+ a[name=x] {"name":"x"}"#])
  }

  @Test func anotherOrderIsAChange() throws {
    let old = #"{"initContainers":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#
    let new = #"{"initContainers":[{"name":"c"},{"name":"a"},{"name":"d"}]}"#
    #expect(
      try changes(old, new) == [
        #"- initContainers[name=b] {"name":"b"}"#, #"+ initContainers[name=d] {"name":"d"}"#,
        #"~ initContainers ["a","c"] → ["c","a"]"#,
      ]
    )
  }

  // MARK: Paths

  @Test func keysThatAreNoWordsAreQuoted() throws {
    #expect(
      try changes(
        #"{"metadata":{"labels":{"app.kubernetes.io/name":"a","":1,"a\"b":1,"x-y_z":1}}}"#,
        #"{"metadata":{"labels":{"app.kubernetes.io/name":"b","":2,"a\"b":2,"x-y_z":2}}}"#
      ) == [
        "~ metadata.labels[\"\"] 1 \u{2192} 2", "~ metadata.labels[\"a\\\"b\"] 1 \u{2192} 2",
        "~ metadata.labels[\"app.kubernetes.io/name\"] \"a\" \u{2192} \"b\"",
        "~ metadata.labels.x-y_z 1 \u{2192} 2",
      ]
    )
  }

  @Test func fieldsCanBeIgnored() throws {
    #expect(
      try changes(
        #"{"metadata":{"managedFields":[1],"name":"a"},"list":[{"name":"x","v":1}]}"#,
        #"{"metadata":{"managedFields":[2],"name":"b"},"list":[{"name":"x","v":2}]}"#
      ) { $0.ignoredFields = ["metadata.managedFields", "list.v"] }
        == ["~ metadata.name \"a\" \u{2192} \"b\""]
    )
  }

  /// Where nothing else is, both with and without the field look the same.
  @Test func whatHasOnlyIgnoredFieldsIsNotThere() throws {
    for (old, new) in [
      (#"{"x":{"a":1}}"#, #"{}"#), (#"{"x":{"a":1}}"#, #"{"x":{}}"#), (#"{"x":{}}"#, #"{}"#),
      (#"{"x":[{"a":1},{"a":2}]}"#, #"{"x":[]}"#), (#"{"x":{"a":{"b":1}}}"#, #"{"x":{"a":2}}"#),
    ] {
      for (old, new) in [(old, new), (new, old)] {
        #expect(try changes(old, new) { $0.ignoredFields = ["x.a"] }.isEmpty, "\(old) \(new)")
        // An object without fields has none that count, whatever is ignored of it.
        guard old.count + new.count > #"{"x":{}}{}"#.count else { continue }
        #expect(try !changes(old, new) { $0.ignoredFields = ["x.b", "y", "a"] }.isEmpty)
      }
    }
    #expect(
      try changes(#"{"x":{"a":1,"c":1}}"#, #"{}"#) { $0.ignoredFields = ["x.a"] }
        == [#"- x {"c":1}"#]
    )
  }

  @Test(
    arguments: [
      ("metadata.managedFields", ["metadata.managedFields"]),
      (".spec.replicas,status", ["spec.replicas", "status"]),
      (
        #"metadata.labels["app.kubernetes.io/name"]"#,
        ["metadata.labels.app.kubernetes.io/name"]
      ),
      (
        #"spec.containers[name=web,x].image,spec.ports[0]"#,
        ["spec.containers.image", "spec.ports"]
      ),
      (#"data["a,b\"]"].x"#, [#"data.a,b"].x"#]), (#"["a"]["b"]"#, ["a.b"]),
      ("", []), (",,.,", []), ("a[", ["a"]), (#"a["b"#, ["a.b"]),
    ] as [(String, Set<String>)]
  )
  func pathsAreReadAsChangesHaveThem(text: String, fields: Set<String>) {
    #expect(ObjectDifference.Options.fields(in: text) == fields)
  }

  // MARK: Secrets

  private static let secret = """
    {"kind":"Secret","apiVersion":"v1","metadata":{"annotations":{
    "kubectl.kubernetes.io/last-applied-configuration":"hush","a":"1"}},
    "data":{"same":"c2FtZQ==","key":"b2xk","gone":"Z29uZQ=="}}
    """

  @Test func dataOfSecretsIsNotShown() throws {
    let new = ObjectDifferenceTests.secret.replacing("b2xk", with: "bmV3")
      .replacing("gone", with: "come").replacing("hush", with: "quiet")
    let found = try changes(ObjectDifferenceTests.secret, new)
    #expect(
      found == [
        #"+ data.come "***""#, #"- data.gone "***""#,
        "~ data.key \"*** (before)\" \u{2192} \"*** (after)\"",
        #"~ metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]"#
          + " \"*** (before)\" \u{2192} \"*** (after)\"",
      ]
    )
    #expect(
      try changes(ObjectDifferenceTests.secret, new) { $0.masksSecrets = false }
        .contains("~ data.key \"b2xk\" \u{2192} \"bmV3\"")
    )
    let whole = try changes(#"{"kind":"Secret","apiVersion":"v1"}"#, ObjectDifferenceTests.secret)
    #expect(!"\(whole)".contains("b2xk"))
    #expect(!"\(whole)".contains("hush"))
    let other = ObjectDifferenceTests.secret.replacing("\"v1\"", with: "\"example.com/v1\"")
    #expect("\(try changes("{}", other))".contains("b2xk"))
  }

  // MARK: Forms

  @Test func aChangeIsALineOrJSON() throws {
    let difference = ObjectDifference(
      from: try DecodedObject(#"{"a":{"b":1},"c":"x"}"#),
      to: try DecodedObject(#"{"a":{"b":[1]},"d":"<y>"}"#)
    )
    var output = OutputBuffer()
    difference.appendJSON(to: &output)
    #expect(
      String(decoding: output.bytes, as: UTF8.self)
        == #"[{"path":"a.b","kind":"changed","old":1,"new":[1]},"#
        + #"{"path":"c","kind":"removed","old":"x"},"#
        + #"{"path":"d","kind":"added","new":"\u003cy\u003e"}]"#
    )
    _ = try DecodedObject(json: output.bytes)
    let long = FieldChange(
      kind: .changed,
      path: "a\nb",
      old: String(repeating: "x", count: 100),
      new: "\"short\n\""
    )
    #expect(
      long.summary(valueLimit: 10) == "~ a\\u{a}b xxxxxxxxxx\u{2026} \u{2192} \"short\\u{a}\""
    )
  }

  @Test func tooManyChangesAreCutShort() throws {
    let old = "[" + (0..<100).map { "\($0)" }.joined(separator: ",") + "]"
    let new = "[" + (0..<100).map { "\($0 + 1000)" }.joined(separator: ",") + "]"
    var options = ObjectDifference.Options()
    options.changeLimit = 10
    let some = ObjectDifference(
      from: try DecodedObject(old),
      to: try DecodedObject(new),
      options: options
    )
    #expect(some.changes.count == 10)
    #expect(some.isCutShort)
    options.changeLimit = 100
    let all = ObjectDifference(
      from: try DecodedObject(old),
      to: try DecodedObject(new),
      options: options
    )
    #expect(all.changes.count == 100)
    #expect(!all.isCutShort)
  }

  // MARK: Hostile input

  @Test func veryDeepObjectsAreCompared() throws {
    func deep(_ leaf: String) -> String {
      String(repeating: #"{"a":["#, count: 490) + leaf + String(repeating: "]}", count: 490)
    }
    let found = try changes(deep("1"), deep("2"))
    #expect(found.count == 1)
    #expect(found.first?.hasSuffix("1 \u{2192} 2") == true)
    #expect(try changes(deep("1"), deep("1")) == [])
  }

  @Test func longListsAreCompared() throws {
    let items = (0..<20_000).map { #"{"name":"n\#($0)","v":1}"# }
    let old = "{\"l\":[" + items.joined(separator: ",") + "]}"
    let new = "{\"l\":[" + items.reversed().joined(separator: ",") + "]}"
    let found = try changes(old, new)
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("~ l [") == true)
  }

  /// Whatever two random values are, equal ones have no difference, and others have one.
  @Test func randomValuesAreEqualOrDiffer() throws {
    var generator = SeededGenerator(seed: 11)
    func value(_ depth: Int) -> String {
      switch Int.random(in: 0..<(depth > 3 ? 5 : 8), using: &generator) {
      case 0: return "null"
      case 1: return ["true", "false"].randomElement(using: &generator) ?? ""
      case 2: return ["0", "1", "1.0", "2"].randomElement(using: &generator) ?? ""
      case 3, 4: return ["\"a\"", "\"b\""].randomElement(using: &generator) ?? ""
      case 5:
        let items = (0..<Int.random(in: 0...3, using: &generator)).map { _ in value(depth + 1) }
        return "[\(items.joined(separator: ","))]"
      default:
        let keys = ["name", "a", "b", "type"].shuffled(using: &generator).prefix(2)
        return "{\(keys.map { "\"\($0)\":\(value(depth + 1))" }.joined(separator: ","))}"
      }
    }
    for _ in 0..<2000 {
      let old = value(0)
      let new = value(0)
      let isEqual = try DecodedObject(old).canonical == DecodedObject(new).canonical
      #expect(try changes(old, new).isEmpty == isEqual, "\(old) \(new)")
      #expect(try changes(old, old).isEmpty)
    }
  }
}

@Suite struct UnifiedDifferenceTests {
  private func difference(_ old: String, _ new: String, context: Int = 3) -> String {
    var output = OutputBuffer()
    UnifiedDifference(from: Array(old.utf8), to: Array(new.utf8))
      .append(oldName: "old", newName: "new", contextCount: context, to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  @Test func changesStandWithTheLinesAroundThem() {
    let old = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n"
    let new = "a\nb\nc\nd\nE\nf\ng\nh\ni\nj\nl\nm\n"
    #expect(
      difference(old, new, context: 1) == """
        --- old
        +++ new
        @@ -4,3 +4,3 @@
         d
        -e
        +E
         f
        @@ -10,3 +10,3 @@
         j
        -k
         l
        +m

        """
    )
    #expect(
      difference(old, new, context: 3).split(separator: "\n").filter { $0.hasPrefix("@@") }.count
        == 1
    )
    #expect(difference(old, old) == "")
  }

  @Test func emptyTextsAndMissingLineBreaksAreShown() {
    #expect(difference("", "a\n") == "--- old\n+++ new\n@@ -0,0 +1 @@\n+a\n")
    #expect(difference("a\n", "") == "--- old\n+++ new\n@@ -1 +0,0 @@\n-a\n")
    #expect(
      difference("a", "a\n")
        == "--- old\n+++ new\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"
    )
  }

  @Test func objectsAreComparedAsYAML() throws {
    let old = try DecodedObject(
      #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"a"},"data":{"k":"b2xk","s":"c2Ft"}}"#
    )
    let new = try DecodedObject(
      #"{"kind":"Secret","apiVersion":"v1","metadata":{"name":"b"},"data":{"k":"bmV3","s":"c2Ft"}}"#
    )
    var output = OutputBuffer()
    UnifiedDifference(from: old, to: new).append(oldName: "1", newName: "2", to: &output)
    #expect(
      String(decoding: output.bytes, as: UTF8.self) == """
        --- 1
        +++ 2
        @@ -1,7 +1,7 @@
         apiVersion: v1
         data:
        -  k: '*** (before)'
        +  k: '*** (after)'
           s: '***'
         kind: Secret
         metadata:
        -  name: a
        +  name: b

        """
    )
    var open = OutputBuffer()
    var options = ObjectDifference.Options()
    options.masksSecrets = false
    UnifiedDifference(from: old, to: new, options: options)
      .append(oldName: "1", newName: "2", to: &open)
    #expect(String(decoding: open.bytes, as: UTF8.self).contains("+  k: bmV3\n"))
  }

  @Test func fieldsThatDoNotCountHaveNoLines() throws {
    func object(_ json: String) throws -> DecodedObject {
      try DecodedObject(json: Array(json.utf8))
    }
    let old = try object(
      """
      {"kind":"A","metadata":{"name":"a","managedFields":[1],"labels":{"x.y/z":"1","k":"v"}},\
      "list":[{"a":1,"b":1},{"b":2}]}
      """
    )
    let new = try object(
      """
      {"kind":"A","metadata":{"name":"a","managedFields":[2],"labels":{"x.y/z":"2","k":"v"}},\
      "list":[{"a":1,"b":3},{"b":4}]}
      """
    )
    var options = ObjectDifference.Options()
    options.ignoredFields = ["metadata.managedFields", "metadata.labels.x.y/z", "list.b"]
    #expect(ObjectDifference(from: old, to: new, options: options).changes.isEmpty)
    #expect(UnifiedDifference(from: old, to: new, options: options).isEmpty)
    var output = OutputBuffer()
    UnifiedDifference(from: nil, to: new, options: options)
      .append(oldName: "1", newName: "2", to: &output)
    #expect(
      String(decoding: output.bytes, as: UTF8.self)
        == """
        --- 1
        +++ 2
        @@ -0,0 +1,7 @@
        +kind: A
        +list:
        +- a: 1
        +metadata:
        +  labels:
        +    k: v
        +  name: a

        """
    )
    options.ignoredFields = ["metadata"]
    #expect(!UnifiedDifference(from: old, to: new, options: options).isEmpty)
    options.ignoredFields = []
    #expect(ObjectDifference(from: old, to: new, options: options).changes.count == 4)
  }

  /// A difference with all lines around it holds both texts, and no more changes than it must.
  @Test func aDifferenceHoldsBothTextsAndIsTheShortest() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<500 {
      let texts = (0..<2).map { _ in
        (0..<Int.random(in: 0...12, using: &generator)).map { _ in
          ["a", "b", "c", "d"].randomElement(using: &generator) ?? ""
        }
      }
      let found = difference(
        texts[0].map { "\($0)\n" }.joined(),
        texts[1].map { "\($0)\n" }.joined(),
        context: 100
      )
      guard texts[0] != texts[1] else {
        #expect(found == "")
        continue
      }
      let lines = found.split(separator: "\n").dropFirst(3)
      #expect(lines.filter { !$0.hasPrefix("+") }.map { String($0.dropFirst()) } == texts[0])
      #expect(lines.filter { !$0.hasPrefix("-") }.map { String($0.dropFirst()) } == texts[1])
      let kept = lines.filter { $0.hasPrefix(" ") }.count
      #expect(kept == UnifiedDifferenceTests.longestCommon(texts[0], texts[1]), "\(texts)")
    }
  }

  private static func longestCommon(_ left: [String], _ right: [String]) -> Int {
    var row = [Int](repeating: 0, count: right.count + 1)
    for item in left {
      var diagonal = 0
      for place in right.indices {
        let above = row[place + 1]
        row[place + 1] = item == right[place] ? diagonal + 1 : max(above, row[place])
        diagonal = above
      }
    }
    return row[right.count]
  }

  @Test func textsWithNothingInCommonAreReplacedAsAWhole() {
    let old = (0..<5000).map { "old \($0)\n" }.joined()
    let new = (0..<5000).map { "new \($0)\n" }.joined()
    let found = difference("same\n" + old, "same\n" + new).split(separator: "\n")
    #expect(found.count == 2 + 1 + 1 + 10_000)
    #expect(found[2] == "@@ -1,5001 +1,5001 @@")
    #expect(found[4] == "-old 0")
    #expect(found[5003] == "-old 4999")
    #expect(found[5004] == "+new 0")
  }
}

extension DecodedObject {
  /// The value as JSON with sorted keys and numbers in one form.
  var canonical: String {
    var document = document
    document.normaliseNumbers()
    var output = OutputBuffer()
    document.writeSorted(to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }
}
