extension KindColumns {
  /// What pods are configured with, and what they may use.
  ///
  /// API servers before 1.33 show the AGE of quotas in front of the others, and before 1.32 no
  /// PREEMPTIONPOLICY.
  static let configuration = [
    KindColumns("", kind: "ConfigMap", columns: ["NAME", "DATA", "AGE"]) { object, cells in
      cells.appendName(of: object)
      cells.append(count: object["data"].count + object["binaryData"].count)
      cells.appendAge(of: object)
    },
    KindColumns("", kind: "Secret", columns: ["NAME", "TYPE", "DATA", "AGE"]) { object, cells in
      cells.appendName(of: object)
      // The API server fills in what is left out.
      cells.append(object["type"].text, or: "Opaque")
      cells.append(count: object["data"].count)
      cells.appendAge(of: object)
    },
    KindColumns("", kind: "ServiceAccount", columns: ["NAME", "SECRETS", "AGE"]) { object, cells in
      cells.appendName(of: object)
      cells.append(count: object["secrets"].count)
      cells.appendAge(of: object)
    },
    KindColumns("", kind: "ResourceQuota", columns: ["NAME", "REQUEST", "LIMIT", "AGE"]) {
      object,
      cells in
      let used = object["status"]["used"]
      var requests: [String] = []
      var limits: [String] = []
      let hard = object["status"]["hard"].entries.sorted { KeyTally.precedes($0.key, $1.key) }
      for (resource, bound) in hard {
        let now = used[resource].scalar
        let text = "\(resource): \(now.isEmpty ? "0" : now)/\(bound.scalar)"
        if resource.hasPrefix("limits.") { limits.append(text) } else { requests.append(text) }
      }
      cells.appendName(of: object)
      cells.append(requests.joined(separator: ", "))
      cells.append(limits.joined(separator: ", "))
      cells.appendAge(of: object)
    },
    KindColumns("", kind: "LimitRange", columns: createdColumns, fill: fillCreated),
    KindColumns(
      "scheduling.k8s.io",
      kind: "PriorityClass",
      columns: ["NAME", "VALUE", "GLOBAL-DEFAULT", "AGE", "PREEMPTIONPOLICY"]
    ) { object, cells in
      cells.appendName(of: object)
      cells.append(object["value"].number)
      cells.append(object["globalDefault"].flag ?? false)
      cells.appendAge(of: object)
      // The API server fills in what is left out.
      cells.append(object["preemptionPolicy"].string ?? "PreemptLowerPriority")
    },
    KindColumns("node.k8s.io", kind: "RuntimeClass", columns: ["NAME", "HANDLER", "AGE"]) {
      object,
      cells in
      let handler = object["handler"].text
      cells.appendName(of: object)
      // v1alpha1 had it in a spec.
      cells.append(handler.isEmpty ? object["spec"]["runtimeHandler"].text : handler)
      cells.appendAge(of: object)
    },
    KindColumns("resource.k8s.io", kind: "DeviceClass", columns: ["NAME", "AGE"]) {
      object,
      cells in
      cells.appendName(of: object)
      cells.appendAge(of: object)
    },
    KindColumns("resource.k8s.io", kind: "ResourceClaim", columns: ["NAME", "STATE", "AGE"]) {
      object,
      cells in
      cells.appendName(of: object)
      cells.append(claimState(object))
      cells.appendAge(of: object)
    },
    KindColumns("resource.k8s.io", kind: "ResourceClaimTemplate", columns: ["NAME", "AGE"]) {
      object,
      cells in
      cells.appendName(of: object)
      cells.appendAge(of: object)
    },
    KindColumns(
      "resource.k8s.io",
      kind: "ResourceSlice",
      columns: ["NAME", "NODE", "DRIVER", "POOL", "AGE"]
    ) { object, cells in
      let spec = object["spec"]
      cells.appendName(of: object)
      cells.append(spec["nodeName"].text)
      cells.append(spec["driver"].text)
      cells.append(spec["pool"]["name"].text)
      cells.appendAge(of: object)
    },
  ]

  private static func claimState(_ claim: ObjectField) -> String {
    let isGoing = claim["metadata"]["deletionTimestamp"].isThere
    var states = isGoing ? ["deleted"] : []
    if claim["status"]["allocation"].isThere {
      states.append("allocated")
      if claim["status"]["reservedFor"].count > 0 { states.append("reserved") }
    } else if !isGoing {
      states.append("pending")
    }
    return states.joined(separator: ",")
  }
}
