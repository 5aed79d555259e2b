import Testing

/// A mask that hides too much would let a wrong answer pass.
@Suite struct MaskTests {
  private func masked(_ text: String) -> String {
    Mask.all.reduce(text) { $1.applied(to: $0) }
  }

  @Test(arguments: [
    #"{"header":{"cluster_id":2037210783374497686,"member_id":13195394291058371180,"revision":9,"raft_term":2}}"#,
    #"{"key":"YQ==","create_revision":2,"mod_revision":8,"version":4,"value":"Nw==","lease":4660}"#,
    "b71f75320dc06a6c, started, test, http://127.0.0.1:2380, http://127.0.0.1:2379, false",
    "lease 0000000000001234 revoked",
    "compacted revision 5",
    #""Count" : 9"#,
    "Error: etcdserver: mvcc: required revision is a future revision",
    #"{"hash":2069675932,"compact_revision":-1}"#,
  ])
  func whatCountsStays(text: String) {
    #expect(masked(text) == text)
  }

  @Test(arguments: [
    ("lease 694d9a3b1c2d4e5f granted with TTL(100s)", "lease LEASE granted with TTL(100s)"),
    (
      "lease 0000000000001234 granted with TTL(1000s), remaining(998s)",
      "lease 0000000000001234 granted with TTL(1000s), remaining(DURATION)"
    ),
    (#"{"id":17,"ttl":499,"granted-ttl":500}"#, #"{"id":17,"ttl":REST,"granted-ttl":500}"#),
    (
      "http://127.0.0.1:PORT0, b71f75320dc06a6c, 3.6.14, 33 kB, true, false, 2, 17, 17, ",
      "http://127.0.0.1:PORT0, b71f75320dc06a6c, VERSION, SIZE, true, false, 2, INDEX, INDEX, "
    ),
    (
      "successfully committed proposal: took = 1.9ms",
      "successfully committed proposal: took = DURATION"
    ),
  ])
  func whatMayDifferHasAName(text: String, expected: String) {
    #expect(masked(text) == expected)
  }
}
