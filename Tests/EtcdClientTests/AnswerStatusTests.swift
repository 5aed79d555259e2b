import NIOHPACK
import RPC
import Testing

@testable import EtcdClient

/// How calls end.
@Suite struct AnswerStatusTests {
  static let endpoint = Endpoint(.host("a", port: 1))

  func failure(_ fields: [(String, String)]) -> EtcdClientError? {
    AnswerStatus.failure(HPACKHeaders(fields), endpoint: Self.endpoint)
  }

  @Test func successIsNoFailure() {
    #expect(failure([("grpc-status", "0")]) == nil)
    #expect(failure([("grpc-status", "0"), ("grpc-message", "x")]) == nil)
  }

  @Test func refusalHasCodeAndText() {
    let found = failure([("grpc-status", "5"), ("grpc-message", "etcdserver: requested lease%20x")])
    let status = RPCStatus(.notFound, "etcdserver: requested lease x")
    #expect(found == .refused(endpoint: "http://a:1", status))
  }

  @Test func unknownCodeIsUnknown() {
    #expect(failure([("grpc-status", "99")])?.status == RPCStatus(.unknown))
  }

  @Test(arguments: [[], [("grpc-status", "")], [("grpc-status", "x")]] as [[(String, String)]])
  func missingStatusIsMalformed(fields: [(String, String)]) {
    #expect(failure(fields) == .malformed(endpoint: "http://a:1", reason: "no status"))
  }

  @Test(arguments: [
    ("", ""), ("a b", "a b"), ("%41%62", "Ab"), ("%e2%82%ac", "\u{20ac}"), ("100%", "100%"),
    ("%4", "%4"), ("%zz", "%zz"), ("%%41", "%A"), ("%+1", "%+1"),
  ])
  func percentEncodingIsTakenAway(text: String, expected: String) {
    #expect(AnswerStatus.decode(text) == expected)
  }

  @Test(arguments: [
    (Duration.milliseconds(1), "1m"), (.zero, "1m"), (.seconds(5), "5000m"),
    (.seconds(89_999), "89999000m"), (.seconds(90_000), "90000S"),
    (.seconds(1_000_000_000_000), "99999999S"),
  ])
  func timeIsOfAtMostEightDigits(time: Duration, text: String) {
    #expect(Timeout.text(time) == text)
  }
}
