extension KindColumns {
  /// What looks at objects before they are stored.
  static let admission = [
    webhooks("MutatingWebhookConfiguration"),
    webhooks("ValidatingWebhookConfiguration"),
    policy("ValidatingAdmissionPolicy", "VALIDATIONS", key: "validations"),
    policy("MutatingAdmissionPolicy", "MUTATIONS", key: "mutations"),
    policyBinding("ValidatingAdmissionPolicyBinding"),
    policyBinding("MutatingAdmissionPolicyBinding"),
  ]

  private static func webhooks(_ kind: String) -> KindColumns {
    KindColumns(
      "admissionregistration.k8s.io",
      kind: kind,
      columns: ["NAME", "WEBHOOKS", "AGE"]
    ) { object, cells in
      cells.appendName(of: object)
      cells.append(count: object["webhooks"].count)
      cells.appendAge(of: object)
    }
  }

  private static func policy(_ kind: String, _ title: String, key: String) -> KindColumns {
    KindColumns(
      "admissionregistration.k8s.io",
      kind: kind,
      columns: ["NAME", Column(stringLiteral: title), "PARAMKIND", "AGE"]
    ) { object, cells in
      let parameters = object["spec"]["paramKind"]
      cells.appendName(of: object)
      cells.append(count: object["spec"][key].count)
      cells.append(
        parameters.isThere
          ? "\(parameters["apiVersion"].text)/\(parameters["kind"].text)" : "<unset>"
      )
      cells.appendAge(of: object)
    }
  }

  private static func policyBinding(_ kind: String) -> KindColumns {
    KindColumns(
      "admissionregistration.k8s.io",
      kind: kind,
      columns: ["NAME", "POLICYNAME", "PARAMREF", "AGE"]
    ) { object, cells in
      let parameters = object["spec"]["paramRef"]
      let name = parameters["name"].text
      // Whether the parameter lies in a namespace at all, the binding does not say.
      let namespace = parameters["namespace"].string ?? "*"
      let selector = LabelSelector(parameters["selector"])?.description ?? "<unset>"
      cells.appendName(of: object)
      cells.append(object["spec"]["policyName"].text)
      cells.append(name.isEmpty ? selector : "\(namespace)/\(name)")
      cells.appendAge(of: object)
    }
  }
}
