import Decode
import ArgumentParser
import EtcdClient
import EtcdMessages

/// `explorer member`: what the members of a cluster are.
struct MemberCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "member",
    _superCommandName: "explorer",
    abstract: "Tells the members of a cluster.",
    discussion: """
      For example:

        explorer member list -w table
      """,
    subcommands: [MemberListCommand.self]
  )
}

/// `explorer member list`: what `etcdctl member list` tells.
struct MemberListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the members: id, status, name, peer and client addresses, whether a learner.",
    discussion: """
      For example:

        explorer member list --endpoints https://10.0.0.1:2379 --cacert ca.crt
        explorer member list -o table
      """
  )

  @OptionGroup var writeOut: WriteOutOptions
  @OptionGroup var connection: ConnectionOptions

  mutating func run() throws {
    let client = try connection.open()
    var request = Etcdserverpb_MemberListRequest()
    request.linearizable = true
    let answer = try Calling.wait { [request] in try await client.call(.memberList, request) }
    var table = EtcdTable(
      names: ["ID", "Status", "Name", "Peer Addrs", "Client Addrs", "Is Learner"]
    )
    table.rows = answer.members.map { member in
      [
        String(member.id, radix: 16), member.name.isEmpty ? "unstarted" : "started", member.name,
        member.peerUrls.joined(separator: ","), member.clientUrls.joined(separator: ","),
        "\(member.isLearner)",
      ]
    }
    var output = StandardOutput()
    switch writeOut.output {
    case .simple: output.buffer.append(table.lines)
    case .table: output.buffer.append(table.text)
    case .fields:
      output.buffer.append(answer.header.fields)
      for member in answer.members { output.buffer.append(member.fields) }
    case .json:
      var object = EtcdObject()
      object.add("header", json: answer.header.json)
      object.add("members", list: answer.members.map(\.json))
      output.buffer.append(object.text + "\n")
    }
    output.flush()
  }
}

extension Etcdserverpb_Member {
  fileprivate var json: String {
    var object = EtcdObject()
    object.add("ID", id)
    object.add("name", name)
    object.add("peerURLs", list: peerUrls.map { JSONString.text($0) })
    object.add("clientURLs", list: clientUrls.map { JSONString.text($0) })
    object.add("isLearner", isLearner)
    return object.text
  }

  fileprivate var fields: String {
    var text = "\"ID\" : \(id)\n\"Name\" : \(GoString.quoted(name))\n"
    for address in peerUrls { text += "\"PeerURL\" : \(GoString.quoted(address))\n" }
    for address in clientUrls { text += "\"ClientURL\" : \(GoString.quoted(address))\n" }
    return text + "\"IsLearner\" : \(isLearner)\n\n"
  }
}
