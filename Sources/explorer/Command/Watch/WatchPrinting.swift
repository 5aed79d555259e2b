import Decode
import Explore
import MVCC

#if canImport(Glibc)
import Glibc
#endif

/// The changes of a tail being shown.
struct WatchPrinting: ~Copyable {
  private let format: WatchCommand.Format
  private let decoder: Decoder
  private let parser: StorageKeyParser
  private let options: ObjectDifference.Options
  private let selector: LabelSelector?
  private let hasStatistics: Bool
  private let writer: ChangeWriter
  private var output = StandardOutput()
  private var scratch = OutputBuffer()
  private var statistics = WatchStatistics()
  private var recent = RecentObjects()
  private var clock = WallClock()

  /// The terminal's last lines, where events that happen again are.
  private var lines = EventLines()

  /// How many changes were shown, and how many of them before the listing at hand.
  private(set) var shownCount = 0
  private var shownBefore = 0

  init(
    format: WatchCommand.Format,
    decoder: Decoder,
    parser: StorageKeyParser,
    options: ObjectDifference.Options,
    selector: LabelSelector?,
    hasStatistics: Bool
  ) {
    self.format = format
    self.decoder = decoder
    self.parser = parser
    self.options = options
    self.selector = selector
    self.hasStatistics = hasStatistics
    var words = ChangeWriter.Options()
    words.ignoredFields = options.ignoredFields
    words.masksSecrets = options.masksSecrets
    writer = ChangeWriter(options: words)
  }

  /// Shows what a tail shows.
  ///
  /// - Parameters:
  ///   - item: What it is.
  ///   - isPast: Whether it was there before the tail began, so that only the object itself can tell
  ///     when it happened.
  mutating func show(_ item: WatchTail.Item, isPast: Bool) {
    switch item {
    case .event(let event):
      let (row, previous) = (event.row, event.previous)
      show(Change(kind: event.kind, key: row.key, row: row, previous: previous, isPast: isPast))
    case .listed(let change):
      show(Change(kind: change.kind, key: change.key, row: change.row, isListed: true))
    case .notice(let notice):
      flush()
      lines.forget()
      tell(notice)
    }
  }

  /// Whether somebody may still read what is written.
  var hasReader: Bool { output.hasReader }

  /// Writes what has been collected, and the statistics if it is time to.
  mutating func flush() {
    output.flush()
    if hasStatistics, statistics.isDue { tellStatistics() }
  }

  mutating func end() {
    output.flush()
    if hasStatistics { tellStatistics() }
  }

  private mutating func tellStatistics() {
    lines.forget()
    for line in statistics.lines() { Diagnostics.note("stats", line) }
  }

  private mutating func tell(_ notice: WatchTail.Notice) {
    switch notice {
    case .lost(let error): Diagnostics.note("", "\(error); trying again")
    case .resumed(let revision):
      Diagnostics.note("", "connected, goes on with revision \(revision)")
    case .compacted(let first, let last, let listing):
      shownBefore = shownCount
      Diagnostics.report(
        CommandFailure(
          "changes lost",
          "the cluster has compacted revisions \(first) to \(last) before they were seen; what is "
            + "different at revision \(listing) follows as a listing"
        )
      )
    case .wentBack(let seen, let current):
      shownBefore = shownCount
      Diagnostics.report(
        CommandFailure(
          "store went back",
          "it is at revision \(current), and \(seen) had been seen: restored from a backup?"
            + " Keys that came and went follow as a listing"
        )
      )
    case .listingEnded(let count, let knowsDeletions):
      var text = count == 0 ? "nothing is different" : Count.text(count, "change", "changes")
      if shownCount - shownBefore < count { text += ", \(shownCount - shownBefore) of them shown" }
      var hint = knowsDeletions ? "" : "; keys that were deleted are not known"
      if selector != nil { hint += "; what had the labels before is not known" }
      Diagnostics.note("listing", "\(text)\(hint)")
    }
  }

  // MARK: One change

  private struct Change {
    var kind: ChangeKind
    var key: UnsafeRawBufferPointer
    var row: StoredRow?
    var previous: StoredRow?
    var isListed = false
    var isPast = false

    var revision: Int64 { row?.revision.main ?? 0 }
  }

