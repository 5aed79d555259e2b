import Schema
import Testing

@testable import Decode

@Suite struct PlanLibraryTests {
  private static let newest = PrintingStyle(release: nil, isExact: false)
  private static let pod = "k8s.io.api.core.v1.Pod"

  private func names(_ plan: UnsafePointer<MessagePlan>) -> [String] {
    plan.pointee.jsonSlots.map { String(decoding: $0.field.pointee.name, as: UTF8.self) }
  }

  @Test func aPlanIsBuiltOnce() throws {
    let library = PlanLibrary(catalogue: .builtIn)
    let first = try #require(try library.plan(message: Self.pod, style: Self.newest))
    let second = try #require(try library.plan(message: Self.pod, style: Self.newest))
    #expect(first == second)
    // What another message contains is the same plan as when it is asked for by its name.
    let spec = try #require(
      try library.plan(message: "k8s.io.api.core.v1.PodSpec", style: Self.newest)
    )
    #expect(first.pointee.field(numbered: 2)?.pointee.message == spec)
  }

  @Test func anUnknownMessageHasNoPlan() throws {
    let library = PlanLibrary(catalogue: .builtIn)
    #expect(try library.plan(message: "k8s.io.api.core.v1.Nothing", style: Self.newest) == nil)
    #expect(try library.plan(message: "", style: Self.newest) == nil)
  }

  @Test func releasesHaveTheirOwnPlans() throws {
    let library = PlanLibrary(catalogue: .builtIn)
    let name = "k8s.io.api.core.v1.ConfigMap"
    let old = PrintingStyle(release: Release(major: 1, minor: 17), isExact: true)
    let first = try #require(try library.plan(message: name, style: Self.newest))
    let second = try #require(try library.plan(message: name, style: old))
    #expect(first != second)
    // `immutable` came with 1.18: an older plan reads it, and shows it only if it is there.
    let immutable = try #require(second.pointee.field(numbered: 4))
    #expect(!immutable.pointee.isCurrent)
    #expect(immutable.pointee.omitsEmpty)
    #expect(first.pointee.field(numbered: 4)?.pointee.isCurrent == true)
  }

  @Test func fieldsAreFoundByNumberAndByName() throws {
    let library = PlanLibrary(catalogue: .builtIn)
    let plan = try #require(
      try library.plan(message: "k8s.io.api.core.v1.ConfigMap", style: Self.newest)
    )
    #expect(names(plan) == ["metadata", "immutable", "data", "binaryData"])
    for number: UInt32 in 1...4 {
      #expect(plan.pointee.field(numbered: number)?.pointee.number == number)
    }
    for number: UInt32 in [0, 5, 99, .max] { #expect(plan.pointee.field(numbered: number) == nil) }
    for name in names(plan) {
      let slot = Array(name.utf8).withBytes { plan.pointee.slot(named: $0) }
      #expect(slot.map { String(decoding: $0.field.pointee.name, as: UTF8.self) } == name)
    }
    for name in ["", "a", "Data", "dat", "data2", "zzz"] {
      #expect(Array(name.utf8).withBytes { plan.pointee.slot(named: $0)?.field } == nil)
    }
  }

  @Test func fieldsOfInlinedMessagesAreSplicedIn() throws {
    let library = PlanLibrary(catalogue: .builtIn)
    let volume = try #require(
      try library.plan(message: "k8s.io.api.core.v1.Volume", style: Self.newest)
    )
    #expect(names(volume).prefix(3) == ["name", "hostPath", "emptyDir"])
    #expect(volume.pointee.fields.count == 2)
  }

  @Test func keysAreSortedForEachForm() throws {
    let library = PlanLibrary(catalogue: .builtIn)
    let plan = try #require(
      try library.plan(message: "k8s.io.api.core.v1.ServiceSpec", style: Self.newest)
    )
    let yaml = plan.pointee.yamlSlots.map { String(decoding: $0.field.pointee.name, as: UTF8.self) }
    #expect(yaml == yaml.sorted())
    #expect(Set(yaml) == Set(names(plan)))
  }

  /// A message that can contain itself has one plan, which points to itself.
  @Test func aCircleOfMessagesIsACircleOfPlans() throws {
    let library = PlanLibrary(catalogue: .builtIn)
    let name = "k8s.io.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
    let plan = try #require(try library.plan(message: name, style: Self.newest))
    for number: UInt32 in [25, 28, 29] {
      #expect(plan.pointee.field(numbered: number)?.pointee.message == plan)
    }
    let items = try #require(plan.pointee.field(numbered: 24)?.pointee.message)
    #expect(items.pointee.fields.contains { $0.message == plan })
  }

  @Test(arguments: [nil, "1.15", "1.20", "1.30"] as [String?])
  func everyMessageOfTheCatalogueHasAPlan(_ release: String?) throws {
    let library = PlanLibrary(catalogue: .builtIn)
    let style = PrintingStyle(release: release.flatMap { Release($0) }, isExact: release != nil)
    for name in Catalogue.builtIn.messageNames() {
      let plan = try #require(try library.plan(message: name, style: style), "\(name)")
      let numbers = plan.pointee.fields.map(\.number)
      try #require(numbers == numbers.sorted(), "\(name)")
      try #require(Set(numbers).count == numbers.count, "\(name)")
    }
  }

  @Test func aMessageThatMentionsAnUnknownOneIsAnError() throws {
    let text = "# explorer catalogue 1: messages\nexample.v1.A 1.20-\n 1 .B b\n"
    let catalogue = try Catalogue.builtIn.layering(Array(text.utf8), source: "a.txt")
    let library = PlanLibrary(catalogue: catalogue)
    for _ in 0..<2 {
      #expect(throws: CatalogueError.unknownMessage(name: "example.v1.B")) {
        try library.plan(message: "example.v1.A", style: Self.newest)
      }
    }
    #expect(try library.plan(message: Self.pod, style: Self.newest) != nil)
  }

  @Test(arguments: [
    "t.v1.Q =quantity 1.0-\n 1 uint64 string\n", "t.v1.Q 1.0-\n 1 .Q q\n",
    "t.v1.Q =duration 1.0-\n 1 string duration\n", "t.v1.Q =list 1.0-\n 1 string items\n",
    "t.v1.Q 1.0-\n 1 []k8s.io.api.core.v1.Pod pods inline\n",
    "t.v1.Q =orbool 1.0-\n 1 bool allows\n",
  ])
  func messagesThatCannotBeAreRefused(_ text: String) throws {
    let bytes = Array("# explorer catalogue 1: test\n\(text)".utf8)
    let catalogue = try Catalogue.builtIn.layering(bytes, source: "test")
    let library = PlanLibrary(catalogue: catalogue)
    let style = PrintingStyle(release: nil, isExact: false)
    #expect(throws: CatalogueError.impossibleMessage(name: "t.v1.Q")) {
      try library.plan(message: "t.v1.Q", style: style)
    }
  }
}
