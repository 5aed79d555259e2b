import TestSupport
import Testing

@testable import Schema

@Suite struct CatalogueTests {
  private let catalogue = Catalogue.builtIn

  @Test func everyMessageParsesAndEveryNameLeadsToOne() throws {
    let names = catalogue.messageNames()
    #expect(names.count > 1600)
    #expect(Set(names).count == names.count)
    for name in names {
      let message = try #require(try catalogue.message(named: name), "\(name)")
      try #require(message.name == name)
      let numbers = message.fields.map(\.number)
      try #require(Set(numbers).count == numbers.count, "\(name)")
      for field in message.fields {
        guard case .message(let other) = field.element else { continue }
        for name in [other] + field.formerMessages {
          _ = try #require(try catalogue.message(named: name), "\(message.name): \(name)")
        }
      }
    }
  }

  @Test func everyKindParsesAndHasItsMessage() throws {
    let kinds = try catalogue.kinds()
    #expect(kinds.count > 400)
    for kind in kinds {
      try #require(try catalogue.kind(apiVersion: kind.apiVersion, kind: kind.kind) == kind)
      _ = try #require(try catalogue.message(named: kind.message), "\(kind)")
      if let path = kind.storagePath { #expect(path.hasPrefix("/registry/"), "\(kind)") }
    }
  }

  @Test(arguments: [
    "", " ", "#", "a", "zzz", "k8s", "k8s.io.api.core.v1.Po", "k8s.io.api.core.v1.Pod ",
    "k8s.io.api.core.v1.PodX", "k8s.io.api.core.v1.Pod 1.15-", "# explorer catalogue 1: messages",
    "1 string name", "\u{10FFFF}",
  ])
  func whatIsNoMessageIsNotFound(_ name: String) throws {
    #expect(try catalogue.message(named: name) == nil)
  }

  @Test func kindsOfEveryGroupAreFoundUnderAny() throws {
    let kind = try #require(try catalogue.kind(apiVersion: "example.org/v7", kind: "ListOptions"))
    #expect(kind.message == "k8s.io.apimachinery.pkg.apis.meta.v1.ListOptions")
    #expect(try catalogue.kind(apiVersion: "example.org/v7", kind: "Pod") == nil)
    #expect(try catalogue.kind(apiVersion: "", kind: "") == nil)
  }

  @Test func kindsSayWhereTheyAreStored() throws {
    let pod = try #require(try catalogue.kind(apiVersion: "v1", kind: "Pod"))
    #expect(pod.resource == "pods")
    #expect(pod.storagePath == "/registry/pods/<namespace>/<name>")
    #expect(pod.isNamespaced)
    let node = try #require(try catalogue.kind(apiVersion: "v1", kind: "Node"))
    #expect(!node.isNamespaced)
    let list = try #require(try catalogue.kind(apiVersion: "v1", kind: "PodList"))
    #expect(list.storagePath == nil)
    #expect(!list.isNamespaced)
  }

  @Test(arguments: [
    ("clusterName", "1.15", true), ("clusterName", "1.24", true), ("clusterName", "1.25", false),
    ("initializers", "1.15", true), ("initializers", "1.16", false), ("name", "1.37", true),
  ])
  func fieldsStandInTheirReleases(field: String, release: String, isCurrent: Bool) throws {
    let name = "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    let wanted: Release = try #require(Release(release))
    let message = try #require(try catalogue.message(named: name, in: wanted))
    let found = try #require(message.fields.first { $0.jsonName == field })
    #expect(found.isCurrent == isCurrent)
  }

  @Test func theFormOfAFieldIsThatOfTheRelease() throws {
    let name = "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    for (release, omitsZero) in [("1.15", false), ("1.33", false), ("1.34", true), (nil, true)] {
      let message = try #require(
        try catalogue.message(named: name, in: release.flatMap { Release($0) })
      )
      let time = try #require(message.fields.first { $0.number == 8 })
      #expect(time.omitsZero == omitsZero)
      #expect(time.isCurrent)
      #expect(!time.isLater)
      #expect(time.lastRelease == nil)
    }
    let gone = try #require(try catalogue.message(named: name)?.fields.first { $0.number == 15 })
    #expect(gone.lastRelease == Release(major: 1, minor: 24))
  }

  @Test func aMessageThatAReleaseDidNotHaveComesInItsNearestShape() throws {
    let name = "k8s.io.api.batch.v2alpha1.CronJob"
    let newest = try #require(try catalogue.message(named: name))
    #expect(
      newest.releases
        == ReleaseRange(first: Release(major: 1, minor: 15), last: Release(major: 1, minor: 20))
    )
    #expect(newest.fields.allSatisfy { $0.isCurrent })
    #expect(
      try catalogue.message(named: name, in: Release(major: 1, minor: 30))?.fields == newest.fields
    )
  }
}

