import EtcdClient

#if canImport(Glibc)
import Glibc
#endif

/// The etcd of the control plane that this machine belongs to, as kubeadm leaves its files.
///
/// Source: Kubernetes, `cmd/kubeadm/app/constants/constants.go` and
/// `cmd/kubeadm/app/phases/controlplane/manifests.go`.
struct ControlPlane: Equatable {
  /// The servers, as people write them.
  var endpoints: [String]

  /// The files for calling them.
  var certificates: Certificates

  /// Looks for the files of a control plane.
  ///
  /// - Parameters:
  ///   - root: The folder that stands for `/`, without a slash at its end.
  ///   - note: Is told what was found, or why it cannot be used.
  /// - Returns: Where its etcd is; nil if there is no control plane, or its files cannot be read.
  static func find(root: String, note: (String) -> Void) -> ControlPlane? {
    let server = flags("\(root)\(manifests)/kube-apiserver.yaml")
    var endpoints = list(server["etcd-servers"])
    if endpoints.isEmpty {
      let etcd = flags("\(root)\(manifests)/etcd.yaml")
      endpoints = list(etcd["listen-client-urls"]).filter { !$0.contains("//0.0.0.0:") }
    }
    if !endpoints.isEmpty, endpoints.allSatisfy({ $0.hasPrefix("http://") }) {
      note("no --endpoints: \(endpoints.joined(separator: ",")), from \(manifests)")
      return ControlPlane(endpoints: endpoints, certificates: Certificates())
    }
    let authorities = [server["etcd-cafile"], "\(pki)/etcd/ca.crt"].compactMap { $0 }
    guard let authority = authorities.first(where: { isThere(root + $0) }) else { return nil }
    var pairs = [
      ("\(pki)/etcd/healthcheck-client.crt", "\(pki)/etcd/healthcheck-client.key"),
      ("\(pki)/apiserver-etcd-client.crt", "\(pki)/apiserver-etcd-client.key"),
      ("\(pki)/etcd/server.crt", "\(pki)/etcd/server.key"),
    ]
    if let certificate = server["etcd-certfile"], let key = server["etcd-keyfile"] {
      pairs.insert((certificate, key), at: 0)
    }
    pairs.removeAll { !isThere(root + $0.0) }
    guard let first = pairs.first else { return nil }
    let usable = pairs.first { isReadable(root + $0.0) && isReadable(root + $0.1) }
    guard let pair = usable, isReadable(root + authority) else {
      note("no --endpoints, and \(first.1) cannot be read: 127.0.0.1:2379, not encrypted")
      return nil
    }
    if endpoints.isEmpty { endpoints = ["https://127.0.0.1:2379"] }
    var certificates = Certificates()
    certificates.authorities = root + authority
    certificates.certificate = root + pair.0
    certificates.key = root + pair.1
    note("no --endpoints: \(endpoints.joined(separator: ",")), with \(pair.0)")
    return ControlPlane(endpoints: endpoints, certificates: certificates)
  }

  private static let manifests = "/etc/kubernetes/manifests"
  private static let pki = "/etc/kubernetes/pki"

  /// The flags of the program that a manifest starts, one on each line, without the dashes.
  private static func flags(_ path: String) -> [String: String] {
    guard isReadable(path), let bytes = try? InputFile.read(path) else { return [:] }
    var flags: [String: String] = [:]
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      var word = line.trimmingBlanks()
      guard word.hasPrefix("- ") else { continue }
      word = word.dropFirst(2).trimmingBlanks()
      for quote in ["\"", "'"] where word.hasPrefix(quote) && word.hasSuffix(quote) {
        word = word.dropFirst().dropLast()
      }
      guard word.hasPrefix("--"), let equals = word.firstIndex(of: "=") else { continue }
      flags[String(word[..<equals].dropFirst(2))] = String(word[word.index(after: equals)...])
    }
    return flags
  }

  private static func list(_ text: String?) -> [String] {
    (text ?? "").split(separator: ",").map { String($0.trimmingBlanks()) }
  }

  private static func isThere(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Whether it is a file whose bytes can be read.
  private static func isReadable(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var byte: UInt8 = 0
    return read(descriptor, &byte, 1) >= 0
  }
}
