/// A key of Calico's own data store, taken apart.
///
/// Source: projectcalico/libcalico-go, lib/backend/model (the default paths of the keys).
struct CalicoKey: Hashable, Sendable {
  /// What lies under it.
  enum Meaning: Hashable, Sendable {
    /// `ipam/v2/config`.
    case addressConfiguration

    /// `ipam/v2/assignment/ipv4/block/10.0.0.0-26`.
    case block

    /// `ipam/v2/handle/NAME`.
    case handle(String)

    /// `ipam/v2/host/NODE/ipv4/block/10.0.0.0-26`.
    case affinity(node: String, network: String)

    /// `felix/v2/REGION/host/NODE/status`, and the one that stays when felix is gone.
    case felixStatus(node: String, isLast: Bool)

    /// `felix/v2/REGION/host/NODE/workload/ORCHESTRATOR/WORKLOAD/endpoint/NAME`.
    case workloadStatus(node: String, workload: String, endpoint: String)

    /// `felix/v1/host/NODE/endpoint/NAME`.
    case hostEndpointStatus(node: String, endpoint: String)

    /// `resources/v3/projectcalico.org/...`: an object that says itself what it is.
    case resource

    /// Anything else: a setting.
    case setting
  }

  let meaning: Meaning

  /// The path without what all of its like have in common: `InterfacePrefix`, `bgp as_num`,
  /// `IpInIpTunnelAddr of node-0`.
  let name: String

  /// Takes a key apart; nil if it is none of Calico's.
  init?(_ key: some StringProtocol) {
    let parts = key.split(separator: "/" as Character).map { String($0) }
    guard key.first == "/", parts.first == "calico", parts.count > 1 else { return nil }
    meaning = CalicoKey.meaning(Array(parts.dropFirst())) ?? .setting
    name = CalicoKey.name(parts)
  }

  private static func meaning(_ parts: [String]) -> Meaning? {
    switch (parts[0], parts.count) {
    case ("resources", 4...): return .resource
    case ("ipam", 3...) where parts[1] == "v2": return addressMeaning(Array(parts.dropFirst(2)))
    case ("felix", 6) where parts[5] == "status" || parts[5] == "last_reported_status":
      return .felixStatus(node: parts[4], isLast: parts[5] == "last_reported_status")
    case ("felix", 10) where parts[5] == "workload" && parts[8] == "endpoint":
      return .workloadStatus(
        node: parts[4],
        workload: unescaped(parts[7]),
        endpoint: unescaped(parts[9])
      )
    case ("felix", 6) where parts[1] == "v1" && parts[4] == "endpoint":
      return .hostEndpointStatus(node: parts[3], endpoint: unescaped(parts[5]))
    default: return nil
    }
  }

  private static func addressMeaning(_ parts: [String]) -> Meaning? {
    switch (parts[0], parts.count) {
    case ("config", 1): .addressConfiguration
    case ("assignment", 4) where parts[2] == "block": .block
    case ("handle", 2): .handle(parts[1])
    case ("host", 5) where parts[3] == "block":
      .affinity(node: parts[1], network: network(parts[4]))
    default: nil
    }
  }

  private static func name(_ parts: [String]) -> String {
    // What is not of version 1 of Calico's own settings says what it is about.
    let area = parts[1] == "v1" ? "" : "\(parts[1]) "
    var rest = parts.dropFirst(parts[1] == "v1" ? 2 : 3)
    var node = ""
    if rest.first == "host", rest.count > 2 {
      rest = rest.dropFirst()
      node = " of \(rest.removeFirst())"
    }
    if rest.count > 1, rest.first == "config" || rest.first == "global" { rest = rest.dropFirst() }
    return "\(area)\(rest.joined(separator: "/"))\(node)"
  }

  /// A network as it stands in keys, with a dash for its slash.
  private static func network(_ text: String) -> String {
    guard let dash = text.lastIndex(of: "-") else { return text }
    return "\(text[..<dash])/\(text[text.index(after: dash)...])"
  }

  /// A name as it was before its slashes were hidden.
  private static func unescaped(_ text: String) -> String {
    guard text.contains("%") else { return text }
    return text.split(separator: "%", omittingEmptySubsequences: false).enumerated().map {
      place,
      part in
      if place == 0 { return String(part) }
      if part.lowercased().hasPrefix("2f") { return "/\(part.dropFirst(2))" }
      if part.hasPrefix("25") { return "%\(part.dropFirst(2))" }
      return "%\(part)"
    }.joined()
  }
}
