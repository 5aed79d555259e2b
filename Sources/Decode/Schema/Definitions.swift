/// A kind of Kubernetes object: what an apiVersion and a kind name, and where etcd holds it.
public struct KindDefinition: Hashable, Sendable {
  /// The API version, such as `apps/v1`; `*` for kinds that stand in every group (`ListOptions`).
  public let apiVersion: String

  /// The kind, such as `Deployment`.
  public let kind: String

  /// The full name of the kind's message.
  public let message: String

  /// The resource in the plural, such as `deployments`; nil for a kind that is no resource.
  public let resource: String?

  /// Where objects are stored, as `/registry/deployments/<namespace>/<name>`; nil for a kind that
  /// is never stored.
  public let storagePath: String?

  /// The releases that had the kind.
  public let releases: ReleaseRange

  /// Whether objects of the kind live in a namespace; false for kinds that are never stored.
  public var isNamespaced: Bool { storagePath?.contains("<namespace>") ?? false }
}

/// A protobuf message as Kubernetes' Go types describe it: its wire form and its JSON form.
public struct MessageDefinition: Hashable, Sendable {
  /// A Go type whose JSON form is not the plain object of its fields.
  public enum Special: String, Sendable {
    case time, microtime, duration, quantity, intorstring
    case rawextension, fieldsv1, unknown, json
    case orbool, orarray, orstringarray

    /// A nullable slice or map: a message with one field on the wire, that field alone in JSON.
    case list, map
  }

  /// The Go import path with dots for slashes, then the type: `k8s.io.api.core.v1.Container`.
  public let name: String

  /// What is special about its JSON form, if anything.
  public let special: Special?

  /// Whether JSON objects of it may carry `kind` and `apiVersion`, which protobuf leaves out.
  public let embedsTypeMeta: Bool

  /// The releases that had the message.
  public let releases: ReleaseRange

  /// The fields in JSON order, which is the order of the Go struct; field numbers are unique.
  public private(set) var fields: [FieldDefinition]

  init(
    name: String,
    special: Special?,
    embedsTypeMeta: Bool,
    releases: ReleaseRange,
    fields: [FieldDefinition]
  ) {
    self.name = name
    self.special = special
    self.embedsTypeMeta = embedsTypeMeta
    self.releases = releases
    self.fields = fields
  }

  /// Adds the fields of another message whose numbers this one lacks, as fields of other releases.
  public mutating func adopt(_ other: MessageDefinition) {
    for field in other.fields where !fields.contains(where: { $0.number == field.number }) {
      var adopted = field
      adopted.isCurrent = false
      fields.append(adopted)
    }
  }
}

/// A field of a message.
public struct FieldDefinition: Hashable, Sendable {
  /// What one value of a field is.
  public enum Element: Hashable, Sendable {
    case string, bytes, bool, int32, int64, uint32, uint64, float, double

    /// The forms that Kubernetes never uses, but a descriptor set may.
    case sint32, sint64, fixed32, fixed64, sfixed32, sfixed64

    /// Another message, by its full name.
    case message(String)
  }

  /// How many values a field has.
  public enum Shape: Hashable, Sendable {
    /// One value.
    case single

    /// A list.
    case repeated

    /// A map from strings.
    case map
  }

  /// The number on the wire, 1 to 536870911.
  public let number: UInt32

  /// What its values are.
  public let element: Element

  /// How many there are.
  public let shape: Shape

  /// Whether Go holds it by a pointer, so that "absent" and "zero" differ.
  public let isPointer: Bool

  /// The key in JSON.
  public let jsonName: String

  /// Whether JSON leaves it out when it is empty, in Go's meaning of `omitempty`.
  public let omitsEmpty: Bool

  /// Whether JSON leaves it out when it is zero, in Go's meaning of `omitzero`.
  public let omitsZero: Bool

  /// Whether JSON splices its fields into the object around it.
  public let isInline: Bool

  /// Whether JSON never shows it.
  public let isHidden: Bool

  /// Whether the release asked for has the field.
  ///
  /// One that is of another release still decodes, but its absence leaves no trace.
  public internal(set) var isCurrent: Bool

  /// The messages that its values were in other releases; their fields are still decoded.
  public internal(set) var formerMessages: [String]

  /// The last release that had the field; nil if the newest still has it.
  public internal(set) var lastRelease: Release?

  /// Whether the field came later than the message that it belongs to.
  public internal(set) var isLater: Bool
}
