internal import FileIO
private import Glibc

/// The names on a ``SimulatedDisk``: what is seen, and what of that the disk is sure to keep.
struct SimulatedTree: Sendable {
  /// By identity; the root is 0, and what is removed keeps its place.
  private var directories = [Directory()]

  /// Changes that are seen but not durable, oldest first.
  private var unsynced: [Change] = []

  enum Node: Sendable {
    case file(SimulatedFile)
    case directory(Int)
  }

  private struct Directory {
    var seen: [String: Node] = [:]
    var durable: [String: Node] = [:]
  }

  /// One step in the file system's journal: it happens wholly or not at all.
  struct Change: Sendable {
    fileprivate var assignments: [Assignment]

    /// The directories whose sync makes it durable: those that get or lose a name, and a directory
    /// that is moved, since it has another parent then.
    fileprivate var directories: [Int] {
      var identities = assignments.map(\.directory)
      if assignments.count > 1, case .directory(let moved) = assignments[1].node {
        identities.append(moved)
      }
      return identities
    }
  }

  fileprivate struct Assignment {
    var directory: Int
    var name: String
    var node: Node?
  }

  /// Where a path leads: the directories on the way, from the root, and the name in the last one.
  private struct Place {
    var way: [Int]
    var name: String?

    var directory: Int { way[way.count - 1] }
  }

  // MARK: - Looking

  /// What lies at a path; nil if the directory it would lie in is there and it is not.
  func node(at path: String, for operation: FileOperation) throws(FileIOError) -> Node? {
    node(at: try place(path, for: operation))
  }

  /// The names in a directory, sorted.
  func names(in path: String) throws(FileIOError) -> [String] {
    directories[try directory(path, for: .list)].seen.keys.sorted()
  }

  /// Which directory lies at a path.
  func directory(_ path: String, for operation: FileOperation) throws(FileIOError) -> Int {
    switch try node(at: path, for: operation) {
    case .directory(let identity): return identity
    case .file: throw .failed(operation: operation, path: path, code: ENOTDIR)
    case nil: throw .failed(operation: operation, path: path, code: ENOENT)
    }
  }

  private func node(at place: Place) -> Node? {
    guard let name = place.name else { return .directory(place.directory) }
    return directories[place.directory].seen[name]
  }

  private func place(_ path: String, for operation: FileOperation) throws(FileIOError) -> Place {
    guard !path.isEmpty else { throw .failed(operation: operation, path: path, code: ENOENT) }
    var place = Place(way: [0])
    for part in path.split(separator: "/") where part != "." {
      // Whatever is followed by another part has to be a directory.
      switch node(at: place) {
      case .directory(let identity): if place.name != nil { place.way.append(identity) }
      case .file: throw .failed(operation: operation, path: path, code: ENOTDIR)
      case nil: throw .failed(operation: operation, path: path, code: ENOENT)
      }
      place.name = part == ".." ? nil : String(part)
      if part == "..", place.way.count > 1 { place.way.removeLast() }
    }
    return place
  }

  // MARK: - Planning a change

  /// Puts a file in a place where none is.
  func creating(_ file: SimulatedFile, at path: String) throws(FileIOError) -> Change {
    let place = try place(path, for: .open)
    guard let name = place.name else {
      throw .failed(operation: .open, path: path, code: EEXIST)
    }
    return Change(
      assignments: [Assignment(directory: place.directory, name: name, node: .file(file))]
    )
  }

  /// Makes a directory.
  mutating func makingDirectory(_ path: String) throws(FileIOError) -> Change {
    let place = try place(path, for: .makeDirectory)
    guard let name = place.name, node(at: place) == nil else {
      throw .failed(operation: .makeDirectory, path: path, code: EEXIST)
    }
    directories.append(Directory())
    let made = Node.directory(directories.count - 1)
    return Change(assignments: [Assignment(directory: place.directory, name: name, node: made)])
  }

  /// Removes a file or an empty directory.
  func removing(_ path: String) throws(FileIOError) -> Change {
    let place = try place(path, for: .remove)
    guard let name = place.name else {
      throw .failed(operation: .remove, path: path, code: EBUSY)
    }
    switch node(at: place) {
    case nil: throw .failed(operation: .remove, path: path, code: ENOENT)
    case .directory(let identity) where !directories[identity].seen.isEmpty:
      throw .failed(operation: .remove, path: path, code: ENOTEMPTY)
    default:
      return Change(assignments: [Assignment(directory: place.directory, name: name, node: nil)])
    }
  }

