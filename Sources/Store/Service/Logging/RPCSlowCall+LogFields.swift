internal import EtcdMessages
internal import Foundation
internal import Logging
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

extension RPCSlowCall {
  /// The fields of a line in etcd's log.
  ///
  /// As in etcd, values are not told, but how long they are; of what a transaction asks for, nothing is.
  ///
  /// Source: etcd 3.5, `server/etcdserver/api/v3rpc/interceptor.go`, `logUnaryRequestStats`.
  var logFields: Logger.Metadata {
    let figures = figures
    var start: [UInt8] = []
    let time = Date().timeIntervalSince1970 - duration / .seconds(1)
    let seconds = time.rounded(.down)
    LogTime.append(
      seconds: Int(seconds),
      nanoseconds: Int((time - seconds) * 1e9),
      to: &start
    )
    return [
      "start time": "\(String(decoding: start, as: UTF8.self))",
      "time spent": "\(duration.goText)", "remote": "\(peer ?? "No remote client info.")",
      "response type": "\(path)",
      "request count": .stringConvertible(figures.requestCount),
      "request size": .stringConvertible(figures.requestByteCount),
      "response count": .stringConvertible(figures.answerCount),
      "response size": .stringConvertible(figures.answerByteCount),
      "request content": "\(figures.content)",
    ]
  }

  private struct Figures {
    // -1 where etcd does not look into the messages.
    var requestCount: Int64 = -1
    var requestByteCount = -1
    var answerCount: Int64 = -1
    var answerByteCount = -1
    var content = ""
  }

  private var figures: Figures {
    let bytes = Array(request.readableBytesView)
    let answer = answer.map { Array($0.readableBytesView) } ?? []
    var figures = Figures(
      requestCount: 0,
      requestByteCount: bytes.count,
      answerCount: 0,
      answerByteCount: answerByteCount
    )
    switch path {
    case "/etcdserverpb.KV/Range":
      guard let request = try? Etcdserverpb_RangeRequest(serializedBytes: bytes) else { break }
      // Of an answer that is made while it is sent, only the size is known.
      let response = try? Etcdserverpb_RangeResponse(serializedBytes: answer)
      figures.answerCount = response?.count ?? 0
      figures.content = Self.text([("key", request.key), ("range_end", request.rangeEnd)])
      if request.limit != 0 { figures.content += "limit:\(request.limit) " }
      if request.revision != 0 { figures.content += "revision:\(request.revision) " }
      if request.keysOnly { figures.content += "keys_only:true " }
      if request.countOnly { figures.content += "count_only:true " }
    case "/etcdserverpb.KV/Put":
      guard let request = try? Etcdserverpb_PutRequest(serializedBytes: bytes) else { break }
      figures.requestCount = 1
      figures.content = Self.text([("key", request.key)]) + "value_size:\(request.value.count) "
      if request.lease != 0 { figures.content += "lease:\(request.lease) " }
    case "/etcdserverpb.KV/DeleteRange":
      guard let request = try? Etcdserverpb_DeleteRangeRequest(serializedBytes: bytes) else {
        break
      }
      let response = try? Etcdserverpb_DeleteRangeResponse(serializedBytes: answer)
      figures.answerCount = response?.deleted ?? 0
      figures.content = Self.text([("key", request.key), ("range_end", request.rangeEnd)])
    case "/etcdserverpb.KV/Txn":
      guard let request = try? Etcdserverpb_TxnRequest(serializedBytes: bytes),
        let response = try? Etcdserverpb_TxnResponse(serializedBytes: answer)
      else { break }
      let operations = response.succeeded ? request.success : request.failure
      figures.requestCount = Int64(operations.count)
      figures.content =
        "compare:<\(request.compare.count)> success:<\(request.success.count)> "
        + "failure:<\(request.failure.count)>"
    default: figures = Figures()
    }
    return figures
  }

  /// Fields with bytes as text, as protobuf writes them: those that are empty are left out.
  private static func text(_ fields: [(name: String, value: Data)]) -> String {
    var text = ""
    for (name, value) in fields where !value.isEmpty {
      text += "\(name):\""
      for byte in value {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += "\\\(Character(UnicodeScalar(byte)))"
        case 0x20..<0x7F: text.unicodeScalars.append(UnicodeScalar(byte))
        default:
          let digits = String(byte, radix: 8)
          text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
        }
      }
      text += "\" "
    }
    return text
  }
}
