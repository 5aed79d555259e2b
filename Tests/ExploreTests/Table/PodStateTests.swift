import Testing

@testable import Explore

/// What newer API servers say of pods than the one of the recordings; its rules are their source.
@Suite struct PodStateTests {
  private static let now: Int64 = 1_767_225_600  // 2026-01-01T00:00:00Z

  /// READY, STATUS and RESTARTS of a pod.
  private func state(_ spec: String, _ status: String, metadata: String = "{}") throws -> String {
    let pod = try DecodedObject(
      json: Array(#"{"metadata":\#(metadata),"spec":\#(spec),"status":\#(status)}"#.utf8)
    )
    let state = PodState(ObjectField(pod))
    let restarts = state.restarts(now: PodStateTests.now)
    return "\(state.readyCount)/\(state.containerCount) \(state.reason) \(restarts)"
  }

  private let one = #"{"containers":[{"name":"web"}]}"#

  @Test func restartsSayWhenTheLastWas() throws {
    let status = #"""
      {"phase":"Running","containerStatuses":[
        {"name":"web","ready":true,"restartCount":3,"state":{"running":{}},
         "lastState":{"terminated":{"finishedAt":"2025-12-31T23:55:00Z"}}},
        {"name":"log","ready":true,"restartCount":1,"state":{"running":{}},
         "lastState":{"terminated":{"finishedAt":"2025-12-31T23:59:00Z"}}}]}
      """#
    #expect(try state(one, status) == "2/1 Running 4 (60s ago)")
    // Without a restart the end of the container before is no matter.
    let none = #"""
      {"phase":"Running","containerStatuses":[
        {"name":"web","ready":true,"restartCount":0,"state":{"running":{}},
         "lastState":{"terminated":{"finishedAt":"2025-12-31T23:55:00Z"}}}]}
      """#
    #expect(try state(one, none) == "1/1 Running 0")
    let initial = #"""
      {"phase":"Pending","initContainerStatuses":[
        {"name":"init","restartCount":5,"state":{"waiting":{"reason":"CrashLoopBackOff"}},
         "lastState":{"terminated":{"finishedAt":"2025-12-31T21:00:00Z"}}}]}
      """#
    let spec = #"{"containers":[{"name":"web"}],"initContainers":[{"name":"init"}]}"#
    #expect(try state(spec, initial) == "0/1 Init:CrashLoopBackOff 5 (3h ago)")
  }

  private let sidecar = #"""
    {"containers":[{"name":"web"}],
     "initContainers":[{"name":"proxy","restartPolicy":"Always"},{"name":"migrate"}]}
    """#

  @Test func containersThatStayCountAmongTheOthers() throws {
    let both = #"""
      {"phase":"Running","initContainerStatuses":[
        {"name":"proxy","started":true,"ready":true,"restartCount":2,"state":{"running":{}},
         "lastState":{"terminated":{"finishedAt":"2025-12-31T23:59:30Z"}}},
        {"name":"migrate","restartCount":4,"state":{"terminated":{"exitCode":0}}}],
       "containerStatuses":[{"name":"web","ready":true,"restartCount":1,"state":{"running":{}}}]}
      """#
    #expect(try state(sidecar, both) == "2/2 Running 3 (30s ago)")
    let migrating = #"""
      {"phase":"Pending","initContainerStatuses":[
        {"name":"proxy","started":true,"ready":true,"restartCount":0,"state":{"running":{}}},
        {"name":"migrate","restartCount":0,"state":{"running":{}}}]}
      """#
    #expect(try state(sidecar, migrating) == "1/2 Init:1/2 0")
    let starting = #"""
      {"phase":"Pending","initContainerStatuses":[
        {"name":"proxy","started":false,"ready":false,"restartCount":1,"state":{"running":{}}},
        {"name":"migrate","restartCount":0,"state":{"waiting":{"reason":"PodInitializing"}}}]}
      """#
    #expect(try state(sidecar, starting) == "0/2 Init:0/2 1")
  }

  @Test func aPodThatWasInitialisedStaysSo() throws {
    // A container that stays is started anew while the others run.
    let status = #"""
      {"phase":"Running","conditions":[{"type":"Initialized","status":"True"}],
       "initContainerStatuses":[
        {"name":"proxy","started":false,"restartCount":1,
         "state":{"waiting":{"reason":"CrashLoopBackOff"}}}],
       "containerStatuses":[{"name":"web","ready":true,"restartCount":0,"state":{"running":{}}}]}
      """#
    #expect(try state(sidecar, status) == "1/2 Init:CrashLoopBackOff 1")
  }

  @Test func gatesHoldAPodBack() throws {
    let status = #"""
      {"phase":"Pending","conditions":[
        {"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}
      """#
    #expect(try state(one, status) == "0/1 SchedulingGated 0")
  }

  @Test func aPodThatHasEndedDoesNotTerminate() throws {
    let metadata = #"{"deletionTimestamp":"2025-12-31T23:59:00Z"}"#
    for (phase, expected) in [
      ("Succeeded", "0/1 Completed 0"), ("Failed", "0/1 Error 0"), ("Running", "0/1 Terminating 0"),
    ] {
      let reason = phase == "Succeeded" ? "Completed" : "Error"
      let status = #"""
        {"phase":"\#(phase)","containerStatuses":[
          {"name":"web","state":{"terminated":{"exitCode":0,"reason":"\#(reason)"}}}]}
        """#
      #expect(try state(one, status, metadata: metadata) == expected)
    }
  }

  @Test func whatIsNoPodHasAStateToo() throws {
    #expect(try state("[]", "7") == "0/0  0")
    let odd = #"""
      {"phase":7,"initContainerStatuses":[null,{"restartCount":9223372036854775807}],
       "containerStatuses":{"a":1}}
      """#
    #expect(try state("{}", odd) == "0/0 Init:0/0 0")
  }
}
