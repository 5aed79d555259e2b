import Decode
import EtcdMessages
import Foundation
import SwiftProtobuf
import TestSupport
import Testing
import WAL

@testable import Explore

@Suite struct LogDocumentTests {
  /// The documents of a log with these entries.
  private func documents(
    of entries: [[UInt8]],
    yaml: Bool = false,
    places: Bool = false
  ) throws -> (text: String, losses: [LogDocument.Loss]) {
    let disk = SimulatedDisk()
    try SampleLog.write(entries, to: "/wal", on: disk)
    let log = try LogSource("/wal", in: disk)
    var options = LogDocument.Options()
    options.isYAML = yaml
    options.showsPlaces = places
    let document = LogDocument(decoder: Decoder(), options: options)
    var output = OutputBuffer()
    var losses: [LogDocument.Loss] = []
    while let item = try log.next() {
      if case .entry(let entry) = item.record.content {
        losses += document.append(entry, LoggedRequest(entry), item, to: &output)
      } else if places {
        document.append(note: item, to: &output)
      }
    }
    if places { document.append(endOf: log, to: &output) }
    return (String(decoding: output.bytes, as: UTF8.self), losses)
  }

  private func json(_ fill: (inout Etcdserverpb_InternalRaftRequest) -> Void) throws -> String {
    let text = try documents(of: [SampleLog.data(fill)]).text
    let head = #"{"index":1,"term":1,"#
    #expect(text.hasPrefix(head) && text.hasSuffix("}\n"))
    return String(text.dropFirst(head.count).dropLast(2))
  }

