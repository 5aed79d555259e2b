internal import CProtobufC
internal import Schema
private import Synchronization

/// As which Kubernetes release objects are printed.
struct PrintingStyle: Hashable {
  /// The release whose types are used; nil for the newest.
  var release: Release?

  /// Whether output is what that release prints, zero values and all.
  ///
  /// If not, a field that came later than its message and is not on the wire leaves no trace:
  /// Kubernetes writes such fields always, so a release wrote the object that did not have it.
  var isExact: Bool
}

/// The plans that have been needed so far, built from a catalogue on demand.
///
/// Plans are handed out as pointers that live as long as the library.
final class PlanLibrary: Sendable {
  let catalogue: Catalogue

  private struct State: ~Copyable {
    var plans: [PrintingStyle: [String: UnsafeMutablePointer<MessagePlan>]] = [:]
    var memory = PlanMemory()

    /// Builds that failed, so that none is tried for every object.
    var failures: [PrintingStyle: [String: CatalogueError]] = [:]
  }

  /// Guards the dictionary; the plans themselves never change once the lock is given back.
  private let state = Mutex(State())

  init(catalogue: Catalogue) {
    self.catalogue = catalogue
  }

  deinit {
    state.withLock { state in
      state.memory.deallocate()
    }
  }

  /// The plan of a message in a style; nil if the catalogue lacks the message.
  func plan(
    message name: String,
    style: PrintingStyle
  ) throws(CatalogueError) -> UnsafePointer<MessagePlan>? {
    let result: Result<UnsafePointer<MessagePlan>?, CatalogueError> = state.withLock { state in
      if let plan = state.plans[style]?[name] { return .success(UnsafePointer(plan)) }
      if let error = state.failures[style]?[name] { return .failure(error) }
      do throws(CatalogueError) {
        var builder = PlanBuilder(
          catalogue: catalogue,
          style: style,
          plans: state.plans[style] ?? [:],
          memory: state.memory
        )
        // The plans of a build that fails are forgotten; their memory goes with the library.
        defer { state.memory = builder.memory }
        guard try builder.build(name) else { return .success(nil) }
        if catalogue.hasLayers { try builder.checkValues() }
        builder.finish()
        state.plans[style] = builder.plans
        return .success(builder.plans[name].map { UnsafePointer($0) })
      } catch {
        state.failures[style, default: [:]][name] = error
        return .failure(error)
      }
    }
    return try result.get()
  }
}
