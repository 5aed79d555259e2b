import Decode
import TestSupport
import Testing

@testable import Explore

@Suite struct KindTablesTests {
  /// The columns that API servers have added since the one of the recordings, and the other way
  /// round that of pods which only a wide table has there.
  private static let added: [String: [String]] = [
    "certificatesigningrequests": ["REQUESTEDDURATION"], "cronjobs": ["TIMEZONE"],
    "jobs": ["STATUS"], "persistentvolumeclaims": ["VOLUMEATTRIBUTESCLASS"],
    "persistentvolumes": ["VOLUMEATTRIBUTESCLASS"], "priorityclasses": ["PREEMPTIONPOLICY"],
    "prioritylevelconfigurations": ["NOMINALCONCURRENCYSHARES"],
    "csistoragecapacities": ["STORAGECLASSNAME", "CAPACITY"],
  ]

  /// The columns of the recordings that API servers call otherwise now, or show no more.
  private static let gone: Set<String> = ["ASSUREDCONCURRENCYSHARES", "CREATED AT"]

  private func compare(_ table: RecordedTable) throws {
    let printed = try table.printed()
    if table.hasSeveralKinds {
      #expect(try printed == table.text)
      return
    }
    let (expected, found) = (TableGrid(try table.text), TableGrid(printed))
    var new = KindTablesTests.added[table.resource] ?? []
    if table.resource == "pods", !table.isWide { new.append("NODE") }
    let titles = expected.titles.filter { new.isEmpty || !KindTablesTests.gone.contains($0) }
    #expect(Set(found.titles).subtracting(titles) == Set(new))
    var (expectedRows, foundRows) = (expected.columns(titles), found.columns(titles))
    #expect(expectedRows.count > 0)
    switch table.resource {
    case "flowschemas":
      // kubectl gets them in the order of their precedence.
      expectedRows.sort { $0[0] < $1[0] }
      foundRows.sort { $0[0] < $1[0] }
    case "horizontalpodautoscalers":
      foundRows = foundRows.map { $0.map { $0.hasPrefix("cpu: ") ? String($0.dropFirst(5)) : $0 } }
    case "apiservices":
      // The API server made those of custom resources anew.
      expectedRows = expectedRows.filter { !$0[0].contains("example") }
      foundRows = foundRows.filter { !$0[0].contains("example") }
    case "events":
      // It counted one more of a series.
      if let name = titles.firstIndex(of: "NAME"), let count = titles.firstIndex(of: "COUNT") {
        for place in expectedRows.indices
        where expectedRows[place][count] != foundRows[place][count] {
          let counted = Int(foundRows[place][count]) ?? 0
          #expect(expectedRows[place][count] == "\(counted + 1)", "\(expectedRows[place][name])")
          foundRows[place][count] = expectedRows[place][count]
        }
      }
    default:
      // To the last space.
      if titles == expected.titles, titles == found.titles {
        #expect(try printed == table.text)
      }
    }
    #expect(foundRows == expectedRows)
  }

  @Test(.enabled(if: SharedArchive.cluster.isThere), arguments: RecordedTable.all(in: "cluster"))
  func objectsOfARealClusterAreShownAsKubectlShowsThem(table: RecordedTable) throws {
    try compare(table)
  }

  @Test(arguments: RecordedTable.all(in: "states"))
  func objectsInAllStatesAreShownAsKubectlShowsThem(table: RecordedTable) throws {
    try compare(table)
  }

  @Test func thereAreRecordings() {
    #expect(RecordedTable.all(in: "cluster").count == 100)
    #expect(RecordedTable.all(in: "states").count == 70)
    #expect(RecordedTable.objects(in: "states").count == 125)
  }

  // MARK: Several tables

