#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A part of a request by its name, as the listings of one document an entry show it.
///
/// Fields that have their zero value are left out, so that a list of fields says all that the
/// request does.
struct RequestField {
  enum Value {
    case number(Int64)
    case unsigned(UInt64)

    /// The number of a member or a request, which etcd prints in hexadecimal.
    case id(UInt64)
    case flag(Bool)
    case text(String)

    /// Bytes that are often text.
    case bytes(Data)

    /// The value of a key: bytes that may be an object of Kubernetes.
    case stored(Data)

    /// Bytes that ought to be JSON.
    case json([UInt8])
    case texts([String])
    case ids([UInt64])
    case list([[RequestField]])
  }

  let name: String
  let value: Value

  init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }
}

extension [RequestField] {
  /// Adds a number unless it is 0.
  mutating func add(_ name: String, number: Int64) {
    if number != 0 { append(RequestField(name, .number(number))) }
  }

  /// Adds an id unless it is 0, that of nobody and nothing.
  mutating func add(_ name: String, id: UInt64) {
    if id != 0 { append(RequestField(name, .id(id))) }
  }

  /// Adds a flag if it is set.
  mutating func add(_ name: String, flag: Bool) {
    if flag { append(RequestField(name, .flag(true))) }
  }

  /// Adds text unless there is none.
  mutating func add(_ name: String, text: String) {
    if !text.isEmpty { append(RequestField(name, .text(text))) }
  }

  /// Adds bytes unless there are none.
  mutating func add(_ name: String, bytes: Data) {
    if !bytes.isEmpty { append(RequestField(name, .bytes(bytes))) }
  }
}
