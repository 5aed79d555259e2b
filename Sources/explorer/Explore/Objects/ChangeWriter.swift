internal import Decode

/// What a change says in one line.
public struct ChangeWords: Hashable, Sendable {
  /// The line, without a line break; empty where nothing more is to say than that it happened.
  public let text: String

  /// No words for what can be shown otherwise.
  public static let none = ChangeWords(text: "", isNoise: false)

  /// Whether nothing changed that counts: a heartbeat, or a value that was written again.
  public let isNoise: Bool
}

/// Puts changes of objects into words, one line each: what a watch shows.
///
/// * Of an object that was changed it tells the fields: `status.phase Pending -> Running`, with an
///   arrow instead of `->`. What tells most comes first, and what does not fit is counted.
/// * Of one that came or went it tells what its kind's table shows.
/// * An event of Kubernetes is told as kubectl does, with how often it happened and how long.
/// * What is Calico's is told as what it means.
public struct ChangeWriter: Sendable {
  /// What is told.
  public struct Options: Sendable {
    /// Fields whose changes are not told, and are noise if nothing else changed.
    ///
    /// Each is its keys with points between, without positions, as
    /// ``ObjectDifference/Options/ignoredFields`` has it.
    public var ignoredFields = ChangeWriter.noise

    /// Whether the data of Secrets is not told, only that it changed.
    public var masksSecrets = true

    /// How many characters a line has at most.
    public var lengthLimit = 200

    /// How many of them a value has at most.
    public var valueLimit = 40

    /// The defaults.
    public init() {}
  }

  /// What changes all the time and says nothing: who wrote which field, revisions and generations,
  /// heartbeats of nodes and leases, and the times that go with conditions.
  public static let noise: Set<String> = [
    "metadata.managedFields", "metadata.resourceVersion", "metadata.generation",
    "metadata.annotations.control-plane.alpha.kubernetes.io/leader",
    "metadata.annotations.endpoints.kubernetes.io/last-change-trigger-time",
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    "metadata.annotations.deployment.kubernetes.io/revision",
    "spec.renewTime", "status.observedGeneration", "status.conditions.observedGeneration",
    "status.conditions.lastHeartbeatTime", "status.conditions.lastProbeTime",
    "status.conditions.lastUpdateTime", "status.conditions.lastTransitionTime",
    "status.lastUpdated",
  ]

  /// What is told.
  public let options: Options

  /// A writer.
  public init(options: Options = Options()) { self.options = options }

  private var differenceOptions: ObjectDifference.Options {
    var options = ObjectDifference.Options()
    options.ignoredFields = self.options.ignoredFields
    options.masksSecrets = self.options.masksSecrets
    options.changeLimit = 100
    return options
  }

  /// The words for a change of an object.
  ///
  /// - Parameters:
  ///   - old: The object before; nil if it was not there, or is not known.
  ///   - new: The object now; nil if it is gone.
  /// - Returns: The words.
  public func words(from old: DecodedObject?, to new: DecodedObject?) -> ChangeWords {
    guard let object = new ?? old else { return ChangeWords(text: "", isNoise: false) }
    if object.kind == "Event", ["", "events.k8s.io"].contains(object.group) {
      return words(ofEvent: object, from: old, to: new)
    }
    if object.group.hasSuffix("projectcalico.org"), let value = CalicoValue(object) {
      let before = old.flatMap { CalicoValue($0) }
      return words(from: new == nil ? value : before, to: new == nil ? nil : value)
    }
    guard let old, let new else {
      return ChangeWords(text: fitting(ChangeWriter.columns(of: object)), isNoise: false)
    }
    let difference = ObjectDifference(from: old, to: new, options: differenceOptions)
    return words(of: difference)
  }

  /// The words for a change of a value of Calico's.
  ///
  /// - Parameters:
  ///   - old: The value before; nil if it was not there, or is not known.
  ///   - new: The value now; nil if it is gone.
  /// - Returns: The words.
  public func words(from old: CalicoValue?, to new: CalicoValue?) -> ChangeWords {
    guard let old, let new else {
      return ChangeWords(text: fitting([(new ?? old)?.summary ?? ""]), isNoise: false)
    }
    let changes = new.changes(since: old, options: differenceOptions)
    return ChangeWords(text: fitting(changes), isNoise: changes.isEmpty)
  }

