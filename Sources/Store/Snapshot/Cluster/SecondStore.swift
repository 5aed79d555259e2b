internal import WAL

/// The store of etcd's second API, which holds nothing but the members any more.
///
/// etcd up to 3.6 reads it from the newest `.snap` file before anything else.
public enum SecondStore {
  /// How many events the store remembers.
  private static let eventCapacity = 1000

  /// The store that knows these members, as one that was made by adding them one after the other.
  ///
  /// Format: JSON, without white space. Every member is a directory, `/0/members/ID`, with one leaf
  /// in it, `raftAttributes`; each has the index of the event that made it, from 1.
  ///
  /// Source: etcd 3.5, `server/etcdserver/api/v2store/store.go`, `Save`; `node.go`; `event_queue.go`.
  ///
  /// - Parameter members: The members, their ids ascending.
  /// - Returns: The text, byte for byte what `etcdutl snapshot restore` writes for them.
  public static func json(members: [Member]) -> String {
    precondition(!members.isEmpty, "a cluster has a member: check the initial cluster first")
    let count = members.count
    var children: [(name: String, text: String)] = []
    var events = [String](repeating: "null", count: eventCapacity)
    for (slot, member) in members.enumerated() {
      let index = slot + 1
      let path = "/0/members/\(member.id.hexadecimal)"
      let attributes = GoJSON.quoted(member.raftAttributesJSON)
      let leaf = node("\(path)/raftAttributes", index, value: attributes, children: "null")
      let directory = node(path, index, children: "{\"raftAttributes\":\(leaf)}")
      children.append((member.id.hexadecimal, "\"\(member.id.hexadecimal)\":\(directory)"))
      events[slot % eventCapacity] =
        "{\"action\":\"create\",\"node\":{\"key\":\"\(path)/raftAttributes\","
        + "\"value\":\(attributes),\"modifiedIndex\":\(index),\"createdIndex\":\(index)}}"
    }
    // Go writes the keys of an object in the order of their text, which is not that of the numbers.
    let sorted = children.sorted { $0.name < $1.name }.map(\.text).joined(separator: ",")
    let directory = node("/0/members", 1, children: "{\(sorted)}")
    let cluster = node("/0", 0, children: "{\"members\":\(directory)}")
    let keys = node("/1", 0, children: "{}")
    let root = node("/", 0, children: "{\"0\":\(cluster),\"1\":\(keys)}")
    return "{\"Root\":\(root),\"WatcherHub\":{\"EventHistory\":{\"Queue\":{\"Events\":["
      + events.joined(separator: ",")
      + "],\"Size\":\(min(count, eventCapacity)),"
      + "\"Front\":\(count > eventCapacity ? count % eventCapacity : 0),"
      + "\"Back\":\(count % eventCapacity),\"Capacity\":\(eventCapacity)},"
      + "\"StartIndex\":\(max(1, count - eventCapacity + 1)),"
      + "\"LastIndex\":\(count)}},\"CurrentIndex\":\(count),\"Stats\":\(statistics(count)),"
      + "\"CurrentVersion\":2}"
  }

  private static func node(
    _ path: String,
    _ index: Int,
    value: String = "\"\"",
    children: String
  ) -> String {
    "{\"Path\":\"\(path)\",\"CreatedIndex\":\(index),\"ModifiedIndex\":\(index),"
      + "\"ExpireTime\":\"0001-01-01T00:00:00Z\",\"Value\":\(value),\"Children\":\(children)}"
  }

  private static func statistics(_ count: Int) -> String {
    let names = [
      "getsSuccess", "getsFail", "setsSuccess", "setsFail", "deleteSuccess", "deleteFail",
      "updateSuccess", "updateFail", "createSuccess", "createFail", "compareAndSwapSuccess",
      "compareAndSwapFail", "compareAndDeleteSuccess", "compareAndDeleteFail", "expireCount",
      "watchers",
    ]
    let fields = names.map { "\"\($0)\":\($0 == "createSuccess" ? count : 0)" }
    return "{" + fields.joined(separator: ",") + "}"
  }
}
