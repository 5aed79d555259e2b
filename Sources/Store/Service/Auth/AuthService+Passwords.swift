internal import Apply
internal import EtcdMessages
#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif
internal import NIOCore
internal import RPC
internal import SwiftProtobuf

// What takes long, and is done beside the event loops.
extension AuthService {
  /// Hashes a password.
  ///
  /// - Parameters:
  ///   - password: The password.
  ///   - call: The call that it is done for, which is refused if it cannot be done.
  ///   - then: Given what was made of it, in Base64.
  func hash(
    _ password: String,
    for call: RPCCall,
    _ then: @escaping @Sendable (AuthService, RPCCall, String) -> Void
  ) {
    let cost = passwords.cost
    run(for: call) { () -> Result<String, RPCStatus> in
      do throws(Bcrypt.Failure) {
        return .success(Data(try Bcrypt.hash(password, cost: cost)).base64EncodedString())
      } catch {
        return .failure(RPCStatus(error))
      }
    } _: { service, call, result in
      switch result {
      case .success(let hashed): then(service, call, hashed)
      case .failure(let status): call.fail(status)
      }
    }
  }

  /// Gives a user a token for the right password.
  func authenticate(_ call: RPCCall, _ request: Etcdserverpb_AuthenticateRequest) {
    let snapshot = admission.directory.current
    guard snapshot.isEnabled else { return call.fail(.authNotEnabled) }
    guard let user = snapshot.user(request.name) else { return call.fail(.authFailed) }
    guard !user.options.noPassword else { return call.fail(.passwordForNoPasswordUser) }
    let (password, stored) = (request.password, Array(user.password))
    run(for: call) {
      Bcrypt.matches(password, stored)
    } _: { service, call, isRight in
      guard isRight else { return call.fail(.authFailed) }
      service.propose(request, checkedAt: snapshot.revision, call)
    }
  }

  /// Has the token given when everything that was proposed before has been applied.
  ///
  /// Whoever changed the password meanwhile, or deleted the user, must not be outrun: then the
  /// password is checked again.
  private func propose(
    _ request: Etcdserverpb_AuthenticateRequest,
    checkedAt revision: UInt64,
    _ call: RPCCall
  ) {
    guard !call.isOver else { return }
    var proposal = Etcdserverpb_InternalRaftRequest()
    proposal.authenticate.name = request.name
    if case .simple = tokens { proposal.authenticate.simpleToken = SimpleTokens.newPrefix() }
    propose(proposal, by: AuthStore.Requester(), call) { service, call, answer in
      guard case .authenticated(let token, let appliedAt) = answer else {
        return call.fail(.authFailed)
      }
      guard service.admission.directory.current.revision == revision else {
        return service.authenticate(call, request)
      }
      service.give(call, request.name, token, at: appliedAt)
    }
  }

  private func give(_ call: RPCCall, _ user: String, _ token: String, at revision: UInt64) {
    switch tokens {
    case .none: call.fail(.authFailed)
    case .simple: give(call, token)
    case .signed(let tokens):
      guard tokens.canSign else { return call.fail(.verifyOnlyKey) }
      run(for: call) {
        tokens.token(for: user, revision: revision)
      } _: { service, call, token in
        guard let token else { return call.fail(.authFailed) }
        service.give(call, token)
      }
    }
  }

  private func give(_ call: RPCCall, _ token: String) {
    answer(call) { () throws(RPCStatus) in
      Etcdserverpb_AuthenticateResponse.with {
        $0.header = header()
        $0.token = token
      }
    }
  }

  /// Does something beside the event loops, and goes on with the call.
  private func run<Result: Sendable>(
    for call: RPCCall,
    _ work: @escaping @Sendable () -> Result,
    _ then: @escaping @Sendable (AuthService, RPCCall, Result) -> Void
  ) {
    let loop = call.eventLoop
    let call = NIOLoopBound(call, eventLoop: loop)
    passwords.run(backOn: loop, work) { result in
      guard let result else { return call.value.fail(.tooManyRequests) }
      then(self, call.value, result)
    }
  }
}

extension RPCStatus {
  fileprivate init(_ failure: Bcrypt.Failure) {
    self =
      switch failure {
      case .passwordTooLong: .passwordTooLong
      case .passwordHasZero: .passwordWithZero
      case .unavailable: RPCStatus(.internal, "bcrypt: not available")
      }
  }
}
