internal import Schema

/// A slow look at an object's bytes that knows where everything stands: what is damaged, what no
/// catalogue knows, and which text is not UTF-8, each with its path and its offset.
///
/// It is made when unpacking or rendering has seen that there is something to find.
struct WireSurvey {
  /// A field that the catalogue lacks.
  struct UnknownField: Equatable {
    /// The path of the message that has it, inlined messages among its steps; empty for the object
    /// itself.
    var path: String
    var number: UInt32
    var wireType: UInt8

    /// The field with its tag, as it lies there.
    var bytes: Range<Int>
  }

  /// Something at a place.
  struct Finding: Equatable {
    var path: String
    var offset: Int
    var problem: DecodeError.Problem
  }

  /// The first thing that keeps the object from being decoded.
  private(set) var fault: Finding?

  /// All fields that the catalogue lacks, as long as they are few.
  private(set) var unknownFields: [UnknownField] = []

  /// How many there are.
  private(set) var unknownFieldCount = 0

  /// The first texts that are not UTF-8.
  private(set) var invalidTexts: [Finding] = []

  private static let maximumFindingCount = 1000

  /// What all paths together may take where every one is kept whole.
  private static let maximumPathByteCount = 8 << 20

  /// How much of a map's key is shown where paths are only shown.
  private static let maximumShownKeyByteCount = 100

  /// Unpacking gives up before, where its stack ends: a survey says where that was.
  private static let maximumDepth = 150

  /// Of a longer path the first and the last steps are shown.
  private static let maximumShownStepCount = 16

  private let bytes: UnsafeRawBufferPointer
  private let keepsPaths: Bool
  private var pathByteCount = 0
  private var path: [Step] = []

  private struct Step {
    var name: String
    var index: Int?
    var key: String?

    /// Whether JSON splices the field into the object around it, so that it is no step there.
    var isInlined = false
  }

  /// Looks at the message that lies in `range` of `bytes`.
  ///
  /// - Parameters:
  ///   - bytes: The value.
  ///   - range: Where the message lies.
  ///   - plan: Its plan.
  ///   - keepsPaths: Whether the paths of unknown fields are kept whole, so that they can be found
  ///     again; else they are cut for showing.
  init(
    _ bytes: UnsafeRawBufferPointer,
    range: Range<Int>,
    plan: UnsafePointer<MessagePlan>,
    keepsPaths: Bool = false
  ) {
    self.bytes = bytes
    self.keepsPaths = keepsPaths
    message(range, plan)
  }

  /// The path of the printed object, shortened in its middle.
  private var pathText: String {
    let shown = path.filter { !$0.isInlined }
    let gap = WireSurvey.maximumShownStepCount / 2
    guard shown.count > WireSurvey.maximumShownStepCount else { return text(of: shown[...]) }
    return text(of: shown.prefix(gap)) + "..." + text(of: shown.suffix(gap))
  }

  private func text(of steps: ArraySlice<Step>) -> String {
    var text = ""
    for step in steps {
      if !step.name.isEmpty { text += text.isEmpty ? step.name : ".\(step.name)" }
      if let key = step.key {
        text += "[\(key)]"
      } else if let index = step.index {
        text += "[\(index)]"
      }
    }
    return text
  }

  private mutating func fail(_ problem: DecodeError.Problem, at offset: Int) {
    if fault == nil { fault = Finding(path: pathText, offset: offset, problem: problem) }
  }

  private mutating func message(_ range: Range<Int>, _ plan: UnsafePointer<MessagePlan>) {
    guard fault == nil else { return }
    guard path.count < WireSurvey.maximumDepth else { return fail(.tooDeep, at: range.lowerBound) }
    var counts: [UInt32: Int] = [:]
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd, fault == nil {
      let start = reader.offset
      do throws(WireReader.Fault) {
        let tag = try reader.tag()
        guard let field = plan.pointee.field(numbered: tag.number) else {
          _ = try reader.payload(of: tag)
          note(unknown: tag, bytes: start..<reader.offset)
          continue
        }
        let index = counts[tag.number, default: 0]
        counts[tag.number] = index + 1
        let isList = field.pointee.shape != .single
        let name = String(decoding: field.pointee.name, as: UTF8.self)
        path.append(
          Step(name: name, index: isList ? index : nil, isInlined: field.pointee.isInline)
        )
        defer { path.removeLast() }
        let valueStart = reader.offset
        do throws(WireReader.Fault) {
          let payload = try reader.payload(of: tag)
          value(payload, of: field, wireType: tag.wireType, at: valueStart, tagAt: start)
        } catch {
          fail(DecodeError.Problem(error), at: error.offset)
        }
      } catch {
        fail(DecodeError.Problem(error), at: error.offset)
      }
    }
    if fault == nil { checkSpecial(range, plan) }
  }

  private mutating func note(unknown tag: WireReader.Tag, bytes: Range<Int>) {
    unknownFieldCount += 1
    guard unknownFields.count < WireSurvey.maximumFindingCount,
      pathByteCount < WireSurvey.maximumPathByteCount
    else { return }
    let path = text(of: path[...])
    pathByteCount += path.utf8.count
    unknownFields.append(
      UnknownField(path: path, number: tag.number, wireType: tag.wireType, bytes: bytes)
    )
  }

