/// The limits of the format, and those that keep a hostile file from taking time and memory.
public enum Limits {
  /// Bytes in a key (bbolt `MaxKeySize`).
  public static let keyByteCount = 32768

  /// Bytes in a value (bbolt `MaxValueSize`, (1 << 31) - 2).
  public static let valueByteCount = (1 << 31) - 2

  /// Pages in a file: 16 TiB of pages of 4 KiB.
  ///
  /// A set of so many takes half a gigabyte, and a file of a few kilobytes on the disk can say that it
  /// is as long as a file can be.
  public static let pageCount: UInt64 = 1 << 32

  /// Buckets within buckets.
  public static let nesting = 64

  /// Levels of a tree: the smallest pages with two elements each would need more disk than there is
  /// to have more.
  static let depth = 64

  /// Elements on a page: their count has 16 bits, of which bbolt reserves the highest value.
  static let elementsPerPage = 0xFFFE

  /// Elements that a branch or leaf has at least after it was split (bbolt `MinKeysPerPage`).
  static let minimumKeysPerPage = 2

  /// Bytes on a page with those that overflow from it: elements say in 32 bits where their bytes are.
  static let contentByteCount = Int(UInt32.max)
}
