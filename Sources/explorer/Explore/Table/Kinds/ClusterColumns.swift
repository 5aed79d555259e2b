extension KindColumns {
  /// Nodes, namespaces, events and leases.
  static let cluster = [
    KindColumns(
      "",
      kind: "Node",
      columns: [
        "NAME", "STATUS", "ROLES", "AGE", "VERSION", .wide("INTERNAL-IP"), .wide("EXTERNAL-IP"),
        .wide("OS-IMAGE"), .wide("KERNEL-VERSION"), .wide("CONTAINER-RUNTIME"),
      ]
    ) { object, cells in
      let status = object["status"]
      let info = status["nodeInfo"]
      let addresses = status["addresses"].items
      cells.appendName(of: object)
      cells.append(nodeStatus(object))
      cells.append(nodeRoles(object["metadata"]["labels"]), or: "<none>")
      cells.appendAge(of: object)
      cells.append(info["kubeletVersion"].text)
      for type in ["InternalIP", "ExternalIP"] {
        let address = addresses.first { $0["type"].text == type }
        cells.append(address?["address"].text ?? "<none>")
      }
      for key in ["osImage", "kernelVersion", "containerRuntimeVersion"] {
        cells.append(info[key].text, or: "<unknown>")
      }
    },
    KindColumns("", kind: "Namespace", columns: ["NAME", "STATUS", "AGE"]) { object, cells in
      cells.appendName(of: object)
      // The API server fills in what is left out.
      cells.append(object["status"]["phase"].text, or: "Active")
      cells.appendAge(of: object)
    },
    KindColumns(
      "",
      "events.k8s.io",
      kind: "Event",
      columns: [
        "LAST SEEN", "TYPE", "REASON", "OBJECT", .wide("SUBOBJECT"), .wide("SOURCE"), "MESSAGE",
        .wide("FIRST SEEN"), .wide("COUNT"), .wide("NAME"),
      ]
    ) { object, cells in
      let event = EventText(object)
      cells.append(ObjectColumn.age(event.lastSeconds, now: cells.now))
      cells.append(event.type)
      cells.append(event.reason)
      cells.append(event.object)
      cells.append(event.fieldPath)
      cells.append(event.source)
      cells.append(event.message)
      cells.append(ObjectColumn.age(event.firstSeconds, now: cells.now))
      cells.append(event.count)
      cells.appendName(of: object)
    },
    KindColumns("coordination.k8s.io", kind: "Lease", columns: ["NAME", "HOLDER", "AGE"]) {
      object,
      cells in
      cells.appendName(of: object)
      cells.append(object["spec"]["holderIdentity"].text)
      cells.appendAge(of: object)
    },
    KindColumns(
      "coordination.k8s.io",
      kind: "LeaseCandidate",
      columns: ["NAME", "LEASENAME", "BINARYVERSION", "EMULATIONVERSION", "AGE"]
    ) { object, cells in
      cells.appendName(of: object)
      for key in ["leaseName", "binaryVersion", "emulationVersion"] {
        cells.append(object["spec"][key].text)
      }
      cells.appendAge(of: object)
    },
    KindColumns(
      "apiregistration.k8s.io",
      kind: "APIService",
      columns: ["NAME", "SERVICE", "AVAILABLE", "AGE"]
    ) { object, cells in
      let service = object["spec"]["service"]
      cells.appendName(of: object)
      cells.append(
        service.isThere ? "\(service["namespace"].text)/\(service["name"].text)" : "Local"
      )
      cells.append(availability(of: object))
      cells.appendAge(of: object)
    },
    KindColumns(
      "apiextensions.k8s.io",
      kind: "CustomResourceDefinition",
      columns: createdColumns,
      fill: fillCreated
    ),
    KindColumns(
      "internal.apiserver.k8s.io",
      kind: "StorageVersion",
      columns: ["NAME", "COMMONENCODINGVERSION", "STORAGEVERSIONS", "AGE"]
    ) { object, cells in
      let versions = object["status"]["storageVersions"].items.map {
        "\($0["apiServerID"].text)=\($0["encodingVersion"].text)"
      }
      cells.appendName(of: object)
      cells.append(object["status"]["commonEncodingVersion"].string ?? "<unset>")
      cells.append(RowCells.list(versions), or: "<unset>")
      cells.appendAge(of: object)
    },
  ]

  /// The columns of kinds to which Kubernetes gives none of their own.
  ///
  /// Source: kubernetes/apiserver, pkg/registry/rest/table.go.
  static let createdColumns: [Column] = ["NAME", "CREATED AT"]

  static let fillCreated: @Sendable (ObjectField, inout RowCells) -> Void = { object, cells in
    cells.appendName(of: object)
    cells.append(object["metadata"]["creationTimestamp"].text, or: "<unknown>")
  }

  private static func nodeStatus(_ node: ObjectField) -> String {
    // The last of several conditions of the type counts.
    let ready = node["status"]["conditions"].items.last { $0["type"].text == "Ready" }
    var text = ready.map { $0["status"].text == "True" ? "Ready" : "NotReady" } ?? "Unknown"
    if node["spec"]["unschedulable"].flag == true { text += ",SchedulingDisabled" }
    return text
  }

  private static func nodeRoles(_ labels: ObjectField) -> String {
    let prefix = "node-role.kubernetes.io/"
    var roles: Set<String> = []
    for (key, value) in labels.entries {
      if key.hasPrefix(prefix) {
        roles.insert(String(key.dropFirst(prefix.count)))
      } else if key == "kubernetes.io/role" {
        roles.insert(value.text)
      }
    }
    roles.remove("")
    return roles.sorted { KeyTally.precedes($0, $1) }.joined(separator: ",")
  }

  private static func availability(of service: ObjectField) -> String {
    let conditions = service["status"]["conditions"].items
    guard let condition = conditions.first(where: { $0["type"].text == "Available" }) else {
      return "Unknown"
    }
    let status = condition["status"].text
    let reason = condition["reason"].text
    return status == "True" || reason.isEmpty ? status : "\(status) (\(reason))"
  }
}