  private mutating func show(_ change: Change) {
    let key = String(decoding: change.key, as: UTF8.self)
    if format == .raw, selector == nil { return showRaw(change) }
    let previous = change.previous.flatMap {
      recent.object(of: key, at: $0.revision.main) ?? decoded($0, key)
    }
    var object = change.row.flatMap { $0.isTombstone ? nil : decoded($0, key) }
    if let object, let row = change.row {
      let byteCount = (try? row.keyValue())?.value.count ?? 0
      recent.keep(object, of: key, at: row.revision.main, byteCount: byteCount)
    }
    var change = change
    if let selector {
      guard let kind = selected(change, object, previous, by: selector) else { return }
      change.kind = kind
      if kind == .deleted { object = nil }
      if format == .raw { return showRaw(change) }
    }
    var difference: ObjectDifference?
    var words = ChangeWords.none
    if format == .text {
      words = self.words(change, key, object, previous)
    } else if change.kind == .modified, let object, let previous {
      difference = ObjectDifference(from: previous, to: object, options: options)
    }
    let isNoise = format == .text ? words.isNoise : difference?.changes.isEmpty == true
    let isShown = !isNoise || options.ignoredFields.isEmpty
    if hasStatistics {
      let resource = parser.key(change.key).resource
      let manager = (object ?? previous)?.lastWrite.manager
      statistics.add(key: key, resource: resource, manager: manager, isShown: isShown)
    }
    guard isShown else { return }
    shownCount += 1
    switch format {
    case .text: showText(change, key, words, object, previous)
    case .json: showJSON(change, key, object ?? previous, difference)
    case .yaml: showYAML(change, key, object ?? previous)
    case .diff: showDifference(change, key, object, previous)
    case .raw: break
    }
    output.flushIfLarge()
  }

  /// What a change is to one who sees only the objects with some labels: those that get them come,
  /// those that lose them go, as with the API server.
  ///
  /// - Returns: What it is; nothing where it is not seen. What was deleted and is not known is seen.
  private func selected(
    _ change: Change,
    _ object: DecodedObject?,
    _ previous: DecodedObject?,
    by selector: LabelSelector
  ) -> ChangeKind? {
    if change.kind == .deleted { return previous.map(selector.matches) == false ? nil : .deleted }
    let was = change.kind == .modified && previous.map(selector.matches) ?? selector.matches(object)
    guard selector.matches(object) else { return was ? .deleted : nil }
    return was ? .modified : .added
  }

  private func words(
    _ change: Change,
    _ key: String,
    _ object: DecodedObject?,
    _ previous: DecodedObject?
  ) -> ChangeWords {
    // What Calico keeps under paths of its own says its meaning by its key.
    let isCalico = change.key.starts(with: "/calico/".utf8)
    if isCalico, let row = change.row ?? change.previous, let new = calico(row, key) {
      let old = change.previous.flatMap { calico($0, key) }
      if change.kind == .deleted { return writer.words(from: old ?? new, to: nil) }
      return writer.words(from: change.kind == .added ? nil : old, to: new)
    }
    return writer.words(
      from: change.kind == .added ? nil : previous,
      to: change.kind == .deleted ? nil : object
    )
  }

  private func calico(_ row: StoredRow, _ key: String) -> CalicoValue? {
    (try? row.keyValue()).flatMap { CalicoValue(key: key, value: $0.value) }
  }

  private mutating func showText(
    _ change: Change,
    _ key: String,
    _ words: ChangeWords,
    _ object: DecodedObject?,
    _ previous: DecodedObject?
  ) {
    let time = change.isPast ? pastTime(object, previous) : clock.text()
    let kind = change.kind.rawValue.padded(to: 8)
    var line = "  \(name(of: change.key))"
    if change.row != nil { line += "  \(change.revision)" }
    if change.isListed { line += "  (listed)" }
    line = OneLine.escaped(line)
    if !words.text.isEmpty { line += "  \(words.text)" }
    // An event that happens again is the same object, with a higher count.
    let isEvent = object?.kind == "Event" && change.kind != .deleted
    if let size = output.terminalSize {
      if isEvent, let rows = lines.take(key, on: size) { output.erase(rows) }
      lines.add("\(time)  \(kind)\(line)", key: isEvent ? key : nil, on: size)
    }
    output.buffer.append("\(time)  ")
    output.append(kind, in: change.kind.colour)
    output.buffer.append(line + "\n")
  }

