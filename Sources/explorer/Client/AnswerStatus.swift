internal import NIOHPACK
internal import RPC

/// How a call ended, as its last header fields say.
enum AnswerStatus {
  /// What went wrong; nil if nothing did.
  ///
  /// Source: gRPC, `doc/PROTOCOL-HTTP2.md`, Responses.
  static func failure(_ headers: HPACKHeaders, endpoint: Endpoint) -> EtcdClientError? {
    guard let text = headers.first(name: "grpc-status"), let number = Int(text) else {
      return .malformed(endpoint: endpoint.description, reason: "no status")
    }
    guard number != 0 else { return nil }
    let message = decode(headers.first(name: "grpc-message") ?? "")
    let code = RPCStatus.Code(rawValue: number) ?? .unknown
    return .refused(endpoint: endpoint.description, RPCStatus(code, message))
  }

  /// Takes percent-encoding away; what is not encoded rightly is left as it is.
  static func decode(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return text }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
      if byte == UInt8(ascii: "%"), digits.count == 2 {
        let value = UInt8(truncatingIfNeeded: digits[0] << 4 | digits[1])
        bytes.append(value)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A time as header fields give it.
enum Timeout {
  /// At most eight digits and a unit.
  ///
  /// Source: gRPC, `doc/PROTOCOL-HTTP2.md`, Requests.
  static func text(_ time: Duration) -> String {
    let (seconds, attoseconds) = time.components
    let milliseconds = attoseconds / 1_000_000_000_000_000
    if seconds < 90_000 { return "\(max(1, seconds * 1_000 + milliseconds))m" }
    return "\(min(seconds, 99_999_999))S"
  }
}

/// When to ask a server for a sign of life.
public struct Keepalive: Hashable, Sendable {
  /// How long a server may be silent while there are calls.
  ///
  /// etcd ends connections that ask more often than every five seconds.
  public var interval: Duration

  /// How long it may take to answer.
  public var timeout: Duration

  /// Times by their names.
  public init(interval: Duration = .seconds(10), timeout: Duration = .seconds(6)) {
    self.interval = interval
    self.timeout = timeout
  }
}
