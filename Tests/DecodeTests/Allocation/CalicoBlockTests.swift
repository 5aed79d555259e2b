import TestSupport
import Testing

@testable import Decode

@Suite struct CalicoBlockTests {
  private func description(of file: String) throws -> String? {
    CalicoBlock.description(of: try JSONDocument(json: try Fixture.text("calico/\(file)")))
  }

  @Test(arguments: [
    (
      "values/17.bin",
      """
      block 10.244.0.0/26 of host:node-0: 6 of 64 allocated: 10.244.0.0 ipipTunnelAddress, \
      10.244.0.1 demo/web-784d65b988-j8tft, 10.244.0.2 demo/agent-gfgv7, 10.244.0.5 demo/db-0, \
      10.244.0.7 demo/gone-1, 10.244.0.63 without a handle
      """
    ),
    (
      "values/18.bin",
      """
      block 10.244.0.64/26 of host:node-1: 4 of 64 allocated: \
      10.244.0.64 demo/web-784d65b988-q5tkg, 10.244.0.67 demo/web-784d65b988-xnzc2, \
      10.244.0.68 demo/web-784d65b988-xnzc2, 10.244.0.73 no attribute 7
      """
    ),
    ("values/20.bin", "block 10.244.2.0/30 of no host: 0 of 4 allocated"),
    (
      "values/21.bin",
      """
      block fd00:10:244::40/122 of host:node-0: 1 of 64 allocated: \
      fd00:10:244::41 demo/web-784d65b988-j8tft
      """
    ),
  ])
  func blocksSayWhoHasWhichAddress(file: String, expected: String) throws {
    #expect(try description(of: file) == expected)
  }

  @Test func onlyBlocksAreDescribed() throws {
    let index = Fixture.table("calico/index.tsv")
    try #require(index.count == 49)
    for line in index {
      let bytes = try Fixture.bytes("calico/\(line[0])")
      var document = JSONDocument()
      guard (try? bytes.withBytes { try document.parse($0) }) != nil else { continue }
      let isBlock = line[2].hasPrefix("IPAM block")
      #expect((CalicoBlock.description(of: document) != nil) == isBlock, "\(line)")
    }
  }

  @Test(arguments: [
    "{}", "[]", "1", #"{"cidr":"10.0.0.0/26"}"#,
    #"{"cidr":"10.0.0.0","allocations":[],"attributes":[]}"#,
    #"{"cidr":"x/26","allocations":[],"attributes":[]}"#,
    #"{"cidr":"10.0.0.0/26","allocations":{},"attributes":[]}"#, #"{"cidr":1}"#,
  ])
  func otherDocumentsAreNoBlocks(_ json: String) throws {
    #expect(CalicoBlock.description(of: try JSONDocument(json: json)) == nil)
  }

  @Test(
    arguments: [
      (#"[1]"#, "10.0.0.0 no attribute 1"), (#"[-1]"#, "10.0.0.0 no attribute -1"),
      (#"[1e9]"#, "10.0.0.0 no attribute -1"), (#"[0]"#, "10.0.0.0 h"),
      (#"["0"]"#, nil), (#"[null,0]"#, "10.0.0.1 h"),
    ] as [(String, String?)]
  )
  func indexesThatLieAreSaid(allocations: String, expected: String?) throws {
    let document = try JSONDocument(
      json: """
        {"cidr":"10.0.0.0/30","affinity":"host:n","allocations":\(allocations),\
        "attributes":[{"handle_id":"h"}]}
        """
    )
    let text = try #require(CalicoBlock.description(of: document))
    #expect(text.split(separator: ": ").dropFirst().dropFirst().first.map(String.init) == expected)
  }
}
