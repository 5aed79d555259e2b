#if canImport(Glibc)
internal import Glibc
#endif

/// The time of a log line: `2021-03-04T05:06:07.000089Z`.
///
/// Source: etcd 3.5, `client/pkg/logutil/zap.go`, `DefaultZapLoggerConfig`.
enum LogTime {
  /// Appends the time of now.
  static func appendNow(to line: inout [UInt8]) {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    append(seconds: Int(now.tv_sec), nanoseconds: Int(now.tv_nsec), to: &line)
  }

  /// Appends a time, in UTC, to the microsecond; years from 0 to 9999.
  static func append(seconds: Int, nanoseconds: Int, to line: inout [UInt8]) {
    let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
    let second = seconds - day * 86_400
    let (year, month, date) = civil(day)
    append(year, 4, to: &line)
    line.append(UInt8(ascii: "-"))
    append(month, 2, to: &line)
    line.append(UInt8(ascii: "-"))
    append(date, 2, to: &line)
    line.append(UInt8(ascii: "T"))
    append(second / 3600, 2, to: &line)
    line.append(UInt8(ascii: ":"))
    append(second / 60 % 60, 2, to: &line)
    line.append(UInt8(ascii: ":"))
    append(second % 60, 2, to: &line)
    line.append(UInt8(ascii: "."))
    append(nanoseconds / 1000, 6, to: &line)
    line.append(UInt8(ascii: "Z"))
  }

  /// The date of a day after 1970-01-01.
  ///
  /// The year begins in March here, so that the day that is not always there is its last one: then the
  /// months before a month m have (153 m + 2) / 5 days. 146,097 days are 400 years, 719,468 those from
  /// March of the year 0 to 1970.
  private static func civil(_ day: Int) -> (year: Int, month: Int, date: Int) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let date = dayOfYear - (153 * fromMarch + 2) / 5 + 1
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date)
  }

  private static func append(_ value: Int, _ digits: Int, to line: inout [UInt8]) {
    var scale = 1
    for _ in 1..<digits { scale *= 10 }
    while scale > 0 {
      line.append(UInt8(ascii: "0") + UInt8(value / scale % 10))
      scale /= 10
    }
  }
}
