import Foundation
import TestSupport
import Testing

/// `explorer wal` on logs of real etcd.
@Suite struct WALCommandTests {
  private let fixture: EtcdFixture
  private let log: String

  init() throws {
    fixture = try EtcdFixture(.v35, "leases")
    log = "\(fixture.walDirectory)/0000000000000000-0000000000000000.wal"
  }

  private func wal(_ arguments: String...) throws -> Program.Result {
    try Program.run(Program.explorer, ["wal", fixture.dataDirectory] + arguments)
  }

  @Test func entriesAreListed() throws {
    let result = try wal()
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(
      result.text == """
             INDEX   TERM  TYPE        REQUEST
                 1      1  member      add b71f75320dc06a6c {"id":13195394291058371180,"peerURLs":["http://127.0.0.1:2380"],"name":"fixture"}
                 2      2  no-op
                 3      2  v2          PUT /0/members/b71f75320dc06a6c/attributes {"name":"fixture","clientURLs":["http://127.0.0.1:2379"]}
                 4      2  v2          PUT /0/version 3.5.0
                 5      2  lease       grant 0000000000000001 ttl=400000000s
                 6      2  lease       grant 7fffffffffffffff ttl=400000001s
                 7      2  lease       grant 0000000000001234 ttl=400000002s
                 8      2  lease       grant 000000000000004d ttl=400000003s
                 9      2  lease       grant 0000000000000058 ttl=400000004s
                10      2  put         /leased/one/0 1B lease=0000000000000001
                11      2  put         /leased/one/1 1B lease=0000000000000001
                12      2  put         /leased/one/2 1B lease=0000000000000001
                13      2  put         /leased/one/3 1B lease=0000000000000001
                14      2  put         /leased/one/4 1B lease=0000000000000001
                15      2  put         /leased/one/5 1B lease=0000000000000001
                16      2  put         /leased/greatest 1B lease=7fffffffffffffff
                17      2  txn         put /leased/txn/0 8B lease=0000000000001234, put /leased/txn/1 8B lease=0000000000001234, put /leased/txn/2 8B lease=0000000000001234, put /leased/txn/3 8B lease=0000000000001234
                18      2  put         /moved 5B lease=0000000000000001
                19      2  put         /moved 6B lease=0000000000001234
                20      2  put         /detached 5B lease=0000000000000001
                21      2  put         /detached 6B
                22      2  put         /deleted 5B lease=0000000000000001
                23      2  delete      /deleted
                24      2  put         /revoked/0 1B lease=000000000000004d
                25      2  put         /revoked/1 1B lease=000000000000004d
                26      2  put         /revoked/2 1B lease=000000000000004d
                27      2  put         /revoked/3 1B lease=000000000000004d
                28      2  put         /revoked/4 1B lease=000000000000004d
                29      2  lease       revoke 000000000000004d
                30      2  put         /last 8B
                31      2  auth        user-list
                32      2  auth        role-list
                33      2  alarm       get NONE

        """
    )
  }

