import Decode
import ArgumentParser
import EtcdClient
import EtcdMessages

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `explorer del`: what `etcdctl del` does.
struct DeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "del",
    _superCommandName: "explorer",
    abstract: "Deletes a key, or the keys of a range, and tells how many there were.",
    discussion: """
      For example:

        explorer del /test/key
        explorer del /test/ --prefix --prev-kv
        explorer del /test/a /test/m

      Exit status: 0 done, even if there was nothing to delete, 2 error.
      """
  )

  @Argument(help: "The key, or the first one.")
  var key: String

  @Argument(help: "The first key behind the range.")
  var end: String?

  @Flag(name: .long, help: "Every key that begins so.")
  var prefix = false

  @Flag(name: .long, help: "Every key from this one on.")
  var fromKey = false

  @Flag(name: .long, help: ArgumentHelp("The end is meant.", visibility: .hidden))
  var range = false

  @Flag(name: .long, help: "With the keys and values that were deleted.")
  var prevKv = false

  @OptionGroup var writeOut: WriteOutOptions
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    try writeOut.refuseTable()
    if prefix && fromKey { throw ValidationError("--prefix and --from-key exclude each other.") }
    if end != nil && (prefix || fromKey) {
      throw ValidationError("With --prefix or --from-key, give one key.")
    }
  }

  mutating func run() throws {
    var request = Etcdserverpb_DeleteRangeRequest()
    let first = Data(key.utf8)
    // The key behind all keys is written as a zero byte, and so is the first of all keys.
    let zero = Data([0])
    request.key = first.isEmpty && (prefix || fromKey) ? zero : first
    request.prevKv = prevKv
    if let end {
      request.rangeEnd = Data(end.utf8)
    } else if fromKey {
      request.rangeEnd = zero
    } else if prefix {
      request.rangeEnd = DeleteCommand.end(ofPrefix: first)
    }
    let client = try connection.open()
    let answer = try Calling.wait { [request] in try await client.call(.deleteRange, request) }
    var output = StandardOutput()
    switch writeOut.output {
    case .simple, .table:
      output.buffer.append("\(answer.deleted)\n")
      for previous in answer.prevKvs { previous.append(to: &output) }
    case .fields:
      output.buffer.append(answer.header.fields + "\"Deleted\" : \(answer.deleted)\n")
      for previous in answer.prevKvs { output.buffer.append(previous.previousFields) }
    case .json:
      var object = EtcdObject()
      object.add("header", json: answer.header.json)
      object.add("deleted", answer.deleted)
      object.add("prev_kvs", list: answer.prevKvs.map(\.json))
      output.buffer.append(object.text + "\n")
    }
    output.flush()
  }

  /// The first key behind all that begin with a prefix.
  static func end(ofPrefix prefix: Data) -> Data {
    var end = prefix
    while let last = end.popLast() {
      if last < 0xFF { return end + [last + 1] }
    }
    return Data([0])
  }
}
