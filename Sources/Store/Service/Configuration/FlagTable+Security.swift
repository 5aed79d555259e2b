extension FlagTable {
  static let security: [Flag] =
    [
      .text("cert-file", .security, \.transport.certificateFile, "The node's certificate, PEM."),
      .text("key-file", .security, \.transport.keyFile, "The certificate's key, PEM."),
      .toggle(
        "client-cert-auth",
        .security,
        \.transport.clientCertificateAuth,
        "Take only clients with a certificate of --trusted-ca-file; its common name may be the user."
      ),
      .text(
        "trusted-ca-file",
        .security,
        \.transport.trustedCAFile,
        "Who may have signed clients' certificates, PEM; clients then need one."
      ),
      .words(
        "client-cert-allowed-hostname",
        .security,
        \.transport.allowedHostnames,
        "Names of which a client's certificate must have one."
      ),
      .words(
        "cipher-suites",
        .security,
        \.transport.cipherSuites,
        "Suites of TLS 1.2, the best first; none are those that the library prefers."
      ),
      .special("tls-min-version", .security, "TLS1.2", "Oldest version of TLS: TLS1.2 or TLS1.3.") {
        (text, configuration) throws(ValueFault) in
        configuration.transport.minVersion = try version(text) ?? .twelve
      },
      .special("tls-max-version", .security, "", "Newest version of TLS; empty is the newest.") {
        (text, configuration) throws(ValueFault) in
        configuration.transport.maxVersion = try version(text)
      },
      .special("cors", .security, "*", "Origins that browsers may ask from; * is any.") {
        (text, configuration) throws(ValueFault) in
        guard text != "*" else {
          configuration.endpoints.origins = ["*"]
          return
        }
        configuration.endpoints.origins = Set(
          try Flag.words(text).map { (word) throws(ValueFault) in try EndpointURL(word).text }
        )
      },
      .special(
        "host-whitelist",
        .security,
        "*",
        "Names that HTTP without TLS is answered for; * is any."
      ) { (text, configuration) throws(ValueFault) in
        configuration.endpoints.hosts = text.isEmpty ? ["*"] : Set(Flag.words(text))
      },
      .refused(
        "client-crl-file",
        .security,
        .text,
        "",
        "lists of revoked certificates are not read: let certificates end soon instead"
      ),
      .refused(
        "auto-tls",
        .security,
        .boolean,
        "false",
        "certificates are not made here: give --cert-file and --key-file"
      ),
      .accepted("self-signed-cert-validity", .security, .count, "1", "only --auto-tls asks for it"),
      .accepted("client-cert-file", .security, .text, "", noDialling),
      .accepted("client-key-file", .security, .text, "", noDialling),
      .accepted("peer-client-cert-auth", .security, .boolean, "false", alone),
      .accepted("peer-auto-tls", .security, .boolean, "false", alone),
      .accepted("peer-skip-client-san-verification", .security, .boolean, "false", alone),
    ]
    + [
      "peer-cert-file", "peer-key-file", "peer-trusted-ca-file", "peer-client-cert-file",
      "peer-client-key-file", "peer-cert-allowed-cn", "peer-cert-allowed-hostname", "peer-crl-file",
    ].map { .accepted($0, .security, .text, "", alone) }

  private static let noDialling = "the gateway calls the node without a connection"

  private static func version(
    _ text: String
  ) throws(ValueFault) -> TransportSecurity.Version? {
    guard !text.isEmpty else { return nil }
    guard let version = TransportSecurity.Version(rawValue: text) else {
      throw .url(
        "unexpected TLS version \(GoValue.quoted(text)) (must be one of: TLS1.2, TLS1.3)"
      )
    }
    return version
  }
}
