internal import NIOCore

/// The number of a stream; 0 is the connection itself.
typealias StreamID = Int32

/// What a frame is for.
///
/// Source: RFC 9113, section 6.
enum FrameKind: UInt8 {
  case data = 0
  case headers = 1
  case priority = 2
  case reset = 3
  case settings = 4
  case pushPromise = 5
  case ping = 6
  case goAway = 7
  case windowUpdate = 8
  case continuation = 9
}

/// The bits of a frame that mean something; which, depends on its kind.
enum FrameFlags {
  static let endStream: UInt8 = 0x1
  static let acknowledgement: UInt8 = 0x1
  static let endHeaders: UInt8 = 0x4
  static let padded: UInt8 = 0x8
  static let priority: UInt8 = 0x20
}

/// Why a stream or a connection ends.
///
/// Source: RFC 9113, section 7.
enum FrameErrorCode: UInt32 {
  case noError = 0
  case protocolError = 1
  case flowControlError = 3
  case streamClosed = 5
  case frameSizeError = 6
  case refusedStream = 7
  case compressionError = 9
  case enhanceYourCalm = 11
}

/// Names of settings that are read or sent.
///
/// Source: RFC 9113, section 6.5.2.
enum FrameSetting {
  static let headerTableSize: UInt16 = 1
  static let enablePush: UInt16 = 2
  static let maximumConcurrentStreams: UInt16 = 3
  static let initialWindowSize: UInt16 = 4
  static let maximumFrameSize: UInt16 = 5
  static let maximumHeaderListSize: UInt16 = 6
}

/// A frame as it came.
struct Frame {
  /// How many bytes stand before a payload.
  static let headByteCount = 9

  /// The longest payload that is sent and taken, in bytes: what every peer takes unasked.
  static let maximumPayloadByteCount = 16_384

  /// How much may be sent unasked, on a stream and on a connection, in bytes.
  static let initialWindowByteCount = 65_535

  /// The largest window there may be, in bytes.
  static let maximumWindowByteCount = Int(Int32.max)

  /// The kind; unknown ones have to be ignored.
  let kind: UInt8
  let flags: UInt8
  let id: StreamID
  var payload: ByteBuffer

  func has(_ flag: UInt8) -> Bool { flags & flag != 0 }
}

/// What a client did that the connection does not survive.
struct ConnectionFault: Error, Equatable {
  let code: FrameErrorCode

  /// What was wrong; it goes into the GOAWAY frame and the log.
  let text: String

  init(_ code: FrameErrorCode, _ text: String) {
    self.code = code
    self.text = text
  }
}
