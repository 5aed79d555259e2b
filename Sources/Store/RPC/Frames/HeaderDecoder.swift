internal import NIOCore
internal import NIOHPACK

/// Decompresses the headers of requests, and remembers those that come again and again.
///
/// Once a client has called a method, it says the same headers by their places in the table, or spelled
/// out without a place. Such bytes change no table, and so they mean the same until others come that do.
///
/// Source: RFC 7541.
struct HeaderDecoder {
  private static let rememberedCount = 8

  private var decoder: HPACKDecoder
  private var remembered: [(block: [UInt8], headers: RequestHeaders)] = []
  private var oldest = 0

  /// A decoder at the start of a connection.
  ///
  /// - Parameter limit: The longest headers that are taken, in bytes as HPACK counts them.
  init(limit: Int) {
    decoder = HPACKDecoder(
      allocator: ByteBufferAllocator(),
      maxDynamicTableSize: HPACKDecoder.maxDynamicTableSize,
      maxHeaderListSize: limit
    )
  }

  /// What a block of compressed headers says.
  mutating func decode(_ block: ByteBuffer) throws(ConnectionFault) -> RequestHeaders {
    let isFixed = block.withUnsafeReadableBytes { Self.isFixed($0) }
    if isFixed, let headers = block.withUnsafeReadableBytes({ recall($0) }) { return headers }
    let headers: RequestHeaders
    do {
      var block = block
      headers = RequestHeaders(try decoder.decodeHeaders(from: &block))
    } catch is NIOHPACKErrors.MaxHeaderListSizeViolation {
      throw ConnectionFault(.enhanceYourCalm, "headers_too_long")
    } catch {
      throw ConnectionFault(.compressionError, "\(error)")
    }
    if isFixed {
      remember(Array(block.readableBytesView), headers)
    } else {
      remembered.removeAll(keepingCapacity: true)
    }
    return headers
  }

  /// Whether a block certainly leaves the table as it is.
  private static func isFixed(_ block: UnsafeRawBufferPointer) -> Bool {
    var place = 0
    while place < block.count {
      let byte = block[place]
      place += 1
      if byte >= 0x80 {
        // A place in the table; 127 has its rest in the bytes that follow.
        guard byte < 0xff else { return false }
      } else {
        // A first byte below 32 begins a field that is spelled out and not kept.
        guard byte < 0x20, byte & 0xf < 0xf else { return false }
        if byte & 0xf == 0 { guard skipText(block, &place) else { return false } }
        guard skipText(block, &place) else { return false }
      }
    }
    return true
  }

  /// Goes behind a text whose length is a byte.
  private static func skipText(_ block: UnsafeRawBufferPointer, _ place: inout Int) -> Bool {
    guard place < block.count else { return false }
    let byteCount = Int(block[place] & 0x7f)
    place += 1 + byteCount
    return byteCount < 0x7f && place <= block.count
  }

  private func recall(_ block: UnsafeRawBufferPointer) -> RequestHeaders? {
    for one in remembered where one.block.count == block.count {
      if one.block.withUnsafeBytes({ $0.elementsEqual(block) }) { return one.headers }
    }
    return nil
  }

  private mutating func remember(_ block: [UInt8], _ headers: RequestHeaders) {
    if remembered.count < Self.rememberedCount {
      remembered.append((block, headers))
    } else {
      oldest = (oldest + 1) % Self.rememberedCount
      remembered[oldest] = (block, headers)
    }
  }
}
