import Bolt
import EtcdMessages
import Foundation
import MVCC
import SwiftProtobuf

/// What a database of etcd has stored of its users.
struct EtcdUsers {
  /// The hashes of passwords by the names of users.
  var passwords: [String: [UInt8]] = [:]

  init(databasePath: String) throws {
    let database = try Database(databasePath, .reading)
    var cursor = try database.read().bucket(BucketName.authUsers.bytes)?.cursor()
    var next = try cursor?.first()
    while let element = next {
      let user = try Authpb_User(serializedBytes: Array(element.value))
      passwords[String(decoding: user.name, as: UTF8.self)] = Array(user.password)
      next = try cursor?.next()
    }
  }
}

/// Bytes in Base64.
func base64(_ bytes: some Sequence<UInt8>) -> String { Data(bytes).base64EncodedString() }
