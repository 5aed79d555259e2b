import Snapshot
import Testing
import WAL

@Suite struct MemberTests {
  /// The context of a change in the log of etcd 3.5.30.
  @Test func aMemberIsWrittenAsEtcdWritesIt() {
    let member = Member(
      id: NodeID(rawValue: 13_802_832_182_191_003_942),
      name: "a",
      peerURLs: ["http://10.0.0.1:2380", "http://10.0.0.1:2390"]
    )
    #expect(
      member.json
        == #"{"id":13802832182191003942,"peerURLs":["http://10.0.0.1:2380","#
        + #""http://10.0.0.1:2390"],"name":"a"}"#
    )
  }

  @Test func whatIsEmptyIsLeftOut() {
    let learner = Member(
      id: NodeID(rawValue: 1),
      name: "",
      peerURLs: ["http://a:1"],
      isLearner: true
    )
    #expect(learner.json == #"{"id":1,"peerURLs":["http://a:1"],"isLearner":true}"#)
    let started = Member(
      id: NodeID(rawValue: UInt64.max),
      name: "b",
      peerURLs: [],
      clientURLs: ["http://c:1", "http://d:1"]
    )
    #expect(
      started.json
        == #"{"id":18446744073709551615,"peerURLs":[],"name":"b","#
        + #""clientURLs":["http://c:1","http://d:1"]}"#
    )
  }

  @Test func textIsEscapedAsGoEscapesIt() {
    let member = Member(
      id: NodeID(rawValue: 1),
      name: "\"\\\n\r\t\u{8}\u{C}\u{1}\u{7F}<&>\u{2028}\u{E9}\u{1F600}",
      peerURLs: []
    )
    #expect(
      member.json
        == #"{"id":1,"peerURLs":[],"name":"\"\\\n\r\t\b\f\u0001"# + "\u{7F}"
        + #"\u003c\u0026\u003e\u2028"# + "\u{E9}\u{1F600}\"}"
    )
  }
}
