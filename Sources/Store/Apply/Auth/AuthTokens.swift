/// Keeps the tokens that users were given when they authenticated.
///
/// It is told in the order of the log, by the thread that applies it, and before anybody is answered.
public protocol AuthTokens: AnyObject, Sendable {
  /// A token was given to a user.
  func assign(_ token: String, to user: String)

  /// What was given to a user is worth nothing any more.
  func invalidateTokens(of user: String)

  /// What was given to anybody is worth nothing any more.
  func invalidateAllTokens()
}
