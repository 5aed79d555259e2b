internal import CProtobufC
public import Schema
private import Synchronization

/// Decodes what Kubernetes stores in etcd.
///
/// A decoder takes the bytes of a stored value and gives back the object in YAML, JSON or another
/// form, byte for byte as Kubernetes' own tools print it. It holds no state that a caller can see,
/// keeps nothing global, and may be used from many threads at once.
///
/// For example:
///
///     let decoder = Decoder()
///     let (yaml, notes) = try decoder.decode(bytes, as: .yaml)
public final class Decoder: Sendable {
  /// How a decoder decodes.
  public struct Options: Sendable {
    /// The Kubernetes release whose printing is wanted, where releases differ.
    ///
    /// Nil prints what is stored, with the newest release's types: a field that the writer's release
    /// did not have is left out, although a newer API server would add its zero value.
    public var release: Release?

    /// The keys of encrypted values.
    public var encryption: EncryptionConfiguration?

    /// What a value is that has no envelope: the inner message of an object of this type.
    public var assumedType: DecodeError.ObjectType?

    /// Whether YAML begins with a comment line for each field that the catalogue lacks; the encoder
    /// reads those lines and puts the fields back.
    public var showsUnknownFields = false

    /// The defaults: the newest release, no keys.
    public init() {}
  }

  /// The kinds that the decoder knows.
  public let catalogue: Catalogue

  private let options: Options
  private let plans: PlanLibrary

  /// What one call needs and the next can use again; guarded by being taken out of the list.
  private let idleWorkspaces = Mutex<[Workspace]>([])

  /// A decoder for the kinds of a catalogue.
  public init(catalogue: Catalogue = .builtIn, options: Options = Options()) {
    self.catalogue = catalogue
    self.options = options
    self.plans = PlanLibrary(catalogue: catalogue)
  }

  /// Decodes one stored value.
  ///
  /// - Parameters:
  ///   - value: The bytes as etcd holds them.
  ///   - form: The form wanted.
  ///   - key: The etcd key, which some encrypted values need.
  /// - Returns: The rendering, with a line break at its end but for `pb`, and what it cannot say.
  /// - Throws: ``DecodeError`` if the value is damaged, encrypted or none of Kubernetes'.
  public func decode(
    _ value: [UInt8],
    as form: OutputForm,
    key: String? = nil
  ) throws(DecodeError) -> (bytes: [UInt8], notes: [Note]) {
    var output = OutputBuffer(capacity: value.count * 2 + 64)
    var notes: [Note] = []
    try value.withBytes { (value) throws(DecodeError) in
      try decode(value, as: form, key: key, into: &output, notes: &notes)
    }
    return (output.bytes, notes)
  }

  /// Decodes one stored value and appends the rendering to `output`, as the method on a buffer does.
  ///
  /// - Throws: ``DecodeError`` if the value is damaged, encrypted or none of Kubernetes'.
  public func decode(
    _ value: [UInt8],
    as form: OutputForm,
    key: String? = nil,
    into output: inout OutputBuffer,
    notes: inout [Note]
  ) throws(DecodeError) {
    try value.withBytes { (value) throws(DecodeError) in
      try decode(value, as: form, key: key, into: &output, notes: &notes)
    }
  }

