private import Foundation
import Testing
import WAL

@testable import Snapshot

@Suite struct SecondStoreTests {
  /// What etcdutl 3.5.30 wrote into a `.snap` file, but for the empty slots of its events.
  @Test func aStoreOfOneMemberIsThatOfEtcdutl() {
    let member = Member(
      id: NodeID(rawValue: 0x8e9e_05c5_2164_694d),
      name: "default",
      peerURLs: ["http://localhost:2380"]
    )
    let expected =
      #"""
      {"Root":{"Path":"/","CreatedIndex":0,"ModifiedIndex":0,
      "ExpireTime":"0001-01-01T00:00:00Z","Value":"","Children":{"0":{"Path":"/0",
      "CreatedIndex":0,"ModifiedIndex":0,"ExpireTime":"0001-01-01T00:00:00Z","Value":"",
      "Children":{"members":{"Path":"/0/members","CreatedIndex":1,"ModifiedIndex":1,
      "ExpireTime":"0001-01-01T00:00:00Z","Value":"","Children":{"8e9e05c52164694d":{
      "Path":"/0/members/8e9e05c52164694d","CreatedIndex":1,"ModifiedIndex":1,
      "ExpireTime":"0001-01-01T00:00:00Z","Value":"","Children":{"raftAttributes":{
      "Path":"/0/members/8e9e05c52164694d/raftAttributes","CreatedIndex":1,"ModifiedIndex":1,
      "ExpireTime":"0001-01-01T00:00:00Z","Value":"{\"peerURLs\":[\"http://localhost:2380\"]}",
      "Children":null}}}}}}},"1":{"Path":"/1","CreatedIndex":0,"ModifiedIndex":0,
      "ExpireTime":"0001-01-01T00:00:00Z","Value":"","Children":{}}}},"WatcherHub":{
      "EventHistory":{"Queue":{"Events":[{"action":"create","node":{
      "key":"/0/members/8e9e05c52164694d/raftAttributes",
      "value":"{\"peerURLs\":[\"http://localhost:2380\"]}","modifiedIndex":1,
      "createdIndex":1}},NULLS],"Size":1,"Front":0,"Back":1,"Capacity":1000},"StartIndex":1,
      "LastIndex":1}},"CurrentIndex":1,"Stats":{"getsSuccess":0,"getsFail":0,"setsSuccess":0,
      "setsFail":0,"deleteSuccess":0,"deleteFail":0,"updateSuccess":0,"updateFail":0,
      "createSuccess":1,"createFail":0,"compareAndSwapSuccess":0,"compareAndSwapFail":0,
      "compareAndDeleteSuccess":0,"compareAndDeleteFail":0,"expireCount":0,"watchers":0},
      "CurrentVersion":2}
      """#
      .split(separator: "\n").joined()
      .split(separator: "NULLS").joined(separator: Self.nulls(999))
    #expect(SecondStore.json(members: [member]) == expected)
  }

  @Test func directoriesAreInTheOrderOfTheirTextAndEventsInThatOfTheIDs() throws {
    let members = [0xFFF, 0x1000].map { number in
      Member(id: NodeID(rawValue: number), name: "", peerURLs: ["http://a:\(number)"])
    }
    let text = SecondStore.json(members: members)
    let first = try #require(text.range(of: #""1000":{"Path":"/0/members/1000","CreatedIndex":2"#))
    let second = try #require(text.range(of: #""fff":{"Path":"/0/members/fff","CreatedIndex":1"#))
    #expect(first.lowerBound < second.lowerBound)
    let event = try #require(text.range(of: #""key":"/0/members/fff/raftAttributes""#))
    let next = try #require(text.range(of: #""key":"/0/members/1000/raftAttributes""#))
    #expect(event.lowerBound < next.lowerBound)
    #expect(text.contains(#","# + Self.nulls(998) + #"],"Size":2,"Front":0,"Back":2,"#))
    #expect(text.contains(#""StartIndex":1,"LastIndex":2}},"CurrentIndex":2,"#))
  }

  @Test func whatPassesTheHistorysEndTakesThePlaceOfTheOldest() {
    let members = (1...1002).map { number in
      Member(id: NodeID(rawValue: UInt64(number)), name: "", peerURLs: [])
    }
    let text = SecondStore.json(members: members)
    #expect(text.contains(#""Size":1000,"Front":2,"Back":2,"Capacity":1000},"StartIndex":3,"#))
    #expect(text.contains(#""Events":[{"action":"create","node":{"key":"/0/members/3e9/raft"#))
    #expect(!text.contains("null,null"))
  }

  private static func nulls(_ count: Int) -> String {
    [String](repeating: "null", count: count).joined(separator: ",")
  }
}
