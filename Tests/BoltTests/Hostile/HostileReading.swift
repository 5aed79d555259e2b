@testable import Bolt

import FileIO
import TestSupport

/// Everything that can be read of a file, whatever it is.
///
/// It returns or throws; what it must never do is trap, go on for ever, or read outside the file.
struct HostileReading {
  /// What was wrong, in the order in which it was met.
  private(set) var faults: [BoltError] = []

  /// Whether cursors went to their ends.
  private(set) var isWhole = true

  /// How many elements were met.
  private(set) var elementCount = 0

  private var bucketCount = 0

  /// Opens a file and reads it.
  init(_ fileSystem: any FileSystem, acceptsTruncation: Bool = false) {
    var options = Database.Options.reading
    options.acceptsTruncation = acceptsTruncation
    do throws(BoltError) {
      let database = try Database("/db", options, in: fileSystem)
      let reader = database.read()
      _ = reader.byteCount
      _ = database.hasChangedOnDisk()
      faults += reader.check().faults
      read(reader.root, depth: 0)
    } catch {
      faults.append(error)
      isWhole = false
    }
  }

  /// Reads a bucket both ways, its leaves, and the buckets in it: some of them only, for the names of
  /// buckets can lead in circles, which is for those to see who follow them.
  private mutating func read(_ bucket: Bucket, depth: Int) {
    bucketCount += 1
    guard depth < 5 && bucketCount < 50 else { return }
    for isForward in [true, false] {
      var cursor = bucket.cursor()
      var isFirst = true
      // More steps than elements and children fit into the file do not happen.
      let pages = bucket.transaction.pages
      var stepsLeft = 4 * Int(pages.limit) * pages.pageByteCount / 16 + 100
      while true {
        stepsLeft -= 1
        precondition(stepsLeft > 0, "a cursor that does not end")
        do throws(BoltError) {
          let next =
            isFirst
            ? (isForward ? try cursor.first() : try cursor.last())
            : (isForward ? try cursor.next() : try cursor.previous())
          isFirst = false
          guard let element = next else { break }
          visit(element, of: bucket, on: cursor.page, isForward, depth)
        } catch {
          isFirst = false
          isWhole = false
          if faults.count < 100 { faults.append(error) }
        }
      }
    }
    lookUp(in: bucket)
  }

  private mutating func visit(
    _ element: Element,
    of bucket: Bucket,
    on page: PageID,
    _ isForward: Bool,
    _ depth: Int
  ) {
    elementCount += 1
    // Both ends of what the element says to be are memory of the file.
    for bytes in [element.key, element.value] where !bytes.isEmpty {
      elementCount += Int(bytes[0] & bytes[bytes.count - 1] & 0)
    }
    guard element.isBucket && isForward else { return }
    do throws(BoltError) {
      read(try bucket.bucket(of: element, on: page), depth: depth + 1)
    } catch {
      isWhole = false
      if faults.count < 100 { faults.append(error) }
    }
  }

  private mutating func lookUp(in bucket: Bucket) {
    do throws(BoltError) {
      for key in ["", "a", "key12", "m", "zzz"] {
        _ = try bucket.value(for: Array(key.utf8))
        var cursor = bucket.cursor()
        _ = try cursor.seek(Array(key.utf8))
      }
      var count = 0
      let leaves = try bucket.leafPages { _ throws(BoltError) in count += 1 }
      precondition(leaves.count <= Int(bucket.transaction.pages.limit), "a leaf was listed twice")
    } catch {
      isWhole = false
      if faults.count < 100 { faults.append(error) }
    }
  }
}

/// A small database with everything in it that the format has.
enum SmallDatabase {
  /// Metas, a freelist on page 2 and the root on 3; a tree with a branch on 4 and leaves on 5 and 6,
  /// one bucket of it on page 7, inline ones on 3 and 5; a value with an overflow page on 8; 10 is free.
  static func image(storesFreelist: Bool = true) -> BoltImage {
    var image = BoltImage(pageCount: 11)
    if !storesFreelist {
      image = BoltImage([UInt8](repeating: 0, count: 11 * 1024), pageByteCount: 1024)
      image.setMeta(freelist: nil, sequence: 3)
    } else {
      image.setMeta(sequence: 3)
      image.setFreelist(2, [10])
    }
    image.setLeaf(
      3,
      [
        .inline("inline", [.pair("a", "1"), .pair("b", "2")]), .bucket("large", root: 8),
        .bucket("tree", root: 4, sequence: 5),
      ]
    )
    image.setBranch(4, [("a", 5), ("m", 6)])
    image.setLeaf(
      5,
      [
        .pair("a", "value of a"), .bucket("bucket", root: 7),
        .inline("inline", [.pair("x", "y")]), .pair("key1", "1"), .pair("key2", ""),
      ]
    )
    image.setLeaf(6, [.pair("m", "value of m"), .pair("n", "value of n"), .pair("o", "value")])
    image.setLeaf(7, [.pair("inner1", "1"), .pair("inner2", "2")])
    image.setLeaf(8, [.pair("large", String(repeating: "v", count: 1000))], overflow: 1)
    return image
  }
}
