import Foundation
import Glibc
import TestSupport

/// A request on a connection of its own, whose answer is read as it comes.
///
/// Sent as HTTP/1.0, so that the answer is not cut into chunks. Closing it is how a client gives up.
final class HTTPTalk {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let socket: Int32
  private var bytes: [UInt8] = []
  private var hasEnded = false

  init(_ port: UInt16, _ method: String, _ path: String, body: String = "", headers: [String] = [])
    throws
  {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw Failure(description: "connect: errno \(errno)") }
    let head =
      ["\(method) \(path) HTTP/1.0", "Host: 127.0.0.1", "Content-Length: \(body.utf8.count)"]
      + headers
    let message = Array((head.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)
    var sent = 0
    while sent < message.count {
      let rest = Array(message[sent...])
      let count = send(socket, rest, rest.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { throw Failure(description: "send: errno \(errno)") }
      sent += count
    }
  }

  deinit { Glibc.close(socket) }

  /// Gives up.
  func cancel() { shutdown(socket, Int32(SHUT_RDWR)) }

  /// Reads on, for a while.
  ///
  /// - Returns: Whether something came, or the end.
  private func read(within seconds: Double) -> Bool {
    guard !hasEnded else { return false }
    var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, Int32(seconds * 1000)) > 0 else { return false }
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(socket, &piece, piece.count, 0)
    if count > 0 { bytes += piece[..<count] } else { hasEnded = true }
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