  /// Gives a file or directory another name; nil if it has that name already.
  func renaming(_ path: String, to target: String) throws(FileIOError) -> Change? {
    let source = try place(path, for: .rename)
    let goal: Place
    do { goal = try place(target, for: .rename) } catch {
      // Errors of a renaming name what was to be renamed.
      guard case .failed(_, _, let code) = error else { throw error }
      throw .failed(operation: .rename, path: path, code: code)
    }
    func refused(_ code: Int32) -> FileIOError {
      .failed(operation: .rename, path: path, code: code)
    }
    guard let name = source.name, let newName = goal.name else { throw refused(EBUSY) }
    guard let node = node(at: source) else { throw refused(ENOENT) }
    if case .directory(let moved) = node, goal.way.contains(moved) { throw refused(EINVAL) }
    switch (node, self.node(at: goal)) {
    case (_, .directory(let replaced)) where source.way.contains(replaced):
      throw refused(ENOTEMPTY)
    case (.file(let moved), .file(let replaced)) where moved === replaced: return nil
    case (.directory(let moved), .directory(let replaced)) where moved == replaced: return nil
    case (.file, .directory): throw refused(EISDIR)
    case (.directory, .file): throw refused(ENOTDIR)
    case (.directory, .directory(let replaced)) where !directories[replaced].seen.isEmpty:
      throw refused(ENOTEMPTY)
    default: break
    }
    return Change(assignments: [
      Assignment(directory: source.directory, name: name, node: nil),
      Assignment(directory: goal.directory, name: newName, node: node),
    ])
  }

  // MARK: - Changing

  /// Makes a planned change seen.
  mutating func apply(_ change: Change) {
    for assignment in change.assignments {
      directories[assignment.directory].seen[assignment.name] = assignment.node
    }
    unsynced.append(change)
  }

  /// Makes the changes of a directory durable, and the earlier ones that they rest on.
  mutating func sync(_ directory: Int) {
    var touched: Set = [directory]
    var isIncluded = unsynced.map { _ in false }
    for slot in unsynced.indices.reversed() {
      let directories = unsynced[slot].directories
      guard !touched.isDisjoint(with: directories) else { continue }
      // A move between two directories takes along what happened in the other one before.
      touched.formUnion(directories)
      isIncluded[slot] = true
    }
    var later: [Change] = []
    for (change, isIncluded) in zip(unsynced, isIncluded) {
      guard isIncluded else {
        later.append(change)
        continue
      }
      for assignment in change.assignments {
        directories[assignment.directory].durable[assignment.name] = assignment.node
      }
    }
    unsynced = later
  }

  /// Makes all names and all files durable.
  mutating func syncAll() {
    for identity in directories.indices {
      directories[identity].durable = directories[identity].seen
      for case .file(let file) in directories[identity].seen.values { file.sync() }
    }
    unsynced = []
  }

  // MARK: - Losing power

  /// What a disk may hold when the power is back, all of it durable.
  func crashed(_ model: CrashModel) throws(FileIOError) -> SimulatedTree {
    var generator = SeededGenerator(seed: 0)
    var keptCount = 0
    switch model {
    case .losingUnsynced: break
    case .keepingUnsynced: keptCount = unsynced.count
    case .scattering(let seed):
      generator = SeededGenerator(seed: seed)
      keptCount = Int.random(in: 0...unsynced.count, using: &generator)
    }
    var names = directories.map(\.durable)
    for assignment in unsynced.prefix(keptCount).flatMap(\.assignments) {
      names[assignment.directory][assignment.name] = assignment.node
    }
    var image = SimulatedTree()
    var waiting = [(old: 0, new: 0)]
    while let next = waiting.popLast() {
      // In order, so that the same seed gives the same image.
      for (name, node) in names[next.old].sorted(by: { $0.key < $1.key }) {
        let copy: Node
        switch node {
        case .directory(let identity):
          image.directories.append(Directory())
          copy = .directory(image.directories.count - 1)
          waiting.append((identity, image.directories.count - 1))
        case .file(let file):
          let survivors: SimulatedFile.Survivors =
            switch model {
            case .losingUnsynced: .none
            case .keepingUnsynced: .all
            case .scattering: .some(SeededGenerator(seed: generator.next()))
            }
          copy = .file(try SimulatedFile(file.contents(keeping: survivors)))
        }
        image.directories[next.new].seen[name] = copy
        image.directories[next.new].durable[name] = copy
      }
    }
    return image
  }
}
