internal import Decode

extension DecodedObject {
  /// Who wrote the object last, and when, as far as it says itself.
  public struct LastWrite: Equatable, Sendable {
    /// The field manager: `kubectl-client-side-apply`; nil if none is recorded.
    public let manager: String?

    /// The time in RFC 3339; nil if the object tells none.
    public let time: String?

    /// Whether the time is when the object was made: it tells of no later one.
    public let isCreation: Bool
  }

  /// The newest of its managed fields' entries; else when it was made.
  ///
  /// etcd keeps no times: only what the API server put into the object is known.
  public var lastWrite: LastWrite {
    guard let metadata = document.value(of: "metadata", in: 0) else {
      return LastWrite(manager: nil, time: nil, isCreation: false)
    }
    var newest: (manager: String?, time: String)?
    if let entries = document.value(of: "managedFields", in: metadata) {
      for entry in document.items(of: entries) {
        guard let time = document.string(of: "time", in: entry) else { continue }
        // Times of one form and one zone are in the order of their text.
        if newest.map({ $0.time <= time }) ?? true {
          newest = (document.string(of: "manager", in: entry), time)
        }
      }
    }
    if let newest {
      return LastWrite(manager: newest.manager, time: newest.time, isCreation: false)
    }
    let created = document.string(of: "creationTimestamp", in: metadata)
    return LastWrite(manager: nil, time: created, isCreation: created != nil)
  }
}