  /// Decodes one stored value and appends the rendering to `output`.
  ///
  /// - Parameters:
  ///   - value: The bytes as etcd holds them; they are read during the call only.
  ///   - form: The form wanted.
  ///   - key: The etcd key, which some encrypted values need.
  ///   - output: Where to append; unchanged if an error is thrown.
  ///   - notes: Where to append what the rendering cannot say.
  /// - Throws: ``DecodeError`` if the value is damaged, encrypted or none of Kubernetes'.
  public func decode(
    _ value: UnsafeRawBufferPointer,
    as form: OutputForm,
    key: String? = nil,
    into output: inout OutputBuffer,
    notes: inout [Note]
  ) throws(DecodeError) {
    if let type = options.assumedType, StoredForm(of: value) != .protobuf {
      return try protobuf(
        value,
        range: 0..<value.count,
        type: TypedMessage(type),
        as: form,
        into: &output,
        notes: &notes
      )
    }
    let stored = StoredForm(of: value)
    switch stored {
    case .protobuf: try protobuf(value, as: form, into: &output, notes: &notes)
    case .json: try json(value, as: form, into: &output, notes: &notes)
    case .cbor: try cbor(value, as: form, into: &output)
    case .encrypted:
      let plain = try decrypt(value, key: key)
      try plain.withBytes { (plain) throws(DecodeError) in
        guard StoredForm(of: plain) != .encrypted else {
          throw .unrecognised(firstBytes: Array(plain.prefix(8)), byteCount: plain.count)
        }
        try decode(plain, as: form, key: key, into: &output, notes: &notes)
      }
    case .text: try text(value, as: form, into: &output, notes: &notes)
    case .empty:
      guard key != nil else { throw .empty }
      notes.append(.emptyValue)
      try text(value, as: form, into: &output, notes: &notes)
    case .unrecognised:
      if form == .raw {
        try raw(value, range: 0..<value.count, plan: nil, into: &output)
        return
      }
      if let offset = Decoder.offsetOfTerminalDamage(value) {
        throw .mangledByTerminal(offset: offset)
      }
      throw .unrecognised(firstBytes: Array(value.prefix(8)), byteCount: value.count)
    }
  }

  /// Whether there are keys for encrypted values.
  var hasKeys: Bool { options.encryption != nil }

  /// The bytes of an encrypted value in the clear.
  func decrypt(
    _ value: UnsafeRawBufferPointer,
    key: String?
  ) throws(DecodeError) -> [UInt8] {
    guard let configuration = options.encryption else {
      guard let encrypted = EncryptedValue(value) else {
        throw .unrecognised(firstBytes: Array(value.prefix(8)), byteCount: value.count)
      }
      throw .encrypted(encrypted)
    }
    do throws(DecryptionError) {
      return try configuration.decrypt(Array(value), key: key)
    } catch {
      throw .decryption(error)
    }
  }

  /// Where a carriage return was put before a line feed, if that happened throughout a binary value.
  ///
  /// A protobuf value has line feeds as tags of field 1 everywhere: one in front of which no
  /// carriage return stands says that the value is whole.
  private static func offsetOfTerminalDamage(_ value: UnsafeRawBufferPointer) -> Int? {
    var first: Int?
    for offset in value.indices where value[offset] == 0x0A {
      guard offset > 0, value[offset - 1] == 0x0D else { return nil }
      first = first ?? offset - 1
    }
    return first
  }

  // MARK: Protobuf

  /// The type that an envelope names.
  struct TypedMessage {
    var apiVersion: [UInt8]
    var kind: [UInt8]

    init(apiVersion: [UInt8], kind: [UInt8]) {
      self.apiVersion = apiVersion
      self.kind = kind
    }

    init(_ type: DecodeError.ObjectType) {
      self.init(apiVersion: Array(type.apiVersion.utf8), kind: Array(type.kind.utf8))
    }

    var objectType: DecodeError.ObjectType {
      DecodeError.ObjectType(
        apiVersion: String(decoding: apiVersion, as: UTF8.self),
        kind: String(decoding: kind, as: UTF8.self)
      )
    }
  }

