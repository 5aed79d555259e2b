/// Sizes and ages as the tools around Kubernetes and etcd print them.
public enum HumanText {
  /// A number of bytes: `83 kB`, `1.2 MB`; decimal, with two digits where one stands in front of
  /// the point.
  ///
  /// Source: dustin/go-humanize, bytes.go (`Bytes`), which etcdctl and etcdutl use.
  public static func byteCount(_ count: Int) -> String {
    guard count >= 10 else { return "\(count) B" }
    var unit = 0
    var scale = 1.0
    while unit < units.count - 1, Double(count) / scale >= 1000 {
      scale *= 1000
      unit += 1
    }
    // Tenths, rounded half up.
    let tenths = Int(Double(count) / scale * 10 + 0.5)
    if tenths < 100 { return "\(tenths / 10).\(tenths % 10) \(units[unit])" }
    return "\(Int((Double(tenths) / 10).rounded(.toNearestOrEven))) \(units[unit])"
  }

  private static let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]

  /// An age as kubectl's column AGE has it: `3m12s`, `5d3h`, `2y14d`.
  ///
  /// A second of disagreement between clocks makes `0s`, more `<invalid>`.
  ///
  /// Source: kubernetes/apimachinery, pkg/util/duration/duration.go (`HumanDuration`).
  public static func age(seconds: Int64) -> String {
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 120 { return "\(seconds)s" }
    let minutes = seconds / 60
    if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    let hours = minutes / 60
    if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    let days = hours / 24
    if days < 8 { return pair(days, "d", hours % 24, "h") }
    if days < 365 * 2 { return "\(days)d" }
    let years = days / 365
    return days < 365 * 8 ? pair(years, "y", days % 365, "d") : "\(years)y"
  }

  private static func pair(_ high: Int64, _ highUnit: String, _ low: Int64, _ lowUnit: String)
    -> String
  {
    low == 0 ? "\(high)\(highUnit)" : "\(high)\(highUnit)\(low)\(lowUnit)"
  }
}
