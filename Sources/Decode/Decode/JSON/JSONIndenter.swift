/// Spreads compact JSON over lines, as Go's `json.MarshalIndent` does with two spaces.
///
/// Source: golang/go, src/encoding/json/indent.go (`appendIndent`).
package enum JSONIndenter {
  /// Appends well-formed compact JSON with line breaks; none stands behind the last line.
  package static func append(_ compact: UnsafeRawBufferPointer, to output: inout OutputBuffer) {
    var depth = 0
    var offset = 0
    output.reserve(compact.count * 2)
    func breakLine(_ output: inout OutputBuffer) {
      output.append(ascii: "\n")
      output.append(repeating: 0x20, count: depth * 2)
    }
    while offset < compact.count {
      let byte = compact[offset]
      offset += 1
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        output.append(byte)
        if offset < compact.count, compact[offset] == byte + 2 {
          output.append(compact[offset])
          offset += 1
        } else {
          depth += 1
          breakLine(&output)
        }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        breakLine(&output)
        output.append(byte)
      case UInt8(ascii: ","):
        output.append(byte)
        breakLine(&output)
      case UInt8(ascii: ":"):
        output.append(": ")
      case UInt8(ascii: "\""):
        let start = offset - 1
        while offset < compact.count, compact[offset] != UInt8(ascii: "\"") {
          offset += compact[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        offset = min(offset + 1, compact.count)
        output.append(UnsafeRawBufferPointer(rebasing: compact[start..<offset]))
      default: output.append(byte)
      }
    }
  }
}