  private func protobuf(
    _ value: UnsafeRawBufferPointer,
    as form: OutputForm,
    into output: inout OutputBuffer,
    notes: inout [Note]
  ) throws(DecodeError) {
    let envelope = Envelope(value)
    if let fault = envelope.fault {
      if let offset = Decoder.offsetOfTerminalDamage(value) {
        throw .mangledByTerminal(offset: offset)
      }
      throw .damagedEnvelope(
        object: envelope.type(in: value),
        problem: DecodeError.Problem(fault),
        offset: fault.offset
      )
    }
    guard envelope.contentEncoding.isEmpty,
      envelope.contentType.isEmpty
        || value[envelope.contentType].elementsEqual("application/vnd.kubernetes.protobuf".utf8)
    else {
      throw .unsupportedContent(
        encoding: String(decoding: value[envelope.contentEncoding], as: UTF8.self),
        type: String(decoding: value[envelope.contentType], as: UTF8.self)
      )
    }
    switch form {
    case .protobuf:
      output.append(UnsafeRawBufferPointer(rebasing: value[envelope.object]))
    case .raw:
      // The envelope by number, then the object by number and name.
      let type = TypedMessage(
        apiVersion: Array(value[envelope.apiVersion]),
        kind: Array(value[envelope.kind])
      )
      let plan = try plan(of: type.objectType)?.plan
      let start = output.count
      output.append("k8s\\0 \(type.objectType)\n")
      do throws(DecodeError) {
        try raw(value, range: envelope.object, of: type.objectType, plan: plan, into: &output)
      } catch {
        output.truncate(to: start)
        throw error
      }
    default:
      if let type = options.assumedType, envelope.apiVersion.isEmpty, envelope.kind.isEmpty {
        return try protobuf(
          value,
          range: envelope.object,
          type: TypedMessage(type),
          // The envelope says that the object has no type to print.
          showsType: false,
          as: form,
          into: &output,
          notes: &notes
        )
      }
      let workspace = takeWorkspace()
      defer { give(back: workspace) }
      let known = try workspace.kind(
        apiVersion: UnsafeRawBufferPointer(rebasing: value[envelope.apiVersion]),
        kind: UnsafeRawBufferPointer(rebasing: value[envelope.kind]),
        decoder: self
      )
      do throws(DecodeError) {
        try render(
          value,
          range: envelope.object,
          known,
          as: form,
          workspace,
          into: &output,
          notes: &notes
        )
      } catch {
        if case .damaged = error, let offset = Decoder.offsetOfTerminalDamage(value) {
          throw .mangledByTerminal(offset: offset)
        }
        throw error
      }
    }
  }

  /// Renders a message whose type the caller knows.
  private func protobuf(
    _ value: UnsafeRawBufferPointer,
    range: Range<Int>,
    type: TypedMessage,
    showsType: Bool = true,
    as form: OutputForm,
    into output: inout OutputBuffer,
    notes: inout [Note]
  ) throws(DecodeError) {
    switch form {
    case .protobuf: output.append(value)
    case .raw:
      let plan = try plan(of: type.objectType)?.plan
      try raw(value, range: range, of: type.objectType, plan: plan, into: &output)
    default:
      let workspace = takeWorkspace()
      defer { give(back: workspace) }
      let known = try type.apiVersion.withBytes { (apiVersion) throws(DecodeError) in
        try type.kind.withBytes { (kind) throws(DecodeError) in
          try workspace.kind(apiVersion: apiVersion, kind: kind, decoder: self)
        }
      }
      try render(
        value,
        range: range,
        known,
        showsType: showsType,
        as: form,
        workspace,
        into: &output,
        notes: &notes
      )
    }
  }

