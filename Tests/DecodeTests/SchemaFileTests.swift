import Schema
import TestSupport
import Testing

@testable import Decode

/// Kinds that come from a file: what `--schema` is for.
@Suite struct SchemaFileTests {
  private func catalogue() throws -> Catalogue {
    try Catalogue.builtIn.layering(try Fixture.bytes("schema/route.pb"), source: "route.pb")
  }

  private static let yaml = """
    apiVersion: route.openshift.io/v1
    kind: Route
    metadata:
      name: web
    spec:
      alternateBackends:
      - kind: Service
        name: b
      host: web.example.org
      tls:
        certificate: AAH/
        insecurePolicy: 1
      to:
        kind: Service
        name: a
        weight: 100
    status:
      admitted:
        r:
          name: c
      counts:
        x: -1
      ingress:
      - host: h
        seenAt: 5

    """

  @Test func objectsOfADescriptorSetAreEncodedAndDecoded() throws {
    let catalogue = try catalogue()
    let value = try #require(
      try Encoder(catalogue: catalogue).encode(Array(Self.yaml.utf8), as: .storage).first
    )
    let target = Wire.field(1, "Service") + Wire.field(2, "a") + Wire.field(3, varint: 100)
    let spec =
      Wire.field(1, "web.example.org") + Wire.field(3, target)
      + Wire.field(4, Wire.field(1, "Service") + Wire.field(2, "b") + Wire.field(3, varint: 0))
    // gogo writes what it holds by value; that is how a descriptor's scalars are taken.
    #expect(value.bytes.hexadecimal.contains(spec.hexadecimal))
    let decoded = try Decoder(catalogue: catalogue).decode(value.bytes, as: .yaml)
    #expect(String(decoding: decoded.bytes, as: UTF8.self) == Self.yaml)
    #expect(decoded.notes.isEmpty)
  }

  @Test func withoutTheFileTheKindIsUnknown() throws {
    let value = try #require(
      try Encoder(catalogue: try catalogue()).encode(Array(Self.yaml.utf8), as: .storage).first
    )
    let notes = try Decoder().decode(value.bytes, as: .yaml).notes
    #expect(notes == [.unknownKind(.init(apiVersion: "route.openshift.io/v1", kind: "Route"))])
  }

  @Test func kindsOfCatalogueTextAreDecoded() throws {
    let messages = """
      # explorer catalogue 1: messages
      example.v1.Widget typemeta 1.20-
       1 k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta metadata omitempty
       2 *int32 size omitempty
       3 []string parts

      """
    let kinds = """
      # explorer catalogue 1: kinds
      example.org/v1 Widget example.v1.Widget widgets /registry/widgets/<namespace>/<name> 1.20-

      """
    let catalogue = try Catalogue.builtIn.layering(Array(messages.utf8), source: "m")
      .layering(Array(kinds.utf8), source: "k")
    let value = Wire.stored(
      apiVersion: "example.org/v1",
      kind: "Widget",
      Wire.field(1, Wire.field(1, "w")) + Wire.field(2, varint: 0)
    )
    let json = try Decoder(catalogue: catalogue).decode(value, as: .json).bytes
    #expect(
      String(decoding: json, as: UTF8.self)
        == #"{"kind":"Widget","apiVersion":"example.org/v1","metadata":{"name":"w"},"size":0,"parts":null}"#
        + "\n"
    )
  }
}
