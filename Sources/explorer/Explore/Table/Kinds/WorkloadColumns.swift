extension KindColumns {
  /// What makes pods.
  ///
  /// API servers before 1.31 show no STATUS of jobs, before 1.32 no TIMEZONE of cron jobs.
  static let workloads = [
    KindColumns("", kind: "ReplicationController", columns: replicaColumns) { object, cells in
      fillReplicas(object, &cells)
      cells.append(labels: object["spec"]["selector"])
    },
    KindColumns("apps", "extensions", kind: "ReplicaSet", columns: replicaColumns) {
      object,
      cells in
      fillReplicas(object, &cells)
      cells.append(selector: object["spec"]["selector"])
    },
    KindColumns(
      "apps",
      "extensions",
      kind: "Deployment",
      columns: ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"] + templateColumns
        + [.wide("SELECTOR")]
    ) { object, cells in
      let status = object["status"]
      cells.appendName(of: object)
      cells.append("\(status["readyReplicas"].number ?? 0)/\(replicaCount(object))")
      cells.append(status["updatedReplicas"].number)
      cells.append(status["availableReplicas"].number)
      cells.appendAge(of: object)
      cells.appendContainers(of: object["spec"]["template"]["spec"])
      cells.append(selector: object["spec"]["selector"], or: "")
    },
    KindColumns("apps", kind: "StatefulSet", columns: ["NAME", "READY", "AGE"] + templateColumns) {
      object,
      cells in
      cells.appendName(of: object)
      cells.append("\(object["status"]["readyReplicas"].number ?? 0)/\(replicaCount(object))")
      cells.appendAge(of: object)
      cells.appendContainers(of: object["spec"]["template"]["spec"])
    },
    KindColumns(
      "apps",
      "extensions",
      kind: "DaemonSet",
      columns: [
        "NAME", "DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE", "NODE SELECTOR", "AGE",
      ] + templateColumns + [.wide("SELECTOR")]
    ) { object, cells in
      let status = object["status"]
      cells.appendName(of: object)
      for key in [
        "desiredNumberScheduled", "currentNumberScheduled", "numberReady",
        "updatedNumberScheduled", "numberAvailable",
      ] {
        cells.append(status[key].number)
      }
      let pod = object["spec"]["template"]["spec"]
      cells.append(labels: pod["nodeSelector"])
      cells.appendAge(of: object)
      cells.appendContainers(of: pod)
      cells.append(selector: object["spec"]["selector"])
    },
    KindColumns(
      "batch",
      kind: "Job",
      columns: ["NAME", "STATUS", "COMPLETIONS", "DURATION", "AGE"] + templateColumns
        + [.wide("SELECTOR")]
    ) { object, cells in
      cells.appendName(of: object)
      cells.append(jobStatus(object))
      cells.append(completions(object))
      cells.append(jobDuration(object, now: cells.now))
      cells.appendAge(of: object)
      cells.appendContainers(of: object["spec"]["template"]["spec"])
      cells.append(selector: object["spec"]["selector"])
    },
    KindColumns(
      "batch",
      kind: "CronJob",
      columns: [
        "NAME", "SCHEDULE", "TIMEZONE", "SUSPEND", "ACTIVE", "LAST SCHEDULE", "AGE",
      ] + templateColumns + [.wide("SELECTOR")]
    ) { object, cells in
      let spec = object["spec"]
      let last = object["status"]["lastScheduleTime"]
      let job = spec["jobTemplate"]["spec"]
      cells.appendName(of: object)
      cells.append(spec["schedule"].text)
      cells.append(spec["timeZone"].string ?? "<none>")
      // The API server fills in that it is not suspended.
      cells.append(spec["suspend"].flag == true ? "True" : "False")
      cells.append(count: object["status"]["active"].count)
      cells.append(last.isThere ? cells.age(of: last) : "<none>")
      cells.appendAge(of: object)
      cells.appendContainers(of: job["template"]["spec"])
      cells.append(selector: job["selector"])
    },
    KindColumns(
      "apps",
      kind: "ControllerRevision",
      columns: ["NAME", "CONTROLLER", "REVISION", "AGE"]
    ) { object, cells in
      let owners = object["metadata"]["ownerReferences"].items
      let controller = owners.first { $0["controller"].flag == true }
      cells.appendName(of: object)
      cells.append(controller.map { resourceName($0) } ?? "<none>")
      cells.append(object["revision"].number)
      cells.appendAge(of: object)
    },
    KindColumns(
      "",
      kind: "PodTemplate",
      columns: ["NAME", "CONTAINERS", "IMAGES", "POD LABELS"]
    ) { object, cells in
      cells.appendName(of: object)
      cells.appendContainers(of: object["template"]["spec"])
      cells.append(labels: object["template"]["metadata"]["labels"])
    },
  ]

  private static let templateColumns: [Column] = [.wide("CONTAINERS"), .wide("IMAGES")]

  private static let replicaColumns: [Column] =
    ["NAME", "DESIRED", "CURRENT", "READY", "AGE"] + templateColumns + [.wide("SELECTOR")]

  private static func fillReplicas(_ object: ObjectField, _ cells: inout RowCells) {
    cells.appendName(of: object)
    cells.append(replicaCount(object))
    cells.append(object["status"]["replicas"].number)
    cells.append(object["status"]["readyReplicas"].number)
    cells.appendAge(of: object)
    cells.appendContainers(of: object["spec"]["template"]["spec"])
  }

  /// How many pods are wanted; the API server fills in one where nothing is said.
  private static func replicaCount(_ object: ObjectField) -> Int64 {
    object["spec"]["replicas"].number ?? 1
  }

  /// What an owner is called: `statefulset.apps/db`.
  private static func resourceName(_ owner: ObjectField) -> String {
    let parts = owner["apiVersion"].text.split(separator: "/")
    let kind = owner["kind"].text + (parts.count > 1 ? ".\(parts[0])" : "")
    return "\(kind.lowercased())/\(owner["name"].text)"
  }

  private static func completions(_ job: ObjectField) -> String {
    let succeeded = job["status"]["succeeded"].number ?? 0
    let spec = job["spec"]
    if let completions = spec["completions"].number { return "\(succeeded)/\(completions)" }
    let parallelism = spec["parallelism"].number ?? 0
    // The API server fills in one completion where it finds neither number.
    return parallelism > 1 ? "\(succeeded)/1 of \(parallelism)" : "\(succeeded)/1"
  }

  private static func jobDuration(_ job: ObjectField, now: Int64) -> String {
    let status = job["status"]
    guard let start = status["startTime"].seconds else { return "" }
    return ObjectColumn.age(start, now: status["completionTime"].seconds ?? now)
  }

  private static func jobStatus(_ job: ObjectField) -> String {
    let conditions = job["status"]["conditions"].items
    func has(_ type: String) -> Bool { PodState.first(type, in: conditions) == "True" }
    if has("Complete") { return "Complete" }
    if has("Failed") { return "Failed" }
    if job["metadata"]["deletionTimestamp"].isThere { return "Terminating" }
    if has("Suspended") { return "Suspended" }
    return has("FailureTarget") ? "FailureTarget" : "Running"
  }
}
