import Decode
import Foundation
import TestSupport
import Testing

@testable import Explore

/// An object with every kind of value, that kubectl reads too; the label is what kubectl would set.
private let thing = """
  {"apiVersion":"example.org/v1","kind":"Thing","metadata":{"labels":{"a":"b"},"name":"x"},
  "spec":{"s":"text","n":5,"f":1000000.0,"small":0.00001,"large":1e21,"big":18446744073709551615,
  "negative":-0,"nul":null,"yes":true,"html":"a<b>&","list":[3,1,2],"matrix":[[1,2],[3],[]],
  "k.io/y":"dotted","one":{"w":{"v":true}},"e":[],"mixed":{"b":1.50,"a":[1.0,1e3]},
  "conditions":[{"type":"Ready","status":"True","n":1},{"type":"Other","status":"False","n":2.5},
  {"type":"Third"}]},
  "things":[{"a":"b","c":{"deep":"v"},"list":[1,2]},{"a":"d","x":null,"list":[]},"str"],
  "list":[1,"two",3.5,null,true,{"a":"b"}],"status":{"x":[{"c":1},{"c":2}]}}
  """

/// Templates that fit the object, with what they print.
private let templates: [(String, String)] = [
  ("", ""), ("text", "text"), ("{.kind}", "Thing"), ("a{.kind}b{.metadata.name}c", "aThingbxc"),
  ("{.metadata}", #"{"labels":{"a":"b"},"name":"x"}"#), ("{$.kind}", "Thing"),
  ("{@.kind}", "Thing"), ("{.spec.nope}", ""), ("{.spec.nope.deeper[3]}", ""), ("{.}", ""),
  ("{.spec.n} {.spec.f} {.spec.small} {.spec.large}", "5 1e+06 1e-05 1e+21"),
  ("{.spec.big} {.spec.negative} {.spec.nul} {.spec.yes}", "1.8446744073709552e+19 0 null true"),
  ("{.spec.mixed}", #"{"a":[1,1000],"b":1.5}"#), ("{.spec.html}", "a<b>&"),
  ("{.spec['html','n']}", "a<b>& 5"), ("{.spec['one.w']}", #"{"v":true}"#),
  (#"{.spec.k\.io/y}"#, "dotted"), (#"{.spec['k\.io/y']}"#, "dotted"),
  ("{['spec'].n}", "5"), ("{.spec.one.*.*}", "true"), ("{.spec.n.*}", ""),
  ("{.metadata.name.*}", "120"), ("{.spec.e}|{.spec.e[*]}", "[]|"),
  ("{.spec.list[0]}", "3"), ("{.spec.list[-1]}", "2"), ("{.spec.list[]}", "3"),
  ("{.spec.list[*]}", "3 1 2"), ("{.spec.list[1:]}", "1 2"), ("{.spec.list[:2]}", "3 1"),
  ("{.spec.list[0:3:2]}", "3 2"), ("{.spec.list[::2]}", "3 2"), ("{.spec.list[-2:]}", "1 2"),
  ("{.spec.list[0:-1]}", "3 1"), ("{.spec.list[5:5]}", ""), ("{.spec.list[0,2]}", "3 2"),
  ("{.spec.list[*,0]}", "3 1 2 3"), ("{.spec.list[::9223372036854775807]}", "3"),
  ("{.spec.matrix[0:2][0:1]}", "1 3"), ("{.spec.matrix[0][1]}", "2"), ("{.spec.nul[0]}", ""),
  ("{.list[*]}", #"1 two 3.5 null true {"a":"b"}"#), ("{.things[*].list[*]}", "1 2"),
  (#"{.spec.conditions[?(@.type=="Ready")].status}"#, "True"),
  ("{.spec.conditions[?(@.type=='Ready')].status}", "True"),
  ("{.spec.conditions[?(.status)].type}", "Ready Other"),
  ("{.spec.conditions[?(@.type!='Ready')].type}", "Other Third"),
  ("{.spec.list[?(@>1)]}", "3 2"), ("{.spec.list[?(@>=2)]}", "3 2"),
  ("{.spec.list[?(@<=1)]}", "1"), ("{.spec.list[?(1<@)]}", "3 2"),
  (#"{.spec.conditions[?(@.type>"P")].type}"#, "Ready Third"),
  ("{.status.x[?(@.c==2)]}", #"{"c":2}"#), ("{.things[?(@..deep)].a}", "b"),
  (#"{.things[?(@.a=="b)")].a}"#, ""), (#"{.spec.conditions[?(@.nope=="x")].type}"#, ""),
  ("{.spec.conditions[?(@.type[5])].type}", "Ready Other Third"),
  ("{..deep}", "v"), ("{...deep}", "v"), ("{.status..c}", "1 2"),
  ("{.spec.one..}", #"{"w":{"v":true}} {"v":true}"#),
  ("{.things[0].a..}", "b"), ("{.spec..a[0]}", "1"),
  ("{range .spec.list[*]}{@}{\"\\n\"}{end}", "3\n1\n2\n"),
  ("{range .spec.list[*]}{@}", "312" + #"{"apiVersion":"#),
  ("{range .things[*]}{range .list[*]}{@},{end}{.a};{end}!", "1,2,b;d;;!"),
  ("{range .spec.nope[*]}{.a}{end}done", "done"),
  ("{range .spec.e[*]}{range .x}{.y}{end}-{end}done", "done"),
  ("{range .spec.list[*]}[{@}]{end}{.kind}", "[3][1][2]Thing"),
  (#"{"{"}{'a\tb\'c'}{"\u00e9\x41\101"}{'"'}"#, "{a\tb'c\u{E9}AA\""),
  ("{1.50}{-3}{+4}{true}", "1.5-34true"),
  ("{.kind \"t\"}", "t"), ("{.kind}}", "Thing}"), ("}{\"\"}", "}"),
  ("\u{E9}{.kind}", "\u{E9}Thing"),
]

/// Templates that are wrong, or do not fit the object, with the error.
private let failures: [(String, JSONPathError)] = [
  ("{.kind", .unclosedAction), ("{.kind\n}", .unclosedAction), ("{", .unclosedAction),
  ("{&}", .unrecognizedCharacter("&")), ("{\t}", .unrecognizedCharacter("\t")),
  ("{..*}", .unrecognizedCharacter("*")), ("{.spec[0}", .unterminatedArray),
  ("{.spec[?(@.x}", .unterminatedFilter), ("{.spec[?(@.x)}", .unclosedFilter),
  (#"{["spec"]}"#, .invalidArrayIndex("\"spec\"")), ("{.spec[a]}", .invalidArrayIndex("a")),
  ("{.spec[0, 1x]}", .invalidArrayIndex("1x")), ("{.spec[1:2:3:4]}", .invalidArrayIndex("1:2:3:4")),
  ("{.spec[-]}", .indexNotNumber("-")),
  ("{.spec[99999999999999999999]}", .indexNotNumber("99999999999999999999")),
  ("{1.2.3}", .notNumber("1.2.3")), ("{-}", .notNumber("-")), ("{\"abc}", .unterminatedString),
  (#"{"\q"}"#, .invalidString(#""\q""#)), (#"{"\u12"}"#, .invalidString(#""\u12""#)),
  ("{....x}", .repeatedDescent), ("{.spec.list[7]}", .outOfBounds(index: 7, count: 3)),
  ("{.spec.list[-4]}", .outOfBounds(index: -1, count: 3)),
  ("{.spec.list[0:9]}", .outOfBounds(index: 8, count: 3)),
  ("{.spec.list[2:1]}", .startBehindEnd(start: 2, end: 1)), ("{.spec.list[::0]}", .badStep),
  ("{.spec.list[::-1]}", .badStep), ("{.spec.one[0]}", .notArray(.object)),
  ("{.kind[0]}", .notArray(.string)), ("{.spec.n[0]}", .notArray(.number)),
  ("{.spec.yes[0]}", .notArray(.boolean)), ("{.spec.n[?(@.x)]}", .notFilterable(.number)),
  ("{.spec.nul[?(@.x)]}", .notFilterable(.null)),
  ("{.spec.list[?(@>1.0)]}", .incompatibleComparison),
  ("{.list[?(@==1)]}", .incompatibleComparison),
  ("{.things[?(@.c==1)]}", .invalidComparison), ("{.things[?(@.x==1)]}", .invalidComparison),
  ("{.spec.conditions[?(@.n<>1)]}", .unrecognizedOperator("<>")),
  ("{.spec.matrix[*][0]}", .outOfBounds(index: 0, count: 0)),
  ("{.spec.matrix[?(@[*]==1)]}", .severalToCompare), ("{foo}", .unrecognizedIdentifier("foo")),
  ("{end}", .notInRange), ("{range .spec.list[*]}{@}{end}{end}", .notInRange),
]

@Suite struct JSONPathTemplateTests {
  private func evaluate(_ template: String, _ json: String = thing, strict: Bool = false) throws
    -> String
  {
    var output = OutputBuffer()
    try JSONPathTemplate(template)
      .append(try DecodedObject(json), allowsMissingKeys: !strict, to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  @Test(arguments: templates)
  func aTemplatePrints(template: String, expected: String) throws {
    let found = try evaluate(template)
    // A range without an end is followed by the whole object.
    if expected.hasSuffix(#"{"apiVersion":"#) {
      #expect(found.hasPrefix(expected))
    } else {
      #expect(found == expected)
    }
  }

  @Test(arguments: failures)
  func aTemplateThatIsWrongIsAnError(template: String, expected: JSONPathError) {
    #expect(throws: expected) { try evaluate(template) }
  }

  @Test func keysOfAnObjectComeSortedAndOnce() throws {
    let json = #"{"z":1,"b":{"y":2,"x":3},"z":4,"a":5}"#
    #expect(try evaluate("{.*}", json) == #"5 {"x":3,"y":2} 4"#)
    #expect(try evaluate("{..}", json) == #"{"a":5,"b":{"x":3,"y":2},"z":4} {"x":3,"y":2}"#)
    #expect(try evaluate("{.z}", json) == "4")
  }

  @Test func aBarePathNeedsNoBraces() throws {
    #expect(try evaluate(".metadata.name") == "x")
    #expect(try evaluate("$.metadata.name") == "x")
    #expect(try evaluate("metadata.name") == "metadata.name")
  }

  @Test func missingKeysCanBeErrors() throws {
    #expect(throws: JSONPathError.notFound("nope")) { try evaluate("{.spec.nope}", strict: true) }
    #expect(throws: JSONPathError.notFound("x")) {
      try evaluate("{range .spec.e[*]}{.x}{end}", strict: true)
    }
    #expect(try evaluate("{.things[?(@.c)].a}", strict: true) == "b")
    #expect(throws: JSONPathError.notFound("nope")) {
      try evaluate("{.things[?(@.nope==1)].a}", strict: true)
    }
  }

  @Test func errorsLeaveTheOutputAlone() throws {
    var output = OutputBuffer()
    output.append("before")
    let template = try JSONPathTemplate("{.kind}{.spec.list[9]}")
    let object = try DecodedObject(thing)
    #expect(throws: JSONPathError.outOfBounds(index: 9, count: 3)) {
      try template.append(object, to: &output)
    }
    #expect(output.bytes == Array("before".utf8))
  }

  @Test func textThatIsNotUTF8IsRepaired() throws {
    let object = try DecodedObject(
      json: Array(#"{"a":""#.utf8) + [0xFF] + Array(#"","b":{}}"#.utf8)
    )
    var output = OutputBuffer()
    try JSONPathTemplate("{.a}").append(object, to: &output)
    #expect(output.bytes == Array("\u{FFFD}".utf8))
  }

  // MARK: Hostile input

  @Test func filtersInFiltersEnd() {
    let template =
      "{" + String(repeating: "[?(", count: 1000) + "@" + String(repeating: ")]", count: 1000) + "}"
    // The first closing parenthesis ends the outermost filter, as kubectl has it.
    #expect(throws: JSONPathError.unterminatedFilter) { try evaluate(template) }
    let unions = "{" + String(repeating: "[0,", count: 100_000) + "]}"
    #expect(throws: JSONPathError.self) { try evaluate(unions) }
  }

  @Test func rangesInRangesEnd() {
    let template = String(repeating: "{range .kind}", count: 10_000)
    #expect(throws: JSONPathError.tooDeep(limit: 64)) { try evaluate(template) }
  }

  @Test func descentsThatMultiplyEachOtherEnd() throws {
    let depth = 200
    let json = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(try evaluate("{..}", json).split(separator: " ").count == depth - 1)
    let template = try JSONPathTemplate("{..[*]..[*]..[*]..[*]..}")
    var evaluation = JSONPathEvaluation(
      document: try DecodedObject(json).document,
      pieces: template.pieces,
      allowsMissingKeys: true,
      resultLimit: 100_000
    )
    #expect(throws: JSONPathError.tooManyResults(limit: 100_000)) { try evaluation.results() }
  }

  @Test func everyBeginningOfATemplateIsReadOrRefused() {
    for (template, _) in templates {
      for end in template.indices { _ = try? JSONPathTemplate(String(template[..<end])) }
    }
  }

  @Test func charactersAreNamedAsGoNamesThem() {
    let names: [(Unicode.Scalar, String)] = [
      ("&", "U+0026 '&'"), ("\t", "U+0009"), ("\u{1F600}", "U+1F600 '\u{1F600}'"),
      ("\u{2028}", "U+2028"), ("\u{A0}", "U+00A0"),
    ]
    for (character, name) in names {
      #expect(
        JSONPathError.unrecognizedCharacter(character).description
          == "unrecognized character in action: \(name)"
      )
    }
  }
}

/// The same templates, by the program that people know them from.
///
/// `kubectl label --local` prints an object from a file through a template and needs no cluster.
@Suite struct JSONPathOfKubectlTests {
  private static let kubectl = "/usr/bin/kubectl"

  private static let isThere: Bool = {
    let result = try? Program.run(kubectl, ["version", "--client"], environment: noCluster)
    return result?.status == 0
  }()

  private static let noCluster = ["KUBECONFIG": "/dev/null"]

  private func kubectl(_ template: String) throws -> Program.Result {
    try Program.run(
      JSONPathOfKubectlTests.kubectl,
      ["label", "--local", "--overwrite", "-f", "-", "a=b", "-o", "jsonpath=\(template)"],
      input: Array(thing.utf8),
      environment: JSONPathOfKubectlTests.noCluster
    )
  }

  @Test(.enabled(if: isThere, "there is no kubectl"))
  func kubectlPrintsTheSame() throws {
    // All in one run; a range without an end would run into those behind it.
    let joined = templates.filter { !$0.1.hasSuffix(#"{"apiVersion":"#) }
    let result = try kubectl(joined.map(\.0).joined(separator: "\n<next>"))
    #expect(result.status == 0, "\(result.errors)")
    let found = result.text.components(separatedBy: "\n<next>")
    #expect(found.count == joined.count)
    for ((template, expected), found) in zip(joined, found) {
      #expect(found == expected, "\(template)")
    }
  }

  @Test(.enabled(if: isThere, "there is no kubectl"))
  func kubectlRefusesTheSame() throws {
    // Each takes a run of its own: a third of them will do.
    for (template, expected) in failures.enumerated().filter({ $0.offset % 3 == 0 }).map(\.element)
    {
      let result = try kubectl(template)
      #expect(result.status == 1, "\(template)")
      switch expected {
      case .notArray, .notFilterable:
        // What is no array is named by its type in Go, or shown.
        #expect(result.errors.contains(" is not array or slice"), "\(template)")
      default:
        #expect(result.errors.contains(expected.description), "\(template): \(result.errors)")
      }
    }
  }
}
