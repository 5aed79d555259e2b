public import Decode

/// Two texts line by line, as `diff -u` prints them.
public struct UnifiedDifference: Sendable {
  /// A step from the old lines to the new ones.
  private enum Step: Equatable {
    case keep, remove, insert
  }

  /// How many steps the search for the shortest difference takes at most; beyond, the lines in
  /// question are taken out and put in as a whole, which is right, only longer.
  static let maximumEffort = 20_000_000

  /// How many lines the shortest difference may have while it is searched for: what is remembered
  /// grows as its square.
  static let maximumEditCount = 1000

  private let old: [UInt8]
  private let new: [UInt8]

  /// Where lines begin; the last is where the text ends.
  private let oldStarts: [Int]
  private let newStarts: [Int]
  private let steps: [Step]

  /// Compares two texts.
  public init(from old: [UInt8], to new: [UInt8]) {
    self.old = old
    self.new = new
    oldStarts = UnifiedDifference.starts(of: old)
    newStarts = UnifiedDifference.starts(of: new)
    var table = ByteTable()
    let oldLines = UnifiedDifference.numbers(old, oldStarts, &table)
    let newLines = UnifiedDifference.numbers(new, newStarts, &table)
    steps = UnifiedDifference.steps(from: oldLines, to: newLines)
  }

  /// Compares two versions of an object as YAML.
  ///
  /// - Parameters:
  ///   - old: The old version; one that is not there has no lines.
  ///   - new: The new version.
  ///   - options: What counts; as many changes as there are are shown.
  public init(
    from old: DecodedObject?,
    to new: DecodedObject?,
    options: ObjectDifference.Options = ObjectDifference.Options()
  ) {
    var (old, new) = (old, new)
    if options.masksSecrets, let either = new ?? old {
      let pair = SecretMask.masked(old ?? either, new ?? either)
      if old != nil { old = pair.old }
      if new != nil { new = pair.new }
    }
    var oldYAML = OutputBuffer()
    old?.ignoring(options.ignoredFields).appendYAML(to: &oldYAML)
    var newYAML = OutputBuffer()
    new?.ignoring(options.ignoredFields).appendYAML(to: &newYAML)
    self.init(from: oldYAML.bytes, to: newYAML.bytes)
  }

  /// Whether the texts are the same.
  public var isEmpty: Bool { !steps.contains { $0 != .keep } }

  /// Appends the difference: two lines with names, then pieces with some lines around them; nothing
  /// for texts that are the same.
  ///
  /// - Parameters:
  ///   - oldName: What stands behind `---`.
  ///   - newName: What stands behind `+++`.
  ///   - contextCount: How many lines that are the same stand around each piece.
  ///   - output: Where to append.
  public func append(
    oldName: String,
    newName: String,
    contextCount: Int = 3,
    to output: inout OutputBuffer
  ) {
    guard !isEmpty else { return }
    output.append("--- \(OneLine.escaped(oldName))\n+++ \(OneLine.escaped(newName))\n")
    var oldLine = 0
    var newLine = 0
    var place = 0
    while place < steps.count {
      guard let next = steps[place...].firstIndex(where: { $0 != .keep }) else { return }
      // Lines in front of the first change that do not belong to the piece.
      let skipped = max(next - place - contextCount, 0)
      oldLine += skipped
      newLine += skipped
      let end = endOfPiece(from: next, contextCount: contextCount)
      let piece = steps[(place + skipped)..<end]
      let oldCount = piece.count { $0 != .insert }
      let newCount = piece.count { $0 != .remove }
      output.append(
        "@@ -\(UnifiedDifference.range(oldLine, oldCount))"
          + " +\(UnifiedDifference.range(newLine, newCount)) @@\n"
      )
      for step in piece {
        switch step {
        case .keep:
          appendLine(" ", old, oldStarts, oldLine, to: &output)
          oldLine += 1
          newLine += 1
        case .remove:
          appendLine("-", old, oldStarts, oldLine, to: &output)
          oldLine += 1
        case .insert:
          appendLine("+", new, newStarts, newLine, to: &output)
          newLine += 1
        }
      }
      place = end
    }
  }

  /// The end of the piece that a change begins: where more lines are the same than belong to two
  /// pieces.
  private func endOfPiece(from start: Int, contextCount: Int) -> Int {
    var end = start
    var kept = 0
    while end < steps.count {
      kept = steps[end] == .keep ? kept + 1 : 0
      end += 1
      if kept > contextCount * 2 { break }
    }
    return end - max(kept - contextCount, 0)
  }

  private static func range(_ line: Int, _ count: Int) -> String {
    switch count {
    // An empty range is named by the line in front of it.
    case 0: "\(line),0"
    case 1: "\(line + 1)"
    default: "\(line + 1),\(count)"
    }
  }

