import TestSupport
import Testing

/// `explorer decode` as its users meet it: the built program, its output and its exit status.
@Suite struct DecodeCommandTests {
  private let pod = "etcdctl/values/pod-min.bin"

  @Test func aStoredPodIsPrintedAsYAML() throws {
    let result = try Program.explorer("decode", input: try Fixture.bytes(pod))
    #expect(result.status == 0)
    #expect(result.text.hasPrefix("apiVersion: v1\nkind: Pod\nmetadata:\n"))
    #expect(result.errors.isEmpty)
  }

  @Test(
    arguments: [
      "get-one.txt", "value-only-one.txt", "value-only-one.hex", "get-one.protobuf",
    ])
  func everyFormOfEtcdctlsOutputGivesTheSameObject(_ file: String) throws {
    let plain = try Program.explorer("decode", input: try Fixture.bytes(pod))
    let result = try Program.explorer("decode", input: try Fixture.bytes("etcdctl/\(file)"))
    #expect(result.status == 0)
    #expect(result.output == plain.output)
  }

  @Test(arguments: ["get-prefix.txt", "get-prefix.json", "get-prefix.fields", "get-prefix.hex"])
  func manyValuesBecomeManyDocuments(_ file: String) throws {
    let result = try Program.explorer("decode", input: try Fixture.bytes("etcdctl/\(file)"))
    #expect(result.status == 0)
    #expect(result.text.split(separator: "\n---\n").count == 5)
  }

  @Test func severalObjectsInJSONAreALineEach() throws {
    let input = try Fixture.bytes("etcdctl/get-prefix.json")
    let result = try Program.explorer("decode", "-o", "json", input: input)
    #expect(result.text.split(separator: "\n").count == 5)
    #expect(result.text.hasPrefix("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\","))
  }

  @Test func metaSaysWhatAnObjectIs() throws {
    let result = try Program.explorer("decode", "-o", "meta", input: try Fixture.bytes(pod))
    let lines = result.text.split(separator: "\n")
    #expect(lines.count == 2)
    let words = lines[1].split(separator: " ")
    #expect(words.prefix(4) == ["v1", "Pod", "demo", "pod-min"])
    #expect(words.last.flatMap { Int($0) } == (try Fixture.bytes(pod)).count)
  }

  @Test func protobufIsTheInnerMessageAndDecodesAgainByItsType() throws {
    let message = try Program.explorer("decode", "-o", "pb", input: try Fixture.bytes(pod))
    let again = try Program.explorer("decode", "--as", "v1/Pod", input: message.output)
    let plain = try Program.explorer("decode", input: try Fixture.bytes(pod))
    #expect(again.output == plain.output)
  }

  @Test func rawShowsWireFieldsWithTheirNames() throws {
    let result = try Program.explorer("decode", "-o", "raw", input: try Fixture.bytes(pod))
    #expect(result.status == 0)
    #expect(result.text.contains("1 (metadata) {\n  1 (name): \"pod-min\"\n"))
  }

  // MARK: Batch

  @Test func batchAnswersEveryLine() throws {
    let value = try Fixture.bytes(pod).hexadecimal
    let input = "\(value)\nzz\n\n\(value)"
    let result = try Program.explorer("decode", "--batch", "-o", "json", input: Array(input.utf8))
    let lines = result.text.split(separator: "\n")
    #expect(result.status == 0)
    #expect(lines.count == 4)
    #expect(lines[0].hasPrefix("OK|{\"kind\":\"Pod\","))
    #expect(lines[1] == "ERROR:not hexadecimal|")
    #expect(lines[2] == "ERROR:empty input|")
    #expect(lines[3] == lines[0], "the last line counts without a line feed")
  }

  @Test func aValueInsideARequestIsFound() throws {
    // A put in etcd's log: InternalRaftRequest {4: PutRequest {1: key, 2: value}}.
    let stored = try Fixture.bytes(pod)
    let put = Wire.field(1, "/registry/pods/demo/pod-min") + Wire.field(2, stored)
    let request = Wire.field(4, put + Wire.field(3, varint: 7))
    let alone = try Program.explorer("decode", "--batch", input: Array(stored.hexadecimal.utf8))
    let inside = try Program.explorer("decode", "--batch", input: Array(request.hexadecimal.utf8))
    #expect(inside.output == alone.output)
  }

  @Test func batchProcessIsAnotherNameForIt() throws {
    let input = Array((try Fixture.bytes(pod).hexadecimal + "\n").utf8)
    let batch = try Program.explorer("decode", "--batch", input: input)
    let process = try Program.explorer("decode", "--batch-process", input: input)
    #expect(batch.output == process.output)
    #expect(batch.text.hasPrefix("OK|apiVersion: v1\n"))
  }

  @Test func anEmptyValueOfAKeyIsNoError() throws {
    let result = try Program.explorer("decode", "--key", "/calico/x", input: [])
    #expect(result.status == 0)
    #expect(result.text == "\"\"\n")
    #expect(result.errors == "explorer: note: /calico/x: empty value\n")
  }

  // MARK: Errors