  private func render(
    _ value: UnsafeRawBufferPointer,
    range: Range<Int>,
    _ known: KnownKind,
    showsType: Bool = true,
    as form: OutputForm,
    _ workspace: Workspace,
    into output: inout OutputBuffer,
    notes: inout [Note]
  ) throws(DecodeError) {
    let object = UnsafeRawBufferPointer(rebasing: value[range])
    guard let plan = try plan(for: object, of: known) else {
      notes.append(.unknownKind(known.type))
      return try guess(value, range: range, known, as: form, into: &output)
    }
    let message: UnsafeRawPointer
    do throws(Unpacker.Failure) {
      message = try workspace.unpacker.unpack(object, by: plan)
    } catch {
      switch error {
      case .tooLarge:
        throw .tooLarge(object: known.type, limit: Arena.limit(forInputOf: object.count))
      case .malformed, .tooDeep:
        throw damage(in: value, range: range, plan: plan, type: known.type)
      }
    }
    let start = output.count
    var hasFindings = false
    let fault = known.apiVersion.withUnsafeBytes { apiVersion in
      known.kind.withUnsafeBytes { kind in
        Decoder.write(
          message,
          plan,
          apiVersion: showsType ? apiVersion : UnsafeRawBufferPointer(start: nil, count: 0),
          kind: showsType ? kind : UnsafeRawBufferPointer(start: nil, count: 0),
          as: form,
          to: &output,
          hasFindings: &hasFindings
        )
      }
    }
    if fault {
      output.truncate(to: start)
      throw damage(in: value, range: range, plan: plan, type: known.type)
    }
    if hasFindings {
      survey(
        value,
        range: range,
        plan,
        known.type,
        as: form,
        from: start,
        in: &output,
        notes: &notes
      )
    }
    if known.isRangeAllocation, let text = RangeAllocation.description(of: message, plan) {
      notes.append(.allocation(text))
    }
  }

  /// Writes an unpacked object; true if some part of it cannot be written.
  private static func write(
    _ message: UnsafeRawPointer,
    _ plan: UnsafePointer<MessagePlan>,
    apiVersion: UnsafeRawBufferPointer,
    kind: UnsafeRawBufferPointer,
    as form: OutputForm,
    to output: inout OutputBuffer,
    hasFindings: inout Bool
  ) -> Bool {
    // The buffer is moved into the walk and back, so that it is never copied.
    var moved = output.take()
    defer { swap(&moved, &output) }
    var isFaulty = false
    if form == .yaml {
      var walk = ObjectWalk(sink: YAMLSink(output: moved))
      do throws(RenderFault) {
        try walk.object(message, plan, apiVersion: apiVersion, kind: kind)
        walk.sink.emitter.endDocument()
      } catch {
        isFaulty = true
      }
      isFaulty = isFaulty || walk.hasInfiniteNumber
      hasFindings = walk.hasUnknownFields || !walk.sink.emitter.isAllValid
      moved = walk.finish().finish()
    } else {
      let start = moved.count
      var walk = ObjectWalk(sink: JSONSink(output: moved))
      do throws(RenderFault) {
        try walk.object(message, plan, apiVersion: apiVersion, kind: kind)
      } catch {
        isFaulty = true
      }
      isFaulty = isFaulty || walk.hasInfiniteNumber
      hasFindings = walk.hasUnknownFields || !walk.sink.isAllValid
      moved = walk.finish().finish()
      if form == .prettyJSON, !isFaulty { indent(&moved, from: start) }
      moved.append(ascii: "\n")
    }
    return isFaulty
  }

  private static func indent(_ output: inout OutputBuffer, from start: Int) {
    let compact = output.withBytes { Array($0[start...]) }
    output.truncate(to: start)
    compact.withUnsafeBytes { JSONIndenter.append($0, to: &output) }
  }

  /// The error for an object that did not unpack or render.
  private func damage(
    in value: UnsafeRawBufferPointer,
    range: Range<Int>,
    plan: UnsafePointer<MessagePlan>,
    type: DecodeError.ObjectType
  ) -> DecodeError {
    let survey = WireSurvey(value, range: range, plan: plan)
    guard let fault = survey.fault else {
      return .damaged(object: type, path: "", offset: range.lowerBound, problem: .refused)
    }
    return .damaged(object: type, path: fault.path, offset: fault.offset, problem: fault.problem)
  }