  private mutating func value(
    _ payload: WireReader.Payload,
    of field: UnsafePointer<FieldPlan>,
    wireType: UInt8,
    at offset: Int,
    tagAt: Int
  ) {
    let expected = field.pointee.shape == .map ? 2 : field.pointee.element.wireFormat
    if !isFinite(payload, field.pointee.element) { return fail(.notFinite, at: offset) }
    guard case .bytes(let range) = payload else {
      if wireType != expected {
        fail(.wrongWireType(found: wireType, expected: expected), at: tagAt)
      }
      return
    }
    guard expected == 2 || field.pointee.shape == .repeated else {
      return fail(.wrongWireType(found: wireType, expected: expected), at: tagAt)
    }
    if let entry = field.pointee.entry {
      mapEntry(range, entry)
    } else if let plan = field.pointee.message {
      message(range, plan)
    } else if field.pointee.element == .string {
      text(range)
    }
  }

  /// Whether a value is no infinity or other double that JSON does not have.
  private func isFinite(_ payload: WireReader.Payload, _ element: FieldPlan.Element) -> Bool {
    switch (payload, element) {
    case (.fixed64(let bits), .double): Double(bitPattern: bits).isFinite
    case (.fixed32(let bits), .float): Float(bitPattern: bits).isFinite
    default: true
    }
  }

  private mutating func mapEntry(_ range: Range<Int>, _ plan: UnsafePointer<MessagePlan>) {
    // The key names the step, and may stand behind the value.
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd, let tag = try? reader.tag(), let payload = try? reader.payload(of: tag) {
      if tag.number == 1, case .bytes(let key) = payload, !path.isEmpty {
        path[path.count - 1].key = String(
          decoding: UnsafeRawBufferPointer(rebasing: bytes[key].prefix(shownKeyByteCount)),
          as: UTF8.self
        )
      }
    }
    message(range, plan)
  }

  private var shownKeyByteCount: Int {
    keepsPaths ? .max : WireSurvey.maximumShownKeyByteCount
  }

  private mutating func text(_ range: Range<Int>) {
    let text = UnsafeRawBufferPointer(rebasing: bytes[range])
    guard let offset = UTF8Text.firstInvalidOffset(text),
      invalidTexts.count < WireSurvey.maximumFindingCount
    else { return }
    invalidTexts.append(
      Finding(path: pathText, offset: range.lowerBound + offset, problem: .notUTF8)
    )
  }

  // MARK: Types with a form of their own

  private mutating func checkSpecial(_ range: Range<Int>, _ plan: UnsafePointer<MessagePlan>) {
    switch plan.pointee.special {
    case .quantity:
      guard let text = lastBytes(1, in: range) else { return }
      if Quantity.canonical(Array(bytes[text])) == nil {
        let shown = String(
          decoding: UnsafeRawBufferPointer(rebasing: bytes[text].prefix(40)),
          as: UTF8.self
        )
        fail(.notQuantity(shown), at: text.lowerBound)
      }
    case .intorstring:
      let type = Int64(bitPattern: lastVarint(1, in: range) ?? 0)
      if type != 0, type != 1 { fail(.notIntOrString(type: type), at: range.lowerBound) }
    case .rawextension, .fieldsv1, .json:
      guard let raw = lastBytes(1, in: range), !raw.isEmpty else { return }
      checkEmbedded(raw)
    case .unknown: fail(.unprintable, at: range.lowerBound)
    default: break
    }
  }

  private mutating func checkEmbedded(_ range: Range<Int>) {
    let value = UnsafeRawBufferPointer(rebasing: bytes[range])
    var document = JSONDocument()
    if value.starts(with: CBORReader.selfDescription) {
      do throws(CBORReader.Fault) {
        try CBORReader.read(value, into: &document)
      } catch {
        fail(DecodeError.Problem(error), at: range.lowerBound + error.offset)
      }
    } else {
      do throws(JSONFault) {
        try document.parse(value)
      } catch {
        fail(DecodeError.Problem(error), at: range.lowerBound + error.offset)
      }
    }
  }

  private func lastBytes(_ number: UInt32, in range: Range<Int>) -> Range<Int>? {
    var found: Range<Int>?
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd, let tag = try? reader.tag(), let payload = try? reader.payload(of: tag) {
      if tag.number == number, case .bytes(let range) = payload { found = range }
    }
    return found
  }

  private func lastVarint(_ number: UInt32, in range: Range<Int>) -> UInt64? {
    var found: UInt64?
    var reader = WireReader(bytes, range: range)
    while !reader.isAtEnd, let tag = try? reader.tag(), let payload = try? reader.payload(of: tag) {
      if tag.number == number, case .varint(let value) = payload { found = value }
    }
    return found
  }
}

extension FieldPlan.Element {
  /// The wire type of one value: 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes.
  var wireFormat: UInt8 {
    switch self {
    case .string, .bytes, .message: 2
    case .bool, .int32, .int64, .uint32, .uint64, .sint32, .sint64: 0
    case .double, .fixed64, .sfixed64: 1
    case .float, .fixed32, .sfixed32: 5
    }
  }
}
