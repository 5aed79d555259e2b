import Decode
import ArgumentParser
import EtcdClient
import EtcdMessages

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `explorer put`: what `etcdctl put` does.
struct PutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "put",
    _superCommandName: "explorer",
    abstract: "Puts a value, as it is, under a key.",
    discussion: """
      Without a value on the command line, it is read from standard input, to its last byte.

      For example:

        explorer put /test/key value
        explorer put /test/key --prev-kv < file
        explorer put --lease 694d9b4d1b1e6f3a /test/key value

      Exit status: 0 done, 2 error.
      """
  )

  @Argument(help: "The key.")
  var key: String

  @Argument(help: "The value; standard input if left out.")
  var value: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The lease that the key goes with, in hexadecimal.", valueName: "id")
  )
  var lease: String?

  @Flag(name: .long, help: "With the key and value as they were before.")
  var prevKv = false

  @Flag(name: .long, help: "Leave the value as it is.")
  var ignoreValue = false

  @Flag(name: .long, help: "Leave the lease as it is.")
  var ignoreLease = false

  @OptionGroup var writeOut: WriteOutOptions
  @OptionGroup var connection: ConnectionOptions

  func validate() throws {
    try writeOut.refuseTable()
    if ignoreValue && value != nil { throw ValidationError("--ignore-value goes without a value.") }
    if let lease, Int64(lease, radix: 16) == nil {
      throw ValidationError("--lease \(lease): not a number in hexadecimal.")
    }
  }

  mutating func run() throws {
    var request = Etcdserverpb_PutRequest()
    request.key = Data(key.utf8)
    request.lease = lease.flatMap { Int64($0, radix: 16) } ?? 0
    request.prevKv = prevKv
    request.ignoreValue = ignoreValue
    request.ignoreLease = ignoreLease
    if let value {
      request.value = Data(value.utf8)
    } else if !ignoreValue {
      request.value = Data(try InputFile.read(nil))
      guard !request.value.isEmpty else {
        throw CommandFailure(key, "no value, neither as an argument nor on standard input")
      }
    }
    let client = try connection.open()
    let answer = try Calling.wait { [request] in try await client.call(.put, request) }
    var output = StandardOutput()
    switch writeOut.output {
    case .simple, .table:
      output.buffer.append("OK\n")
      if answer.hasPrevKv { answer.prevKv.append(to: &output) }
    case .fields:
      output.buffer.append(answer.header.fields)
      if answer.hasPrevKv { output.buffer.append(answer.prevKv.previousFields) }
    case .json:
      var object = EtcdObject()
      object.add("header", json: answer.header.json)
      if answer.hasPrevKv { object.add("prev_kv", json: answer.prevKv.json) }
      output.buffer.append(object.text + "\n")
    }
    output.flush()
  }
}