/// A catalogue is searched by bisection, which loses records that stand at an edge first.
@Suite struct CatalogueTextTests {
  private static func text(_ count: Int) -> CatalogueText {
    let records = (0..<count).map { number in
      "m.\(100 + number) 1.0-\n" + (0..<(number % 4)).map { " \($0 + 1) string f\($0)\n" }.joined()
    }
    let text = "# explorer catalogue 1: test\n" + records.shuffled().joined()
    return CatalogueText(source: "test", copying: Array(text.utf8))
  }

  private func lines(_ record: UnsafeBufferPointer<UInt8>?) -> [Substring]? {
    record.map { String(decoding: $0, as: UTF8.self).split(separator: "\n") }
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 16, 17, 100])
  func everyRecordIsFoundAndNothingElse(_ count: Int) {
    let text = Self.text(count)
    for number in 0..<count {
      #expect(lines(text.record("m.\(100 + number)"))?.count == 1 + number % 4)
    }
    for key in [
      "", "a", "m", "m.", "m.10", "m.099", "m.1000", "m.\(100 + count)", "z", "#", " ", " 1",
    ] {
      #expect(lines(text.record(key)) == nil, "\(key)")
    }
    #expect(text.records().count == count)
  }

  @Test func theEmbeddedTextIsFoundFromFirstToLast() throws {
    let names = Catalogue.builtIn.messageNames()
    let first = try #require(names.first)
    let last = try #require(names.last)
    #expect(try Catalogue.builtIn.message(named: first)?.name == first)
    #expect(try Catalogue.builtIn.message(named: last)?.name == last)
  }
}

@Suite struct CatalogueLayerTests {
  private func layered(_ text: String) throws -> Catalogue {
    try Catalogue.builtIn.layering(Array(text.utf8), source: "layer")
  }

  private static let heading = "# explorer catalogue 1: test\n"

  @Test func whatIsOnTopIsFoundFirst() throws {
    let catalogue = try layered(Self.heading + "k8s.io.api.core.v1.Pod 1.20-\n 7 string only\n")
    let pod = try #require(try catalogue.message(named: "k8s.io.api.core.v1.Pod"))
    #expect(pod.fields.map(\.jsonName) == ["only"])
    #expect(try catalogue.message(named: "k8s.io.api.core.v1.PodSpec") != nil)
    #expect(catalogue.messageNames().count == Catalogue.builtIn.messageNames().count)
    // The catalogue below is not changed.
    #expect(try Catalogue.builtIn.message(named: "k8s.io.api.core.v1.Pod")?.fields.count == 3)
  }

