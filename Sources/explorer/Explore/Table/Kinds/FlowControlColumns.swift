extension KindColumns {
  /// How the API server shares itself between those who ask.
  ///
  /// API servers before 1.26 call the shares ASSUREDCONCURRENCYSHARES. kubectl gets flow schemas in
  /// the order of their precedence; here they come in that of their keys, as everything does.
  static let flowControl = [
    KindColumns(
      "flowcontrol.apiserver.k8s.io",
      kind: "FlowSchema",
      columns: [
        "NAME", "PRIORITYLEVEL", "MATCHINGPRECEDENCE", "DISTINGUISHERMETHOD", "AGE", "MISSINGPL",
      ]
    ) { object, cells in
      let spec = object["spec"]
      let conditions = object["status"]["conditions"].items
      cells.appendName(of: object)
      cells.append(spec["priorityLevelConfiguration"]["name"].text)
      cells.append(spec["matchingPrecedence"].number)
      cells.append(spec["distinguisherMethod"]["type"].text, or: "<none>")
      cells.appendAge(of: object)
      cells.append(PodState.first("Dangling", in: conditions) ?? "?")
    },
    KindColumns(
      "flowcontrol.apiserver.k8s.io",
      kind: "PriorityLevelConfiguration",
      columns: [
        "NAME", "TYPE", "NOMINALCONCURRENCYSHARES", "QUEUES", "HANDSIZE", "QUEUELENGTHLIMIT", "AGE",
      ]
    ) { object, cells in
      let limited = object["spec"]["limited"]
      let queuing = limited["limitResponse"]["queuing"]
      let shares = ["nominalConcurrencyShares", "assuredConcurrencyShares"].lazy
        .map { limited[$0].scalar }.first { !$0.isEmpty }
      cells.appendName(of: object)
      cells.append(object["spec"]["type"].text)
      cells.append(shares ?? "<none>")
      for key in ["queues", "handSize", "queueLengthLimit"] {
        cells.append(queuing[key].scalar, or: "<none>")
      }
      cells.appendAge(of: object)
    },
  ]
}
