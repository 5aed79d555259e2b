import Testing

@testable import Explore

/// What newer API servers show than the one of the recordings.
@Suite struct KindColumnsTests {
  /// The cells of an object in the columns with some titles.
  private func cells(_ titles: [String], _ json: String) throws -> [String] {
    let object = try DecodedObject(json: Array(json.utf8))
    let kind = GroupKind(group: object.group, kind: object.kind)
    let columns = try #require(KindColumns.byKind[kind])
    var cells = RowCells(now: 1_767_225_600)
    columns.fill(ObjectField(object), &cells)
    #expect(cells.cells.count == columns.columns.count)
    return titles.compactMap { title in
      columns.columns.firstIndex { $0.title == title }.map { cells.cells[$0] }
    }
  }

  /// Rows are filled whatever the object lacks, and have a cell for each column.
  @Test func everyKindFillsItsColumns() throws {
    #expect(KindColumns.byKind.count > 50)
    for (kind, columns) in KindColumns.byKind {
      for json in ["{}", "[]", #"{"metadata":[],"spec":7,"status":"x"}"#] {
        var cells = RowCells(now: 0)
        columns.fill(ObjectField(try DecodedObject(json: Array(json.utf8))), &cells)
        #expect(cells.cells.count == columns.columns.count, "\(kind)")
      }
      #expect(columns.places(isWide: false).count > 0)
    }
  }

  @Test(arguments: [
    (#"[{"type":"Complete","status":"True"}]"#, "", "Complete"),
    (#"[{"type":"Failed","status":"True"}]"#, "", "Failed"),
    (#"[{"type":"Failed","status":"False"}]"#, "", "Running"),
    (#"[{"type":"Suspended","status":"True"}]"#, "", "Suspended"),
    (#"[{"type":"FailureTarget","status":"True"}]"#, "", "FailureTarget"),
    ("[]", #""deletionTimestamp":"2026-01-01T00:00:00Z""#, "Terminating"), ("[]", "", "Running"),
  ])
  func jobsHaveAStatus(conditions: String, metadata: String, expected: String) throws {
    let json = #"""
      {"apiVersion":"batch/v1","kind":"Job","metadata":{\#(metadata)},
       "status":{"conditions":\#(conditions)}}
      """#
    #expect(try cells(["STATUS"], json) == [expected])
  }

  @Test func newFieldsHaveColumns() throws {
    #expect(
      try cells(
        ["TIMEZONE"],
        #"{"apiVersion":"batch/v1","kind":"CronJob","spec":{"timeZone":"Asia/Tokyo"}}"#
      ) == ["Asia/Tokyo"]
    )
    #expect(
      try cells(
        ["REQUESTEDDURATION"],
        """
        {"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest",
         "spec":{"expirationSeconds":86400}}
        """
      ) == ["24h"]
    )
    #expect(
      try cells(
        ["VOLUMEATTRIBUTESCLASS", "ACCESS MODES"],
        """
        {"apiVersion":"v1","kind":"PersistentVolume",
         "spec":{"volumeAttributesClassName":"gold","accessModes":["ReadWriteOncePod"]}}
        """
      ) == ["gold", "RWOP"]
    )
    #expect(
      try cells(
        ["STATE"],
        """
        {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
         "status":{"allocation":{},"reservedFor":[{}]}}
        """
      ) == ["allocated,reserved"]
    )
    #expect(
      try cells(
        ["PARENTREF"],
        """
        {"apiVersion":"networking.k8s.io/v1","kind":"IPAddress","spec":{"parentRef":
         {"resource":"services","namespace":"default","name":"kubernetes"}}}
        """
      ) == ["services/default/kubernetes"]
    )
    #expect(
      try cells(
        ["VALIDATIONS", "PARAMKIND"],
        """
        {"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingAdmissionPolicy",
         "spec":{"validations":[{},{}],"paramKind":{"apiVersion":"v1","kind":"ConfigMap"}}}
        """
      ) == ["2", "v1/ConfigMap"]
    )
  }

  @Test(arguments: [
    (
      #"[{"type":"Resource","resource":{"name":"cpu","target":{"averageUtilization":80}}}]"#,
      #"[{"type":"Resource","resource":{"name":"cpu","current":{"averageUtilization":41}}}]"#,
      "cpu: 41%/80%"
    ),
    (
      #"[{"type":"Resource","resource":{"name":"memory","target":{"averageValue":"1Gi"}}}]"#, "[]",
      "memory: <unknown>/1Gi"
    ),
    (
      #"[{"type":"Pods","pods":{"metric":{"name":"x"},"target":{"averageValue":"100m"}}}]"#,
      #"[{"type":"Pods","pods":{"current":{"averageValue":"50m"}}}]"#, "50m/100m"
    ),
    (
      #"[{"type":"External","external":{"target":{"averageValue":"3"}}}]"#,
      #"[{"type":"External","external":{"current":{"averageValue":"2"}}}]"#, "2/3 (avg)"
    ),
    (
      #"[{"type":"Object","object":{"target":{"value":"3"}}}]"#,
      #"[{"type":"Object","object":{"current":{"value":"2"}}}]"#, "2/3"
    ),
    (
      #"""
      [{"type":"ContainerResource","containerResource":{"name":"cpu","target":{}}},
       {"type":"New"},{"type":"New"}]
      """#, "[]", "cpu: <unknown>/<auto>, <unknown type> + 1 more..."
    ), ("[]", "[]", "<none>"),
  ])
  func autoscalersTellTheirMetrics(metrics: String, current: String, expected: String) throws {
    let json = #"""
      {"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler",
       "spec":{"metrics":\#(metrics)},"status":{"currentMetrics":\#(current)}}
      """#
    #expect(try cells(["TARGETS"], json) == [expected])
  }

  @Test func anEventOfTheNewGroupIsOneOfTheOld() throws {
    let json = """
      {"apiVersion":"events.k8s.io/v1","kind":"Event","metadata":{"name":"e"},
       "eventTime":"2025-12-31T23:00:00.000000Z","reason":"Scheduled","type":"Normal",
       "regarding":{"kind":"Pod","name":"web-0"},"note":"Assigned",
       "reportingController":"default-scheduler","reportingInstance":"scheduler-1",
       "series":{"count":4,"lastObservedTime":"2025-12-31T23:58:00.000000Z"}}
      """
    let titles = ["LAST SEEN", "OBJECT", "SOURCE", "MESSAGE", "FIRST SEEN", "COUNT"]
    #expect(
      try cells(titles, json)
        == ["2m", "pod/web-0", "default-scheduler, scheduler-1", "Assigned", "60m", "4"]
    )
  }
}