  @Test(
    arguments: [
      ("", "explorer: empty input\n"),
      ("apiVersion: v1\nkind: Pod\n", "it is YAML (explorer encode makes a stored value of it)"),
      ("/registry/pods/a/b\n", "only keys and no values (etcdctl --keys-only)"),
      ("k8s:enc:aescbc:v1:key1:0123456789abcdef", "provider aescbc, key key1"),
      ("\u{1}\u{2}\u{3}", "not a Kubernetes value: 3 bytes that begin with 01 02 03"),
    ])
  func whatIsNoValueIsSaid(_ input: String, _ cause: String) throws {
    let result = try Program.explorer("decode", input: Array(input.utf8))
    #expect(result.status == 2)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains(cause))
  }

  @Test func aTerminalsCarriageReturnsAreRecognised() throws {
    let result = try Program.explorer("decode", input: try Fixture.bytes("etcdctl/get-one.crlf"))
    #expect(result.status == 2)
    #expect(result.errors.contains("run kubectl exec without -t"))
  }

  @Test func aMissingFileAndAnUnknownFormatAreErrors() throws {
    let missing = try Program.explorer("decode", "-f", "/no/such/file")
    #expect(missing.status == 2)
    #expect(missing.errors == "explorer: /no/such/file: No such file or directory\n")
    let format = try Program.explorer("decode", "-o", "xml")
    #expect(format.status == 2)
    #expect(format.errors.contains("xml"))
  }

  @Test func oneDamagedObjectDoesNotStopTheOthers() throws {
    let whole = try Fixture.bytes(pod)
    let damaged = Array(whole.dropLast(40))
    let key = Array("/registry/pods/demo/".utf8)
    let lines = [damaged, whole].map { key + Array("x\n".utf8) + $0 + [0x0A] }
    let result = try Program.explorer("decode", "-o", "json", input: Array(lines.joined()))
    #expect(result.status == 2)
    #expect(result.text.split(separator: "\n").count == 1)
    #expect(result.errors.contains("/registry/pods/demo/x: "))
  }

  @Test func anErrorNamesTheFieldAndTheOffset() throws {
    let message = Wire.field(1, Wire.field(1, "a") + [0x1A, 0x7F, 0x00])
    let stored = Wire.stored(apiVersion: "v1", kind: "Pod", message)
    let result = try Program.explorer("decode", input: stored)
    #expect(result.status == 2)
    #expect(
      result.errors.hasPrefix("explorer: v1 Pod: metadata.namespace: byte "),
      "\(result.errors)"
    )
    #expect(result.errors.contains("length 127, but only 1 bytes are left"))
  }

  @Test func textThatIsNotUTF8IsPrintedAsGoDoesAndReported() throws {
    let message = Wire.field(1, Wire.field(1, [0x61, 0xFF]))
    let stored = Wire.stored(apiVersion: "v1", kind: "Pod", message)
    let result = try Program.explorer("decode", "-o", "json", input: stored)
    #expect(result.status == 2)
    #expect(result.text.contains("\"name\":\"a\\ufffd\""))
    #expect(result.errors.contains("metadata.name: byte"))
  }

  // MARK: What the catalogue lacks

  @Test func anUnknownKindIsShownByFieldNumbers() throws {
    let message = Wire.field(1, Wire.field(1, "web")) + Wire.field(7, varint: 42)
    let stored = Wire.stored(apiVersion: "route.openshift.io/v1", kind: "Route", message)
    let result = try Program.explorer("decode", input: stored)
    #expect(result.status == 0)
    #expect(
      result.text
        == "\"1\":\n  \"1\": web\n\"7\": 42\napiVersion: route.openshift.io/v1\nkind: Route\n"
    )
    #expect(result.errors.contains("unknown kind route.openshift.io/v1 Route"))
  }

  @Test func unknownFieldsAreNotedAndSurviveEncoding() throws {
    let unknown = Wire.field(99, "later")
    let message = Wire.field(1, Wire.field(1, "a") + unknown) + Wire.field(2, "x".isEmpty ? "" : "")
    let stored = Wire.stored(apiVersion: "v1", kind: "Pod", message)
    let noted = try Program.explorer("decode", input: stored)
    #expect(noted.status == 0)
    #expect(noted.errors.contains("1 unknown field: metadata field 99"))
    let shown = try Program.explorer("decode", "--unknown", input: stored)
    #expect(shown.text.hasPrefix("# unknown field: \"metadata\" 99 "))
    let encoded = try Program.explorer("encode", input: shown.output)
    let again = try Program.explorer("decode", "--unknown", input: encoded.output)
    #expect(again.output == shown.output)
  }

  // MARK: Encryption

  @Test func anEncryptedSecretIsDecryptedWithItsConfiguration() throws {
    let folder = "\(Fixture.root)/fixtures/encrypted"
    for row in Fixture.table("encrypted/index.tsv") where row[0] == "aesgcm.bin" {
      let right = try Program.explorer(
        "decode",
        "-f",
        "\(folder)/\(row[0])",
        "--key",
        row[1],
        "--encryption-config",
        "\(folder)/encryption-config.yaml"
      )
      #expect(right.status == 0)
      #expect(right.text.contains("kind: Secret\n"))
      let elsewhere = try Program.explorer(
        "decode",
        "-f",
        "\(folder)/\(row[0])",
        "--key",
        "/registry/secrets/other/name",
        "--encryption-config",
        "\(folder)/encryption-config.yaml"
      )
      #expect(elsewhere.status == 2)
      #expect(elsewhere.errors.contains("copied from another etcd key"))
    }
  }
}
