private import CCatalogue

/// What is known of Kubernetes' kinds: which message a kind names, and what a message looks like.
///
/// The built-in catalogue is the union over every release since 1.15 and part of the program;
/// more can be laid on top of it, and what is on top is found first. A catalogue never changes, so
/// it may be shared between threads. `Catalogue.md` beside this file has the form of the text.
public struct Catalogue: Sendable {
  /// Topmost first.
  private var messageTexts: [CatalogueText]

  /// Topmost first.
  private var kindTexts: [CatalogueText]

  /// The messages of descriptor sets, which say nothing of API groups, under `version Kind`.
  private var messagesOfDescriptorSets: [String: [String]]

  /// Kubernetes' own kinds, releases 1.15 to 1.37.
  public static let builtIn: Catalogue = {
    var messagesByteCount = 0
    var kindsByteCount = 0
    guard let messages = explorer_catalogue_messages(&messagesByteCount),
      let kinds = explorer_catalogue_kinds(&kindsByteCount)
    else { fatalError("the program was built without its catalogue") }
    return Catalogue(
      messageTexts: [
        CatalogueText(
          source: "messages.txt",
          embedded: messages,
          byteCount: messagesByteCount
        )
      ],
      kindTexts: [
        CatalogueText(source: "kinds.txt", embedded: kinds, byteCount: kindsByteCount)
      ],
      messagesOfDescriptorSets: [:]
    )
  }()

  /// Whether something was laid on top of Kubernetes' own kinds.
  public var hasLayers: Bool { messageTexts.count > 1 }

  // MARK: Kinds

  /// The kind that an API version and a kind name.
  ///
  /// Kinds of every group (`ListOptions`) are found under any API version. A kind that only a
  /// descriptor set has is found by its version and name, and by the first word of the group
  /// where several groups share both.
  public func kind(apiVersion: String, kind: String) throws(CatalogueError) -> KindDefinition? {
    for wanted in [apiVersion, "*"] {
      for text in kindTexts {
        guard let record = text.record("\(wanted) \(kind)") else { continue }
        return try Catalogue.parseKind(record, source: text.source)
      }
    }
    return kindOfDescriptorSet(apiVersion: apiVersion, kind: kind)
  }

  /// Every kind that the catalogue lists, sorted by API version and kind; kinds of descriptor sets
  /// are not among them, since their groups are unknown.
  public func kinds() throws(CatalogueError) -> [KindDefinition] {
    var found: [String: KindDefinition] = [:]
    for text in kindTexts {
      for record in text.records() {
        let kind = try Catalogue.parseKind(
          record.bytes,
          source: text.source,
          number: record.number
        )
        let key = "\(kind.apiVersion) \(kind.kind)"
        if found[key] == nil { found[key] = kind }
      }
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }

  private func kindOfDescriptorSet(apiVersion: String, kind: String) -> KindDefinition? {
    let parts = apiVersion.split(separator: "/")
    guard let version = parts.last,
      let names = messagesOfDescriptorSets["\(version) \(kind)"], !names.isEmpty
    else { return nil }
    let group = parts.count == 2 ? parts[0].prefix { $0 != "." } : "core"
    let name = names.first { $0.split(separator: ".").contains(group) } ?? names[0]
    return KindDefinition(
      apiVersion: apiVersion,
      kind: kind,
      message: name,
      resource: nil,
      storagePath: nil,
      releases: ReleaseRange(first: Release(major: 1, minor: 0), last: nil)
    )
  }

  private static func parseKind(
    _ record: UnsafeBufferPointer<UInt8>,
    source: String,
    number: Int = 0
  ) throws(CatalogueError) -> KindDefinition {
    var rest = record
    guard var line = CatalogueLine(takingFrom: &rest) else {
      throw .malformedLine(source: source, line: number, text: "")
    }
    let text = line.text
    guard let apiVersion = line.next(), let kind = line.next(), let message = line.next(),
      let resource = line.next(), let path = line.next(), let range = line.next(),
      let releases = ReleaseRange(range), line.next() == nil
    else { throw .malformedLine(source: source, line: number, text: text) }
    return KindDefinition(
      apiVersion: apiVersion.string,
      kind: kind.string,
      message: message.string,
      resource: resource.equals("-") ? nil : resource.string,
      storagePath: path.equals("-") ? nil : path.string,
      releases: releases
    )
  }

  // MARK: Messages

  /// The message of the given name, as the given release had it.
  ///
  /// - Parameters:
  ///   - name: The full name.
  ///   - release: The release whose shape is wanted; nil means the newest. A message that the
  ///     release did not have comes in the shape of the nearest release that did.
  /// - Returns: The message with every field that any release had, or nil if no catalogue has it.
  /// - Throws: ``CatalogueError`` when its text is malformed.
  public func message(
    named name: String,
    in release: Release? = nil
  ) throws(CatalogueError) -> MessageDefinition? {
    for text in messageTexts {
      guard let record = text.record(name) else { continue }
      return try MessageDefinition(record: record, release: release, source: text.source)
    }
    return nil
  }

  /// The names of all messages, sorted.
  public func messageNames() -> [String] {
    var names: Set<String> = []
    for text in messageTexts {
      for record in text.records() {
        var rest = record.bytes
        guard var header = CatalogueLine(takingFrom: &rest), let name = header.next() else {
          continue
        }
        names.insert(name.string)
      }
    }
    return names.sorted()
  }

  // MARK: Layers

  /// This catalogue with more laid on top of it.
  ///
  /// - Parameters:
  ///   - bytes: Catalogue text (messages or kinds, told apart by its lines), or a compiled
  ///     protobuf descriptor set as `protoc --descriptor_set_out --include_imports` writes it.
  ///   - source: The name of the file, for errors.
  /// - Returns: A catalogue that finds what was added first.
  /// - Throws: ``CatalogueError`` when any of it is malformed: it is checked whole.
  public func layering(_ bytes: [UInt8], source: String) throws(CatalogueError) -> Catalogue {
    var layered = self
    if bytes.starts(with: Array("# explorer catalogue 1:".utf8)) {
      let text = CatalogueText(source: source, copying: bytes)
      let isMessages = bytes.contains(Array("\n ".utf8))
      // In the order of the file, so that errors name its lines.
      let unsorted = CatalogueText(source: source, copying: bytes, sorts: false)
      for record in unsorted.records() {
        if isMessages {
          _ = try MessageDefinition(
            record: record.bytes,
            release: nil,
            source: source,
            number: record.number
          )
        } else {
          _ = try Catalogue.parseKind(record.bytes, source: source, number: record.number)
        }
      }
      if isMessages {
        layered.messageTexts.insert(text, at: 0)
      } else {
        layered.kindTexts.insert(text, at: 0)
      }
      return layered
    }
    // A descriptor set begins with its first file: field 1, length-delimited.
    guard bytes.first == 0x0A else { throw .unrecognisedFile(source: source) }
    let set = try DescriptorSet(bytes, source: source)
    // What Kubernetes' own catalogue has stays as it is there: it knows more than a descriptor.
    let added = set.messages.filter { added in
      messageTexts.allSatisfy { $0.record(added.name) == nil }
    }
    let text = added.map(\.text).joined()
    layered.messageTexts.insert(CatalogueText(source: source, copying: Array(text.utf8)), at: 0)
    for message in added {
      let words = message.name.split(separator: ".")
      guard words.count >= 2 else { continue }
      let key = "\(words[words.count - 2]) \(words[words.count - 1])"
      layered.messagesOfDescriptorSets[key, default: []].append(message.name)
    }
    return layered
  }
}