  @Test func bytesAreTextOrBase64() throws {
    #expect(
      try json {
        $0.put.key = Data("/k\u{FC}".utf8)
        $0.put.value = Data("a \"quoted\"\n".utf8)
      } == #""type":"put","key":"/k"# + "\u{FC}" + #"","value":"a \"quoted\"\n""#
    )
    #expect(
      try json {
        $0.put.key = Data([0xFF])
        $0.put.value = Data([0xFE, 0])
      } == #""type":"put","keyBase64":"/w==","valueBase64":"/gA=""#
    )
    #expect(try json { $0.put = .init() } == #""type":"put","key":"","value":"""#)
  }

  @Test func allFieldsAreThere() throws {
    #expect(
      try json {
        $0.header.id = .max
        $0.header.username = "alice"
        $0.header.authRevision = 9
        $0.put.key = Data("k".utf8)
        $0.put.lease = 5
        $0.put.prevKv = true
        $0.put.ignoreValue = true
        $0.put.ignoreLease = true
      }
        == #""type":"put","requestID":"ffffffffffffffff","by":"alice","authRevision":9,"#
        + #""key":"k","value":"","lease":"0000000000000005","prevKV":true,"ignoreValue":true,"#
        + #""ignoreLease":true"#
    )
    #expect(
      try json {
        $0.range.key = Data("a".utf8)
        $0.range.rangeEnd = Data("b".utf8)
        $0.range.limit = 1
        $0.range.revision = 2
        $0.range.sortOrder = .descend
        $0.range.sortTarget = .create
        $0.range.serializable = true
        $0.range.keysOnly = true
        $0.range.countOnly = true
        $0.range.minModRevision = 3
        $0.range.maxModRevision = 4
        $0.range.minCreateRevision = 5
        $0.range.maxCreateRevision = 6
      }
        == #""type":"range","key":"a","rangeEnd":"b","limit":1,"revision":2,"sortOrder":"descend","#
        + #""sortTarget":"create","serializable":true,"keysOnly":true,"countOnly":true,"#
        + #""minModRevision":3,"maxModRevision":4,"minCreateRevision":5,"maxCreateRevision":6"#
    )
  }

  @Test func unknownFieldsAreKept() throws {
    let put = Wire.field(4, Wire.field(1, "k") + Wire.field(99, varint: 1))
    let text = try documents(of: [put + Wire.field(7777, "later")]).text
    #expect(text.contains(#""unknownFieldsBase64":"mAYB""#))
    #expect(text.contains(#""unknownRequestBase64":"iuYDBWxhdGVy""#))
  }

  @Test func transactionsNest() throws {
    #expect(
      try json {
        $0.txn.compare = [
          .with { compare in
            compare.key = Data("k".utf8)
            compare.target = .value
            compare.value = Data([0xFF])
          }
        ]
        $0.txn.success = [.with { $0.requestTxn.success = [.with { $0.requestPut = .init() }] }]
      }
        == #""type":"txn","compare":[{"key":"k","target":"value","result":"=","valueBase64":"/w=="}],"#
        + #""success":[{"type":"txn","compare":[],"success":[{"type":"put","key":"","value":""}],"#
        + #""failure":[]}],"failure":[]"#
    )
  }

  @Test func everyKindIsJSON() throws {
    var entries: [[UInt8]] = [[], Wire.field(2, Wire.field(2, "PUT")), [0xFF]]
    for number: UInt32 in [
      3, 4, 5, 6, 7, 8, 9, 10, 11, 1000, 1011, 1012, 1013, 1100, 1101, 1102, 1103, 1104, 1105, 1106,
      1107, 1200, 1201, 1202, 1203, 1204, 1300, 1301, 1302, 9900, 7777,
    ] {
      entries.append(Wire.field(number, ""))
    }
    for isYAML in [false, true] {
      let text = try documents(of: entries, yaml: isYAML).text
      let documents = text.split(separator: isYAML ? "---\n" : "\n")
      #expect(documents.count == entries.count)
      guard !isYAML else { continue }
      for document in documents {
        #expect(throws: Never.self) {
          try JSONSerialization.jsonObject(with: Data(document.utf8))
        }
      }
    }
  }

  // MARK: YAML

  @Test func objectsAreDecodedInYAML() throws {
    let configMap = try Fixture.bytes("etcdctl/values/configmap.bin")
    let put = try SampleLog.data {
      $0.put.key = Data("/registry/configmaps/demo/cm-full".utf8)
      $0.put.value = Data(configMap)
    }
    let (text, losses) = try documents(of: [put], yaml: true)
    #expect(losses.isEmpty)
    let decoded = try Decoder().decode(configMap, as: .yaml).bytes
    let indented = String(decoding: decoded, as: UTF8.self).split(separator: "\n").map { "  \($0)" }
    #expect(
      text == """
        ---
        index: 1
        term: 1
        type: put
        key: /registry/configmaps/demo/cm-full
        object:
        \(indented.joined(separator: "\n"))

        """
    )
  }

  @Test func anObjectThatDoesNotDecodeIsShownAsBytesAndTold() throws {
    let damaged = Array("k8s\0".utf8) + [0xFF]
    let put = try SampleLog.data {
      $0.put.key = Data("/k".utf8)
      $0.put.value = Data(damaged)
    }
    let (text, losses) = try documents(of: [put], yaml: true)
    #expect(text.contains("valueBase64: azhzAP8="))
    #expect(losses.map(\.key) == ["/k"])
  }

  // MARK: Records

  @Test func recordsSayWhereTheyLie() throws {
    let text = try documents(of: [[]], places: true).text
    #expect(
      text == """
        {"record":"checksum","segment":"0000000000000000-0000000000000000.wal","offset":0,\
        "checksum":"00000000"}
        {"record":"metadata","segment":"0000000000000000-0000000000000000.wal","offset":16,\
        "member":"8e9e05c52164694d","cluster":"cdf818194e3a8c32"}
        {"record":"snapshot","segment":"0000000000000000-0000000000000000.wal","offset":56,\
        "index":0,"term":0}
        {"record":"entry","segment":"0000000000000000-0000000000000000.wal","offset":80,\
        "index":1,"term":1,"type":"no-op"}
        {"record":"state","segment":"0000000000000000-0000000000000000.wal","offset":104,\
        "term":1,"vote":"8e9e05c52164694d","commit":1}
        {"record":"end","segment":"0000000000000000-0000000000000000.wal","offset":144,\
        "lastIndex":1,"commit":1}

        """
    )
  }
}
