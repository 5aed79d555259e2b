import TestSupport
import Testing

@testable import Schema

@Suite struct DescriptorSetTests {
  private static let package = "com.github.openshift.api.route.v1"

  private func set() throws -> DescriptorSet {
    try DescriptorSet(try Fixture.bytes("schema/route.pb"), source: "route.pb")
  }

  private func record(_ name: String) throws -> String? {
    try set().messages.first { $0.name == "\(Self.package).\(name)" }?.text
  }

  @Test func everyMessageOfEveryFileIsListed() throws {
    let names = try set().messages.map(\.name)
    #expect(
      names.sorted() == [
        "\(Self.package).Route", "\(Self.package).RouteSpec", "\(Self.package).RouteStatus",
        "\(Self.package).RouteStatus.Ingress", "\(Self.package).RouteTargetReference",
        "\(Self.package).TLSConfig", "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta",
      ]
    )
  }

  @Test func fieldsAreThoseOfTheSource() throws {
    #expect(
      try record("Route") == """
        \(Self.package).Route 1.0-
         1 *k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta metadata omitempty
         2 *\(Self.package).RouteSpec spec omitempty
         3 *\(Self.package).RouteStatus status omitempty

        """
    )
    #expect(
      try record("RouteSpec") == """
        \(Self.package).RouteSpec 1.0-
         1 string host omitempty
         3 *\(Self.package).RouteTargetReference to omitempty
         4 []\(Self.package).RouteTargetReference alternateBackends omitempty
         6 *\(Self.package).TLSConfig tls omitempty

        """
    )
  }

  @Test func enumerationsMapsAndNestedMessagesHaveTheirForms() throws {
    #expect(
      try record("TLSConfig") == """
        \(Self.package).TLSConfig 1.0-
         1 bytes certificate omitempty
         2 int32 insecurePolicy omitempty

        """
    )
    #expect(
      try record("RouteStatus") == """
        \(Self.package).RouteStatus 1.0-
         1 []\(Self.package).RouteStatus.Ingress ingress omitempty
         2 map:\(Self.package).RouteTargetReference admitted omitempty
         3 map:int64 counts omitempty

        """
    )
    #expect(
      try record("RouteStatus.Ingress") == """
        \(Self.package).RouteStatus.Ingress 1.0-
         1 string host omitempty
         2 fixed64 seenAt omitempty

        """
    )
  }

  @Test func kindsAreFoundByVersionAndName() throws {
    let catalogue = try Catalogue.builtIn.layering(
      try Fixture.bytes("schema/route.pb"),
      source: "route.pb"
    )
    let kind = try #require(try catalogue.kind(apiVersion: "route.openshift.io/v1", kind: "Route"))
    #expect(kind.message == "\(Self.package).Route")
    #expect(try catalogue.message(named: kind.message)?.fields.count == 3)
    #expect(try catalogue.kind(apiVersion: "route.openshift.io/v2", kind: "Route") == nil)
    #expect(try catalogue.kind(apiVersion: "v1", kind: "Pod")?.message == "k8s.io.api.core.v1.Pod")
  }

  @Test func whatTheCatalogueHasStaysAsItIs() throws {
    let name = "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta"
    let catalogue = try Catalogue.builtIn.layering(
      try Fixture.bytes("schema/route.pb"),
      source: "route.pb"
    )
    #expect(try catalogue.message(named: name) == (try Catalogue.builtIn.message(named: name)))
  }

  @Test func damageIsAnErrorWithItsPlace() throws {
    let bytes = try Fixture.bytes("schema/route.pb")
    #expect(throws: CatalogueError.malformedDescriptorSet(source: "x", offset: 1)) {
      try Catalogue.builtIn.layering([0x0A, 0x7F], source: "x")
    }
    var refused = 0
    for damaged in Damage.truncations(of: bytes) where !damaged.isEmpty {
      do {
        _ = try DescriptorSet(damaged, source: "x")
      } catch {
        refused += 1
      }
    }
    // All but those that end between the two files.
    #expect(refused == bytes.count - 2)
    for damaged in Damage.bitFlips(of: bytes) { _ = try? DescriptorSet(damaged, source: "x") }
  }
}