  private func survey(
    _ value: UnsafeRawBufferPointer,
    range: Range<Int>,
    _ plan: UnsafePointer<MessagePlan>,
    _ type: DecodeError.ObjectType,
    as form: OutputForm,
    from start: Int,
    in output: inout OutputBuffer,
    notes: inout [Note]
  ) {
    let showsAll = options.showsUnknownFields && form == .yaml
    let survey = WireSurvey(value, range: range, plan: plan, keepsPaths: showsAll)
    if showsAll, !survey.unknownFields.isEmpty {
      let document = output.withBytes { Array($0[start...]) }
      output.truncate(to: start)
      UnknownFieldComment.append(survey.unknownFields, of: value, to: &output)
      document.withUnsafeBytes { output.append($0) }
    }
    // What is not shown is told of.
    if survey.unknownFieldCount > (showsAll ? survey.unknownFields.count : 0) {
      let paths = survey.unknownFields.prefix(5).map {
        "\($0.path.isEmpty ? "" : "\($0.path) ")field \($0.number) (\($0.bytes.count) bytes)"
      }
      notes.append(.unknownFields(count: survey.unknownFieldCount, paths: paths))
    }
    for finding in survey.invalidTexts.prefix(5) {
      notes.append(.invalidText(type, path: finding.path, offset: finding.offset))
    }
  }

  private func guess(
    _ value: UnsafeRawBufferPointer,
    range: Range<Int>,
    _ known: KnownKind,
    as form: OutputForm,
    into output: inout OutputBuffer
  ) throws(DecodeError) {
    var document = JSONDocument()
    document.open(.object, at: 0)
    for (name, text) in [("kind", known.kind), ("apiVersion", known.apiVersion)] where !text.isEmpty
    {
      document.append(.string, isKey: true, at: 0) { $0 += Array(name.utf8) }
      document.append(.string, at: 0) { $0 += text }
    }
    do throws(WireReader.Fault) {
      try WireGuess.append(value, range: range, to: &document)
    } catch {
      throw .damaged(
        object: known.type,
        path: "",
        offset: error.offset,
        problem: DecodeError.Problem(error)
      )
    }
    document.close()
    write(document, as: form, into: &output)
  }

  private func raw(
    _ value: UnsafeRawBufferPointer,
    range: Range<Int>,
    of type: DecodeError.ObjectType = DecodeError.ObjectType(apiVersion: "", kind: ""),
    plan: UnsafePointer<MessagePlan>?,
    into output: inout OutputBuffer
  ) throws(DecodeError) {
    let start = output.count
    do throws(WireReader.Fault) {
      try WireGuess.writeText(value, range: range, plan: plan, to: &output)
    } catch {
      output.truncate(to: start)
      throw .damaged(
        object: type,
        path: "",
        offset: error.offset,
        problem: DecodeError.Problem(error)
      )
    }
  }

  // MARK: Other forms

  private func json(
    _ value: UnsafeRawBufferPointer,
    as form: OutputForm,
    into output: inout OutputBuffer,
    notes: inout [Note]
  ) throws(DecodeError) {
    let start = output.count
    do throws(JSONFault) {
      switch form {
      case .json, .prettyJSON:
        // What is stored as JSON is passed on: neither keys nor escapes change.
        try JSONCompactor.append(value, escapesHTML: false, to: &output)
        if form == .prettyJSON { Decoder.indent(&output, from: start) }
        output.append(ascii: "\n")
      case .yaml:
        var document = JSONDocument()
        try document.parse(value)
        write(document, as: .yaml, into: &output)
        if let text = CalicoBlock.description(of: document) { notes.append(.allocation(text)) }
      case .protobuf: throw JSONFault(problem: .endsEarly, offset: -1)
      case .raw:
        output.append(value)
        if value.last != 0x0A { output.append(ascii: "\n") }
      }
    } catch {
      output.truncate(to: start)
      if form == .protobuf { throw .noProtobuf(.json) }
      throw .damaged(
        object: DecodeError.ObjectType(apiVersion: "", kind: ""),
        path: "",
        offset: error.offset,
        problem: DecodeError.Problem(error)
      )
    }
  }

