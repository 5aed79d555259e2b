internal import CCrypt

/// Passwords as etcd stores them: bcrypt's text of 60 bytes, `$2a$`, a cost, a salt and a hash.
///
/// It takes a twentieth of a second at the usual cost, and twice as long with each step of it: no event
/// loop and no thread that others wait for may do it. See ``PasswordWorker``.
///
/// A password is text without a zero byte here, since the system's function ends there; etcd takes
/// others as well, which nobody can type.
///
/// Source: Go, `golang.org/x/crypto/bcrypt`; libxcrypt, `crypt(5)`.
enum Bcrypt {
  /// What keeps a password from being hashed.
  enum Failure: Error {
    /// It has more bytes than count.
    case passwordTooLong

    /// It has a zero byte.
    case passwordHasZero

    /// The system's library does not know bcrypt, or has no random bytes.
    case unavailable
  }

  /// What may be chosen as cost.
  static let costs = 4...31

  /// The usual cost.
  static let defaultCost = 10

  /// How many bytes of a password count.
  static let passwordByteCount = 72

  // `$2a$10$` and 22 bytes of salt.
  private static let settingByteCount = 29
  private static let byteCount = 60

  /// Makes of a password what is stored.
  ///
  /// - Parameters:
  ///   - password: The password; it may be empty.
  ///   - cost: The binary logarithm of how often it is hashed, of ``costs``.
  /// - Returns: 60 bytes of text, of a new salt each time.
  /// - Throws: What keeps it from being hashed.
  static func hash(_ password: String, cost: Int) throws(Failure) -> [UInt8] {
    guard password.utf8.count <= passwordByteCount else { throw .passwordTooLong }
    guard !password.utf8.contains(0) else { throw .passwordHasZero }
    var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
    let size = Int32(setting.count)
    // The system brings the random bytes.
    guard crypt_gensalt_rn("$2b$", UInt(cost), nil, 0, &setting, size) != nil,
      var hash = crypt(Array(password.utf8), setting), hash.count == byteCount
    else { throw .unavailable }
    hash[2] = UInt8(ascii: "a")
    return hash
  }

  /// Whether a password is the one that was hashed; it is not if the hash cannot be read.
  ///
  /// - Parameters:
  ///   - password: The password.
  ///   - hash: What is stored.
  /// - Returns: Whether they belong together.
  static func matches(_ password: String, _ hash: [UInt8]) -> Bool {
    // What comes behind the bytes that count does not, as in Go.
    let password = Array(password.utf8.prefix(passwordByteCount))
    guard hash.count == byteCount, hash.starts(with: "$2".utf8), !password.contains(0) else {
      return false
    }
    // Every variant is what Go makes of all of them: the system's own `$2a$` gives other hashes for a
    // few passwords, on purpose.
    var setting = hash.prefix(settingByteCount).map { CChar(bitPattern: $0) } + [0]
    setting[2] = CChar(bitPattern: UInt8(ascii: "b"))
    guard let found = crypt(password, setting), found.count == byteCount else { return false }
    var difference: UInt8 = 0
    for slot in settingByteCount..<byteCount { difference |= found[slot] ^ hash[slot] }
    return difference == 0
  }

  private static func crypt(_ password: [UInt8], _ setting: [CChar]) -> [UInt8]? {
    let size = MemoryLayout<crypt_data>.size
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { memory.deallocate() }
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    let text = password.map { CChar(bitPattern: $0) } + [0]
    guard let hash = crypt_rn(text, setting, memory, Int32(size)) else { return nil }
    return Array(String(cString: hash).utf8)
  }
}
