/// What can be wrong with catalogue data.
public enum CatalogueError: Error, Equatable, Sendable {
  /// A line that is not in the catalogue's form; `source` names the file.
  case malformedLine(source: String, line: Int, text: String)

  /// Two catalogue files, or two parts of one, that contradict the form: a field before any message.
  case misplacedField(source: String, line: Int)

  /// A field whose type is a message that no loaded catalogue has.
  case unknownMessage(name: String)

  /// A message whose fields are not what its marks say, or that contains itself by value.
  case impossibleMessage(name: String)

  /// A compiled descriptor set that ends too early or is not one; `offset` in bytes.
  case malformedDescriptorSet(source: String, offset: Int)

  /// A file that is neither catalogue text nor a descriptor set.
  case unrecognisedFile(source: String)
}

extension CatalogueError: CustomStringConvertible {
  /// One line, subject first.
  public var description: String {
    switch self {
    case .malformedLine(let source, let line, let text):
      "\(source): line \(line): not a line of a catalogue: \(text)"
    case .misplacedField(let source, let line):
      "\(source): line \(line): a field stands before any message"
    case .unknownMessage(let name):
      "message \(name): no catalogue has it"
    case .impossibleMessage(let name):
      "message \(name): its fields do not fit what it is said to be"
    case .malformedDescriptorSet(let source, let offset):
      "\(source): not a protobuf descriptor set: broken at byte \(offset)"
    case .unrecognisedFile(let source):
      "\(source): neither a catalogue nor a protobuf descriptor set"
    }
  }
}
