import TestSupport

/// What cannot be matched, and why: the rows of `exceptions.tsv`.
struct Exceptions {
  private let rows: [[String]]

  static let all: Exceptions = {
    let text = (try? Fixture.text("../Tests/Compatibility/exceptions.tsv")) ?? ""
    let rows = text.split(separator: "\n").dropFirst().map {
      $0.split(separator: "\t").map(String.init)
    }
    return Exceptions(rows: rows)
  }()

  /// Why an object of a set need not match in a form; nil if it must.
  func reason(set: String, object: String, form: String) -> String? {
    rows.first { row in
      row.count == 4 && (row[0] == "*" || row[0] == set) && row[1] == object
        && (row[2] == "*" || form == row[2] || form.hasPrefix(row[2] + "-"))
    }?[3]
  }
}

/// How many of how many matched.
struct Tally {
  private let title: String
  private var matched = 0
  private var excepted = 0
  private(set) var failures: [String] = []

  init(_ title: String) { self.title = title }

  /// Counts one comparison; one that fails for a known reason is counted apart.
  mutating func count(_ isEqual: Bool, _ name: String, exception: String?) {
    if isEqual {
      matched += 1
    } else if exception != nil {
      excepted += 1
    } else {
      failures.append(name)
    }
  }

  /// `1306 of 1312 (6 with a reason)`.
  func report() {
    let total = matched + excepted + failures.count
    print("\(title): \(matched) of \(total) equal, \(excepted) with a reason in exceptions.tsv")
  }

  var total: Int { matched + excepted + failures.count }
}
