import Decode
import ArgumentParser
import EtcdClient
import EtcdMessages
import RPC

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// `explorer endpoint health`: what `etcdctl endpoint health` tells.
struct EndpointHealthCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "health",
    abstract: "Tells of each server whether the cluster answers through it.",
    discussion: """
      A key is read, which takes a majority of the members, and alarms are asked for.

      For example:

        explorer endpoint health --cluster
        explorer endpoint health -o json

      Exit status: 0 all are healthy, 1 one is not, 2 error.
      """
  )

  @OptionGroup var options: EndpointOptions

  /// What is known of one server.
  private struct Health {
    let name: String
    let time: String
    /// What is wrong; empty if nothing is.
    let error: String

    var isHealthy: Bool { error.isEmpty }
  }

  mutating func run() throws {
    let answers = try options.ask { client throws(EtcdClientError) in
      try await Self.examine(client)
    }
    let found = answers.map { answer in
      let error: String
      switch answer.result {
      case .success(let text): error = text
      case .failure(let failure): error = failure.cause
      }
      return Health(name: answer.name, time: GoDuration.text(answer.time), error: error)
    }
    var table = EtcdTable(names: ["endpoint", "health", "took", "error"])
    table.rows = found.map { [$0.name, "\($0.isHealthy)", $0.time, $0.error] }
    var output = StandardOutput()
    switch options.writeOut.output {
    case .simple:
      for health in found where health.isHealthy {
        output.buffer.append(
          "\(health.name) is healthy: successfully committed proposal: took = \(health.time)\n"
        )
      }
      output.flush()
      for health in found where !health.isHealthy {
        let text = "\(health.name) is unhealthy: failed to commit proposal: \(health.error)"
        Diagnostics.write(TerminalText.escaped(text) + "\n")
      }
    case .table: output.buffer.append(table.text)
    case .fields:
      for health in found {
        output.buffer.append(
          """
          "Endpoint" : \(GoString.quoted(health.name))
          "Health" : \(health.isHealthy)
          "Took" : \(health.time)
          "Error" : \(health.error)


          """
        )
      }
    case .json:
      let list = found.map { health in
        var object = EtcdObject()
        object.add("endpoint", health.name)
        object.add("health", json: "\(health.isHealthy)")
        object.add("took", json: JSONString.text(health.time))
        object.add("error", health.error)
        return object.text
      }
      output.buffer.append("[" + list.joined(separator: ",") + "]\n")
    }
    output.flush()
    guard found.allSatisfy(\.isHealthy) else {
      Diagnostics.report(CommandFailure("", "unhealthy cluster"))
      throw ExitCode(1)
    }
  }

  /// What is wrong with a server; empty if nothing is.
  private static func examine(_ client: EtcdClient) async throws(EtcdClientError) -> String {
    do throws(EtcdClientError) {
      var request = Etcdserverpb_RangeRequest()
      request.key = Data("health".utf8)
      _ = try await client.call(.range, request)
    } catch {
      // Who may not read the key was told so by the cluster as a whole.
      guard error.status?.code == .permissionDenied else { throw error }
    }
    let alarms: [Etcdserverpb_AlarmMember]
    do throws(EtcdClientError) {
      var request = Etcdserverpb_AlarmRequest()
      request.action = .get
      alarms = try await client.call(.alarm, request).alarms
    } catch {
      return "Unable to fetch the alarm list"
    }
    guard !alarms.isEmpty else { return "" }
    return alarms.reduce(into: "Active Alarm(s): ") { text, member in
      switch member.alarm {
      case .nospace: text += "NOSPACE "
      case .corrupt: text += "CORRUPT "
      default: text += "UNKNOWN "
      }
    }
  }
}
