internal import Schema

/// A field of an object's metadata that Kubernetes once always wrote and that is gone: where it
/// stands, an older release wrote the object.
///
/// So an old backup prints as its own cluster printed it. The field is `metadata.clusterName`,
/// which every release up to 1.24 wrote, empty as it nearly always was.
struct ReleaseMarker {
  /// The last release that wrote the field.
  let lastRelease: Release

  private let number: UInt32

  /// The field of a metadata message that was removed last, if one was that Go held by value.
  init?(_ metadata: MessageDefinition) {
    let gone = metadata.fields.filter {
      $0.lastRelease != nil && $0.element == .string && $0.shape == .single && !$0.isPointer
    }
    guard
      let field = gone.max(by: { ($0.lastRelease ?? Self.never) < ($1.lastRelease ?? Self.never) }),
      let last = field.lastRelease
    else { return nil }
    number = field.number
    lastRelease = last
  }

  private static let never = Release(major: 0, minor: 0)

  /// Whether the field stands in the metadata of an object, which is its field 1.
  func stands(in object: UnsafeRawBufferPointer) -> Bool {
    var reader = WireReader(object)
    guard let tag = try? reader.tag(), tag.number == 1, tag.wireType == 2,
      let range = try? reader.lengthDelimited()
    else { return false }
    var metadata = WireReader(object, range: range)
    while !metadata.isAtEnd {
      guard let tag = try? metadata.tag() else { return false }
      if tag.number == number { return true }
      if tag.number > number { return false }
      guard (try? metadata.payload(of: tag)) != nil else { return false }
    }
    return false
  }
}