  private func cbor(
    _ value: UnsafeRawBufferPointer,
    as form: OutputForm,
    into output: inout OutputBuffer
  ) throws(DecodeError) {
    if form == .protobuf { throw .noProtobuf(.cbor) }
    var document = JSONDocument()
    do throws(CBORReader.Fault) {
      try CBORReader.read(value, into: &document)
    } catch {
      throw .damaged(
        object: DecodeError.ObjectType(apiVersion: "", kind: ""),
        path: "",
        offset: error.offset,
        problem: DecodeError.Problem(error)
      )
    }
    write(document, as: form, into: &output)
  }

  private func text(
    _ value: UnsafeRawBufferPointer,
    as form: OutputForm,
    into output: inout OutputBuffer,
    notes: inout [Note]
  ) throws(DecodeError) {
    switch form {
    case .protobuf: throw .noProtobuf(value.isEmpty ? .empty : .text)
    case .raw:
      output.append(value)
      if value.last != 0x0A { output.append(ascii: "\n") }
    default:
      var document = JSONDocument()
      document.append(.string, at: 0) { $0 += value }
      write(document, as: form, into: &output)
      if !value.isEmpty { notes.append(.plainText) }
    }
  }

  /// Writes a document that is no typed object; `raw` gets the JSON.
  private func write(
    _ document: JSONDocument,
    as form: OutputForm,
    into output: inout OutputBuffer
  ) {
    if form == .yaml {
      var emitter = YAMLEmitter(output: output.take())
      document.write(to: &emitter)
      output = emitter.finish()
    } else {
      let start = output.count
      document.writeSorted(to: &output)
      if form == .prettyJSON { Decoder.indent(&output, from: start) }
      output.append(ascii: "\n")
    }
  }

  // MARK: Kinds

  /// The plan of a type and its definition; nil for a type that the catalogue lacks.
  func plan(
    of type: DecodeError.ObjectType
  ) throws(DecodeError) -> (plan: UnsafePointer<MessagePlan>, definition: KindDefinition)? {
    do throws(CatalogueError) {
      guard let kind = try catalogue.kind(apiVersion: type.apiVersion, kind: type.kind) else {
        return nil
      }
      let plan = try plan(of: kind, release: options.release)
      return (plan, kind)
    } catch {
      throw .catalogue(error)
    }
  }

  /// What is known of the type that an envelope names.
  fileprivate func knownKind(
    apiVersion: UnsafeRawBufferPointer,
    kind: UnsafeRawBufferPointer
  ) throws(DecodeError) -> KnownKind {
    let known = KnownKind(apiVersion: Array(apiVersion), kind: Array(kind))
    do throws(CatalogueError) {
      let type = known.type
      known.definition = try catalogue.kind(apiVersion: type.apiVersion, kind: type.kind)
      if let definition = known.definition { known.marker = try marker(of: definition) }
    } catch {
      throw .catalogue(error)
    }
    return known
  }

  /// The plan of an object's kind, as the release wrote it that the object's bytes tell of.
  ///
  /// It is built when the first such object comes. Nil for a kind that the catalogue lacks.
  @inline(__always)
  private func plan(
    for object: UnsafeRawBufferPointer,
    of known: KnownKind
  ) throws(DecodeError) -> UnsafePointer<MessagePlan>? {
    if let marker = known.marker, marker.stands(in: object) {
      if let plan = known.formerPlan { return plan }
      known.formerPlan = try buildPlan(of: known, release: marker.lastRelease)
      return known.formerPlan
    }
    if let plan = known.plan { return plan }
    known.plan = try buildPlan(of: known, release: options.release)
    return known.plan
  }

  private func buildPlan(
    of known: KnownKind,
    release: Release?
  ) throws(DecodeError) -> UnsafePointer<MessagePlan>? {
    guard let definition = known.definition else { return nil }
    do throws(CatalogueError) {
      return try plan(of: definition, release: release)
    } catch {
      throw .catalogue(error)
    }
  }

