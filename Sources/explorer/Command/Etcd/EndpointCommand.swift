import Decode
import ArgumentParser
import EtcdClient
import EtcdMessages
import Explore

/// `explorer endpoint`: how single servers are.
struct EndpointCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "endpoint",
    _superCommandName: "explorer",
    abstract: "Tells of each server by itself how it is.",
    discussion: """
      For example:

        explorer endpoint health --cluster
        explorer endpoint status -w table
      """,
    subcommands: [
      EndpointStatusCommand.self, EndpointHealthCommand.self, EndpointHashCommand.self,
    ]
  )
}

/// The options that say which servers are asked, each by itself.
struct EndpointOptions: ParsableArguments {
  @Flag(name: .long, help: "Ask every member of the cluster, not only the servers that are named.")
  var cluster = false

  @OptionGroup var writeOut: WriteOutOptions
  @OptionGroup var connection: ConnectionOptions

  /// What one server answered.
  struct Answer<Value: Sendable>: Sendable {
    /// The server, as it was named.
    let name: String
    let result: Result<Value, EtcdClientError>
    let time: Duration
  }

  /// Asks all servers at once.
  ///
  /// - Parameter question: What one is asked.
  /// - Returns: Their answers, in the order in which they were named.
  /// - Throws: `CommandFailure` if it is not known whom to ask.
  func ask<Value: Sendable>(
    _ question: @escaping @Sendable (EtcdClient) async throws(EtcdClientError) -> Value
  ) throws -> [Answer<Value>] {
    let called = try connection.called()
    let asksCluster = cluster
    return try Calling.wait {
      var called = called
      if asksCluster { called = try await Self.members(called) }
      return try await withThrowingTaskGroup(of: (Int, Answer<Value>).self) { group in
        for (place, name) in called.names.enumerated() {
          var options = called.options
          options.endpoints = [called.options.endpoints[place]]
          let client = EtcdClient(options)
          group.addTask {
            let start = ContinuousClock.now
            let result: Result<Value, EtcdClientError>
            do throws(EtcdClientError) {
              result = .success(try await question(client))
            } catch {
              result = .failure(error)
            }
            return (place, Answer(name: name, result: result, time: .now - start))
          }
        }
        var answers: [(Int, Answer<Value>)] = []
        for try await answer in group { answers.append(answer) }
        return answers.sorted { $0.0 < $1.0 }.map(\.1)
      }
    }
  }

  /// The members of the cluster that the named servers belong to.
  private static func members(
    _ called: ConnectionOptions.Called
  ) async throws -> ConnectionOptions.Called {
    var request = Etcdserverpb_MemberListRequest()
    request.linearizable = true
    let client = EtcdClient(called.options)
    let names = try await client.call(.memberList, request).members.flatMap(\.clientUrls)
    var members = called
    members.names = names
    members.options.endpoints = []
    for name in names { members.options.endpoints.append(try Endpoint(name)) }
    return members
  }

  /// Reports the servers that did not answer.
  ///
  /// - Returns: Whether there are any.
  static func report<Value>(_ answers: [Answer<Value>]) -> Bool {
    var hasFailed = false
    for answer in answers {
      guard case .failure(let error) = answer.result else { continue }
      hasFailed = true
      Diagnostics.report(CommandFailure("", error))
    }
    return hasFailed
  }
}

/// `explorer endpoint status`: what `etcdctl endpoint status` tells.
struct EndpointStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tells each server's id, version, size, place in the cluster, and alarms.",
    discussion: """
      For example:

        explorer endpoint status -o table --cluster
        explorer endpoint status --endpoints 10.0.0.1:2379,10.0.0.2:2379

      Exit status: 0 done, 2 a server did not answer.
      """
  )

  @OptionGroup var options: EndpointOptions

  mutating func run() throws {
    let answers = try options.ask { client throws(EtcdClientError) in
      try await client.call(.status, Etcdserverpb_StatusRequest())
    }
    let hasFailed = EndpointOptions.report(answers)
    let found = answers.compactMap { answer in
      (try? answer.result.get()).map { (name: answer.name, status: $0) }
    }
    var table = EtcdTable(names: [
      "endpoint", "ID", "version", "db size", "is leader", "is learner", "raft term", "raft index",
      "raft applied index", "errors",
    ])
    table.rows = found.map { name, status in
      [
        name, String(status.header.memberID, radix: 16), status.version,
        HumanText.byteCount(Int(clamping: status.dbSize)),
        "\(status.leader == status.header.memberID)", "\(status.isLearner)", "\(status.raftTerm)",
        "\(status.raftIndex)", "\(status.raftAppliedIndex)",
        status.errors.joined(separator: ", "),
      ]
    }
    var output = StandardOutput()
    switch options.writeOut.output {
    case .simple: output.buffer.append(table.lines)
    case .table: output.buffer.append(table.text)
    case .fields: for (name, status) in found { output.buffer.append(status.fields(name)) }
    case .json:
      let list = found.map { name, status in
        var object = EtcdObject()
        object.add("Endpoint", name)
        object.add("Status", json: status.json)
        return object.text
      }
      output.buffer.append("[" + list.joined(separator: ",") + "]\n")
    }
    output.flush()
    if hasFailed { throw ExitCode(2) }
  }
}

extension Etcdserverpb_StatusResponse {
  fileprivate var json: String {
    var object = EtcdObject()
    object.add("header", json: header.json)
    object.add("version", version)
    object.add("dbSize", dbSize)
    object.add("leader", leader)
    object.add("raftIndex", raftIndex)
    object.add("raftTerm", raftTerm)
    object.add("raftAppliedIndex", raftAppliedIndex)
    object.add("errors", list: errors.map { JSONString.text($0) })
    object.add("dbSizeInUse", dbSizeInUse)
    object.add("isLearner", isLearner)
    return object.text
  }

  fileprivate func fields(_ name: String) -> String {
    header.fields + """
      "Version" : \(GoString.quoted(version))
      "DBSize" : \(dbSize)
      "Leader" : \(leader)
      "IsLearner" : \(isLearner)
      "RaftIndex" : \(raftIndex)
      "RaftTerm" : \(raftTerm)
      "RaftAppliedIndex" : \(raftAppliedIndex)
      "Errors" : [\(errors.joined(separator: " "))]
      "Endpoint" : \(GoString.quoted(name))


      """
  }
}
