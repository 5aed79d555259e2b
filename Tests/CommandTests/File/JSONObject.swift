import Foundation

/// A JSON object, read by another reader than the program's own.
struct JSONObject: Equatable, @unchecked Sendable {
  // Nothing changes the dictionary any more.
  private let fields: NSDictionary

  private init(fields: NSDictionary) { self.fields = fields }

  /// Reads bytes; nil if they are another JSON value.
  init?(_ bytes: some Sequence<UInt8>) throws {
    let value = try JSONSerialization.jsonObject(
      with: Data(bytes),
      options: .fragmentsAllowed
    )
    guard let fields = value as? NSDictionary else { return nil }
    self.fields = fields
  }

  /// The names of the fields.
  var names: Set<String> { Set(fields.allKeys.compactMap { $0 as? String }) }

  /// A string; nil where there is none.
  func string(_ name: String) -> String? { fields[name] as? String }

  /// A number; nil where there is none.
  func number(_ name: String) -> Int64? { (fields[name] as? NSNumber)?.int64Value }

  /// A truth value; nil where there is none.
  func flag(_ name: String) -> Bool? { fields[name] as? Bool }

  /// The bytes of a string in base64; nil where there is none.
  func base64(_ name: String) -> [UInt8]? {
    string(name).flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }
  }

  /// An object; nil where there is none.
  func object(_ name: String) -> JSONObject? {
    (fields[name] as? NSDictionary).map { JSONObject(fields: $0) }
  }

  /// The objects of an array; none where there is none.
  func objects(_ name: String) -> [JSONObject] {
    (fields[name] as? [NSDictionary] ?? []).map { JSONObject(fields: $0) }
  }

  /// The object without fields of an object in it.
  func removing(_ names: [String], from name: String) -> JSONObject {
    guard let inner = fields[name] as? NSDictionary else { return self }
    let changed = NSMutableDictionary(dictionary: inner as? [String: Any] ?? [:])
    changed.removeObjects(forKeys: names)
    let result = NSMutableDictionary(dictionary: fields as? [String: Any] ?? [:])
    result[name] = changed
    return JSONObject(fields: result)
  }
}
