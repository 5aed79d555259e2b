/// The limits of the format.
public enum Limits {
  /// Bytes in a key (bbolt `MaxKeySize`).
  public static let keyByteCount = 32768

  /// Bytes in a value (bbolt `MaxValueSize`, (1 << 31) - 2).
  public static let valueByteCount = (1 << 31) - 2

  /// Elements on a page: their count has 16 bits, of which bbolt reserves the highest value.
  static let elementsPerPage = 0xFFFE

  /// Levels of a tree, and buckets within buckets: the smallest pages with two elements each would
  /// need more disk than there is to have more.
  static let depth = 64

  /// Elements that a branch or leaf has at least after it was split (bbolt `MinKeysPerPage`).
  static let minimumKeysPerPage = 2
}
