internal import NIOCore

/// What a client may do that costs more to suffer than to do.
///
/// Limits that count frames over the connection's life would close the connections of honest clients,
/// which ping with every burst of data.
struct ConnectionGuard {
  /// What was too much; the text goes into the GOAWAY frame.
  enum Offence: String {
    case pings = "too_many_pings"
    case resets = "too_many_resets"
    case settings = "too_many_settings"
    case priorities = "too_many_priorities"
    case windowUpdates = "too_many_window_updates"
    case errors = "too_many_errors"
    case emptyFrames = "too_many_empty_frames"

    var fault: ConnectionFault { ConnectionFault(.enhanceYourCalm, rawValue) }
  }

  var ping: PingPolicy

  /// Calls that are taken back as soon as they are made.
  private var resets: RateLimit
  private var settings: RateLimit
  private var priorities: RateLimit
  private var errors: RateLimit

  /// Updates of windows have a reason when something was sent.
  private var windowUpdates: RateLimit
  private var earnedWindowUpdates = 0

  init(keepalive: RPCKeepalive, at now: NIODeadline) {
    resets = RateLimit(burst: 1_000, perSecond: 100, at: now)
    settings = RateLimit(burst: 100, perSecond: 10, at: now)
    priorities = RateLimit(burst: 1_000, perSecond: 100, at: now)
    errors = RateLimit(burst: 200, perSecond: 20, at: now)
    windowUpdates = RateLimit(burst: 1_000, perSecond: 100, at: now)
    ping = PingPolicy(
      minimumInterval: keepalive.minimumClientInterval,
      permitsWithoutCalls: keepalive.permitsPingsWithoutCalls
    )
  }

  /// Takes note that data were sent.
  mutating func noteData() {
    ping.hasSent = true
    // One for the call and one for the connection, and as much again for clients that are eager.
    if earnedWindowUpdates < 1_000_000 { earnedWindowUpdates += 4 }
  }

  mutating func receiveReset() -> Offence? { resets.take(at: .now()) ? nil : .resets }

  mutating func receiveSettings() -> Offence? { settings.take(at: .now()) ? nil : .settings }

  mutating func receivePriority() -> Offence? { priorities.take(at: .now()) ? nil : .priorities }

  mutating func receiveError() -> Offence? { errors.take(at: .now()) ? nil : .errors }

  mutating func receiveWindowUpdate() -> Offence? {
    if earnedWindowUpdates > 0 {
      earnedWindowUpdates -= 1
      return nil
    }
    return windowUpdates.take(at: .now()) ? nil : .windowUpdates
  }
}
