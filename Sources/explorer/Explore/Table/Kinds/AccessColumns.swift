extension KindColumns {
  /// Who may do what.
  ///
  /// API servers before 1.22 show no REQUESTEDDURATION.
  static let access = [
    KindColumns(
      "rbac.authorization.k8s.io",
      kind: "Role",
      columns: createdColumns,
      fill: fillCreated
    ),
    KindColumns(
      "rbac.authorization.k8s.io",
      kind: "ClusterRole",
      columns: createdColumns,
      fill: fillCreated
    ),
    KindColumns(
      "rbac.authorization.k8s.io",
      kind: "RoleBinding",
      columns: bindingColumns,
      fill: fillBinding
    ),
    KindColumns(
      "rbac.authorization.k8s.io",
      kind: "ClusterRoleBinding",
      columns: bindingColumns,
      fill: fillBinding
    ),
    KindColumns(
      "certificates.k8s.io",
      kind: "CertificateSigningRequest",
      columns: ["NAME", "AGE", "SIGNERNAME", "REQUESTOR", "REQUESTEDDURATION", "CONDITION"]
    ) { object, cells in
      let spec = object["spec"]
      cells.appendName(of: object)
      cells.appendAge(of: object)
      cells.append(spec["signerName"].text, or: "<none>")
      cells.append(spec["username"].text)
      cells.append(
        spec["expirationSeconds"].number.map { HumanText.age(seconds: $0) } ?? "<none>"
      )
      cells.append(requestStatus(object["status"]))
    },
    KindColumns(
      "certificates.k8s.io",
      kind: "ClusterTrustBundle",
      columns: ["NAME", "SIGNERNAME"]
    ) { object, cells in
      cells.appendName(of: object)
      cells.append(object["spec"]["signerName"].text, or: "<none>")
    },
    KindColumns(
      "policy",
      "extensions",
      kind: "PodSecurityPolicy",
      columns: [
        "NAME", "PRIV", "CAPS", "SELINUX", "RUNASUSER", "FSGROUP", "SUPGROUP", "READONLYROOTFS",
        "VOLUMES",
      ]
    ) { object, cells in
      let spec = object["spec"]
      cells.appendName(of: object)
      cells.append(spec["privileged"].flag ?? false)
      cells.append(spec["allowedCapabilities"].items.map(\.text).joined(separator: ","))
      for key in ["seLinux", "runAsUser", "fsGroup", "supplementalGroups"] {
        cells.append(spec[key]["rule"].text)
      }
      cells.append(spec["readOnlyRootFilesystem"].flag ?? false)
      cells.append(spec["volumes"].items.map(\.text).joined(separator: ","))
    },
  ]

  private static let bindingColumns: [Column] = [
    "NAME", "ROLE", "AGE", .wide("USERS"), .wide("GROUPS"), .wide("SERVICEACCOUNTS"),
  ]

  private static let fillBinding: @Sendable (ObjectField, inout RowCells) -> Void = {
    object,
    cells in
    let role = object["roleRef"]
    let subjects = object["subjects"].items
    cells.appendName(of: object)
    cells.append("\(role["kind"].text)/\(role["name"].text)")
    cells.appendAge(of: object)
    for kind in ["User", "Group", "ServiceAccount"] {
      let names = subjects.filter { $0["kind"].text == kind }.map { subject in
        let name = subject["name"].text
        return kind == "ServiceAccount" ? "\(subject["namespace"].text)/\(name)" : name
      }
      cells.append(names.joined(separator: ", "))
    }
  }

  private static func requestStatus(_ status: ObjectField) -> String {
    let types = Set(status["conditions"].items.map(\.["type"].text))
    var text = types.contains("Denied") ? "Denied" : "Pending"
    if text == "Pending", types.contains("Approved") { text = "Approved" }
    if types.contains("Failed") { text += ",Failed" }
    if !status["certificate"].text.isEmpty { text += ",Issued" }
    return text
  }
}