  private func appendLine(
    _ mark: String,
    _ text: [UInt8],
    _ starts: [Int],
    _ line: Int,
    to output: inout OutputBuffer
  ) {
    output.append(mark)
    text.withBytes { bytes in
      output.append(raw: UnsafeRawBufferPointer(rebasing: bytes[starts[line]..<starts[line + 1]]))
    }
    if text[starts[line + 1] - 1] != 0x0A { output.append("\n\\ No newline at end of file\n") }
  }

  // MARK: Lines

  private static func starts(of text: [UInt8]) -> [Int] {
    var starts = [0]
    for (offset, byte) in text.enumerated() where byte == 0x0A { starts.append(offset + 1) }
    if starts.last != text.count { starts.append(text.count) }
    return starts
  }

  /// A number for each line; the same lines have the same.
  private static func numbers(
    _ text: [UInt8],
    _ starts: [Int],
    _ table: inout ByteTable
  ) -> [Int] {
    var numbers: [Int] = []
    numbers.reserveCapacity(starts.count)
    for (start, end) in zip(starts, starts.dropFirst()) {
      text.withBytes { bytes in
        numbers.append(table.insert(UnsafeRawBufferPointer(rebasing: bytes[start..<end])))
      }
    }
    return numbers
  }

  // MARK: Searching

  private static func steps(from old: [Int], to new: [Int]) -> [Step] {
    var start = 0
    while start < min(old.count, new.count), old[start] == new[start] { start += 1 }
    var oldEnd = old.count
    var newEnd = new.count
    while oldEnd > start, newEnd > start, old[oldEnd - 1] == new[newEnd - 1] {
      oldEnd -= 1
      newEnd -= 1
    }
    let middle =
      shortestSteps(from: Array(old[start..<oldEnd]), to: Array(new[start..<newEnd]))
      ?? Array(repeating: .remove, count: oldEnd - start)
      + Array(repeating: .insert, count: newEnd - start)
    return Array(repeating: .keep, count: start) + middle
      + Array(repeating: .keep, count: old.count - oldEnd)
  }

  /// The fewest steps; nil if searching for them takes too long.
  ///
  /// Source: E. W. Myers, An O(ND) Difference Algorithm and Its Variations, 1986, figure 2.
  private static func shortestSteps(from old: [Int], to new: [Int]) -> [Step]? {
    if old.isEmpty { return Array(repeating: .insert, count: new.count) }
    if new.isEmpty { return Array(repeating: .remove, count: old.count) }
    let limit = min(old.count + new.count, maximumEditCount)
    // How far each diagonal was followed, for each number of edits.
    var rounds: [[Int]] = []
    var furthest = [Int](repeating: 0, count: 2 * limit + 3)
    let middle = limit + 1
    var effort = 0
    for edits in 0...limit {
      for diagonal in stride(from: -edits, through: edits, by: 2) {
        let goesDown =
          diagonal == -edits
          || diagonal != edits && furthest[middle + diagonal - 1] < furthest[middle + diagonal + 1]
        var oldPlace =
          goesDown ? furthest[middle + diagonal + 1] : furthest[middle + diagonal - 1] + 1
        var newPlace = oldPlace - diagonal
        while oldPlace < old.count, newPlace < new.count, old[oldPlace] == new[newPlace] {
          oldPlace += 1
          newPlace += 1
          effort += 1
        }
        furthest[middle + diagonal] = oldPlace
        effort += 1
        if effort > maximumEffort { return nil }
        if oldPlace >= old.count, newPlace >= new.count {
          rounds.append(Array(furthest[(middle - edits)...(middle + edits)]))
          return path(to: (old.count, new.count), rounds)
        }
      }
      rounds.append(Array(furthest[(middle - edits)...(middle + edits)]))
    }
    return nil
  }

  /// Walks back from the end to the beginning along what was remembered of each round.
  private static func path(to end: (old: Int, new: Int), _ rounds: [[Int]]) -> [Step] {
    var steps: [Step] = []
    var (oldPlace, newPlace) = end
    for edits in stride(from: rounds.count - 1, to: 0, by: -1) {
      let previous = rounds[edits - 1]
      let diagonal = oldPlace - newPlace
      // Round n remembers the diagonals from -n to n.
      func reached(_ diagonal: Int) -> Int {
        let place = diagonal + edits - 1
        return previous.indices.contains(place) ? previous[place] : -1
      }
      let goesDown =
        diagonal == -edits || diagonal != edits && reached(diagonal - 1) < reached(diagonal + 1)
      let before = goesDown ? diagonal + 1 : diagonal - 1
      let oldBefore = reached(before)
      let newBefore = oldBefore - before
      // What was the same after the edit.
      let startOfRun = goesDown ? oldBefore : oldBefore + 1
      steps += Array(repeating: .keep, count: max(oldPlace - startOfRun, 0))
      steps.append(goesDown ? .insert : .remove)
      oldPlace = oldBefore
      newPlace = newBefore
    }
    steps += Array(repeating: .keep, count: oldPlace)
    return steps.reversed()
  }
}
