public import Schema
private import Synchronization

/// Encodes Kubernetes objects as Kubernetes stores them in etcd.
///
/// For example:
///
///     let values = try Encoder().encode(yaml, as: .storage)
public final class Encoder: Sendable {
  /// How an encoder encodes.
  public struct Options: Sendable {
    /// The Kubernetes release whose storage is wanted; nil for the newest.
    public var release: Release?

    /// Whether keys that a type lacks are left out instead of being an error.
    public var ignoresUnknownFields = false

    /// The defaults: the newest release, and nothing ignored.
    public init() {}
  }

  /// What is wanted.
  public enum Form: String, CaseIterable, Sendable {
    /// What etcd holds: the envelope and the message, or JSON.
    case storage

    /// The object's own protobuf message.
    case protobuf = "pb"
  }

  /// An encoded object.
  public struct Value: Equatable, Sendable {
    /// Its API version and kind.
    public let type: DecodeError.ObjectType

    /// The bytes.
    public let bytes: [UInt8]

    /// The paths of keys that were left out.
    public let ignoredFields: [String]
  }

  private let options: Options
  private let plans: PlanLibrary

  /// All kinds by API version, once a document has had one that is not known.
  private let kindsByVersion = Mutex<[String: [KindDefinition]]?>(nil)

  /// The groups whose objects API servers store as JSON although they have messages: their own
  /// codecs are those of custom resources.
  ///
  /// Source: kubernetes/kubernetes, pkg/controlplane/apiserver (aggregator.go, apiextensions.go).
  private static let groupsInJSON: Set<String> = ["apiextensions.k8s.io", "apiregistration.k8s.io"]

  /// An encoder for the kinds of a catalogue.
  public init(catalogue: Catalogue = .builtIn, options: Options = Options()) {
    self.options = options
    self.plans = PlanLibrary(catalogue: catalogue)
  }

  /// Encodes every document of a text.
  ///
  /// - Parameters:
  ///   - text: YAML or JSON, one document or many.
  ///   - form: The form wanted.
  /// - Returns: The values in the order of the documents.
  /// - Throws: ``EncodeError`` for the first document that is not well-formed or does not fit its
  ///   type.
  public func encode(_ text: [UInt8], as form: Form) throws(EncodeError) -> [Value] {
    let values: [Value]
    if text.first(where: { $0 != 0x20 && !(0x09...0x0D).contains($0) }) == UInt8(ascii: "{") {
      values = try encode(textInJSON: text, as: form)
    } else {
      values = try encode(textInYAML: text, as: form)
    }
    guard !values.isEmpty else { throw .empty }
    return values
  }

  private func encode(textInJSON text: [UInt8], as form: Form) throws(EncodeError) -> [Value] {
    do throws(EncodeError) {
      return try text.withBytes { (bytes) throws(EncodeError) in
        var values: [Value] = []
        var offset = 0
        while offset < bytes.count {
          var document = JSONDocument()
          do throws(JSONFault) {
            offset = try document.parse(bytes, from: offset, allowsMore: true)
          } catch {
            throw .notJSON(offset: error.offset, problem: DecodeError.Problem(error))
          }
          // Documents in YAML's manner, or one a line.
          if bytes[offset...].starts(with: "---".utf8) {
            offset = JSONSyntax.skipSpace(bytes, from: offset + 3)
          }
          values.append(
            try encode(
              document,
              number: values.count + 1,
              source: bytes,
              unknownFields: [],
              as: form
            )
          )
        }
        return values
      }
    } catch {
      // YAML may begin with a brace as well: `{apiVersion: v1, kind: Pod}`.
      guard case .notJSON = error, let values = try? encode(textInYAML: text, as: form) else {
        throw error
      }
      return values
    }
  }

  private func encode(textInYAML text: [UInt8], as form: Form) throws(EncodeError) -> [Value] {
    var values: [Value] = []
    for document in try YAMLReader.documents(in: text) {
      values.append(
        try encode(
          document.value,
          number: values.count + 1,
          source: nil,
          unknownFields: document.unknownFields,
          as: form
        )
      )
    }
    return values
  }

  private func encode(
    _ document: JSONDocument,
    number: Int,
    source: UnsafeRawBufferPointer?,
    unknownFields: [(path: String, bytes: [UInt8])],
    as form: Form
  ) throws(EncodeError) -> Value {
    guard let apiVersion = document.string(of: "apiVersion", in: 0),
      let kind = document.string(of: "kind", in: 0), !apiVersion.isEmpty, !kind.isEmpty
    else { throw .untyped }
    let type = DecodeError.ObjectType(apiVersion: apiVersion, kind: kind)
    do throws(EncodeError) {
      return try encode(
        document,
        of: type,
        source: source,
        unknownFields: unknownFields,
        as: form
      )
    } catch {
      throw .inDocument(number: number, type, error)
    }
  }

