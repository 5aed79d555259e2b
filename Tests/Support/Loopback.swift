private import Foundation
private import Glibc

/// Plain sockets on 127.0.0.1.
public enum Loopback {
  /// Why there was no socket or no answer; `code` is a value of `errno`.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    /// What failed.
    public let call: String

    /// A value of `errno`.
    public let code: Int32

    /// One line, subject first.
    public var description: String { "\(call): errno \(code)" }
  }

  /// Ports that nobody listens on at this moment, all different.
  public static func freePorts(_ count: Int) throws(Failure) -> [UInt16] {
    var sockets: [Int32] = []
    // Closed only when all are known, so that none comes twice.
    defer { for socket in sockets { close(socket) } }
    var ports: [UInt16] = []
    for _ in 0..<count {
      let socket = try makeSocket()
      sockets.append(socket)
      guard withAddress(port: 0, { bind(socket, $0, $1) }) == 0 else { throw failure("bind") }
      var address = sockaddr_in()
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let status = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(socket, $0, &length)
        }
      }
      guard status == 0 else { throw failure("getsockname") }
      ports.append(UInt16(bigEndian: address.sin_port))
    }
    return ports
  }

  /// Whether it is this process that listens on a port of 127.0.0.1.
  public static func isListening(_ process: Int32, on port: UInt16) -> Bool {
    let table = contents("/proc/net/tcp")
    let hexadecimal = String(port, radix: 16, uppercase: true)
    let digits = String(repeating: "0", count: 4 - hexadecimal.count) + hexadecimal
    let address = "0100007F:\(digits)"
    var inode: Substring?
    for line in table.split(separator: "\n").dropFirst() {
      // Columns: slot, local address, remote address, state (0A listens), ..., inode.
      let columns = line.split(separator: " ")
      guard columns.count > 9, columns[1] == address, columns[3] == "0A" else { continue }
      inode = columns[9]
    }
    guard let inode else { return false }
    let folder = "/proc/\(process)/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.contains { name in
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
      return target == "socket:[\(inode)]"
    }
  }

  /// A file of the system's, which comes in pieces and tells no length: Foundation takes a short
  /// piece for its end.
  private static func contents(_ path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(file, &piece, piece.count)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece[..<count]
    }
  }

  /// One request and its whole answer, on a connection of its own.
  ///
  /// It is sent as HTTP/1.0: then the answer is never cut into chunks, and its end is the end of the
  /// connection.
  ///
  /// - Parameters:
  ///   - port: The port on 127.0.0.1.
  ///   - method: `GET` or `POST`.
  ///   - path: The path, with a slash at its beginning.
  ///   - body: What is sent.
  ///   - headers: More header lines, without their ends.
  ///   - seconds: How long to wait for the next bytes.
  /// - Returns: The status and the body.
  /// - Throws: `Failure` if there is no connection, or no answer in time.
  public static func request(
    _ port: UInt16,
    _ method: String,
    _ path: String,
    body: [UInt8] = [],
    headers: [String] = [],
    seconds: Int = 30
  ) throws(Failure) -> (status: Int, body: [UInt8]) {
    let socket = try makeSocket()
    defer { close(socket) }
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
    setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    guard withAddress(port: port, { connect(socket, $0, $1) }) == 0 else {
      throw failure("connect")
    }
    let lines =
      ["\(method) \(path) HTTP/1.0", "Host: 127.0.0.1", "Content-Length: \(body.count)"] + headers
    let message = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body
    var sent = 0
    while sent < message.count {
      let rest = Array(message[sent...])
      let count = send(socket, rest, rest.count, Int32(MSG_NOSIGNAL))
      guard count > 0 else { throw failure("send") }
      sent += count
    }
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(socket, &chunk, chunk.count, 0)
      guard count >= 0 else { throw failure("recv") }
      if count == 0 { break }
      answer += chunk[..<count]
    }
    return try parse(answer)
  }

  private static func parse(_ answer: [UInt8]) throws(Failure) -> (status: Int, body: [UInt8]) {
    let mark = Array("\r\n\r\n".utf8)
    var end = 0
    while end + mark.count <= answer.count, answer[end..<end + mark.count] != mark[...] { end += 1 }
    let words = String(decoding: answer.prefix(64), as: UTF8.self).split(separator: " ")
    guard end + mark.count <= answer.count, words.count > 1, let status = Int(words[1]) else {
      throw Failure(call: "answer without a head", code: EPROTO)
    }
    return (status, Array(answer[(end + mark.count)...]))
  }

  private static func makeSocket() throws(Failure) -> Int32 {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let socket = Glibc.socket(AF_INET, type, 0)
    guard socket >= 0 else { throw failure("socket") }
    return socket
  }

  private static func withAddress(
    port: UInt16,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private static func failure(_ call: String) -> Failure {
    Failure(call: call, code: errno)
  }
}