  private func tables(
    _ objects: [(key: String, json: String)],
    _ change: (inout KindTables.Options) -> Void = { _ in }
  ) throws -> String {
    let parser = StorageKeyParser(resources: try ResourceTable())
    var options = KindTables.Options(now: 1_767_225_600 + 200_000)
    change(&options)
    var tables = KindTables(options: options)
    var output = OutputBuffer()
    for (key, json) in objects {
      let value = Array(json.utf8)
      var row = ObjectRow(
        key: key,
        storageKey: Array(key.utf8).withUnsafeBytes { parser.key($0) },
        summary: try? Decoder().summary(of: value, key: key)
      )
      row.modRevision = 12
      row.byteCount = 2345
      let object = KindTables.needsObject(row) ? try? DecodedObject(json: value) : nil
      tables.append(row, object, to: &output)
    }
    tables.finish(to: &output)
    return String(decoding: output.bytes, as: UTF8.self)
  }

  private func object(
    _ apiVersion: String,
    _ kind: String,
    _ name: String,
    _ namespace: String? = nil
  )
    -> String
  {
    let place = namespace.map { ",\"namespace\":\"\($0)\"" } ?? ""
    return """
      {"apiVersion":"\(apiVersion)","kind":"\(kind)","metadata":{"name":"\(name)"\(place),\
      "creationTimestamp":"2026-01-01T00:00:00Z"}}
      """
  }

  @Test func eachKindHasATable() throws {
    let objects = [
      ("/registry/configmaps/demo/a", object("v1", "ConfigMap", "a", "demo")),
      ("/registry/configmaps/other/b", object("v1", "ConfigMap", "b", "other")),
      ("/registry/minions/n", object("v1", "Node", "n")),
      ("/registry/statefulsets/demo/db", object("apps/v1", "StatefulSet", "db", "demo")),
    ]
    let text = try tables(objects) {
      $0.showsKinds = true
      $0.showsNamespaces = true
    }
    #expect(
      text == """
        NAMESPACE   NAME          DATA   AGE
        demo        configmap/a   0      2d7h
        other       configmap/b   0      2d7h

        NAME     STATUS    ROLES    AGE    VERSION
        node/n   Unknown   <none>   2d7h  \u{20}

        NAMESPACE   NAME                  READY   AGE
        demo        statefulset.apps/db   0/1     2d7h

        """
    )
    let plain = try tables(objects) { $0.showsTitles = false }
    #expect(
      plain == """
        a     0     2d7h
        b     0     2d7h
        n     Unknown   <none>   2d7h  \u{20}
        db    0/1   2d7h

        """
    )
  }

  @Test func whatHasNoColumnsOfItsOwnIsToldByItsKey() throws {
    let objects = [
      ("/registry/stable.example.com/crontabs/demo/c", object("x.y/v1", "CronTab", "c", "demo")),
      ("/registry/secrets/demo/s", "k8s:enc:aescbc:v1:key1:0123456789abcdef"),
      ("compact_rev_key", "12"),
      ("/registry/secrets/demo/t", object("v1", "Secret", "t", "demo")),
    ]
    #expect(
      try tables(objects) { $0.showsNamespaces = true } == """
        NAMESPACE   NAME              KIND        AGE         REVISION   SIZE
        demo        c                 CronTab     2d7h        12         2.3 kB
        demo        s                 Secret      <unknown>   12         2.3 kB
                    compact_rev_key   <unknown>   <unknown>   12         2.3 kB

        NAMESPACE   NAME   TYPE     DATA   AGE
        demo        t      Opaque   0      2d7h

        """
    )
    let wide = try tables([objects[0]]) { $0.isWide = true }
    #expect(
      wide.hasPrefix("NAME   KIND      AGE    REVISION   SIZE     APIVERSION   CREATED   VERSION")
    )
    #expect(wide.hasSuffix("   <none>   /registry/stable.example.com/crontabs/demo/c\n"))
  }

  @Test func ofTextOfSeveralLinesTheFirstIsShown() throws {
    var cells = RowCells(now: 0)
    for text in ["one", "one\ntwo", "\rx", "a\u{C}", ""] { cells.append(text) }
    #expect(cells.cells == ["one", "one...", "...", "a...", ""])
  }
}
