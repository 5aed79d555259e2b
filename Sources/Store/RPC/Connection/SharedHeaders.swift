internal import NIOHPACK

/// Headers of answers, of which most are always the same.
struct SharedHeaders {
  /// Before the first message.
  let headers: HPACKHeaders = [":status": "200", "content-type": "application/grpc"]

  /// Behind the last, when all went well.
  let success: HPACKHeaders = ["grpc-status": "0"]

  /// Behind the last, when something went wrong.
  func trailers(_ status: RPCStatus) -> HPACKHeaders {
    var trailers = HPACKHeaders()
    add(status, to: &trailers)
    return trailers
  }

  /// Instead of any message.
  func trailersOnly(_ status: RPCStatus, httpStatus: String = "200") -> HPACKHeaders {
    var trailers: HPACKHeaders = [":status": httpStatus, "content-type": "application/grpc"]
    add(status, to: &trailers)
    return trailers
  }

  private func add(_ status: RPCStatus, to trailers: inout HPACKHeaders) {
    trailers.add(name: "grpc-status", value: String(status.code.rawValue))
    guard !status.message.isEmpty else { return }
    // Texts with facts in them would only push others out of the client's table.
    trailers.add(
      name: "grpc-message",
      value: PercentEncoding.encode(status.message),
      indexing: .nonIndexable
    )
  }
}
