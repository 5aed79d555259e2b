import Testing

@testable import Decode

/// What `body` appends to a buffer, as text.
func rendered(_ body: (inout OutputBuffer) throws -> Void) rethrows -> String {
  var output = OutputBuffer(capacity: 64)
  try body(&output)
  return String(decoding: output.bytes, as: UTF8.self)
}

extension JSONDocument {
  /// The document that JSON text stands for.
  init(json text: String) throws {
    self.init()
    try Array(text.utf8).withBytes { _ = try parse($0) }
  }

  /// The document as sigs.k8s.io/yaml would write it.
  var yaml: String {
    var emitter = YAMLEmitter(output: OutputBuffer(capacity: 64))
    write(to: &emitter)
    let output = emitter.finish()
    return String(decoding: output.bytes, as: UTF8.self)
  }

  /// The document as Go writes a map.
  var sortedJSON: String { rendered { writeSorted(to: &$0) } }

  /// An object of one key.
  init(key: String, string: [UInt8]) {
    self.init()
    open(.object, at: 0)
    append(.string, isKey: true, at: 0) { $0 += Array(key.utf8) }
    append(.string, at: 0) { $0 += string }
    close()
  }
}
