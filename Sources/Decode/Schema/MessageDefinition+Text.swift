extension MessageDefinition {
  /// Parses one record.
  ///
  /// A field whose attributes changed stands there once for each form it had, newest first; the
  /// form of the wanted release is taken, or the nearest one.
  init(
    record: UnsafeBufferPointer<UInt8>,
    release: Release?,
    source: String,
    number: Int = 0
  ) throws(CatalogueError) {
    var rest = record
    guard var header = CatalogueLine(takingFrom: &rest), !header.isIndented,
      let name = header.next()
    else { throw .misplacedField(source: source, line: number) }
    var special: Special?
    var embedsTypeMeta = false
    var range: ReleaseRange?
    while let word = header.next() {
      if word.equals("typemeta") {
        embedsTypeMeta = true
      } else if word.first == UInt8(ascii: "="),
        let known = Special(rawValue: word.dropping(1).string)
      {
        special = known
      } else if let releases = ReleaseRange(word) {
        range = releases
      } else {
        throw .malformedLine(source: source, line: number, text: header.text)
      }
    }
    guard let releases = range else {
      throw .malformedLine(source: source, line: number, text: header.text)
    }

    let package = name.lastIndex(of: UInt8(ascii: ".")).map {
      CatalogueLine.Word(rebasing: name[..<$0])
    }
    let wanted = releases.nearest(to: release)
    var fields: [FieldDefinition] = []
    var lineNumber = number
    var current: FieldHistory?
    while let line = CatalogueLine(takingFrom: &rest) {
      lineNumber += 1
      guard let form = FieldForm(line, package: package, messageReleases: releases) else {
        throw .malformedLine(source: source, line: lineNumber, text: line.text)
      }
      // All forms of one field follow each other.
      if current?.number == form.number {
        current?.add(form, wanted: wanted)
      } else {
        if let finished = current?.definition(of: releases) { fields.append(finished) }
        current = FieldHistory(form, wanted: wanted)
      }
    }
    if let finished = current?.definition(of: releases) { fields.append(finished) }
    self.init(
      name: name.string,
      special: special,
      embedsTypeMeta: embedsTypeMeta,
      releases: releases,
      fields: fields
    )
  }
}

/// The forms of one field, newest first, and which of them is wanted.
private struct FieldHistory {
  let number: UInt32
  private var chosen: FieldForm
  private var isCurrent: Bool
  private var first: Release
  private let last: Release?
  private var messages: [String] = []

  init(_ form: FieldForm, wanted: Release?) {
    number = form.number
    chosen = form
    isCurrent = form.releases.contains(wanted)
    first = form.releases.first
    last = form.releases.last
    note(form)
  }

  mutating func add(_ form: FieldForm, wanted: Release?) {
    first = min(first, form.releases.first)
    note(form)
    guard !isCurrent else { return }
    isCurrent = form.releases.contains(wanted)
    // Older forms follow newer ones, so of those that began later than the wanted release the last
    // is the nearest to it.
    let isLater = wanted.map { $0 < form.releases.first } ?? false
    if isCurrent || isLater { chosen = form }
  }

  private mutating func note(_ form: FieldForm) {
    if case .message(let name) = form.element, !messages.contains(name) { messages.append(name) }
  }

  func definition(of message: ReleaseRange) -> FieldDefinition {
    var formerMessages: [String] = []
    if messages.count > 1, case .message(let name) = chosen.element {
      formerMessages = messages.filter { $0 != name }
    }
    return FieldDefinition(
      number: number,
      element: chosen.element,
      shape: chosen.shape,
      isPointer: chosen.isPointer,
      jsonName: chosen.jsonName,
      omitsEmpty: chosen.omitsEmpty,
      omitsZero: chosen.omitsZero,
      isInline: chosen.isInline,
      isHidden: chosen.isHidden,
      isCurrent: isCurrent,
      formerMessages: formerMessages,
      lastRelease: last,
      isLater: first > message.first
    )
  }
}

/// One line of a field: the form it had in some releases.
private struct FieldForm {
  let number: UInt32
  let releases: ReleaseRange
  let element: FieldDefinition.Element
  let shape: FieldDefinition.Shape
  let isPointer: Bool
  let jsonName: String
  private(set) var omitsEmpty = false
  private(set) var omitsZero = false
  private(set) var isInline = false
  private(set) var isHidden = false

  init?(_ line: CatalogueLine, package: CatalogueLine.Word?, messageReleases: ReleaseRange) {
    var line = line
    guard line.isIndented, let first = line.next(),
      let number = first.number(in: 0..<first.count), (1...536_870_911).contains(number),
      var type = line.next(), let name = line.next()
    else { return nil }
    self.number = UInt32(number)
    self.jsonName = name.string

    var isPointer = false
    var shape = FieldDefinition.Shape.single
    if type.hasPrefix("*") {
      isPointer = true
      type = type.dropping(1)
    } else if type.hasPrefix("[]") {
      shape = .repeated
      type = type.dropping(2)
    } else if type.hasPrefix("map:") {
      shape = .map
      type = type.dropping(4)
    }
    self.shape = shape
    self.isPointer = isPointer
    guard let element = FieldForm.element(type, package: package) else { return nil }
    self.element = element

    var releases = messageReleases
    while let word = line.next() {
      if word.equals("omitempty") {
        omitsEmpty = true
      } else if word.equals("omitzero") {
        omitsZero = true
      } else if word.equals("inline") {
        isInline = true
      } else if word.equals("hidden") {
        isHidden = true
      } else if let range = ReleaseRange(word) {
        releases = range
      } else {
        return nil
      }
    }
    self.releases = releases
  }

  private static func element(
    _ type: CatalogueLine.Word,
    package: CatalogueLine.Word?
  ) -> FieldDefinition.Element? {
    if type.first == UInt8(ascii: "."), let package {
      return .message(package.string + type.string)
    }
    if type.contains(UInt8(ascii: ".")) { return .message(type.string) }
    if type.equals("string") { return .string }
    if type.equals("bytes") { return .bytes }
    if type.equals("bool") { return .bool }
    if type.equals("int32") { return .int32 }
    if type.equals("int64") { return .int64 }
    if type.equals("uint32") { return .uint32 }
    if type.equals("uint64") { return .uint64 }
    if type.equals("float") { return .float }
    if type.equals("double") { return .double }
    if type.equals("sint32") { return .sint32 }
    if type.equals("sint64") { return .sint64 }
    if type.equals("fixed32") { return .fixed32 }
    if type.equals("fixed64") { return .fixed64 }
    if type.equals("sfixed32") { return .sfixed32 }
    if type.equals("sfixed64") { return .sfixed64 }
    return nil
  }
}
