internal import NIOHPACK

/// The headers of a request, and what they ask for.
///
/// An object, since calls of one kind share it (``HeaderDecoder``).
final class RequestHeaders {
  let fields: HPACKHeaders

  /// Whether they are as HTTP/2 wants them; a request with others is an error of its stream.
  private(set) var isLegal = true
  private(set) var path: String?
  private(set) var method: String?
  private(set) var contentType: String?
  private(set) var timeout: String?
  private(set) var encoding: String?

  /// How long all names and values are.
  private(set) var byteCount = 0

  private var scheme: String?
  private var authority: String?

  /// What was found out about the call, for those that follow.
  private var call: CallRequest?

  init(_ fields: HPACKHeaders) {
    self.fields = fields
    var isRegular = false
    for (name, value, _) in fields {
      byteCount += name.utf8.count + value.utf8.count
      if name.utf8.first == UInt8(ascii: ":") {
        // They come first, each once, and no others exist for requests.
        if isRegular || !takePseudo(name, value) { isLegal = false }
      } else {
        isRegular = true
        take(name, value)
      }
      if !Self.isText(value) { isLegal = false }
    }
    if method == nil || scheme == nil || path?.isEmpty ?? true { isLegal = false }
  }

  private func takePseudo(_ name: String, _ value: String) -> Bool {
    switch name {
    case ":path": Self.fill(&path, value)
    case ":method": Self.fill(&method, value)
    case ":scheme": Self.fill(&scheme, value)
    case ":authority": Self.fill(&authority, value)
    default: false
    }
  }

  private static func fill(_ slot: inout String?, _ value: String) -> Bool {
    guard slot == nil else { return false }
    slot = value
    return true
  }

  private func take(_ name: String, _ value: String) {
    switch name {
    case "content-type": contentType = value
    case "grpc-timeout": timeout = value
    case "grpc-encoding": encoding = value
    case "te": if value != "trailers" { isLegal = false }
    case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade":
      isLegal = false
    default: if !Self.isName(name) { isLegal = false }
    }
  }

  /// Whether a name has only characters of a name, none of them in upper case.
  ///
  /// Source: RFC 9113, section 8.2.1.
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: ":")
          && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      }
  }

  /// Whether a value neither holds what ends a line nor has blanks around it.
  private static func isText(_ value: String) -> Bool {
    func isBlank(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    let bytes = value.utf8
    return !isBlank(bytes.first) && !isBlank(bytes.last)
      && bytes.allSatisfy { $0 != 0 && $0 != 0x0a && $0 != 0x0d }
  }

  /// Whether it is a call of gRPC: `application/grpc`, alone or with a `+` or `;` and more.
  var isRPC: Bool {
    let type = "application/grpc"
    guard let contentType, contentType.utf8.starts(with: type.utf8) else { return false }
    guard let next = contentType.utf8.dropFirst(type.utf8.count).first else { return true }
    return next == UInt8(ascii: "+") || next == UInt8(ascii: ";")
  }

  /// What the call asks for; nil if it is none of gRPC.
  func request(in loop: LoopState) -> CallRequest? {
    if let call { return call }
    guard isRPC else { return nil }
    let request = CallRequest(self, in: loop)
    call = request
    return request
  }
}