  private func encode(
    _ document: JSONDocument,
    of type: DecodeError.ObjectType,
    source: UnsafeRawBufferPointer?,
    unknownFields: [(path: String, bytes: [UInt8])],
    as form: Form
  ) throws(EncodeError) -> Value {
    guard let plan = try plan(of: type) else {
      try checkIsNoTypingError(type)
      guard form == .storage else { throw .noMessage }
      return Value(type: type, bytes: Encoder.unstructured(document), ignoredFields: [])
    }
    var fields: [String: [MessageWriter.UnknownField]] = [:]
    for field in unknownFields {
      let number = field.bytes.withBytes { bytes -> UInt32 in
        var reader = WireReader(bytes)
        return (try? reader.tag())?.number ?? 0
      }
      fields[field.path, default: []].append(.init(number: number, bytes: field.bytes))
    }
    var writer = MessageWriter(
      document: document,
      source: source,
      ignoresUnknown: options.ignoresUnknownFields,
      unknownFields: fields
    )
    let message = try writer.bytes(of: 0, by: plan)
    let ignored = writer.ignored
    let group = type.apiVersion.split(separator: "/").dropLast().first.map(String.init) ?? ""
    if form == .storage, Encoder.groupsInJSON.contains(group) {
      return Value(
        type: type,
        bytes: try typedJSON(message, type: type, plan),
        ignoredFields: ignored
      )
    }
    let bytes = form == .storage ? Encoder.envelope(around: message, type: type) : message
    return Value(type: type, bytes: bytes, ignoredFields: ignored)
  }

  /// Refuses a kind that its own API version lacks: a custom resource has a group of its own.
  private func checkIsNoTypingError(_ type: DecodeError.ObjectType) throws(EncodeError) {
    let result: Result<[String], CatalogueError> = kindsByVersion.withLock { known in
      do throws(CatalogueError) {
        if known == nil {
          known = Dictionary(grouping: try plans.catalogue.kinds(), by: \.apiVersion)
        }
        return .success(known?[type.apiVersion]?.map(\.kind) ?? [])
      } catch {
        return .failure(error)
      }
    }
    guard case .success(let siblings) = result, !siblings.isEmpty else { return }
    throw .unknownKind(type, nearest: EditDistance.nearest(to: type.kind, among: siblings))
  }

  private func plan(
    of type: DecodeError.ObjectType
  ) throws(EncodeError) -> UnsafePointer<MessagePlan>? {
    do throws(CatalogueError) {
      guard
        let kind = try plans.catalogue.kind(apiVersion: type.apiVersion, kind: type.kind)
      else { return nil }
      // A kind that is gone was stored by the last release that had it, or an older one.
      let style = PrintingStyle(
        release: kind.releases.nearest(to: options.release),
        isExact: true
      )
      guard let plan = try plans.plan(message: kind.message, style: style) else {
        throw .unknownMessage(name: kind.message)
      }
      return plan
    } catch {
      throw .catalogue(error)
    }
  }

  /// The envelope ends with the content encoding and type, which are empty but always written.
  private static func envelope(
    around message: [UInt8],
    type: DecodeError.ObjectType
  ) -> [UInt8] {
    var envelope = ReverseBuffer(capacity: message.count + 128)
    for number: UInt32 in [4, 3] { envelope.prepend(field: number) { _ in } }
    envelope.prepend(field: 2) { body in message.withBytes { body.prepend($0) } }
    envelope.prepend(field: 1) { body in
      for (number, text) in [(UInt32(2), type.kind), (1, type.apiVersion)] {
        body.prepend(field: number) { body in Array(text.utf8).withBytes { body.prepend($0) } }
      }
    }
    StoredForm.protobufPrefix.withBytes { envelope.prepend($0) }
    return envelope.withBytes { Array($0) }
  }

  /// A custom resource as the API server stores it: keys sorted, a line feed at the end.
  private static func unstructured(_ document: JSONDocument) -> [UInt8] {
    var output = OutputBuffer()
    document.writeNormalised(to: &output)
    output.append(ascii: "\n")
    return output.bytes
  }

  /// An object of Kubernetes' own that is stored as JSON: fields in the order of its Go type.
  private func typedJSON(
    _ message: [UInt8],
    type: DecodeError.ObjectType,
    _ plan: UnsafePointer<MessagePlan>
  ) throws(EncodeError) -> [UInt8] {
    let bytes: [UInt8]? = message.withBytes { message in
      var unpacker = Unpacker()
      guard let unpacked = try? unpacker.unpack(message, by: plan) else { return nil }
      var walk = ObjectWalk(sink: JSONSink(output: OutputBuffer(capacity: message.count * 2)))
      let isWritten: Bool = Array(type.apiVersion.utf8).withBytes { apiVersion in
        Array(type.kind.utf8).withBytes { kind in
          (try? walk.object(unpacked, plan, apiVersion: apiVersion, kind: kind)) != nil
        }
      }
      guard isWritten else { return nil }
      var output = walk.finish().finish()
      output.append(ascii: "\n")
      return output.bytes
    }
    guard let bytes else { throw .tooLarge }
    return bytes
  }
}
