/// What `--feature-gates` turns on and off.
///
/// Source: etcd 3.6, `server/features/etcd_features.go`; `pkg/featuregate/feature_gate.go`.
enum FeatureGate: String, CaseIterable, Sendable {
  case compactHashCheck = "CompactHashCheck"
  case initialCorruptCheck = "InitialCorruptCheck"
  case leaseCheckpoint = "LeaseCheckpoint"
  case leaseCheckpointPersist = "LeaseCheckpointPersist"
  case setMemberLocalAddress = "SetMemberLocalAddr"
  case stopServiceOnDefragment = "StopGRPCServiceOnDefrag"
  case sharedBuffer = "TxnModeWriteWithSharedBuffer"

  /// Whether it is an early one, which `AllAlpha` means; `AllBeta` means the others.
  var isAlpha: Bool { self != .sharedBuffer }

  /// Turns it on or off.
  func set(_ isOn: Bool, in configuration: inout NodeConfiguration) {
    switch self {
    case .initialCorruptCheck: configuration.initialCorruptCheck = isOn
    case .leaseCheckpoint: configuration.leaseCheckpoint = isOn
    case .leaseCheckpointPersist: configuration.leaseCheckpointPersist = isOn
    case .stopServiceOnDefragment: configuration.monitoring.stopsServiceOnDefragment = isOn
    // There are no other members to compare with or to call, and buffers have no such mode.
    case .compactHashCheck, .setMemberLocalAddress, .sharedBuffer:
      configuration.withoutEffect.insert("feature-gates=\(rawValue)")
    }
  }

  /// Reads `Name=true,Name=false`.
  ///
  /// - Parameters:
  ///   - text: The text.
  ///   - configuration: What is changed.
  /// - Throws: `ValueFault.features`.
  static func set(
    _ text: String,
    in configuration: inout NodeConfiguration
  ) throws(ValueFault) {
    var all: [(isAlpha: Bool, isOn: Bool)] = []
    var named: [(gate: FeatureGate, isOn: Bool)] = []
    for part in text.split(separator: ",") {
      let name = part.prefix { $0 != "=" }.trimmed
      guard part.contains("=") else { throw .features("missing bool value for \(name)") }
      let word = part.drop { $0 != "=" }.dropFirst().trimmed
      let value: Bool
      do throws(ValueFault) {
        value = try GoValue.boolean(word)
      } catch {
        throw .features(
          "invalid value of \(name)=\(word), err: strconv.ParseBool: parsing "
            + "\(GoValue.quoted(word)): invalid syntax"
        )
      }
      switch name {
      case "AllAlpha": all.append((true, value))
      case "AllBeta": all.append((false, value))
      default:
        guard let gate = FeatureGate(rawValue: name) else {
          throw .features("unrecognized feature gate: \(name)")
        }
        named.append((gate, value))
      }
    }
    // A feature that is named is not one of all.
    for (isAlpha, isOn) in all {
      for gate in allCases where gate.isAlpha == isAlpha { gate.set(isOn, in: &configuration) }
    }
    for (gate, isOn) in named { gate.set(isOn, in: &configuration) }
  }

  /// The names in a value of `--feature-gates`.
  static func names(in text: String) -> Set<String> {
    Set(text.split(separator: ",").map { $0.prefix { $0 != "=" }.trimmed })
  }
}

extension StringProtocol {
  /// Without white space at either end.
  var trimmed: String {
    let head = drop { $0.isWhitespace }
    var end = head.endIndex
    while end > head.startIndex {
      let before = head.index(before: end)
      guard head[before].isWhitespace else { break }
      end = before
    }
    return String(head[..<end])
  }
}
