import Foundation
import TestSupport
import Testing

extension EtcdServer {
  /// All that the server answers to a range over all keys.
  func allKeys() throws -> [EtcdFixture.KeyValue] {
    let result = try etcdctl("get", "", "--prefix", "-w", "json")
    let answer = try JSONSerialization.jsonObject(with: Data(result.output)) as? [String: Any]
    return try #require(answer?["kvs"] as? [[String: Any]]).map { fields in
      // Fields that are empty or 0 are left out.
      func bytes(_ name: String) -> [UInt8] {
        [UInt8]((fields[name] as? String).flatMap { Data(base64Encoded: $0) } ?? Data())
      }
      func number(_ name: String) -> Int64 { (fields[name] as? NSNumber)?.int64Value ?? 0 }
      return EtcdFixture.KeyValue(
        key: bytes("key"),
        value: bytes("value"),
        createRevision: number("create_revision"),
        modRevision: number("mod_revision"),
        version: number("version"),
        lease: number("lease")
      )
    }
  }
}
