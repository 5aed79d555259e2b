extension KindColumns {
  /// Services, and what leads to pods.
  static let network = [
    KindColumns(
      "",
      kind: "Service",
      columns: [
        "NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE", .wide("SELECTOR"),
      ]
    ) { object, cells in
      let spec = object["spec"]
      let addresses = spec["clusterIPs"].items.map(\.text)
      cells.appendName(of: object)
      // The API server fills in what is left out.
      cells.append(spec["type"].text, or: "ClusterIP")
      cells.append(addresses.first ?? spec["clusterIP"].text, or: "<none>")
      cells.append(externalAddress(of: object))
      cells.append(servicePorts(spec["ports"]), or: "<none>")
      cells.appendAge(of: object)
      cells.append(labels: spec["selector"])
    },
    KindColumns("", kind: "Endpoints", columns: ["NAME", "ENDPOINTS", "AGE"]) { object, cells in
      cells.appendName(of: object)
      cells.append(endpoints(object["subsets"]))
      cells.appendAge(of: object)
    },
    KindColumns(
      "discovery.k8s.io",
      kind: "EndpointSlice",
      columns: ["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"]
    ) { object, cells in
      let ports = object["ports"].items.map { port in
        let number = port["port"].scalar
        return number.isEmpty ? port["name"].string ?? "*" : number
      }
      let addresses = object["endpoints"].items.flatMap { $0["addresses"].items.map(\.text) }
      cells.appendName(of: object)
      cells.append(object["addressType"].text)
      cells.append(RowCells.list(ports), or: "<unset>")
      cells.append(RowCells.list(addresses), or: "<unset>")
      cells.appendAge(of: object)
    },
    KindColumns(
      "networking.k8s.io",
      "extensions",
      kind: "Ingress",
      columns: ["NAME", "CLASS", "HOSTS", "ADDRESS", "PORTS", "AGE"]
    ) { object, cells in
      let spec = object["spec"]
      cells.appendName(of: object)
      cells.append(spec["ingressClassName"].string ?? "<none>")
      cells.append(hosts(spec["rules"]))
      cells.append(balancerAddresses(of: object).joined(separator: ","))
      cells.append(spec["tls"].count > 0 ? "80, 443" : "80")
      cells.appendAge(of: object)
    },
    KindColumns(
      "networking.k8s.io",
      kind: "IngressClass",
      columns: ["NAME", "CONTROLLER", "PARAMETERS", "AGE"]
    ) { object, cells in
      let parameters = object["spec"]["parameters"]
      let group = parameters["apiGroup"].string.map { ".\($0)" } ?? ""
      cells.appendName(of: object)
      cells.append(object["spec"]["controller"].text)
      cells.append(
        parameters.isThere
          ? "\(parameters["kind"].text)\(group)/\(parameters["name"].text)" : "<none>"
      )
      cells.appendAge(of: object)
    },
    KindColumns(
      "networking.k8s.io",
      "extensions",
      kind: "NetworkPolicy",
      columns: ["NAME", "POD-SELECTOR", "AGE"]
    ) { object, cells in
      cells.appendName(of: object)
      cells.append(selector: object["spec"]["podSelector"])
      cells.appendAge(of: object)
    },
    KindColumns("networking.k8s.io", kind: "ServiceCIDR", columns: ["NAME", "CIDRS", "AGE"]) {
      object,
      cells in
      cells.appendName(of: object)
      cells.append(object["spec"]["cidrs"].items.map(\.text).joined(separator: ","))
      cells.appendAge(of: object)
    },
    KindColumns("networking.k8s.io", kind: "IPAddress", columns: ["NAME", "PARENTREF"]) {
      object,
      cells in
      let parent = object["spec"]["parentRef"]
      let group = parent["group"].text
      var text = parent["resource"].text + (group.isEmpty ? "" : ".\(group)")
      text = text.lowercased()
      if !parent["namespace"].text.isEmpty { text += "/\(parent["namespace"].text)" }
      cells.appendName(of: object)
      cells.append(parent.isThere ? "\(text)/\(parent["name"].text)" : "<none>")
    },
  ]

  private static func servicePorts(_ ports: ObjectField) -> String {
    ports.items.map { port in
      let node = port["nodePort"].number ?? 0
      let protocolName = port["protocol"].string ?? "TCP"
      return "\(port["port"].scalar)\(node > 0 ? ":\(node)" : "")/\(protocolName)"
    }.joined(separator: ",")
  }

  private static func externalAddress(of service: ObjectField) -> String {
    let spec = service["spec"]
    let external = spec["externalIPs"].items.map(\.text)
    switch spec["type"].string ?? "ClusterIP" {
    case "ClusterIP", "NodePort":
      return external.isEmpty ? "<none>" : external.joined(separator: ",")
    case "LoadBalancer":
      let all = balancerAddresses(of: service) + external
      return all.isEmpty ? "<pending>" : all.joined(separator: ",")
    case "ExternalName": return spec["externalName"].text
    default: return "<unknown>"
    }
  }

  /// The addresses of a load balancer, or its names where it has none, sorted.
  private static func balancerAddresses(of object: ObjectField) -> [String] {
    var found: Set<String> = []
    for ingress in object["status"]["loadBalancer"]["ingress"].items {
      let address = ingress["ip"].text
      let name = address.isEmpty ? ingress["hostname"].text : address
      if !name.isEmpty { found.insert(name) }
    }
    return found.sorted { KeyTally.precedes($0, $1) }
  }

  private static func endpoints(_ subsets: ObjectField) -> String {
    guard subsets.count > 0 else { return "<none>" }
    var found: [String] = []
    for subset in subsets.items {
      let addresses = subset["addresses"].items.map(\.["ip"].text)
      let ports = subset["ports"].items.map(\.["port"].scalar)
      if ports.isEmpty { found += addresses }
      for port in ports {
        found += addresses.map { $0.contains(":") ? "[\($0)]:\(port)" : "\($0):\(port)" }
      }
    }
    return RowCells.list(found)
  }

  /// The hosts of an ingress' rules; `*` where none is named.
  ///
  /// Of more than three it counts rules, those without a host too.
  private static func hosts(_ rules: ObjectField) -> String {
    var found: [String] = []
    let rules = rules.items
    for rule in rules {
      if found.count == 3 {
        return "\(found.joined(separator: ",")) + \(rules.count - 3) more..."
      }
      let host = rule["host"].text
      if !host.isEmpty { found.append(host) }
    }
    return found.isEmpty ? "*" : found.joined(separator: ",")
  }
}
