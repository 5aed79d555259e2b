import Decode
import EtcdMessages

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A message as etcdctl prints it with `-w json`: what is nothing is left out.
///
/// Source: etcd, the `json` tags of `api/etcdserverpb/rpc.pb.go`.
struct EtcdObject {
  private var fields: [String] = []

  /// `{"name":value,...}`.
  var text: String { "{" + fields.joined(separator: ",") + "}" }

  /// Adds a number, unless it is 0.
  mutating func add(_ name: String, _ number: some BinaryInteger) {
    if number != 0 { fields.append("\"\(name)\":\(number)") }
  }

  /// Adds yes, and leaves no out.
  mutating func add(_ name: String, _ isSo: Bool) {
    if isSo { fields.append("\"\(name)\":true") }
  }

  /// Adds text, unless it is empty.
  mutating func add(_ name: String, _ text: String) {
    if !text.isEmpty { fields.append("\"\(name)\":\(JSONString.text(text))") }
  }

  /// Adds bytes in base64, unless there are none.
  mutating func add(_ name: String, _ bytes: Data) {
    if !bytes.isEmpty { fields.append("\"\(name)\":\"\(bytes.base64EncodedString())\"") }
  }

  /// Adds a list, unless it is empty, of what is JSON already.
  mutating func add(_ name: String, list: [String]) {
    if !list.isEmpty { fields.append("\"\(name)\":[" + list.joined(separator: ",") + "]") }
  }

  /// Adds what is JSON already.
  mutating func add(_ name: String, json: String) {
    fields.append("\"\(name)\":\(json)")
  }
}

extension Etcdserverpb_ResponseHeader {
  /// As `-w json` prints it.
  var json: String {
    var object = EtcdObject()
    object.add("cluster_id", clusterID)
    object.add("member_id", memberID)
    object.add("revision", revision)
    object.add("raft_term", raftTerm)
    return object.text
  }

  /// As `-w fields` prints it: four lines.
  var fields: String {
    """
    "ClusterID" : \(clusterID)
    "MemberID" : \(memberID)
    "Revision" : \(revision)
    "RaftTerm" : \(raftTerm)

    """
  }
}

extension Mvccpb_KeyValue {
  /// As `-w json` prints it.
  var json: String {
    var object = EtcdObject()
    object.add("key", key)
    object.add("create_revision", createRevision)
    object.add("mod_revision", modRevision)
    object.add("version", version)
    object.add("value", value)
    object.add("lease", lease)
    return object.text
  }

  /// As `-w fields` prints what was there before: six lines.
  var previousFields: String {
    """
    "PrevKey" : \(key.withUnsafeBytes(GoString.quoted))
    "PrevCreateRevision" : \(createRevision)
    "PrevModRevision" : \(modRevision)
    "PrevVersion" : \(version)
    "PrevValue" : \(value.withUnsafeBytes(GoString.quoted))
    "PrevLease" : \(lease)

    """
  }

  /// Writes key and value, each with an end of line, byte for byte.
  func append(to output: inout StandardOutput) {
    for bytes in [key, value] {
      bytes.withUnsafeBytes { output.buffer.append(raw: $0) }
      output.buffer.append("\n")
    }
  }
}

extension GoString {
  /// Text in double quotes, what is not printable escaped.
  static func quoted(_ text: String) -> String {
    var text = text
    return text.withUTF8 { quoted(UnsafeRawBufferPointer($0)) }
  }
}