  /// When a change was made, as its object tells; dashes where it left no trace.
  private func pastTime(_ object: DecodedObject?, _ previous: DecodedObject?) -> String {
    let write = object?.lastWrite
    let isTold = write?.time != nil && write != previous?.lastWrite
    return (isTold ? write?.time ?? "" : "-").padded(to: 20)
  }

  private mutating func showJSON(
    _ change: Change,
    _ key: String,
    _ object: DecodedObject?,
    _ difference: ObjectDifference?
  ) {
    output.buffer.append("{\"type\":\"\(change.kind.rawValue)\",")
    output.buffer.append(JSONString.field("key", change.key))
    if change.row != nil { output.buffer.append(",\"revision\":\(change.revision)") }
    if change.isListed { output.buffer.append(",\"listed\":true") }
    if let difference {
      output.buffer.append(",\"changes\":")
      difference.appendJSON(to: &output.buffer)
    }
    if let object {
      output.buffer.append(",\"object\":")
      object.appendJSON(to: &output.buffer)
      output.buffer.truncate(to: output.buffer.count - 1)
    }
    output.buffer.append("}\n")
  }

  private mutating func showYAML(_ change: Change, _ key: String, _ object: DecodedObject?) {
    if shownCount > 1 { output.buffer.append("---\n") }
    output.buffer.append("# \(change.kind.rawValue) \(OneLine.escaped(key))")
    output.buffer.append(change.row == nil ? "\n" : " at revision \(change.revision)\n")
    object?.appendYAML(to: &output.buffer)
  }

  private mutating func showDifference(
    _ change: Change,
    _ key: String,
    _ object: DecodedObject?,
    _ previous: DecodedObject?
  ) {
    let old = change.kind == .added ? nil : previous
    let lines = UnifiedDifference(from: old, to: object, options: options)
    let start = output.buffer.count
    let oldName = change.kind == .added ? "/dev/null" : key
    let newName = change.kind == .deleted ? "/dev/null" : "\(key)@\(change.revision)"
    lines.append(oldName: oldName, newName: newName, to: &output.buffer)
    // What was there is not always known, and not all values have lines.
    if output.buffer.count == start {
      output.buffer.append(OneLine.escaped("--- \(oldName)") + "\n")
      output.buffer.append(OneLine.escaped("+++ \(newName)") + "\n")
    }
    output.colourDifference(from: start)
  }

  /// As `etcdctl watch` prints a change.
  private mutating func showRaw(_ change: Change) {
    shownCount += 1
    output.buffer.append(change.kind == .deleted ? "DELETE\n" : "PUT\n")
    output.buffer.append(raw: change.key)
    output.buffer.append("\n")
    if change.kind != .deleted, let value = try? change.row?.keyValue().value {
      output.buffer.append(raw: value)
    }
    output.buffer.append("\n")
    output.flushIfLarge()
  }

  /// What the object is called: its resource, namespace and name; the key where it is none.
  private func name(of key: UnsafeRawBufferPointer) -> String {
    let storageKey = parser.key(key)
    guard storageKey.kind != nil, !storageKey.name.isEmpty else {
      return String(decoding: key, as: UTF8.self)
    }
    let parts = [storageKey.resource, storageKey.namespace, storageKey.name].compactMap { $0 }
    return parts.joined(separator: "/")
  }

  private mutating func decoded(_ row: StoredRow, _ key: String) -> DecodedObject? {
    scratch.removeAll()
    var notes: [Note] = []
    do {
      let value = try row.keyValue().value
      try decoder.decode(value, as: .json, key: key, into: &scratch, notes: &notes)
      return try scratch.withBytes { try DecodedObject(json: $0) }
    } catch {
      return nil
    }
  }
}

extension ChangeKind {
  /// The colour of the word for it.
  var colour: TerminalColour {
    switch self {
    case .added: .green
    case .modified: .yellow
    case .deleted: .red
    }
  }
}

extension String {
  /// The text with spaces behind it up to a width.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}

/// The time of day where the program runs.
private struct WallClock {
  private var second = time_t(-1)
  private var shown = ""

  /// Such as `15:04:05`.
  mutating func text() -> String {
    let now = time(nil)
    if now == second { return shown }
    var parts = tm()
    var copy = now
    localtime_r(&copy, &parts)
    second = now
    shown = [parts.tm_hour, parts.tm_min, parts.tm_sec]
      .map { $0 < 10 ? "0\($0)" : "\($0)" }
      .joined(separator: ":")
    return shown
  }
}
