#if canImport(Glibc)
internal import Glibc
#endif

/// Compares keys by their bytes, a prefix before what goes on.
///
/// - Returns: Below 0, 0 or above 0, as the left one is before, equal to or after the right one.
@inline(__always)
func compareKeys(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
  let order = compareKeys(left, right, first: min(left.count, right.count))
  return order != 0 ? order : left.count - right.count
}

/// Compares the first bytes of two keys, which both have so many.
@inline(__always)
func compareKeys(
  _ left: UnsafeRawBufferPointer,
  _ right: UnsafeRawBufferPointer,
  first count: Int
) -> Int {
  guard count > 0, let left = left.baseAddress, let right = right.baseAddress else { return 0 }
  return Int(memcmp(left, right, count))
}

/// How many bytes two keys have in common from their starts, of the first `limit` ones.
func commonByteCount(
  _ left: UnsafeRawBufferPointer,
  _ right: UnsafeRawBufferPointer,
  limit: Int = .max
) -> Int {
  let end = min(left.count, right.count, limit)
  var count = 0
  while count < end, left[count] == right[count] { count += 1 }
  return count
}

/// Calls something with the bytes of an array.
@inline(__always)
func withBytes<Result, Failure: Error>(
  of array: [UInt8],
  _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
  let result = array.withUnsafeBytes { bytes in
    Swift.Result { () throws(Failure) in try body(bytes) }
  }
  return try result.get()
}
