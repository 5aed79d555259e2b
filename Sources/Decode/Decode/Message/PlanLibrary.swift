internal import CProtobufC
internal import Schema
private import Synchronization

/// The plans that have been needed so far, built from a catalogue on demand.
///
/// Plans are handed out as pointers that live as long as the library.
final class PlanLibrary: Sendable {
  let catalogue: Catalogue

  private struct Key: Hashable {
    let message: String
    let release: Release?
  }

  private struct State: ~Copyable {
    var plans: [Key: UnsafeMutablePointer<MessagePlan>] = [:]
    var memory: [UnsafeMutableRawPointer] = []
  }

  /// Guards the dictionary; the plans themselves never change once the lock is given back.
  private let state = Mutex(State())

  init(catalogue: Catalogue) {
    self.catalogue = catalogue
  }

  deinit {
    state.withLock { state in
      for block in state.memory { block.deallocate() }
    }
  }

  /// The plan of a message as a release writes it; nil if the catalogue lacks the message.
  func plan(
    message name: String, release: Release?
  ) throws(CatalogueError) -> UnsafePointer<MessagePlan>? {
    let result: Result<UnsafePointer<MessagePlan>?, CatalogueError> = state.withLock { state in
      if let plan = state.plans[Key(message: name, release: release)] { return .success(.init(plan)) }
      do throws(CatalogueError) {
        let plans = state.plans
        var builder = PlanBuilder(catalogue: catalogue, release: release)
        builder.known = { name in plans[Key(message: name, release: release)] }
        guard try builder.build(name) else {
          builder.discard()
          return .success(nil)
        }
        builder.finish()
        state.memory += builder.memory
        for (name, plan) in builder.built {
          state.plans[Key(message: name, release: release)] = plan
        }
        return .success(state.plans[Key(message: name, release: release)].map { .init($0) })
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
