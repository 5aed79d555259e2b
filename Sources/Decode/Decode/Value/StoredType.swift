/// The type that a stored value names, where it lies.
///
/// Only the envelope is read: of a Kubernetes object in protobuf that is a few bytes, however large
/// the object.
public struct StoredType {
  /// Such as `apps/v1`.
  public let apiVersion: UnsafeRawBufferPointer

  /// Such as `Deployment`.
  public let kind: UnsafeRawBufferPointer

  /// Reads the envelope of a value; nil if it is no object in protobuf, or its envelope is damaged.
  ///
  /// - Parameter value: The bytes as etcd holds them, which the type refers to.
  public init?(_ value: UnsafeRawBufferPointer) {
    guard value.starts(with: StoredForm.protobufPrefix) else { return nil }
    let envelope = Envelope(value)
    guard envelope.fault == nil, !envelope.kind.isEmpty else { return nil }
    apiVersion = UnsafeRawBufferPointer(rebasing: value[envelope.apiVersion])
    kind = UnsafeRawBufferPointer(rebasing: value[envelope.kind])
  }
}