  @Test func entriesAreListedForPrograms() throws {
    #expect(
      try wal("-o", "json", "--from", "22", "--to", "23").text == """
        {"index":22,"term":2,"type":"put","requestID":"6a6ca1fd7d660b14","key":"/deleted",\
        "value":"first","lease":"0000000000000001"}
        {"index":23,"term":2,"type":"delete","requestID":"6a6ca1fd7d660b15","key":"/deleted"}

        """
    )
    #expect(
      try wal("-o", "yaml", "--type", "lease-revoke").text == """
        ---
        index: 29
        term: 2
        type: lease-revoke
        lease: 000000000000004d
        requestID: 6a6ca1fd7d660b1b

        """
    )
  }

  @Test func entriesAreChosen() throws {
    func indices(_ arguments: String...) throws -> [Int] {
      let arguments = ["wal", fixture.dataDirectory, "--no-headers"] + arguments
      let result = try Program.run(Program.explorer, arguments)
      #expect(result.status == (result.output.isEmpty ? 1 : 0))
      return result.text.split(separator: "\n").compactMap { line in
        line.split(separator: " ").first.flatMap { Int($0) }
      }
    }
    #expect(try indices("--type", "lease,delete") == [5, 6, 7, 8, 9, 23, 29])
    #expect(try indices("--type", "lease-grant", "--type", "alarm", "--from", "8") == [8, 9, 33])
    #expect(try indices("--key", "/leased/txn") == [17])
    #expect(try indices("--limit", "2", "--key", "/moved") == [18, 19])
    #expect(try indices("--from", "30", "--limit", "1") == [30])
    #expect(try indices("--from", "34") == [])
    #expect(try indices("--key", "/none") == [])
  }

  @Test func everythingInTheLogIsShown() throws {
    let lines = try wal("--records").text.split(separator: "\n")
    #expect(
      lines[1].hasSuffix("checksum    00000000 at 0 of 0000000000000000-0000000000000000.wal")
    )
    #expect(lines[2].hasSuffix("metadata    member b71f75320dc06a6c of cluster 1c45a069f3a1d796"))
    #expect(lines[3].hasSuffix("0      0  snapshot"))
    #expect(lines[5].hasSuffix("-      1  state       no vote, committed up to 1"))
    #expect(lines.last?.contains("33      2  end         committed up to 33, at ") == true)
  }

  @Test func passwordsAreNotShown() throws {
    let fixture = try EtcdFixture(.v35, "auth")
    for format in ["text", "json", "yaml"] {
      let result = try Program.explorer("wal", fixture.dataDirectory, "-o", format)
      #expect(result.status == 0)
      #expect(result.text.contains("alice"))
      // What bcrypt made of a password begins so, as base64; a token has no other mark.
      #expect(!result.text.contains("JDJhJD"))
      #expect(!result.text.contains("mXuvwbkIaZsLiaaw"))
    }
  }

  // MARK: What is damaged, or no log

  @Test func whatComesBeforeDamageIsShown() throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: log)))
    let offset = try #require(try place(of: 20))
    bytes[offset + 20] ^= 1
    try Data(bytes).write(to: URL(fileURLWithPath: log))
    for arguments in [[], ["--limit", "3"], ["-o", "json", "--to", "5"]] {
      let result = try Program.run(
        Program.explorer,
        ["wal", fixture.dataDirectory, "--no-headers"] + arguments
      )
      #expect(result.status == 2)
      #expect(result.text.split(separator: "\n").count == [19, 3, 5][arguments.count / 2])
      #expect(result.errors.hasPrefix("explorer: \(log): offset \(offset): "))
      #expect(result.errors.contains("found 0x") && result.errors.contains(", expected 0x"))
    }
  }

  @Test func anInterruptedWriteIsNoted() throws {
    let offset = try #require(try place(of: 33))
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: log)))
    try Data(bytes[..<(offset + 12)]).write(to: URL(fileURLWithPath: log))
    let result = try wal()
    #expect(result.status == 0)
    #expect(result.text.split(separator: "\n").count == 33)
    #expect(
      result.errors == """
        explorer: note: \(log): offset \(offset): the last write was interrupted; nothing of it was \
        acknowledged

        """
    )
  }

  /// Where the record of an entry begins.
  private func place(of index: Int) throws -> Int? {
    let lines = try wal("--records", "-o", "json").text.split(separator: "\n")
    for line in lines {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      if object?["record"] as? String == "entry", object?["index"] as? Int == index {
        return object?["offset"] as? Int
      }
    }
    return nil
  }

  @Test func whatIsNoLogIsSaid() throws {
    let none = try Program.explorer("wal", "/nowhere/at/all")
    #expect(none.status == 2)
    #expect(none.errors == "explorer: /nowhere/at/all: no such file or directory\n")
    let database = try Program.explorer("wal", fixture.databasePath)
    #expect(database.status == 2)
    #expect(database.errors.hasPrefix("explorer: \(fixture.databasePath): offset 0: "))
    let word = try wal("--type", "putt")
    #expect(word.status == 2)
    #expect(word.errors.contains("--type putt: no such type; there are no-op, range, put, delete"))
  }

  @Test func aReaderThatGoesAwayEndsItQuietly() throws {
    let fixture = try EtcdFixture(.v35, "history")
    let script = "set -o pipefail; \"$0\" wal \"$1\" -o json | head -n 1"
    let result = try Program.run(
      "/bin/bash",
      ["-c", script, Program.explorer, fixture.dataDirectory]
    )
    #expect(result.status == 0)
    #expect(result.errors.isEmpty)
    #expect(result.text.hasPrefix(#"{"index":1,"term":1,"type":"member-add""#))
  }

  @Test func nothingIsWritten() throws {
    let before = try FolderState(of: fixture.dataDirectory)
    for arguments in [[], ["--records", "-o", "yaml"], ["-o", "json", "--from", "20"]] {
      for path in [fixture.dataDirectory, fixture.walDirectory, log] {
        let result = try Program.run(Program.explorer, ["wal", path] + arguments)
        #expect(result.status == 0)
      }
    }
    #expect(try FolderState(of: fixture.dataDirectory) == before)
  }

  // MARK: Where a log lies

  @Test func aDirectoryOfSegmentsAndASegmentAreLogs() throws {
    let whole = try wal()
    for path in [fixture.walDirectory, "\(fixture.dataDirectory)/member", log] {
      let result = try Program.explorer("wal", path)
      #expect(result.status == 0)
      #expect(result.output == whole.output, "\(path)")
      #expect(result.errors.isEmpty)
    }
    // By any name.
    let other = "\(fixture.dataDirectory)/saved"
    try FileManager.default.copyItem(atPath: log, toPath: other)
    #expect(try Program.explorer("wal", other).output == whole.output)
  }

  @Test(arguments: [EtcdVersion.v34, .v35])
  func segmentsOfALogAreListedOneByOne(version: EtcdVersion) throws {
    let fixture = try EtcdFixture(version, "segments")
    func indices(_ path: String) throws -> [String] {
      let result = try Program.explorer("wal", path, "--no-headers")
      #expect(result.status == 0, "\(result.errors)")
      #expect(result.errors.isEmpty)
      return result.text.split(separator: "\n").map { line in
        String(line.split(separator: " ").first ?? "")
      }
    }
    let all = try indices(fixture.dataDirectory)
    #expect(all == (1...fixture.wal.entries.count).map { "\($0)" })
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.walDirectory)
      .filter { $0.hasSuffix(".wal") }.sorted()
    #expect(names.count == 3)
    let each = try names.map { try indices("\(fixture.walDirectory)/\($0)") }
    #expect(each.allSatisfy { !$0.isEmpty })
    #expect(each.flatMap { $0 } == all)
    // The second number of a segment's name is the first entry that can be in it.
    for (name, found) in zip(names, each) {
      let index = try #require(UInt64(name.dropFirst(17).prefix(16), radix: 16))
      #expect(found.first == "\(max(index, 1))")
    }
    // Without its first segment, the log begins later.
    try FileManager.default.removeItem(atPath: "\(fixture.walDirectory)/\(names[0])")
    #expect(try indices(fixture.dataDirectory) == each[1] + each[2])
    // One that is missing in the middle is seen.
    let third = try Program.explorer("wal", "\(fixture.walDirectory)/\(names[2])", "--no-headers")
    #expect(third.text.split(separator: "\n").count == each[2].count)
  }

  @Test func aMissingSegmentIsAnError() throws {
    let fixture = try EtcdFixture(.v35, "segments")
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.walDirectory)
      .filter { $0.hasSuffix(".wal") }.sorted()
    try FileManager.default.removeItem(atPath: "\(fixture.walDirectory)/\(names[1])")
    let result = try Program.explorer("wal", fixture.dataDirectory)
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix("explorer: \(fixture.walDirectory)"))
  }

  /// The log of a server is read while that writes it: what etcd syncs first is seen first.
  @Test(arguments: EtcdVersion.installed)
  func aRunningServersLogIsRead(version: EtcdVersion) throws {
    let server = try EtcdServer.start(version: version)
    for number in 1...5 { try server.put("/k/\(number)", "value \(number)") }
    for path in [server.dataDirectory, server.walDirectory] {
      let result = try Program.explorer("wal", path, "--key", "/k/", "--no-headers")
      #expect(result.status == 0, "\(result.errors)")
      let lines = result.text.split(separator: "\n")
      #expect(lines.count == 5)
      #expect(lines.last?.contains("/k/5") == true)
    }
    #expect(try server.put("/k/6", "value 6") == 7)
  }
}
