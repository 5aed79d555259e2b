internal import NIOCore
internal import NIOSSL

/// What a client's certificate, which was verified, says of the client.
struct ClientCertificate {
  /// The common name of its subject.
  let commonName: String?

  /// The host names it is made out to.
  let hostnames: [String]

  /// The addresses it is made out to, as text.
  let addresses: [String]

  init(commonName: String?, hostnames: [String] = [], addresses: [String] = []) {
    self.commonName = commonName
    self.hostnames = hostnames
    self.addresses = addresses
  }

  init(_ certificate: NIOSSLCertificate) {
    commonName = certificate.subjectName.last { $0.type == .commonName }?.value
    var hostnames: [String] = []
    var addresses: [String] = []
    for name in certificate._subjectAlternativeNames() {
      switch name.nameType {
      case .dnsName: hostnames.append(String(decoding: name.contents, as: UTF8.self))
      case .ipAddress:
        let bytes = ByteBuffer(bytes: name.contents)
        if let address = try? SocketAddress(packedIPAddress: bytes, port: 0).ipAddress {
          addresses.append(address)
        }
      default: break
      }
    }
    self.hostnames = hostnames
    self.addresses = addresses
  }

  /// Why a client may not be served, or nil if it may.
  func refusal(_ configuration: RPCTLS) -> String? {
    let names = configuration.allowedClientNames
    if !names.isEmpty, commonName.map(names.contains) != true {
      let list = names.joined(separator: ", ")
      return "client certificate's common name is \(commonName ?? "missing"), not \(list)"
    }
    let hosts = configuration.allowedClientHostnames
    if !hosts.isEmpty, !hosts.contains(where: isMadeOut) {
      return "client certificate is not made out to \(hosts.joined(separator: ", "))"
    }
    return nil
  }

  /// Whether it is made out to a host: by its address, its name, or a name that begins with `*.`, which
  /// stands for one label.
  ///
  /// Source: RFC 6125, section 6.4.3.
  func isMadeOut(to host: String) -> Bool {
    if let address = try? SocketAddress(ipAddress: host, port: 0).ipAddress {
      return addresses.contains(address)
    }
    let host = host.lowercased()
    let parent = host.split(separator: ".", maxSplits: 1).dropFirst().first
    return hostnames.contains { name in
      let name = name.lowercased()
      if name == host { return true }
      guard let parent, name.hasPrefix("*.") else { return false }
      return name.dropFirst(2) == parent
    }
  }
}
