import TestSupport
import Testing

@testable import Explore

@Suite struct CalicoValueTests {
  /// The values of the fixtures, by their keys.
  private static let fixtures: [(key: String, value: [UInt8])] = {
    Fixture.table("calico/index.tsv").compactMap { columns in
      guard columns.count == 3, let value = try? Fixture.bytes("calico/\(columns[0])") else {
        return nil
      }
      return (columns[1], value)
    }
  }()

  private func value(_ key: String, _ text: String) throws -> CalicoValue {
    try #require(Array(text.utf8).withUnsafeBytes { CalicoValue(key: key, value: $0) })
  }

  private func custom(_ json: String) throws -> CalicoValue {
    try #require(CalicoValue(try DecodedObject(json: Array(json.utf8))))
  }

  // MARK: What it is

  @Test func everyValueIsToldInALine() throws {
    let lines = try CalicoValueTests.fixtures.map { key, value in
      try #require(value.withUnsafeBytes { CalicoValue(key: key, value: $0) }).summary
    }
    #expect(
      lines == [
        "BGP peer rack-1: 192.0.2.1 AS 64513, for rack == 'rack-1'",
        "BGP configuration default: AS 64512, full mesh", "Calico v3.21.1, data store ready",
        "FelixConfiguration default",
        "policy default.deny-all for projectcalico.org/namespace != 'kube-system' && has(app):"
          + " 0 ingress rules, 1 egress rule",
        "host endpoint node-0-eth0: eth0 of node-0, 192.0.2.10",
        "network set blocked: 198.51.100.0/24, 2001:db8::/32",
        "pool default-ipv4-ippool: 10.244.0.0/16, blocks of /26, IPIP Always, NAT",
        "reservation gateways: 10.244.0.1/32, 10.244.255.0/24",
        "policy demo/default.allow-web for app == 'web': 1 ingress rule, 0 egress rules",
        "network set demo/partners: 203.0.113.0/24",
        "node node-0: BGP 192.0.2.10/24, tunnel 10.244.0.0",
        "status of node-0: BIRD Ready, 1 of 1 peers",
        "profile kns.demo: 1 ingress rule, 1 egress rule",
        "endpoint eth0 of demo/web-784d65b988-j8tft on node-0: 10.244.0.1/32 on cali1a2b3c4d5e6",
        "KubeControllersConfiguration default",
        "addressing: strict affinity, blocks on demand, at most 20 blocks a node",
        "block 10.244.0.0/26 of node-0: 6 of 64 addresses allocated",
        "block 10.244.0.64/26 of node-1: 4 of 64 addresses allocated",
        "block 10.244.1.0/29 of node-1: 1 of 8 addresses allocated",
        "block 10.244.2.0/30 of no node: 0 of 4 addresses allocated, being deleted",
        "block fd00:10:244::40/122 of node-0: 1 of 64 addresses allocated",
        "block 10.244.0.0/26 of node-0, confirmed", "block 10.244.0.64/26 of node-1, pending",
        "block 10.244.1.0/29 of node-1, confirmed",
        "block 10.244.2.0/30 of node-9, being deleted",
        "block fd00:10:244::40/122 of node-0, confirmed",
        "handle k8s-pod-network.283810b5bd1611219ac9e4c90ac963a32486492304f74e59d843e467ad042c11:"
          + " 1 address in 10.244.0.0/26, 1 address in fd00:10:244::40/122",
        "handle k8s-pod-network.9a6add61d01e97fc7ba90d61d355e7e32749279547da3f57f4cd9e2c5391ab2b:"
          + " 2 addresses in 10.244.0.64/26",
        "handle ipip-tunnel-addr-node-0: 1 address in 10.244.0.0/26",
        "handle k8s-pod-network.59dc1ece00b12b4bc044d3b6a1cc41f8e9df201b584f170108386616e25ba388:"
          + " 1 address in 10.244.0.0/26",
        "Ready = true", "InterfacePrefix = cali",
        "ClusterGUID = 5a7f0a6c1f0e4c3f8d1b2e3c4d5e6f70", "IpInIpTunnelAddr of node-0 = 10.244.0.0",
        "DefaultEndpointToHostAction of node-0 = RETURN", "bird_ip of node-0 = 192.0.2.10",
        "metadata of node-0 = {}",
        "wireguard of node-0 = {\"interfaceIPv4Addr\":\"10.244.0.11\",\"publicKey\":"
          + "\"au4F8wfP5D97ovUlwVbfEj4qROlf0W+ytA+arCnCMa0=\"}", "bgp as_num = 64512",
        "bgp node_mesh = {\"enabled\":true}", "bgp loglevel = info",
        "bgp ip_addr_v4 of node-0 = 192.0.2.10", "bgp network_v4 of node-0 = 192.0.2.0/24",
        "felix on node-0 up 15m",
        "felix on node-0 up 15m when it was last heard of",
        "felix on node-1 up 0s",
        "endpoint eth0 of demo/web-784d65b988-j8tft on node-0 up",
        "host endpoint eth0 of node-0 down",
      ]
    )
  }

  @Test func blocksKnowWhoHoldsTheirAddresses() throws {
    let (key, bytes) = CalicoValueTests.fixtures[18]
    let block = try #require(bytes.withUnsafeBytes { CalicoValue(key: key, value: $0) }?.block)
    #expect(block.network == "10.244.0.64/26")
    #expect(block.host == "node-1")
    #expect(block.holders.keys.sorted() == [0, 3, 4, 9])
    #expect(block.holders[3]?.pod == "web-784d65b988-xnzc2")
    #expect(block.holders[3]?.namespace == "demo")
    #expect(block.holders[3]?.node == "node-0")
    #expect(block.holders[3] == block.holders[4])
    // An index behind the attributes.
    #expect(block.holders[9]?.handle == nil)
    #expect(block.address(3) == "10.244.0.67")
    #expect(block.address(-1) == nil)
    #expect(block.address(.max) == nil)
  }

  @Test func customResourcesMeanTheSame() throws {
    let block = try custom(
      """
      {"apiVersion":"crd.projectcalico.org/v1","kind":"IPAMBlock","metadata":{"name":"10-1-2-0-30"},
       "spec":{"cidr":"10.1.2.0/30","affinity":"host:n1","allocations":[null,0,null,null],
       "attributes":[{"handle_id":"h","secondary":{"namespace":"a","pod":"b","node":"n1"}}]}}
      """
    )
    #expect(block.summary == "block 10.1.2.0/30 of n1: 1 of 4 addresses allocated")
    let handle = try custom(
      """
      {"apiVersion":"crd.projectcalico.org/v1","kind":"IPAMHandle","metadata":{"name":"h"},
       "spec":{"handleID":"H","block":{"10.1.2.0/30":1}}}
      """
    )
    #expect(handle.summary == "handle H: 1 address in 10.1.2.0/30")
    let affinity = try custom(
      """
      {"apiVersion":"crd.projectcalico.org/v1","kind":"BlockAffinity","metadata":{"name":"x"},
       "spec":{"state":"pending","node":"n1","cidr":"10.1.2.0/30","deleted":"false"}}
      """
    )
    #expect(affinity.summary == "block 10.1.2.0/30 of n1, pending")
    let pod = try DecodedObject(json: Array(#"{"apiVersion":"v1","kind":"Pod"}"#.utf8))
    #expect(CalicoValue(pod) == nil)
  }

  @Test func otherKeysAreNotCalicos() {
    for key in ["/registry/pods/a/b", "calico/x", "/calico", "/calico/", "", "/calicot/x"] {
      #expect([UInt8]().withUnsafeBytes { CalicoValue(key: key, value: $0) } == nil, "\(key)")
    }
  }

  // MARK: What happened

  private let blockKey = "/calico/ipam/v2/assignment/ipv4/block/10.1.2.0-29"

  private func block(
    _ allocations: String,
    _ attributes: [String],
    affinity: String = #""host:n1""#,
    more: String = ""
  ) throws -> CalicoValue {
    try value(
      blockKey,
      """
      {"cidr":"10.1.2.0/29","affinity":\(affinity),"allocations":[\(allocations)],
       "attributes":[\(attributes.joined(separator: ","))]\(more)}
      """
    )
  }

  private func holder(_ pod: String) -> String {
    """
    {"handle_id":"k.\(pod)","secondary":{"namespace":"default","pod":"\(pod)","node":"n1"}}
    """
  }

  @Test func addressesAreAllocatedAndReleased() throws {
    let none = try block("null,null,null", [])
    let one = try block("null,null,0", [holder("web-0")])
    #expect(
      one.changes(since: none) == ["10.1.2.2 allocated to pod default/web-0 on node n1"]
    )
    #expect(none.changes(since: one) == ["10.1.2.2 released (was pod default/web-0)"])
    let other = try block("0,null,1", [holder("web-1"), holder("db-0")])
    #expect(
      other.changes(since: one) == [
        "10.1.2.0 allocated to pod default/web-1 on node n1",
        "10.1.2.2 passed from pod default/web-0 to pod default/db-0 on node n1",
      ]
    )
    // What stands where among the attributes does not count.
    let shuffled = try block("1,null,0", [holder("db-0"), holder("web-1")], more: ",\"x\":1")
    #expect(shuffled.changes(since: other) == [])
  }

  @Test func blocksChangeHands() throws {
    let taken = try block("null", [])
    let free = try block("null", [], affinity: "null", more: ",\"deleted\":true")
    #expect(
      free.changes(since: taken)
        == ["block 10.1.2.0/29 given up (was of n1)", "block 10.1.2.0/29 being deleted"]
    )
    #expect(
      taken.changes(since: free)
        == ["block 10.1.2.0/29 taken by n1", "block 10.1.2.0/29 no longer being deleted"]
    )
    let tunnel = try block(
      "0",
      [#"{"handle_id":"t","secondary":{"type":"ipipTunnelAddress","node":"n1"}}"#]
    )
    #expect(tunnel.changes(since: taken) == ["10.1.2.0 allocated to ipipTunnelAddress of n1"])
    let handle = try block("0", [#"{"handle_id":"h","secondary":null}"#])
    #expect(handle.changes(since: taken) == ["10.1.2.0 allocated to handle h"])
    let nobody = try block("7", [])
    #expect(nobody.changes(since: taken) == ["10.1.2.0 allocated to nobody who is known"])
  }

  @Test func otherThingsChangeInWords() throws {
    let pairs = [
      (
        "/calico/ipam/v2/handle/h", #"{"block":{"a":1,"b":2}}"#, #"{"block":{"b":3,"c":1}}"#,
        [
          "addresses in a: 1 \u{2192} 0", "addresses in b: 2 \u{2192} 3",
          "addresses in c: 0 \u{2192} 1",
        ]
      ),
      (
        "/calico/ipam/v2/host/n1/ipv4/block/10.1.2.0-29", #"{"state":"pending"}"#,
        #"{"state":"confirmed"}"#, ["block 10.1.2.0/29 of n1: pending \u{2192} confirmed"]
      ),
      (
        "/calico/felix/v2/no-region/host/n1/status", #"{"uptime":10,"time":"x"}"#,
        #"{"uptime":20.5,"time":"y"}"#, []
      ),
      (
        "/calico/felix/v2/no-region/host/n1/status", #"{"uptime":100}"#, #"{"uptime":1}"#,
        ["felix on n1 started anew"]
      ),
      (
        "/calico/felix/v2/no-region/host/n1/workload/k8s/a%2fb%25c/endpoint/eth0",
        #"{"status":"down"}"#, #"{"status":"up"}"#,
        ["endpoint eth0 of a/b%c on n1: down \u{2192} up"]
      ),
      ("/calico/v1/config/LogLevel", "info", "debug", ["LogLevel: info \u{2192} debug"]),
      (
        "/calico/resources/v3/projectcalico.org/ippools/p", #"{"spec":{"disabled":false}}"#,
        #"{"spec":{"disabled":true}}"#, ["spec.disabled false \u{2192} true"]
      ),
      // Damage, and what is not of the form that is expected.
      (
        "/calico/ipam/v2/handle/h", "{", #"{"block":{"a":1}}"#,
        ["ipam handle/h = { \u{2192} handle h: 1 address in a"]
      ),
      (
        "/calico/ipam/v2/assignment/ipv4/block/x", #"{"cidr":"x"}"#, #"{"cidr":"y"}"#,
        ["ipam assignment/ipv4/block/x: cidr x \u{2192} y"]
      ),
    ]
    for (key, before, after, expected) in pairs {
      #expect(try value(key, after).changes(since: try value(key, before)) == expected, "\(key)")
    }
  }

  /// No value may trap, whatever stands under a key.
  @Test func hostileValuesDoNoHarm() throws {
    let keys = Set(CalicoValueTests.fixtures.map(\.key))
    let texts = [
      "", "{}", "[]", "null", "7", "\u{FF}", #"{"uptime":1e400}"#, #"{"uptime":-1e30}"#,
      #"{"cidr":"255.255.255.255/32","allocations":[0,0,0],"attributes":[]}"#,
      #"{"cidr":"10.0.0.0/26","allocations":[-1,9223372036854775807,1.5,"x"],"attributes":[{}]}"#,
      #"{"block":{"a":9223372036854775807}}"#, #"{"kind":"IPPool","metadata":[],"spec":7}"#,
    ]
    for key in keys {
      let values = try texts.map { try value(key, $0) }
      for old in values {
        for new in values { _ = new.changes(since: old).joined() + new.summary }
      }
    }
  }
}
