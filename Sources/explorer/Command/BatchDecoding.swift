import Decode

#if canImport(Glibc)
import Glibc
#endif

/// `decode --batch`: a value in hexadecimal on each line of standard input, an answer for each.
///
/// The answers are auger's: `OK|` and the rendering, or `ERROR:`, the cause and `|`. JSON stays on
/// its line; an answer in YAML ends with an empty line, as auger's does. The last line counts
/// without a line feed too, and a line that is not hexadecimal is answered like any other.
struct BatchDecoding {
  let decoder: Decoder
  let format: DecodeCommand.Format

  private static let chunkByteCount = 256 << 10

  func run() throws {
    var output = StandardOutput()
    var value = OutputBuffer(capacity: 64 << 10)
    var pending: [UInt8] = []
    let chunk = UnsafeMutableRawBufferPointer.allocate(
      byteCount: BatchDecoding.chunkByteCount,
      alignment: 16
    )
    defer { chunk.deallocate() }
    while true {
      let count = read(0, chunk.baseAddress, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw CommandFailure("standard input", String(cString: strerror(errno)))
      }
      if count == 0 { break }
      var rest = UnsafeRawBufferPointer(rebasing: chunk[..<count])
      while let end = BatchDecoding.lineFeed(in: rest) {
        let line = UnsafeRawBufferPointer(rebasing: rest[..<end])
        if pending.isEmpty {
          answer(line, &value, &output)
        } else {
          pending += line
          pending.withUnsafeBytes { answer($0, &value, &output) }
          pending.removeAll(keepingCapacity: true)
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[(end + 1)...])
        output.flushIfLarge()
      }
      pending += rest
      // Whoever asks line by line gets the answers to what was asked.
      if pending.isEmpty { output.flush() }
    }
    if !pending.isEmpty { pending.withUnsafeBytes { answer($0, &value, &output) } }
    output.flush()
  }

  private static func lineFeed(in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let start = bytes.baseAddress, let found = memchr(start, 0x0A, bytes.count) else {
      return nil
    }
    return UnsafeRawPointer(found) - start
  }

  private func answer(
    _ line: UnsafeRawBufferPointer,
    _ value: inout OutputBuffer,
    _ output: inout StandardOutput
  ) {
    value.removeAll()
    guard Hex.append(line, to: &value) else {
      output.buffer.append("ERROR:not hexadecimal|\n")
      return
    }
    let start = output.buffer.count
    output.buffer.append("OK|")
    do throws(DecodeError) {
      try value.withBytes { (value) throws(DecodeError) in
        try decode(BatchDecoding.storedValue(in: value), to: &output.buffer)
      }
    } catch {
      output.buffer.truncate(to: start)
      output.buffer.append("ERROR:\(error)|\n")
    }
  }

  /// The value itself, or the one inside a request: etcd-dump-logs hands over whole requests.
  private static func storedValue(in bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    guard StoredForm(of: bytes) == .unrecognised, let range = ValueFinder.embeddedValue(in: bytes)
    else { return bytes }
    return UnsafeRawBufferPointer(rebasing: bytes[range])
  }

  private func decode(
    _ value: UnsafeRawBufferPointer,
    to buffer: inout OutputBuffer
  ) throws(DecodeError) {
    guard let form = OutputForm(rawValue: format.rawValue) else {
      buffer.append(SummaryLine.text(try decoder.summary(of: Array(value))))
      return
    }
    var notes: [Note] = []
    try decoder.decode(value, as: form, into: &buffer, notes: &notes)
    // JSON ends with its own line feed; what has many lines ends with an empty one.
    if form != .json { buffer.append("\n") }
  }
}
