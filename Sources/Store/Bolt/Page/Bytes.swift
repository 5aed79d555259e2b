#if canImport(Glibc)
internal import Glibc
#endif

/// Compares byte strings as bolt orders keys: by their bytes, a prefix before what goes on.
///
/// - Returns: Below 0, 0 or above 0, as the left one is before, equal to or after the right one.
func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let common = min(left.count, right.count)
  if common > 0, let first = left.baseAddress, let second = right.baseAddress {
    let order = memcmp(first, second, common)
    if order != 0 { return Int(order) }
  }
  return left.count - right.count
}

extension UnsafeMutableRawPointer {
  /// Stores a number little-endian.
  func store<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
    storeBytes(of: number.littleEndian, toByteOffset: offset, as: Number.self)
  }
}

extension UnsafeRawPointer {
  /// Loads a little-endian number, aligned or not.
  func number<Number: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int,
    as type: Number.Type = Number.self
  ) -> Number {
    Number(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
  }
}

/// Runs a body on the bytes of an array.
func withBytes<Result>(
  of array: [UInt8],
  _ body: (UnsafeRawBufferPointer) throws(BoltError) -> Result
) throws(BoltError) -> Result {
  // The standard library's own throws any error.
  try array.withUnsafeBytes { bytes in
    Swift.Result { () throws(BoltError) in try body(bytes) }
  }.get()
}
