import Decode
import ArgumentParser
import EtcdClient
import EtcdMessages

/// `explorer endpoint hashkv`: what `etcdctl endpoint hashkv` tells.
struct EndpointHashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hashkv",
    abstract:
      "Tells a hash of each server's keys and their history, by which members are compared.",
    discussion: """
      Servers compacted at the same revision have the same hash, unless one of them is corrupt.

      For example:

        explorer endpoint hashkv --cluster
        explorer endpoint hashkv --rev 1234 -o table

      Exit status: 0 done, 2 a server did not answer.
      """
  )

  @Option(name: .long, help: "The last revision that counts; all if left out.")
  var rev: Int64 = 0

  @OptionGroup var options: EndpointOptions

  mutating func run() throws {
    var request = Etcdserverpb_HashKVRequest()
    request.revision = rev
    let answers = try options.ask { [request] client throws(EtcdClientError) in
      try await client.call(.hashKV, request)
    }
    let hasFailed = EndpointOptions.report(answers)
    let found = answers.compactMap { answer in
      (try? answer.result.get()).map { (name: answer.name, hash: $0) }
    }
    var table = EtcdTable(names: ["endpoint", "hash"])
    table.rows = found.map { name, hash in [name, "\(hash.hash)"] }
    var output = StandardOutput()
    switch options.writeOut.output {
    case .simple: output.buffer.append(table.lines)
    case .table: output.buffer.append(table.text)
    case .fields:
      for (name, hash) in found {
        output.buffer.append(
          hash.header.fields
            + "\"Endpoint\" : \(GoString.quoted(name))\n\"Hash\" : \(hash.hash)\n\n"
        )
      }
    case .json:
      let list = found.map { name, hash in
        var answer = EtcdObject()
        answer.add("header", json: hash.header.json)
        answer.add("hash", hash.hash)
        answer.add("compact_revision", hash.compactRevision)
        var object = EtcdObject()
        object.add("Endpoint", name)
        object.add("HashKV", json: answer.text)
        return object.text
      }
      output.buffer.append("[" + list.joined(separator: ",") + "]\n")
    }
    output.flush()
    if hasFailed { throw ExitCode(2) }
  }
}
