/// How a call ended: gRPC's code and, if it failed, a text for whoever called.
///
/// Source: gRPC, `doc/statuscodes.md`.
public struct RPCStatus: Error, Equatable, Sendable {
  /// gRPC's codes.
  public enum Code: Int, Sendable {
    case ok = 0
    case cancelled = 1
    case unknown = 2
    case invalidArgument = 3
    case deadlineExceeded = 4
    case notFound = 5
    case alreadyExists = 6
    case permissionDenied = 7
    case resourceExhausted = 8
    case failedPrecondition = 9
    case aborted = 10
    case outOfRange = 11
    case unimplemented = 12
    case `internal` = 13
    case unavailable = 14
    case dataLoss = 15
    case unauthenticated = 16
  }

  /// The code.
  public var code: Code

  /// What went wrong; empty if nothing did.
  public var message: String

  /// A status by its parts.
  public init(_ code: Code, _ message: String = "") {
    self.code = code
    self.message = message
  }

  /// Everything went well.
  public static let ok = RPCStatus(.ok)
}
