import Foundation

/// Answers of gateways as they can be compared: without what differs between two clusters, and
/// without the spaces that late gateways write behind commas.
enum GatewayText {
  static func comparable(_ json: String) -> String {
    var text = withoutSpaces(json)
    text.replace(/,?"(cluster_id|member_id|raft_term)":"[0-9]+"/, with: "")
    return text.replacing("{,", with: "{")
  }

  /// Takes away spaces outside of strings.
  private static func withoutSpaces(_ json: String) -> String {
    var result = ""
    var isInString = false
    var isEscaped = false
    for character in json {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if character == "\\" {
          isEscaped = true
        } else if character == "\"" {
          isInString = false
        }
      } else if character == " " {
        continue
      } else if character == "\"" {
        isInString = true
      }
      result.append(character)
    }
    return result
  }

  /// The code and the text of an error; nil if it is none.
  static func error(_ json: String) -> String? {
    guard let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any],
      let code = object["code"] as? Int, let message = object["message"] as? String
    else { return nil }
    return "\(code) \(message)"
  }

  static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
