internal import NIOCore

/// Writes the headers of answers, compressed for one client.
///
/// Of nearly all answers the headers are the same two fields, and so are the trailers. These two enter
/// the client's table with the first answer, and from then on an answer's headers are two bytes and its
/// trailers one. Everything else is written out and enters no table, so that what the table holds is
/// always known.
///
/// Source: RFC 7541.
struct AnswerHeaders {
  // Invariant: what the client's table holds is a beginning of (content-type, grpc-status), of which
  // the newest has the lowest index.
  private var heldCount = 0

  /// Whether the client's table is large enough for both.
  private var isIndexing = true

  /// How large the client's table may be, in bytes as HPACK counts them.
  private var tableByteCount = 4_096

  /// Whether the client has to be told that its table became smaller.
  private var hasNewSize = false

  /// Takes the client's limit for its table.
  ///
  /// A smaller table is taken, a larger one is no use.
  mutating func limitTable(_ byteCount: Int) {
    guard byteCount < tableByteCount else { return }
    tableByteCount = byteCount
    hasNewSize = true
    // Both fields have 104 bytes, with 32 for each as HPACK has it.
    if byteCount < 104 { (isIndexing, heldCount) = (false, 0) }
  }

  /// Writes a frame of headers before the first message: `:status: 200`, and gRPC's content type.
  mutating func writeBegin(_ id: StreamID, to output: inout ByteBuffer) {
    if heldCount == 2, !hasNewSize {
      output.writeFrameHead(.headers, flags: FrameFlags.endHeaders, id, byteCount: 2)
      output.writeMultipleIntegers(0x88 as UInt8, 0xbf as UInt8)
      return
    }
    var block = begin()
    block.writeInteger(0x88 as UInt8)
    writeContentType(to: &block)
    output.writeHeaders(id, block, isEnd: false)
  }

  /// Writes a frame of trailers behind the last message, when all went well: `grpc-status: 0`.
  mutating func writeSuccess(_ id: StreamID, to output: inout ByteBuffer) {
    if heldCount == 2, !hasNewSize {
      let flags = FrameFlags.endHeaders | FrameFlags.endStream
      output.writeFrameHead(.headers, flags: flags, id, byteCount: 1)
      output.writeInteger(0xbe as UInt8)
      return
    }
    var block = begin()
    if isIndexing, heldCount == 1 {
      heldCount = 2
      block.writeInteger(0x40 as UInt8)
      block.writeText("grpc-status")
      block.writeText("0")
    } else {
      block.writeField("grpc-status", "0")
    }
    output.writeHeaders(id, block, isEnd: true)
  }

  /// Writes frames of any fields.
  ///
  /// - Parameters:
  ///   - fields: Names in lower case, and values.
  ///   - id: The stream.
  ///   - isEnd: Whether nothing follows.
  ///   - output: Where to.
  mutating func write(
    _ fields: AnswerFields,
    _ id: StreamID,
    isEnd: Bool,
    to output: inout ByteBuffer
  ) {
    var block = begin()
    for (name, value) in fields.fields { block.writeField(name, value) }
    output.writeHeaders(id, block, isEnd: isEnd)
  }

  private mutating func begin() -> ByteBuffer {
    var block = ByteBuffer()
    if hasNewSize {
      hasNewSize = false
      block.writePrefixed(tableByteCount, bits: 5, mark: 0x20)
    }
    return block
  }

  private mutating func writeContentType(to block: inout ByteBuffer) {
    switch heldCount {
    case 2: block.writeInteger(0xbf as UInt8)
    case 1: block.writeInteger(0xbe as UInt8)
    default:
      // The name is the 31st of the static table; with six bits before it the field is kept.
      if isIndexing {
        heldCount = 1
        block.writePrefixed(31, bits: 6, mark: 0x40)
      } else {
        block.writePrefixed(31, bits: 4, mark: 0)
      }
      block.writeText("application/grpc")
    }
  }
}

/// Headers or trailers of an answer.
struct AnswerFields {
  private(set) var fields: [(name: String, value: String)]

  /// Fields of an answer over plain HTTP.
  init(status: String, _ more: [(name: String, value: String)]) {
    fields = [(":status", status)] + more
  }

  /// Trailers behind messages.
  init(_ status: RPCStatus) {
    fields = [("grpc-status", String(status.code.rawValue))]
    guard !status.message.isEmpty else { return }
    fields.append(("grpc-message", PercentEncoding.encode(status.message)))
  }

  /// Headers and trailers in one, instead of any message.
  init(only status: RPCStatus, httpStatus: String = "200", acceptEncoding: String? = nil) {
    fields = [(":status", httpStatus), ("content-type", "application/grpc")]
    fields += AnswerFields(status).fields
    if let acceptEncoding { fields.append(("grpc-accept-encoding", acceptEncoding)) }
  }
}

extension ByteBuffer {
  /// Writes a number whose first bits share a byte with a mark.
  ///
  /// Source: RFC 7541, section 5.1.
  fileprivate mutating func writePrefixed(_ number: Int, bits: Int, mark: UInt8) {
    let most = 1 << bits - 1
    guard number >= most else {
      writeInteger(mark | UInt8(truncatingIfNeeded: number))
      return
    }
    writeInteger(mark | UInt8(truncatingIfNeeded: most))
    var rest = number - most
    while rest >= 128 {
      writeInteger(UInt8(truncatingIfNeeded: rest & 127 | 128))
      rest >>= 7
    }
    writeInteger(UInt8(truncatingIfNeeded: rest))
  }

  fileprivate mutating func writeText(_ text: String) {
    writePrefixed(text.utf8.count, bits: 7, mark: 0)
    writeString(text)
  }

  /// Writes a field that enters no table.
  fileprivate mutating func writeField(_ name: String, _ value: String) {
    writeInteger(0 as UInt8)
    writeText(name)
    writeText(value)
  }
}