  // MARK: Fields

  private func words(of difference: ObjectDifference) -> ChangeWords {
    let ranked = difference.changes.enumerated().sorted { left, right in
      let (leftRank, rightRank) = (rank(left.element), rank(right.element))
      return leftRank != rightRank ? leftRank < rightRank : left.offset < right.offset
    }
    let texts = ranked.map { $0.element.words(valueLimit: options.valueLimit) }
    let text = fitting(texts, isCutShort: difference.isCutShort)
    return ChangeWords(text: text, isNoise: texts.isEmpty)
  }

  /// What tells most comes first: that an object goes, its phase, what is wanted; details last.
  private func rank(_ change: FieldChange) -> Int {
    switch change.path {
    case "metadata.deletionTimestamp", "status.phase", "status.reason": 0
    case let path where path.hasPrefix("metadata.finalizers"): 0
    case let path where path.hasPrefix("metadata.annotations"): 4
    case let path where path.hasPrefix("spec"): 1
    case let path where path.contains("conditions["): 3
    default: 2
    }
  }

  /// Texts as one line; those that do not fit are counted.
  private func fitting(_ texts: [String], isCutShort: Bool = false) -> String {
    var line = ""
    // A character of a line is a scalar, as it is for the columns of tables.
    var length = 0
    for (place, text) in texts.enumerated() {
      let left = texts.count - place
      let separator = place == 0 ? "" : ", "
      let more = left > 1 || isCutShort ? " +\(left)\(isCutShort ? "" : " more")".count : 0
      let textLength = text.unicodeScalars.count
      if length + separator.count + textLength + more > options.lengthLimit {
        if place > 0 { return "\(line) +\(left)\(isCutShort ? " and more" : " more")" }
        let room = max(options.lengthLimit - 1 - more, 1)
        line = String(String.UnicodeScalarView(text.unicodeScalars.prefix(room))) + "\u{2026}"
        if left == 1, !isCutShort { return line }
        return "\(line) +\(left - 1)\(isCutShort ? " and more" : " more")"
      }
      line += separator + text
      length += separator.count + textLength
    }
    return isCutShort ? "\(line) and more" : line
  }

  // MARK: Objects that came or went

  /// What the kind's table shows of an object: `ready 0/1`, `status Pending`.
  private static func columns(of object: DecodedObject) -> [String] {
    guard let columns = KindColumns.byKind[GroupKind(group: object.group, kind: object.kind)] else {
      return []
    }
    var cells = RowCells(now: 0)
    columns.fill(ObjectField(object), &cells)
    return columns.places(isWide: false).compactMap { place in
      let title = columns.columns[place].title
      let cell = cells.cells[place]
      // Ages would have to be told anew all the time.
      let isAge = ["AGE", "LAST SEEN", "CREATED AT", "DURATION", "LAST SCHEDULE"].contains(title)
      guard !isAge, !columns.columns[place].isName, !cell.isEmpty, cell.first != "<" else {
        return nil
      }
      return "\(title.lowercased()) \(OneLine.escaped(cell))"
    }
  }

  // MARK: Events

  private func words(
    ofEvent event: DecodedObject,
    from old: DecodedObject?,
    to new: DecodedObject?
  ) -> ChangeWords {
    let text = EventText(ObjectField(event)).line
    guard let old, let new else { return ChangeWords(text: fitting([text]), isNoise: false) }
    let difference = ObjectDifference(from: old, to: new, options: differenceOptions)
    return ChangeWords(text: fitting([text]), isNoise: difference.changes.isEmpty)
  }
}

extension EventText {
  /// The event as `kubectl events` tells it: `Warning BackOff pod/web-0 Back-off restarting failed
  /// container (x5 over 3m)`.
  var line: String {
    let text = [type, reason, object, message].filter { !$0.isEmpty }.joined(separator: " ")
    return OneLine.escaped(text + repetition)
  }

  /// How often it happened, and over how long: ` (x5 over 3m)`; empty for once.
  ///
  /// Source: kubernetes/kubectl, pkg/cmd/events/event_printer.go (`getInterval`).
  private var repetition: String {
    guard count > 1 else { return "" }
    guard let firstSeconds, let lastSeconds else { return " (x\(count))" }
    return " (x\(count) over \(ObjectColumn.age(firstSeconds, now: lastSeconds)))"
  }
}
