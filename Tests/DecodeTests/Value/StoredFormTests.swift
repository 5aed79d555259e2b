import TestSupport
import Testing

@testable import Decode

@Suite struct StoredFormTests {
  private func form(of bytes: [UInt8]) -> StoredForm { bytes.withBytes { StoredForm(of: $0) } }

  @Test(arguments: [
    ("", StoredForm.empty), ("k8s\0", .protobuf), ("k8s\0anything", .protobuf),
    ("k8s:enc:", .encrypted),
    ("k8s:enc:aescbc:v1:k:x", .encrypted), ("k8s:app=web", .text), ("k8s", .text), ("{}", .json),
    (" \n\t{\"a\"", .json), ("[", .json), ("\"text\"", .json), ("1", .json), ("-1.5e3", .json),
    ("true", .json), ("null", .json), ("10.0.0.1", .text), ("1 2", .text), ("truest", .text),
    ("-", .text), ("plain text", .text), ("plain text\n", .text), ("a\tb", .text),
    ("\0", .unrecognised),
    ("\u{7F}", .unrecognised), ("\u{E9}t\u{E9}", .text), ("\n", .text),
    ("\u{1B}[0m", .unrecognised),
  ])
  func formsAreToldByTheirFirstBytes(text: String, expected: StoredForm) {
    #expect(form(of: Array(text.utf8)) == expected)
  }

  @Test(arguments: [
    ("d9d9f7", StoredForm.cbor), ("d9d9f7a0", .cbor), ("d9d9", .unrecognised),
    ("61ff", .unrecognised),
    ("6b3873", .text), ("0a0b", .unrecognised),
  ])
  func binaryFormsAreTold(bytes: String, expected: StoredForm) {
    #expect(form(of: [UInt8](hexadecimal: bytes)) == expected)
  }

  @Test func aNumberBeyondReasonIsNoJSON() {
    #expect(form(of: [UInt8](repeating: 0x31, count: 4096)) == .json)
    #expect(form(of: [UInt8](repeating: 0x31, count: 4097)) != .json)
  }

  @Test(arguments: [
    ("odd/compact_rev_key.bin", StoredForm.json), ("odd/masterlease.bin", .protobuf),
    ("odd/newline.bin", .text), ("odd/random.bin", .unrecognised),
    ("odd/empty.bin", .empty), ("odd/magic-only.bin", .protobuf),
    ("odd/cilium-identity.bin", .text),
    ("odd/cilium-identity-node.bin", .json), ("cbor/crontab.cbor", .cbor),
    ("encrypted/aescbc.bin", .encrypted), ("calico/values/17.bin", .json),
  ])
  func fixturesHaveTheirForms(file: String, expected: StoredForm) throws {
    #expect(form(of: try Fixture.bytes(file)) == expected)
  }
}
