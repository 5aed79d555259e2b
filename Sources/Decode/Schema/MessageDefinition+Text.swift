extension MessageDefinition {
  /// Parses the lines of one record.
  ///
  /// A field whose attributes changed stands there once for each form it had, newest first; the
  /// form of the wanted release is taken, or the nearest one.
  init(
    lines: [Substring], release: Release?, source: String, number: Int = 0
  ) throws(CatalogueError) {
    func malformed(_ offset: Int) -> CatalogueError {
      .malformedLine(source: source, line: number + offset, text: String(lines[offset]))
    }
    guard let header = lines.first, header.first != " " else {
      throw .misplacedField(source: source, line: number)
    }
    let words = header.split(separator: " ")
    guard words.count >= 2, let releases = ReleaseRange(words[words.count - 1]) else {
      throw malformed(0)
    }
    var special: Special?
    var embedsTypeMeta = false
    for word in words.dropFirst().dropLast() {
      if word == "typemeta" {
        embedsTypeMeta = true
      } else if word.first == "=", let known = Special(rawValue: String(word.dropFirst())) {
        special = known
      } else {
        throw malformed(0)
      }
    }

    let package = words[0].lastIndex(of: ".").map { words[0][..<$0] } ?? ""
    let wanted = releases.nearest(to: release)
    var fields: [FieldDefinition] = []
    fields.reserveCapacity(lines.count - 1)
    var offset = 1
    while offset < lines.count {
      var chosen: FieldDefinition?
      var current: UInt32?
      var first: Release?
      var last: Release?
      var messages: [String] = []
      // All forms of one field follow each other.
      while offset < lines.count {
        guard let form = FieldForm(lines[offset], package: package, messageReleases: releases)
        else { throw malformed(offset) }
        if let current, current != form.number { break }
        current = form.number
        let stood = form.releases.contains(wanted)
        // Older forms follow newer ones, so the last form that began later than the wanted
        // release is the nearest to it.
        let isLater = wanted.map { $0 < form.releases.first } ?? false
        if chosen == nil || stood || (isLater && chosen?.isCurrent == false) {
          if chosen?.isCurrent != true { chosen = form.definition(isCurrent: stood) }
        }
        // The newest form is the first.
        if first == nil { last = form.releases.last }
        first = min(first ?? form.releases.first, form.releases.first)
        if case .message(let name) = form.element, !messages.contains(name) {
          messages.append(name)
        }
        offset += 1
      }
      if var chosen, let first {
        chosen.isLater = first > releases.first
        chosen.lastRelease = last
        if case .message(let name) = chosen.element {
          chosen.formerMessages = messages.filter { $0 != name }
        }
        fields.append(chosen)
      }
    }
    self.init(
      name: String(words[0]), special: special, embedsTypeMeta: embedsTypeMeta, releases: releases,
      fields: fields)
  }
}

/// One line of a field: the form it had in some releases.
private struct FieldForm {
  let number: UInt32
  let releases: ReleaseRange
  let element: FieldDefinition.Element
  private let shape: FieldDefinition.Shape
  private let isPointer: Bool
  private let jsonName: String
  private var omitsEmpty = false
  private var omitsZero = false
  private var isInline = false
  private var isHidden = false

  init?(_ line: Substring, package: Substring, messageReleases: ReleaseRange) {
    let words = line.split(separator: " ")
    guard words.count >= 3, let number = UInt32(words[0]), (1...536_870_911).contains(number) else {
      return nil
    }
    self.number = number
    self.jsonName = String(words[2])

    var type = words[1]
    var isPointer = false
    var shape = FieldDefinition.Shape.single
    if type.hasPrefix("*") {
      isPointer = true
      type = type.dropFirst()
    } else if type.hasPrefix("[]") {
      shape = .repeated
      type = type.dropFirst(2)
    } else if type.hasPrefix("map:") {
      shape = .map
      type = type.dropFirst(4)
    }
    self.shape = shape
    self.isPointer = isPointer
    switch type {
    case "string": element = .string
    case "bytes": element = .bytes
    case "bool": element = .bool
    case "int32": element = .int32
    case "int64": element = .int64
    case "uint32": element = .uint32
    case "uint64": element = .uint64
    case "float": element = .float
    case "double": element = .double
    case "sint32": element = .sint32
    case "sint64": element = .sint64
    case "fixed32": element = .fixed32
    case "fixed64": element = .fixed64
    case "sfixed32": element = .sfixed32
    case "sfixed64": element = .sfixed64
    default:
      guard type.contains(".") else { return nil }
      let name = type.hasPrefix(".") ? String(package) + type : String(type)
      element = .message(name)
    }

    var releases = messageReleases
    for word in words.dropFirst(3) {
      switch word {
      case "omitempty": omitsEmpty = true
      case "omitzero": omitsZero = true
      case "inline": isInline = true
      case "hidden": isHidden = true
      default:
        guard let range = ReleaseRange(word) else { return nil }
        releases = range
      }
    }
    self.releases = releases
  }

  func definition(isCurrent: Bool) -> FieldDefinition {
    FieldDefinition(
      number: number, element: element, shape: shape, isPointer: isPointer, jsonName: jsonName,
      omitsEmpty: omitsEmpty, omitsZero: omitsZero, isInline: isInline, isHidden: isHidden,
      isCurrent: isCurrent, formerMessages: [], lastRelease: nil, isLater: false)
  }
}
