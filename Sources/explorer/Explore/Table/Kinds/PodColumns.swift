extension KindColumns {
  /// Pods; the narrow table ends with the node, which kubectl shows in the wide one only.
  static let pods = [
    KindColumns(
      "",
      kind: "Pod",
      columns: [
        "NAME", "READY", "STATUS", "RESTARTS", "AGE", .narrow("NODE"), .wide("IP"), .wide("NODE"),
        .wide("NOMINATED NODE"), .wide("READINESS GATES"),
      ]
    ) { pod, cells in
      let state = PodState(pod)
      let node = pod["spec"]["nodeName"].text
      cells.appendName(of: pod)
      cells.append("\(state.readyCount)/\(state.containerCount)")
      cells.append(state.reason)
      cells.append(state.restarts(now: cells.now))
      cells.appendAge(of: pod)
      cells.append(node, or: "<none>")
      let status = pod["status"]
      let addresses = status["podIPs"].items.map(\.["ip"].text)
      cells.append(addresses.first ?? status["podIP"].text, or: "<none>")
      cells.append(node, or: "<none>")
      cells.append(status["nominatedNodeName"].text, or: "<none>")
      cells.append(PodState.readinessGates(of: pod))
    }
  ]
}

/// What kubectl says of a pod in one word, and what it counts of its containers.
///
/// API servers before 1.22 say nothing of when a container was restarted last; before 1.28 they
/// know no containers that start with the others and stay, and before 1.27 no pods held back by
/// gates; before 1.31 a pod that has ended and is being deleted is `Terminating`.
struct PodState {
  /// Such as `Running`, `Init:0/2`, `CrashLoopBackOff`, `Terminating`; empty if the pod says nothing.
  private(set) var reason: String

  /// How many containers are ready.
  private(set) var readyCount = 0

  /// How many there are to be.
  private(set) var containerCount: Int

  /// How many times containers were started again.
  private(set) var restartCount: Int64 = 0

  /// When the last of those ended that were started again, in seconds since 1970.
  private var lastEnd: Int64?

  init(_ pod: ObjectField) {
    let status = pod["status"]
    let spec = pod["spec"]
    let phase = status["phase"].text
    let conditions = status["conditions"].items
    let ownReason = status["reason"].text
    reason = ownReason.isEmpty ? phase : ownReason
    containerCount = spec["containers"].count
    if conditions.contains(where: {
      $0["type"].text == "PodScheduled" && $0["reason"].text == "SchedulingGated"
    }) {
      reason = "SchedulingGated"
    }
    let isInitialising = readInitContainers(status, spec)
    if !isInitialising || PodState.first("Initialized", in: conditions) == "True" {
      readContainers(status, conditions)
    }
    if pod["metadata"]["deletionTimestamp"].isThere {
      if ownReason == "NodeLost" {
        reason = "Unknown"
      } else if phase != "Succeeded" && phase != "Failed" {
        reason = "Terminating"
      }
    }
  }

  /// The restarts, and how long ago the last was: `3 (5m ago)`.
  func restarts(now: Int64) -> String {
    guard restartCount != 0, let lastEnd else { return "\(restartCount)" }
    return "\(restartCount) (\(ObjectColumn.age(lastEnd, now: now)) ago)"
  }

  /// The restarts and ends of containers that stay, which count for a pod that is initialised.
  private var stayingRestartCount: Int64 = 0
  private var stayingLastEnd: Int64?

  /// Reads the containers that run first.
  ///
  /// - Returns: Whether one of them has not done its work yet.
  private mutating func readInitContainers(_ status: ObjectField, _ spec: ObjectField) -> Bool {
    let containers = spec["initContainers"].items
    var staying: Set<String> = []
    for container in containers where container["restartPolicy"].text == "Always" {
      staying.insert(container["name"].text)
      containerCount += 1
    }
    for (place, container) in status["initContainerStatuses"].items.enumerated() {
      let isStaying = staying.contains(container["name"].text)
      let end = container["lastState"]["terminated"]["finishedAt"].seconds
      add(container, end)
      if isStaying {
        stayingRestartCount &+= container["restartCount"].number ?? 0
        stayingLastEnd = PodState.later(stayingLastEnd, end)
      }
      let state = container["state"]
      let terminated = state["terminated"]
      let waiting = state["waiting"]["reason"].text
      if terminated.isThere, (terminated["exitCode"].number ?? 0) == 0 { continue }
      if isStaying, container["started"].flag == true {
        if container["ready"].flag == true { readyCount += 1 }
        continue
      }
      if terminated.isThere {
        reason = "Init:" + PodState.end(terminated)
      } else if !waiting.isEmpty && waiting != "PodInitializing" {
        reason = "Init:" + waiting
      } else {
        reason = "Init:\(place)/\(containers.count)"
      }
      return true
    }
    return false
  }

  private mutating func readContainers(_ status: ObjectField, _ conditions: [ObjectField]) {
    restartCount = stayingRestartCount
    lastEnd = stayingLastEnd
    var isRunning = false
    // What the first container says counts most.
    for container in status["containerStatuses"].items.reversed() {
      add(container, container["lastState"]["terminated"]["finishedAt"].seconds)
      let state = container["state"]
      let waiting = state["waiting"]["reason"].text
      if !waiting.isEmpty {
        reason = waiting
      } else if state["terminated"].isThere {
        reason = PodState.end(state["terminated"])
      } else if container["ready"].flag == true, state["running"].isThere {
        isRunning = true
        readyCount += 1
      }
    }
    if reason == "Completed" && isRunning {
      let isReady = conditions.contains {
        $0["type"].text == "Ready" && $0["status"].text == "True"
      }
      reason = isReady ? "Running" : "NotReady"
    }
  }

  private mutating func add(_ container: ObjectField, _ end: Int64?) {
    restartCount &+= container["restartCount"].number ?? 0
    lastEnd = PodState.later(lastEnd, end)
  }

  private static func later(_ left: Int64?, _ right: Int64?) -> Int64? {
    guard let left, let right else { return left ?? right }
    return max(left, right)
  }

  /// How a container ended: its reason, or the signal, or the exit code.
  private static func end(_ terminated: ObjectField) -> String {
    let reason = terminated["reason"].text
    if !reason.isEmpty { return reason }
    let signal = terminated["signal"].number ?? 0
    return signal != 0 ? "Signal:\(signal)" : "ExitCode:\(terminated["exitCode"].number ?? 0)"
  }

  /// The status of the first condition of a type.
  static func first(_ type: String, in conditions: [ObjectField]) -> String? {
    conditions.first { $0["type"].text == type }?["status"].text
  }

  /// How many of the conditions that a pod waits for are true.
  static func readinessGates(of pod: ObjectField) -> String {
    let gates = pod["spec"]["readinessGates"].items
    guard !gates.isEmpty else { return "<none>" }
    let conditions = pod["status"]["conditions"].items
    let trueCount = gates.filter {
      first($0["conditionType"].text, in: conditions) == "True"
    }.count
    return "\(trueCount)/\(gates.count)"
  }
}
