internal import Bolt
public import Decode
internal import Dispatch
internal import MVCC
internal import Synchronization

/// What a look at every row of a file found.
public struct RowReport: Sendable {
  /// A value that does not decode, and where it is.
  public struct Fault: Sendable {
    /// The key.
    public let key: [UInt8]

    /// The main revision of the row.
    public let revision: Int64

    /// What is wrong, in one line.
    public let cause: String
  }

  /// How many faults are kept.
  public static let keptFaultCount = 100

  /// Rows in bucket `key`.
  public internal(set) var rowCount = 0

  /// Rows that say that a key was deleted.
  public internal(set) var tombstoneCount = 0

  /// Values that were decoded as a whole: Kubernetes' own forms.
  public internal(set) var decodedCount = 0

  /// Values that are encrypted, for which there was no key.
  public internal(set) var encryptedCount = 0

  /// Values of other programs: text, nothing, or bytes of no known form.
  public internal(set) var otherCount = 0

  /// Rows or values that are damaged.
  public internal(set) var faultCount = 0

  /// The first of them.
  public internal(set) var faults: [Fault] = []

  mutating func add(_ fault: Fault) {
    faultCount += 1
    if faults.count < RowReport.keptFaultCount { faults.append(fault) }
  }

  mutating func add(_ other: RowReport) {
    rowCount += other.rowCount
    tombstoneCount += other.tombstoneCount
    decodedCount += other.decodedCount
    encryptedCount += other.encryptedCount
    otherCount += other.otherCount
    faultCount += other.faultCount
    faults += other.faults.prefix(RowReport.keptFaultCount - faults.count)
  }
}

extension FileSource {
  /// Reads every row and decodes every value.
  ///
  /// - Parameters:
  ///   - decoder: Decodes the values.
  ///   - progress: Is told now and then how many of how many bytes have been read.
  /// - Returns: What was found, the oldest first.
  /// - Throws: ``SourceError`` if the rows cannot be reached; not if the source salvages.
  public func checkRows(
    with decoder: Decoder,
    progress: (@Sendable (_ done: Int, _ total: Int) -> Void)? = nil
  ) throws(SourceError) -> RowReport {
    let chunkCount = (leafCount + 63) / 64
    let next = Atomic(0)
    let chunks = Mutex([Int: Result<RowReport, SourceError>]())
    let workerCount = min(max(chunkCount, 1), processorCount())
    DispatchQueue.concurrentPerform(iterations: workerCount) { _ in
      while true {
        let chunk = next.add(1, ordering: .relaxed).oldValue
        guard chunk < chunkCount else { return }
        let places = chunk * 64..<min(chunk * 64 + 64, self.leafCount)
        let report = Result { () throws(SourceError) in
          try self.checkRows(on: places, with: decoder)
        }
        chunks.withLock { $0[chunk] = report }
        progress?(chunk * 64 * pageByteCount, leafCount * pageByteCount)
      }
    }
    var total = RowReport()
    for (_, report) in chunks.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
      total.add(try report.get())
    }
    return total
  }

  private func checkRows(
    on places: Range<Int>,
    with decoder: Decoder
  ) throws(SourceError) -> RowReport {
    var report = RowReport()
    var output = OutputBuffer()
    for place in places {
      try forEachRow(on: place, newestFirst: false) { row throws(SourceError) in
        report.rowCount += 1
        if row.isTombstone { report.tombstoneCount += 1 }
        check(row, with: decoder, in: &report, output: &output)
        return true
      }
    }
    return report
  }

  private func check(
    _ row: StoredRow,
    with decoder: Decoder,
    in report: inout RowReport,
    output: inout OutputBuffer
  ) {
    func fault(_ cause: String) {
      report.add(.init(key: Array(row.key), revision: row.revision.main, cause: cause))
    }
    let keyValue: KeyValueView
    do {
      keyValue = try row.keyValue()
    } catch {
      return fault("\(error)")
    }
    guard !row.isTombstone, !row.key.isEmpty else { return }
    guard keyValue.modRevision == row.revision.main else {
      return fault("says to be of revision \(keyValue.modRevision)")
    }
    switch StoredForm(of: keyValue.value) {
    case .protobuf, .json, .cbor:
      output.removeAll()
      var notes: [Note] = []
      do {
        try decoder.decode(keyValue.value, as: .json, into: &output, notes: &notes)
        report.decodedCount += 1
      } catch {
        fault("\(error)")
      }
    case .encrypted: report.encryptedCount += 1
    case .text, .empty, .unrecognised: report.otherCount += 1
    }
  }
}
