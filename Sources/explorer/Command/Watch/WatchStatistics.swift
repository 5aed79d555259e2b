import Explore

/// How much changed: of which keys and resources, and by whom.
struct WatchStatistics {
  /// How often they are told.
  static let interval = Duration.seconds(10)

  private static let shownCount = 5

  /// Keys beyond that are not counted each: memory is bounded.
  private static let keyLimit = 100_000

  private var start = ContinuousClock.now
  private var lastTold = ContinuousClock.now
  private var count = 0
  private var countBefore = 0
  private var ignoredCount = 0
  private var keys: [String: Int] = [:]
  private var resources: [String: Int] = [:]
  private var managers: [String: Int] = [:]

  /// Counts a change.
  mutating func add(key: String, resource: String, manager: String?, isShown: Bool) {
    count += 1
    if !isShown { ignoredCount += 1 }
    if keys[key] != nil || keys.count < WatchStatistics.keyLimit { keys[key, default: 0] += 1 }
    resources[resource, default: 0] += 1
    managers[manager ?? "(unknown)", default: 0] += 1
  }

  /// Whether it is time to tell.
  var isDue: Bool { ContinuousClock.now - lastTold >= WatchStatistics.interval }

  /// What there is to tell, as lines.
  mutating func lines() -> [String] {
    let now = ContinuousClock.now
    let all = WatchStatistics.rate(count, in: now - start)
    let last = WatchStatistics.rate(count - countBefore, in: now - lastTold)
    (lastTold, countBefore) = (now, count)
    var lines = ["\(count) changes, \(all)/s, \(last)/s lately"]
    if ignoredCount > 0 { lines[0] += ", \(ignoredCount) of nothing that counts" }
    guard count > 0 else { return lines }
    for (title, counts) in [("resources", resources), ("managers", managers), ("keys", keys)] {
      let most = counts.sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
      let shown = most.prefix(WatchStatistics.shownCount).map { "\($0.key) \($0.value)" }
      lines.append("  \(title): " + shown.joined(separator: ", "))
    }
    return lines
  }

  private static func rate(_ count: Int, in time: Duration) -> String {
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18
    let tenths = Int((Double(count) / max(seconds, 0.001) * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