  @Test func kindsCanBeAdded() throws {
    let catalogue = try layered(
      Self.heading + "z.org/v1 Zed z.v1.Zed zeds /registry/zeds/<name> 1.20-1.25\n"
        + "a.org/v1 Ay a.v1.Ay - - 1.20-\n"
    )
    let kind = try #require(try catalogue.kind(apiVersion: "z.org/v1", kind: "Zed"))
    #expect(kind.message == "z.v1.Zed")
    #expect(kind.releases.description == "1.20-1.25")
    #expect(try catalogue.kind(apiVersion: "a.org/v1", kind: "Ay")?.resource == nil)
    #expect(try catalogue.kinds().count == Catalogue.builtIn.kinds().count + 2)
    let versions = try catalogue.kinds().map { "\($0.apiVersion) \($0.kind)" }
    #expect(versions == versions.sorted())
  }

  @Test func fieldsAreReadWithTheirAttributes() throws {
    let catalogue = try layered(
      Self.heading + """
        t.v1.T =list typemeta 1.20-
         1 *string a omitempty
         2 []int64 b omitzero hidden
         3 map:bytes c inline
         4 .U d 1.22-
         4 *x.V d omitempty 1.20-1.21
         536870911 sfixed64 e 1.20-1.20
        t.v1.U 1.20-

        """
    )
    let message = try #require(try catalogue.message(named: "t.v1.T"))
    #expect(message.special == .list)
    #expect(message.embedsTypeMeta)
    let fields = message.fields
    try #require(fields.map(\.number) == [1, 2, 3, 4, 536_870_911])
    #expect(fields.map(\.shape) == [.single, .repeated, .map, .single, .single])
    #expect(fields.map(\.element) == [.string, .int64, .bytes, .message("t.v1.U"), .sfixed64])
    #expect(fields.map(\.isPointer) == [true, false, false, false, false])
    #expect(fields.map(\.omitsEmpty) == [true, false, false, false, false])
    #expect(fields.map(\.omitsZero) == [false, true, false, false, false])
    #expect(fields.map(\.isHidden) == [false, true, false, false, false])
    #expect(fields.map(\.isInline) == [false, false, true, false, false])
    #expect(fields.map(\.isCurrent) == [true, true, true, true, false])
    #expect(fields[3].formerMessages == ["x.V"])
    #expect(fields[4].lastRelease == Release(major: 1, minor: 20))
    let old = try #require(try catalogue.message(named: "t.v1.T", in: Release(major: 1, minor: 21)))
    #expect(old.fields[3].element == .message("x.V"))
    #expect(old.fields[3].isPointer)
    #expect(old.fields[3].formerMessages == ["t.v1.U"])
  }

  @Test(arguments: [
    ("t.T\n 1 string a\n", "t.T"), ("t.T 1.20\n 1 string a\n", "t.T 1.20"),
    ("t.T odd 1.20-\n 1 string a\n", "t.T odd 1.20-"),
    ("t.T =odd 1.20-\n 1 string a\n", "t.T =odd 1.20-"),
    ("t.T 1.20-\n 0 string a\n", " 0 string a"),
    ("t.T 1.20-\n 536870912 string a\n", " 536870912 string a"),
    ("t.T 1.20-\n 1 strin a\n", " 1 strin a"), ("t.T 1.20-\n 1 string\n", " 1 string"),
    ("t.T 1.20-\n 1 string a often\n", " 1 string a often"),
    ("t.T 1.20-\n x string a\n", " x string a"),
    ("z.org/v1 Zed z.v1.Zed zeds\n", "z.org/v1 Zed z.v1.Zed zeds"),
    ("z.org/v1 Zed z.v1.Zed - - never\n", "z.org/v1 Zed z.v1.Zed - - never"),
  ])
  func malformedLinesAreNamed(text: String, line: String) {
    let error = #expect(throws: CatalogueError.self) { try layered(Self.heading + text) }
    guard case .malformedLine("layer", _, let found) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found == line)
  }

  @Test(arguments: ["", "text", "{}", "k8s\0", "# explorer catalogue 2: x\n"])
  func otherFilesAreNotTaken(_ text: String) {
    #expect(throws: CatalogueError.unrecognisedFile(source: "layer")) { try layered(text) }
  }
}
