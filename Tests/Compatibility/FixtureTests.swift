import Decode
import Schema
import TestSupport
import Testing

/// Kubernetes' own files, in both directions and byte for byte.
///
/// The danger: a decoder that prints something plausible. What must hold: the bytes that Kubernetes'
/// own serializers wrote, for every kind of nine releases, and for random objects of every kind.
@Suite struct FixtureTests {
  /// A folder of fixtures, and the release whose types made it.
  struct FixtureSet: CustomTestStringConvertible {
    let name: String
    let release: String

    /// The release that the set's bytes were written by, where that is another.
    var writer: String?

    var testDescription: String { name }
  }

  static let sets = [
    FixtureSet(name: "v1.16.0", release: "1.16"), FixtureSet(name: "v1.19.0", release: "1.19"),
    FixtureSet(name: "v1.22.0", release: "1.22"),
    // The files of 1.24 were made after metadata.clusterName had gone.
    FixtureSet(name: "v1.24.0", release: "1.24", writer: "1.25"),
    FixtureSet(name: "v1.27.0", release: "1.27"), FixtureSet(name: "v1.29.0", release: "1.29"),
    FixtureSet(name: "v1.31.0", release: "1.31"), FixtureSet(name: "v1.34.0", release: "1.34"),
    FixtureSet(name: "v1.35.0", release: "1.35"),
  ]

  @Test(
    .enabled(if: SharedArchive.apiFixtures.isThere, "api-fixtures.tar.xz is not there"),
    arguments: sets
  )
  func storedBytesOfEveryFixtureDecodeToItsTexts(_ set: FixtureSet) throws {
    let archive = SharedArchive.apiFixtures
    var tally = Tally("\(set.name) decode")
    for name in archive.names(in: set.name) where name.hasSuffix(".pb") {
      guard !name.contains("after_roundtrip") else { continue }
      let object = String(name.dropLast(3))
      let stored = try #require(archive.bytes("\(set.name)/\(name)"))
      var options = Decoder.Options()
      options.release = Release(set.release)
      if object == "core.v1.WatchEvent" {
        // Its envelope names no type.
        options.assumedType = DecodeError.ObjectType(apiVersion: "v1", kind: "WatchEvent")
      }
      let decoder = Decoder(options: options)
      for (form, ending) in [(OutputForm.json, "json"), (.yaml, "yaml")] {
        let result = (try? decoder.decode(stored, as: form))?.bytes
        let expected = ["", ".after_roundtrip"].compactMap {
          archive.bytes("\(set.name)/\(object)\($0).\(ending)")
        }
        let isEqual = expected.contains { expected in
          // The JSON files are spread over lines, in older releases in their own way.
          form == .json ? compact(expected) == result : expected == result
        }
        tally.count(
          isEqual,
          "\(object).\(ending)",
          exception: Exceptions.all.reason(
            set: set.name,
            object: object,
            form: "decode-\(ending)"
          )
        )
      }
    }
    tally.report()
    #expect(tally.failures.isEmpty)
    #expect(tally.total > 200)
  }

  @Test(
    .enabled(if: SharedArchive.apiFixtures.isThere, "api-fixtures.tar.xz is not there"),
    arguments: sets
  )
  func textsOfEveryFixtureEncodeToItsStoredBytes(_ set: FixtureSet) throws {
    let archive = SharedArchive.apiFixtures
    var options = Encoder.Options()
    options.release = Release(set.writer ?? set.release)
    let encoder = Encoder(options: options)
    var tally = Tally("\(set.name) encode")
    for name in archive.names(in: set.name) where name.hasSuffix(".pb") {
      guard !name.contains("after_roundtrip") else { continue }
      let object = String(name.dropLast(3))
      let expected = ["", ".after_roundtrip"].compactMap {
        archive.bytes("\(set.name)/\(object)\($0).pb")
      }
      for ending in ["json", "yaml"] {
        let text = try #require(archive.bytes("\(set.name)/\(object).\(ending)"))
        let result = (try? encoder.encode(text, as: .storage))?.first?.bytes
        tally.count(
          result.map(expected.contains) ?? false,
          "\(object).\(ending)",
          exception: Exceptions.all.reason(
            set: set.name,
            object: object,
            form: "encode-\(ending)"
          )
        )
      }
    }
    tally.report()
    #expect(tally.failures.isEmpty)
    #expect(tally.total > 200)
  }

  /// Without a release the object is printed as what wrote it, as far as its bytes tell.
  @Test(.enabled(if: SharedArchive.apiFixtures.isThere, "api-fixtures.tar.xz is not there"))
  func fieldsThatLaterReleasesRemovedAreStillThere() throws {
    let archive = SharedArchive.apiFixtures
    let decoder = Decoder()
    var tally = Tally("all releases, printed without naming one")
    for set in FixtureTests.sets {
      for name in archive.names(in: set.name) where name.hasSuffix(".pb") {
        guard !name.contains("after_roundtrip") else { continue }
        let stored = try #require(archive.bytes("\(set.name)/\(name)"))
        let notes = (try? decoder.decode(stored, as: .json))?.notes ?? []
        let isLost = notes.contains { note in
          if case .unknownFields = note { return true }
          return false
        }
        tally.count(!isLost, "\(set.name)/\(name)", exception: nil)
      }
    }
    tally.report()
    #expect(tally.failures.isEmpty)
  }

  @Test(.enabled(if: SharedArchive.randomObjects.isThere, "random-objects.tar.xz is not there"))
  func randomObjectsDecodeAndEncode() throws {
    let archive = SharedArchive.randomObjects
    // The types of resource.k8s.io in the archive are those of 1.34.
    let release = Release(major: 1, minor: 34)
    var decoderOptions = Decoder.Options()
    decoderOptions.release = release
    var encoderOptions = Encoder.Options()
    encoderOptions.release = release
    let decoder = Decoder(options: decoderOptions)
    let encoder = Encoder(options: encoderOptions)
    var decoded = Tally("random objects decode")
    var encoded = Tally("random objects encode")
    for name in archive.names(in: "vectors") where name.hasSuffix(".pb") {
      let object = String(name.dropLast(3))
      let stored = try #require(archive.bytes("vectors/\(name)"))
      for (form, ending) in [(OutputForm.json, "json"), (.yaml, "yaml")] {
        let text = try #require(archive.bytes("vectors/\(object).\(ending)"))
        decoded.count(
          (try? decoder.decode(stored, as: form))?.bytes == text,
          "\(object).\(ending)",
          exception: nil
        )
        encoded.count(
          (try? encoder.encode(text, as: .storage))?.first?.bytes == stored,
          "\(object).\(ending)",
          exception: Exceptions.all.reason(
            set: "random",
            object: object,
            form: "encode-\(ending)"
          )
        )
      }
    }
    decoded.report()
    encoded.report()
    #expect(decoded.failures.isEmpty)
    #expect(encoded.failures.isEmpty)
    #expect(decoded.total == 672 * 2)
  }

  /// JSON text without white space outside strings.
  private func compact(_ text: [UInt8]) -> [UInt8] {
    (try? Decoder().decode(text, as: .json))?.bytes ?? []
  }
}
