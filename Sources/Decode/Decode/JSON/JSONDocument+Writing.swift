extension JSONDocument {
  /// Appends the value as YAML, keys in YAML's order, as sigs.k8s.io/yaml makes it of JSON.
  func write(_ index: Int = 0, to emitter: inout YAMLEmitter) {
    let node = nodes[index]
    switch node.kind {
    case .null: emitter.plain("null")
    case .true: emitter.plain("true")
    case .false: emitter.plain("false")
    case .string: withText(of: node) { emitter.string($0) }
    case .number: withText(of: node) { JSONDocument.writeNumber($0, to: &emitter) }
    case .array:
      if node.count == 0 {
        emitter.emptySequence()
        return
      }
      let level = emitter.beginSequence()
      var item = index + 1
      while item < node.end {
        emitter.beginItem()
        write(item, to: &emitter)
        item = nodes[item].end
      }
      emitter.endSequence(level)
    case .object:
      var level = emitter.beginMapping()
      for key in keys(of: index, precedes: YAMLKeyOrder.precedes) {
        withText(of: nodes[key]) { emitter.key($0, in: &level) }
        write(key + 1, to: &emitter)
      }
      emitter.endMapping(level)
    }
  }

  /// Appends the value as compact JSON with keys sorted bytewise, as Go writes a map.
  ///
  /// - Returns: Whether all strings were UTF-8.
  @discardableResult
  package func writeSorted(_ index: Int = 0, to output: inout OutputBuffer) -> Bool {
    let node = nodes[index]
    var isValid = true
    switch node.kind {
    case .null: output.append("null")
    case .true: output.append("true")
    case .false: output.append("false")
    case .string: withText(of: node) { isValid = JSONText.append($0, to: &output) }
    case .number: withText(of: node) { output.append($0) }
    case .array:
      output.append(ascii: "[")
      var item = index + 1
      while item < node.end {
        if item != index + 1 { output.append(ascii: ",") }
        if !writeSorted(item, to: &output) { isValid = false }
        item = nodes[item].end
      }
      output.append(ascii: "]")
    case .object:
      output.append(ascii: "{")
      var isFirst = true
      for key in keys(of: index, precedes: { $0.lexicographicallyPrecedes($1) }) {
        if !isFirst { output.append(ascii: ",") }
        isFirst = false
        withText(of: nodes[key]) { if !JSONText.append($0, to: &output) { isValid = false } }
        output.append(ascii: ":")
        if !writeSorted(key + 1, to: &output) { isValid = false }
      }
      output.append(ascii: "}")
    }
    return isValid
  }

  /// Appends the whole document as YAML, with the line break at its end.
  package func writeYAML(to output: inout OutputBuffer) {
    var emitter = YAMLEmitter(output: output.take())
    write(to: &emitter)
    output = emitter.finish()
  }

  /// Appends the value as compact JSON with keys in the order that they have here, equal ones too.
  package func writeInOrder(_ index: Int = 0, to output: inout OutputBuffer) {
    let node = nodes[index]
    switch node.kind {
    case .null, .true, .false, .string, .number: writeSorted(index, to: &output)
    case .array:
      output.append(ascii: "[")
      var item = index + 1
      while item < node.end {
        if item != index + 1 { output.append(ascii: ",") }
        writeInOrder(item, to: &output)
        item = nodes[item].end
      }
      output.append(ascii: "]")
    case .object:
      output.append(ascii: "{")
      var key = index + 1
      while key < node.end {
        if key != index + 1 { output.append(ascii: ",") }
        writeSorted(key, to: &output)
        output.append(ascii: ":")
        writeInOrder(key + 1, to: &output)
        key = nodes[key + 1].end
      }
      output.append(ascii: "}")
    }
  }

  /// Appends the value as Kubernetes writes an unstructured object: keys sorted, numbers as Go
  /// prints the integer or the double that they are.
  func writeNormalised(to output: inout OutputBuffer) {
    var copy = self
    copy.normaliseNumbers()
    copy.writeSorted(to: &output)
  }

  /// Gives every number the text that Go prints of the integer or the double that it is.
  package mutating func normaliseNumbers() {
    for index in nodes.indices where nodes[index].kind == .number {
      let text = string(of: nodes[index])
      guard Int64(text) == nil || text == "-0", let value = Double(text), value.isFinite else {
        continue
      }
      var buffer = OutputBuffer(capacity: 64)
      if text == "-0" {
        buffer.append(ascii: "0")
      } else {
        GoFloat.appendJSON(value, to: &buffer)
      }
      replaceText(of: index, with: buffer.bytes)
    }
  }

  /// The nodes of an object's keys, sorted bytewise; of equal keys the last only.
  package func sortedKeys(of object: Int) -> [Int] {
    keys(of: object, precedes: { $0.lexicographicallyPrecedes($1) })
  }

  /// The nodes of an object's keys in an order; of equal keys the last only.
  private func keys(
    of object: Int,
    precedes: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Bool
  ) -> [Int] {
    var keys: [Int] = []
    keys.reserveCapacity(nodes[object].count)
    var index = object + 1
    while index < nodes[object].end {
      keys.append(index)
      index = nodes[index + 1].end
    }
    guard keys.count > 1 else { return keys }
    return text.withUnsafeBytes { text in
      func characters(_ key: Int) -> UnsafeRawBufferPointer {
        let node = nodes[key]
        return UnsafeRawBufferPointer(
          rebasing: text[node.textOffset..<(node.textOffset + node.count)]
        )
      }
      var isSorted = true
      for position in 1..<keys.count where isSorted {
        isSorted = precedes(characters(keys[position - 1]), characters(keys[position]))
      }
      if isSorted { return keys }
      keys.sort { left, right in
        let leftText = characters(left)
        let rightText = characters(right)
        if precedes(leftText, rightText) { return true }
        // Equal keys stay in the order of the text, for the last of them counts.
        return left < right && !precedes(rightText, leftText)
      }
      var distinct: [Int] = []
      for key in keys {
        if let last = distinct.last, characters(last).elementsEqual(characters(key)) {
          distinct[distinct.count - 1] = key
        } else {
          distinct.append(key)
        }
      }
      return distinct
    }
  }

  /// Appends a JSON number as YAML's reader and writer make it: `1e3` becomes `1000`.
  static func writeNumber(_ text: UnsafeRawBufferPointer, to emitter: inout YAMLEmitter) {
    let isShortInteger =
      text.count <= 18 && text.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: "-") }
      && text.first != UInt8(ascii: "-")
    if isShortInteger {
      emitter.plain(text)
      return
    }
    switch YAMLResolver.resolve(text) {
    case .integer(let value): emitter.plain { $0.append(decimal: value) }
    case .unsigned(let value): emitter.plain { $0.append(decimal: value) }
    case .float(let value): emitter.plain { GoFloat.appendYAML(value, to: &$0) }
    // A number beyond what a double holds is a string to go-yaml.
    default: emitter.string(text)
    }
  }
}
