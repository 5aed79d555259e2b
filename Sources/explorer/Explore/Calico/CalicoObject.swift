/// What an object of Calico's says in one line.
///
/// Source: projectcalico/api, pkg/apis/projectcalico/v3; projectcalico/libcalico-go, lib/apis/v3.
enum CalicoObject {
  static func summary(of object: ObjectField) -> String {
    let metadata = object["metadata"]
    let namespace = metadata["namespace"].text
    let name = namespace.isEmpty ? metadata["name"].text : "\(namespace)/\(metadata["name"].text)"
    let spec = object["spec"]
    switch object["kind"].text {
    case "IPPool": return "pool \(name): \(pool(spec))"
    case "IPReservation": return "reservation \(name): \(list(spec["reservedCIDRs"]))"
    case "Node": return "node \(name)\(node(spec))"
    case "WorkloadEndpoint": return workloadEndpoint(spec, namespace)
    case "HostEndpoint":
      let addresses = spec["expectedIPs"].count > 0 ? ", \(list(spec["expectedIPs"]))" : ""
      return "host endpoint \(name): \(spec["interfaceName"].text) of \(spec["node"].text)"
        + addresses
    case "Profile": return "profile \(name): \(rules(spec))"
    case "NetworkPolicy", "GlobalNetworkPolicy":
      let selector = spec["selector"].text
      return "policy \(name) for \(selector.isEmpty ? "all()" : selector): \(rules(spec))"
    case "NetworkSet", "GlobalNetworkSet": return "network set \(name): \(list(spec["nets"]))"
    case "BGPPeer": return "BGP peer \(name): \(peer(spec))"
    case "BGPConfiguration":
      let mesh = spec["nodeToNodeMeshEnabled"].flag.map { $0 ? ", full mesh" : ", no mesh" } ?? ""
      let number = spec["asNumber"].scalar
      return "BGP configuration \(name): \(number.isEmpty ? "" : "AS \(number)")\(mesh)"
    case "ClusterInformation":
      let isReady = spec["datastoreReady"].flag ?? false
      return "Calico \(spec["calicoVersion"].text), data store \(isReady ? "" : "not ")ready"
    case "CalicoNodeStatus": return nodeStatus(object, name)
    case "IPAMConfig", "IPAMConfiguration": return addressing(spec)
    case "": return addressing(object)
    case let kind: return "\(kind) \(name)"
    }
  }

  private static func list(_ items: ObjectField) -> String {
    let texts = items.items.map(\.text)
    return texts.isEmpty ? "nothing" : RowCells.list(texts, separator: ", ")
  }

  private static func count(_ count: Int, _ one: String) -> String {
    "\(count) \(one)\(count == 1 ? "" : "s")"
  }

  private static func rules(_ spec: ObjectField) -> String {
    count(spec["ingress"].count, "ingress rule") + ", "
      + count(spec["egress"].count, "egress rule")
  }

  private static func pool(_ spec: ObjectField) -> String {
    var texts = [spec["cidr"].text]
    if let size = spec["blockSize"].number { texts.append("blocks of /\(size)") }
    for (key, name) in [("ipipMode", "IPIP"), ("vxlanMode", "VXLAN")] {
      let mode = spec[key].text
      if !mode.isEmpty, mode != "Never" { texts.append("\(name) \(mode)") }
    }
    if spec["natOutgoing"].flag == true { texts.append("NAT") }
    if spec["disabled"].flag == true { texts.append("disabled") }
    return texts.joined(separator: ", ")
  }

  private static func node(_ spec: ObjectField) -> String {
    var texts: [String] = []
    for key in ["ipv4Address", "ipv6Address"] where spec["bgp"][key].isThere {
      texts.append("BGP \(spec["bgp"][key].text)")
    }
    let tunnels = [
      spec["bgp"]["ipv4IPIPTunnelAddr"], spec["ipv4VXLANTunnelAddr"], spec["ipv6VXLANTunnelAddr"],
    ]
    for tunnel in tunnels where tunnel.isThere { texts.append("tunnel \(tunnel.text)") }
    return texts.isEmpty ? "" : ": \(texts.joined(separator: ", "))"
  }

  private static func workloadEndpoint(_ spec: ObjectField, _ namespace: String) -> String {
    let workload = spec["pod"].string.map { "\(namespace)/\($0)" } ?? spec["workload"].text
    return "endpoint \(spec["endpoint"].text) of \(workload) on \(spec["node"].text):"
      + " \(list(spec["ipNetworks"])) on \(spec["interfaceName"].text)"
  }

  private static func peer(_ spec: ObjectField) -> String {
    let selector = spec["peerSelector"].text
    var text = spec["peerIP"].text.isEmpty ? selector : spec["peerIP"].text
    let number = spec["asNumber"].scalar
    if !number.isEmpty, number != "0" { text += " AS \(number)" }
    let nodes = spec["node"].text.isEmpty ? spec["nodeSelector"].text : spec["node"].text
    return nodes.isEmpty ? text : "\(text), for \(nodes)"
  }

  private static func nodeStatus(_ object: ObjectField, _ name: String) -> String {
    let status = object["status"]
    let node = object["spec"]["node"].string ?? name
    var texts: [String] = []
    for version in ["V4", "V6"] {
      let state = status["agent"]["bird\(version)"]["state"].text
      if !state.isEmpty { texts.append("BIRD \(state)") }
      let isUp = status["bgp"]["numberEstablished\(version)"].number
      let isDown = status["bgp"]["numberNotEstablished\(version)"].number
      guard let isUp, let isDown, isUp != 0 || isDown != 0 else { continue }
      texts.append("\(isUp) of \(isUp.addingReportingOverflow(isDown).partialValue) peers")
    }
    return "status of \(node)\(texts.isEmpty ? "" : ": ")\(texts.joined(separator: ", "))"
  }

  /// How addresses are given out, of the two forms that this is written in.
  private static func addressing(_ spec: ObjectField) -> String {
    func flag(_ keys: String...) -> Bool? { keys.lazy.compactMap { spec[$0].flag }.first }
    var texts: [String] = []
    if let isStrict = flag("strict_affinity", "strictAffinity") {
      texts.append(isStrict ? "strict affinity" : "no strict affinity")
    }
    if let isAutomatic = flag("auto_allocate_blocks", "autoAllocateBlocks") {
      texts.append(isAutomatic ? "blocks on demand" : "no blocks on demand")
    }
    if let limit = spec["maxBlocksPerHost"].number, limit > 0 {
      texts.append("at most \(limit) blocks a node")
    }
    return "addressing: \(texts.isEmpty ? "defaults" : texts.joined(separator: ", "))"
  }
}