/// What an event says, in whichever of its two forms.
///
/// API servers of releases 1.19 to 1.2x count one more of a series than this.
struct EventText {
  /// `Normal` or `Warning`.
  let type: String
  let reason: String

  /// What it is about: `pod/web-0`.
  let object: String

  /// The part of the object that it is about: `spec.containers{web}`.
  let fieldPath: String

  /// Who noticed: `kubelet, node-a`.
  let source: String

  /// The message, without white space around it.
  let message: String

  /// How many times it happened.
  let count: Int64

  /// When it happened first and last, in seconds since 1970.
  let firstSeconds: Int64?
  let lastSeconds: Int64?

  init(_ event: ObjectField) {
    // The old fields have other names in events.k8s.io.
    func first(_ paths: ObjectField...) -> ObjectField {
      paths.first { $0.isThere } ?? event["-"]
    }
    let about = first(event["involvedObject"], event["regarding"])
    let kind = about["kind"].text.lowercased()
    let name = about["name"].text
    object = name.isEmpty ? kind : "\(kind)/\(name)"
    fieldPath = about["fieldPath"].text
    type = event["type"].text
    reason = event["reason"].text
    let text = first(event["message"], event["note"]).text
    message = EventText.trimmed(text)
    let origin = first(event["source"], event["deprecatedSource"])
    let component = EventText.first(
      origin["component"].text,
      event["reportingComponent"].text,
      event["reportingController"].text
    )
    let instance = EventText.first(origin["host"].text, event["reportingInstance"].text)
    source = instance.isEmpty ? component : "\(component), \(instance)"

    let series = event["series"]
    let time = event["eventTime"].seconds
    let first = first(event["firstTimestamp"], event["deprecatedFirstTimestamp"]).seconds ?? time
    firstSeconds = first
    if series.isThere {
      count = series["count"].number ?? 0
      lastSeconds = series["lastObservedTime"].seconds
    } else {
      let counted = EventText.number(event["count"], event["deprecatedCount"])
      count = counted == 0 ? 1 : counted
      let last = EventText.seconds(event["lastTimestamp"], event["deprecatedLastTimestamp"])
      lastSeconds = last ?? first
    }
  }

  private static func first(_ texts: String...) -> String { texts.first { !$0.isEmpty } ?? "" }

  private static func number(_ fields: ObjectField...) -> Int64 {
    fields.lazy.compactMap(\.number).first ?? 0
  }

  private static func seconds(_ fields: ObjectField...) -> Int64? {
    fields.lazy.compactMap(\.seconds).first
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop { $0.isWhitespace }
    guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...end])
  }
}
