import Testing

@testable import Explore

@Suite struct LabelSelectorTests {
  private func object(_ labels: String) throws -> DecodedObject {
    try DecodedObject(json: Array(#"{"metadata":{"labels":\#(labels)}}"#.utf8))
  }

  @Test(arguments: [
    ("", true), ("app=web", true), ("app==web", true), ("app=db", false), ("app!=db", true),
    ("app!=web", false), ("tier!=db", true), ("app", true), ("tier", false), ("!tier", true),
    ("!app", false), ("! app", false), ("app in (web,db)", true), ("app in (db)", false),
    ("app notin (db)", true), ("app notin (web)", false), ("tier notin (x)", true),
    ("tier in (x)", false), ("app=web,env", true), ("app=web,!env", false), (" app = web ", true),
    ("size>3", true), ("size>10", false), ("size<11", true), ("app>1", false), ("none<1", false),
    ("app=", false), ("empty=", true), ("empty", true), ("empty in (,a)", true),
    ("empty in ()", true), ("app.kubernetes.io/name=web", true), ("in", false), ("in=in", false),
    ("in in (in,notin)", false), ("env notin (a,,b)", true), ("empty in (a,)", true),
    ("empty in (,)", true), ("empty in (a,,,b)", true),
    ("app in (,web)", true), ("app in(web)", true),
    ("app=web,app=db", false),
  ])
  func requirementsHoldOrNot(selector: String, expected: Bool) throws {
    let web = try object(
      #"{"app":"web","env":"c","size":"10","empty":"","app.kubernetes.io/name":"web"}"#
    )
    #expect(try LabelSelector(selector).matches(web) == expected)
  }

  @Test func whatHasNoLabelsMatchesWhatAsksForNone() throws {
    for object in [nil, try object("null"), try object("[]"), try object("{}")] {
      #expect(try LabelSelector("").matches(object))
      #expect(try LabelSelector("!app,tier!=db,env notin (a)").matches(object))
      #expect(try !LabelSelector("app").matches(object))
    }
  }

  /// As kubectl 1.32 says it.
  @Test(arguments: [
    ("app in", "unable to parse requirement: found '' expected: '('"),
    ("app in (a", "unable to parse requirement: found '', expected: ',' or ')'"),
    ("app in (a b)", "unable to parse requirement: found 'b', expected: ',' or ')'"),
    ("app in (=", "unable to parse requirement: found '=', expected: ',', ')' or identifier"),
    ("app in (a,", "unable to parse requirement: found '', expected: ',', or identifier"),
    ("app in (a,,)", "unable to parse requirement: found ')', expected: ',', or identifier"),
    ("app in (,,)", "unable to parse requirement: found ')', expected: ',', or identifier"),
    ("app web", "unable to parse requirement: found 'web', expected: in, notin, =, ==, !=, gt, lt"),
    ("app=(", "unable to parse requirement: found '(', expected: identifier"),
    ("!=a", "found '!=', expected: !, identifier, or 'end of string'"),
    ("!", "unable to parse requirement: found '', expected: identifier"),
    ("a,", "found '', expected: identifier after ','"),
    ("a,,b", "found ',', expected: identifier after ','"),
    ("a=b c", "found 'c', expected: ',' or 'end of string'"),
    (",a", "found ',', expected: !, identifier, or 'end of string'"),
    (
      "a>x",
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the"
        + " value must be an integer"
    ),
    (
      "a=b@",
      "unable to parse requirement: values[0][a]: Invalid value: \"b@\": a valid label must be an"
        + " empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and"
        + " end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex"
        + " used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
    ),
    (
      "-a",
      "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of"
        + " alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric"
        + " character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is"
        + " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    ),
    (
      "/a",
      "unable to parse requirement: <nil>: Invalid value: \"/a\": prefix part must be non-empty"
    ),
  ])
  func whatIsWrongIsSaid(selector: String, expected: String) {
    #expect(throws: LabelSelectorError.self) { try LabelSelector(selector) }
    #expect(message(selector) == expected)
  }

  private func message(_ selector: String) -> String {
    do {
      _ = try LabelSelector(selector)
      return ""
    } catch {
      return "\(error)"
    }
  }

  @Test func namesAreOfALength() throws {
    let long = String(repeating: "a", count: 64)
    #expect(message(long).contains("name part must be no more than 63 characters"))
    #expect(message("a=\(long)").contains("must be no more than 63 characters"))
    #expect(message("\(String(repeating: "a.", count: 127))/x").contains("no more than 253"))
    #expect(message("Example.com/x").contains("RFC 1123 subdomain"))
    #expect(message("a/b/c").contains("a qualified name must consist of"))
    #expect(message("\(long.dropLast())=\(long.dropLast())").isEmpty)
  }

  @Test func selectorsAreWrittenInOrder() throws {
    let texts = [
      ("b=1,a=2", "a=2,b=1"), ("x notin (c,a)", "x notin (a,c)"), ("!c,b,a==1", "a==1,b,!c"),
      ("a>1,b<2", "a>1,b<2"), ("a!=1", "a!=1"), ("", ""),
    ]
    for (text, expected) in texts {
      let selector = try LabelSelector(text)
      #expect("\(selector)" == expected)
      #expect(try LabelSelector("\(selector)") == selector)
    }
  }

  /// Anything at all is a selector or an error.
  @Test func anyTextIsRead() {
    let pieces = ["a", "in", "notin", "(", ")", ",", "!", "=", "==", "!=", ">", "<", " ", "\u{E9}"]
    for first in pieces {
      for second in pieces {
        for third in pieces {
          for fourth in pieces { _ = try? LabelSelector(first + second + third + fourth) }
        }
      }
    }
  }
}