  private func plan(
    of kind: KindDefinition,
    release: Release?
  ) throws(CatalogueError) -> UnsafePointer<MessagePlan> {
    // A kind that is gone was written by the last release that had it, or an older one.
    let style = PrintingStyle(
      release: kind.releases.nearest(to: release),
      isExact: options.release != nil
    )
    guard let plan = try plans.plan(message: kind.message, style: style) else {
      throw .unknownMessage(name: kind.message)
    }
    return plan
  }

  /// What tells, in the bytes of an object of this kind, that an older release wrote it.
  ///
  /// Nil where there is no such sign, or if a release was asked for.
  private func marker(of kind: KindDefinition) throws(CatalogueError) -> ReleaseMarker? {
    guard options.release == nil,
      let message = try catalogue.message(named: kind.message),
      let metadata = message.fields.first(where: { $0.number == 1 }),
      case .message(let name) = metadata.element,
      let definition = try catalogue.message(named: name)
    else { return nil }
    return ReleaseMarker(definition)
  }

  // MARK: Workspaces

  /// What is known of the type in an envelope; belongs to one workspace, and so to one thread.
  final class KnownKind {
    let apiVersion: [UInt8]
    let kind: [UInt8]
    let isRangeAllocation: Bool

    /// Nil for a type that the catalogue lacks.
    fileprivate(set) var definition: KindDefinition?

    /// The plan of the release that was asked for, once an object needed it.
    fileprivate(set) var plan: UnsafePointer<MessagePlan>?

    /// What tells that an older release wrote an object, and the plan of that release.
    fileprivate(set) var marker: ReleaseMarker?
    fileprivate(set) var formerPlan: UnsafePointer<MessagePlan>?

    init(apiVersion: [UInt8], kind: [UInt8]) {
      self.apiVersion = apiVersion
      self.kind = kind
      isRangeAllocation =
        kind.elementsEqual("RangeAllocation".utf8) && apiVersion.elementsEqual("v1".utf8)
    }

    var type: DecodeError.ObjectType {
      DecodeError.ObjectType(
        apiVersion: String(decoding: apiVersion, as: UTF8.self),
        kind: String(decoding: kind, as: UTF8.self)
      )
    }

    func isNamed(kind: UnsafeRawBufferPointer, apiVersion: UnsafeRawBufferPointer) -> Bool {
      guard self.kind.count == kind.count, self.apiVersion.count == apiVersion.count else {
        return false
      }
      for index in 0..<kind.count where self.kind[index] != kind[index] { return false }
      for index in 0..<apiVersion.count where self.apiVersion[index] != apiVersion[index] {
        return false
      }
      return true
    }
  }

  /// What one call needs and the next can use again.
  ///
  /// It is Sendable because it is only ever reached by who has taken it out of the list of idle
  /// ones.
  final class Workspace: @unchecked Sendable {
    var unpacker = Unpacker()
    private var kinds: [KnownKind?] = Array(repeating: nil, count: 256)

    /// Finds a type by its bytes: most objects have the type of one seen just before.
    func kind(
      apiVersion: UnsafeRawBufferPointer,
      kind: UnsafeRawBufferPointer,
      decoder: Decoder
    ) throws(DecodeError) -> KnownKind {
      // FNV-1a.
      var hash: UInt32 = 2_166_136_261
      for byte in apiVersion { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
      for byte in kind { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
      let slot = Int((hash ^ hash >> 16) & 255)
      if let known = kinds[slot], known.isNamed(kind: kind, apiVersion: apiVersion) {
        return known
      }
      let known = try decoder.knownKind(apiVersion: apiVersion, kind: kind)
      kinds[slot] = known
      return known
    }
  }

  private func takeWorkspace() -> Workspace {
    idleWorkspaces.withLock { $0.popLast() } ?? Workspace()
  }

  private func give(back workspace: Workspace) {
    idleWorkspaces.withLock { $0.append(workspace) }
  }
}
