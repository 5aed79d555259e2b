import Bolt
import FileIO
import TestSupport
import Testing

/// What is damaged is refused with its place; with `--salvage` the rest is shown and the loss told.
@Suite struct SalvageCommandTests {
  let fixture: EtcdFixture
  let damaged: DamagedDatabase
  let path: String

  /// All keys with all their revisions, of the sound file.
  let allRows: [String]

  init() throws {
    fixture = try EtcdFixture(.v35, "history")
    path = fixture.databasePath
    damaged = try DamagedDatabase(path)
    allRows = try Program.explorer("keys", "--file", path, "--all-revisions").lines
    #expect(allRows.count == 10_000)
  }

  private func rows() throws -> Program.Result {
    try Program.explorer("keys", "--file", path, "--all-revisions", "--salvage")
  }

  private func expectRefused(_ message: String) throws {
    for command in [["keys"], ["get", "-A"], ["checksum"], ["snapshot", "status"]] {
      let result = try Program.run(Program.explorer, command + ["--file", path])
      #expect(result.status == 2)
      #expect(
        result.errors.contains("explorer: \(path): \(message)"),
        "\(command) \(result.errors)"
      )
    }
  }

  @Test func aLostLeaf() throws {
    let leaf = try damaged.overwriteLeaf()
    try expectRefused("page \(leaf): says to be page 0\n")
    let result = try rows()
    #expect(result.status == 2)
    #expect(result.errors == "explorer: lost: \(path): page \(leaf): says to be page 0\n")
    #expect(result.lines.count < allRows.count && result.lines.count > allRows.count - 200)
    #expect(Set(result.lines).isSubset(of: allRows))
    // A value that is there still.
    let last = try #require(result.lines.last { $0.contains("PUT") }?.split(separator: " "))
    let value = try Program.explorer(
      "get",
      "--file",
      path,
      "--salvage",
      "--exact",
      String(last[2]),
      "--rev",
      String(last[0])
    )
    #expect(!value.output.isEmpty)
    #expect(value.errors.contains("lost: \(path): page \(leaf)"))
  }

  @Test func aLostBranch() throws {
    let root = try #require(damaged.branches.last)
    for branch in damaged.branches { try damaged.overwrite(branch) }
    try expectRefused("page ")
    let result = try rows()
    #expect(result.status == 2)
    #expect(Set(result.lines) == Set(allRows))
    #expect(result.errors.contains("says to be page 0\n"))
    #expect(result.errors.contains("what was lost was sought on all pages"))
    _ = root
  }

  @Test func lostMetaPages() throws {
    for page in [0, 1] as [UInt64] { try damaged.overwrite(page) }
    try expectRefused("not a bolt database: meta page 0: magic 0x0, expected 0xed0cdaed")
    let result = try rows()
    #expect(result.status == 2)
    #expect(Set(result.lines).isSuperset(of: allRows))
    #expect(result.errors.contains("lost: \(path): not a bolt database: meta page 0"))
    // There is no structure that could be checked.
    let check = try Program.explorer("check", path)
    #expect(check.status == 2)
    #expect(check.errors.contains("not a bolt database"))
  }

  @Test func aFileThatWasCutOff() throws {
    let end = try Database(path, .reading).read().byteCount
    try File(path, .update, in: LocalFileSystem()).truncate(to: end / 2)
    try expectRefused("the file has \(end / 2) bytes, its meta page expects \(end)\n")
    let result = try rows()
    #expect(result.status == 2)
    #expect(result.lines.count > 1000)
    #expect(Set(result.lines).isSubset(of: allRows))
    #expect(result.errors.contains("lost: "))
  }

  @Test func nothingIsLostOfASoundFile() throws {
    let result = try rows()
    #expect(result.status == 0)
    #expect(result.lines == allRows)
    #expect(result.errors == "")
  }
}
