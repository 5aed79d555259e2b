internal import Decode

extension KindColumns {
  /// What changes how many pods there are, or keeps that.
  ///
  /// API servers before 1.31 write no names in front of the metrics of resources.
  static let scaling = [
    KindColumns(
      "autoscaling",
      kind: "HorizontalPodAutoscaler",
      columns: ["NAME", "REFERENCE", "TARGETS", "MINPODS", "MAXPODS", "REPLICAS", "AGE"]
    ) { object, cells in
      let spec = object["spec"]
      let target = spec["scaleTargetRef"]
      cells.appendName(of: object)
      cells.append("\(target["kind"].text)/\(target["name"].text)")
      cells.append(AutoscalerMetrics.text(of: object))
      // The API server fills in one.
      cells.append(spec["minReplicas"].number ?? 1)
      cells.append(spec["maxReplicas"].number)
      cells.append(object["status"]["currentReplicas"].number)
      cells.appendAge(of: object)
    },
    KindColumns(
      "policy",
      kind: "PodDisruptionBudget",
      columns: ["NAME", "MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS", "AGE"]
    ) { object, cells in
      let spec = object["spec"]
      cells.appendName(of: object)
      cells.append(spec["minAvailable"].scalar, or: "N/A")
      cells.append(spec["maxUnavailable"].scalar, or: "N/A")
      cells.append(object["status"]["disruptionsAllowed"].number)
      cells.appendAge(of: object)
    },
  ]
}

/// What a HorizontalPodAutoscaler measures, and what it aims at: `cpu: 41%/80%`.
///
/// Version 1 keeps processor time in fields and the other metrics in annotations, in a form of its
/// own that v2beta1 shares.
///
/// Source: kubernetes/kubernetes, pkg/apis/autoscaling/v1/conversion.go.
enum AutoscalerMetrics {
  private static let annotation = "autoscaling.alpha.kubernetes.io/"

  static func text(of object: ObjectField) -> String {
    var metrics = object["spec"]["metrics"].items
    var statuses = object["status"]["currentMetrics"].items
    var texts: [String] = []
    if object["apiVersion"].text == "autoscaling/v1" {
      let annotations = object["metadata"]["annotations"]
      metrics = list(annotations[annotation + "metrics"])
      let hasStatuses = annotations[annotation + "current-metrics"].isThere
      statuses = list(annotations[annotation + "current-metrics"])
      let target = object["spec"]["targetCPUUtilizationPercentage"].number
      // Without any metric the API server takes processor time.
      if let target = target ?? (metrics.isEmpty ? 80 : nil) {
        let current =
          hasStatuses
          ? statuses.dropFirst(metrics.count).first.flatMap { utilization(source(of: $0)) }
          : metrics.isEmpty ? object["status"]["currentCPUUtilizationPercentage"].number : nil
        texts.append("cpu: \(percent(current))/\(target)%")
      }
    }
    texts =
      metrics.enumerated().map { place, metric in
        text(of: metric, statuses.indices.contains(place) ? statuses[place] : nil)
      } + texts
    return texts.isEmpty ? "<none>" : RowCells.list(texts, limit: 2, separator: ", ")
  }

  /// The list that an annotation has as JSON.
  private static func list(_ annotation: ObjectField) -> [ObjectField] {
    guard let text = annotation.string, let object = try? DecodedObject(json: Array(text.utf8))
    else { return [] }
    return ObjectField(object).items
  }

  /// The part of a metric that its type names: `ContainerResource` has `containerResource`.
  private static func source(of metric: ObjectField) -> ObjectField {
    let type = metric["type"].text
    return metric[type.prefix(1).lowercased() + type.dropFirst()]
  }

  private static func utilization(_ source: ObjectField) -> Int64? {
    source["current"]["averageUtilization"].number ?? source["currentAverageUtilization"].number
  }

  private static func percent(_ number: Int64?) -> String { number.map { "\($0)%" } ?? "<unknown>" }

  private static func text(of metric: ObjectField, _ status: ObjectField?) -> String {
    let wanted = source(of: metric)
    let current = status.map { source(of: $0) }
    func currentText(_ key: String, _ oldKey: String) -> String {
      guard let current else { return "<unknown>" }
      let text = current["current"][key].scalar
      let found = text.isEmpty ? current[oldKey].scalar : text
      return found.isEmpty ? "<unknown>" : found
    }
    func target(_ key: String, _ oldKeys: String...) -> String {
      for text in [wanted["target"][key].scalar] + oldKeys.map({ wanted[$0].scalar })
      where !text.isEmpty { return text }
      return ""
    }
    switch metric["type"].text {
    case "External", "Object":
      let isObject = metric["type"].text == "Object"
      let average = target("averageValue", isObject ? "averageValue" : "targetAverageValue")
      if !average.isEmpty {
        let key = isObject ? "averageValue" : "currentAverageValue"
        return "\(currentText("averageValue", key))/\(average) (avg)"
      }
      return "\(currentText("value", "currentValue"))/\(target("value", "targetValue"))"
    case "Pods":
      return currentText("averageValue", "currentAverageValue")
        + "/\(target("averageValue", "targetAverageValue"))"
    case "Resource", "ContainerResource":
      let name = wanted["name"].text
      let average = target("averageValue", "targetAverageValue")
      if !average.isEmpty {
        return "\(name): \(currentText("averageValue", "currentAverageValue"))/\(average)"
      }
      let percentage = target("averageUtilization", "targetAverageUtilization")
      let aim = percentage.isEmpty ? "<auto>" : "\(percentage)%"
      return "\(name): \(percent(current.flatMap { utilization($0) }))/\(aim)"
    default: return "<unknown type>"
    }
  }
}
