import Foundation
import TestSupport

/// A request on a connection of its own, whose answer is read as it comes.
///
/// Sent as HTTP/1.0, so that the answer is not cut into chunks. Closing it is how a client gives up.
final class HTTPTalk {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let socket: RawSocket
  private var bytes: [UInt8] = []
  private var hasEnded = false

  init(_ port: UInt16, _ method: String, _ path: String, body: String = "", headers: [String] = [])
    throws
  {
    guard let socket = RawSocket(port) else { throw Failure(description: "cannot connect") }
    self.socket = socket
    let head =
      ["\(method) \(path) HTTP/1.0", "Host: 127.0.0.1", "Content-Length: \(body.utf8.count)"]
      + headers
    let message = Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    guard socket.send(message) else { throw Failure(description: "cannot send") }
  }

  /// Gives up.
  func cancel() { socket.shutDown() }

  /// Reads on, for a while.
  ///
  /// - Returns: Whether something came, or the end.
  private func read(within seconds: Double) -> Bool {
    guard !hasEnded else { return false }
    guard let piece = socket.receive(within: seconds) else { return false }
    bytes += piece
    hasEnded = piece.isEmpty
    return true
  }

  /// The status and the body so far; nil while the head is not there.
  private var parts: (status: Int, head: String, body: String)? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let words = text.split(separator: " ", maxSplits: 2)
    let status = words.count > 1 ? Int(words[1]) ?? 0 : 0
    return (status, String(text[..<end.lowerBound]), String(text[end.upperBound...]))
  }

  /// The whole answer.
  func answer(within seconds: Double = 20) throws -> (status: Int, head: String, body: String) {
    while !hasEnded {
      guard read(within: seconds) else { throw Failure(description: "no end of the answer") }
    }
    guard let parts else { throw Failure(description: "no head of an answer") }
    return parts
  }

  /// The first lines of the body, as soon as there are so many.
  func lines(_ count: Int, within seconds: Double = 20) throws -> [String] {
    while true {
      let lines = (parts?.body ?? "").split(separator: "\n", omittingEmptySubsequences: false)
      // What follows the last line feed is no line yet.
      if lines.count > count { return lines.prefix(count).map(String.init) }
      guard read(within: seconds) else {
        throw Failure(description: "\(max(0, lines.count - 1)) lines of \(count): \(lines)")
      }
      if hasEnded, (parts?.body ?? "").filter({ $0 == "\n" }).count < count {
        throw Failure(description: "the end instead of \(count) lines: \(parts?.body ?? "")")
      }
    }
  }

  /// Whether nothing comes for a while.
  func isSilent(for seconds: Double) -> Bool { !read(within: seconds) }
}
