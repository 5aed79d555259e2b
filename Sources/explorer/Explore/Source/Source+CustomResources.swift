public import Decode
internal import MVCC

extension Source {
  /// The custom resources that the cluster has, by their definitions.
  ///
  /// - Parameters:
  ///   - registryPrefix: What the keys of Kubernetes begin with.
  ///   - decoder: Decodes the definitions.
  /// - Returns: Those whose definitions can be read.
  /// - Throws: ``SourceError``.
  public func customResources(
    registryPrefix: String,
    decoder: Decoder
  ) throws(SourceError) -> [CustomResource] {
    let path = "apiextensions.k8s.io/customresourcedefinitions/"
    let prefix = Array("\(TargetResolver.normalised(prefix: registryPrefix))/\(path)".utf8)
    let parser: StorageKeyParser
    do {
      parser = StorageKeyParser(resources: try ResourceTable())
    } catch {
      return []
    }
    let target = KeyTarget(word: "customresourcedefinitions", ranges: [KeyRange(prefix: prefix)])
    var question = RowQuestion(KeySelection([target], parser: parser))
    question.isOrdered = false
    var found: [CustomResource] = []
    var output = OutputBuffer()
    try forEachLiveRow(question, progress: nil) { row throws(SourceError) in
      output.removeAll()
      var notes: [Note] = []
      guard let value = try? row.keyValue().value,
        (try? decoder.decode(value, as: .json, into: &output, notes: &notes)) != nil,
        let object = try? output.withBytes({ try DecodedObject(json: $0) }),
        let resource = CustomResource(object)
      else { return }
      found.append(resource)
    }
    return found
  }
}
