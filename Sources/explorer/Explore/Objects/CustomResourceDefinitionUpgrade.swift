internal import Decode

/// Makes a definition of custom resources of apiextensions.k8s.io/v1 out of one of v1beta1.
///
/// API servers store v1beta1 to this day, since it is smaller: what all versions share stands there
/// once. What v1 requires and v1beta1 does not, a schema for every version and no
/// `preserveUnknownFields`, is given as Kubernetes' guide to the migration has it.
///
/// Source: kubernetes/apiextensions-apiserver, pkg/apis/apiextensions/v1/conversion.go.
struct CustomResourceDefinitionUpgrade {
  private let old: JSONDocument
  private let spec: Int
  private var new = JSONDocument()

  /// The definition in v1; nil for what is no definition of v1beta1.
  static func upgraded(_ document: JSONDocument) -> JSONDocument? {
    guard document.string(of: "kind", in: 0) == "CustomResourceDefinition",
      document.string(of: "apiVersion", in: 0) == "apiextensions.k8s.io/v1beta1",
      let spec = document.value(of: "spec", in: 0), document.nodes[spec].kind == .object
    else { return nil }
    var upgrade = CustomResourceDefinitionUpgrade(old: document, spec: spec)
    upgrade.write()
    return upgrade.new
  }

  private init(old: JSONDocument, spec: Int) {
    self.old = old
    self.spec = spec
  }

  /// Copies the value of a key, if the object has it, under the same name or another.
  private mutating func copy(_ key: String, of object: Int, as newKey: String? = nil) {
    guard let value = old.value(of: key, in: object) else { return }
    new.append(key: newKey ?? key)
    new.append(copyOf: value, in: old)
  }

  private mutating func write() {
    new.open(.object, at: 0)
    for key in old.keys(of: 0) {
      let name = old.string(of: old.nodes[key])
      new.append(key: name)
      switch name {
      case "apiVersion": new.append(string: "apiextensions.k8s.io/v1")
      case "spec" where key + 1 == spec: writeSpec()
      default: new.append(copyOf: key + 1, in: old)
      }
    }
    new.close()
  }

  private mutating func writeSpec() {
    new.open(.object, at: 0)
    copy("group", of: spec)
    copy("names", of: spec)
    copy("scope", of: spec)
    new.append(key: "versions")
    new.open(.array, at: 0)
    let versions = old.values(at: "versions[]", from: spec)
    if versions.isEmpty, let name = old.string(of: "version", in: spec) {
      // Before there was a list there was one version.
      new.open(.object, at: 0)
      new.append(key: "name")
      new.append(string: name)
      for key in ["served", "storage"] {
        new.append(key: key)
        new.append(.true, at: 0)
      }
      writeShared(of: nil)
      new.close()
    }
    for version in versions where old.nodes[version].kind == .object {
      new.open(.object, at: 0)
      for key in ["name", "served", "storage", "deprecated", "deprecationWarning"] {
        copy(key, of: version)
      }
      writeShared(of: version)
      new.close()
    }
    new.close()
    writeConversion()
    new.close()
  }

  /// What a version has of its own, or else shares with the others.
  private mutating func writeShared(of version: Int?) {
    func value(_ key: String, _ sharedKey: String) -> Int? {
      version.flatMap { old.value(of: key, in: $0) } ?? old.value(of: sharedKey, in: spec)
    }
    writeSchema(value("schema", "validation"))
    if let subresources = value("subresources", "subresources") {
      new.append(key: "subresources")
      new.append(copyOf: subresources, in: old)
    }
    if let columns = value("additionalPrinterColumns", "additionalPrinterColumns") {
      writeColumns(columns)
    }
    if let fields = value("selectableFields", "selectableFields") {
      new.append(key: "selectableFields")
      new.append(copyOf: fields, in: old)
    }
  }

  /// The schema of a version; fields that it does not name are kept where they were kept before.
  private mutating func writeSchema(_ validation: Int?) {
    let preserves =
      old.value(of: "preserveUnknownFields", in: spec)
      .map { old.nodes[$0].kind != .false } ?? true
    let mark = "x-kubernetes-preserve-unknown-fields"
    let schema = validation.flatMap { old.value(of: "openAPIV3Schema", in: $0) }
    new.append(key: "schema")
    new.open(.object, at: 0)
    new.append(key: "openAPIV3Schema")
    new.open(.object, at: 0)
    for key in schema.map({ old.keys(of: $0) }) ?? [] {
      let name = old.string(of: old.nodes[key])
      if name == mark, preserves { continue }
      copy(name, of: schema ?? 0)
    }
    // Every schema of v1 has a type at its root.
    if schema.flatMap({ old.value(of: "type", in: $0) }) == nil {
      new.append(key: "type")
      new.append(string: "object")
    }
    if preserves {
      new.append(key: mark)
      new.append(.true, at: 0)
    }
    new.close()
    new.close()
  }

  /// Columns, whose path is `jsonPath` in v1 and `JSONPath` before.
  private mutating func writeColumns(_ columns: Int) {
    new.append(key: "additionalPrinterColumns")
    new.open(.array, at: 0)
    for column in old.items(of: columns) {
      new.open(.object, at: 0)
      for key in old.keys(of: column) {
        let name = old.string(of: old.nodes[key])
        new.append(key: name == "JSONPath" ? "jsonPath" : name)
        new.append(copyOf: key + 1, in: old)
      }
      new.close()
    }
    new.close()
  }

  private mutating func writeConversion() {
    guard let conversion = old.value(of: "conversion", in: spec) else { return }
    new.append(key: "conversion")
    new.open(.object, at: 0)
    copy("strategy", of: conversion)
    // What belongs to a webhook must not stand beside another strategy.
    if old.string(of: "strategy", in: conversion) == "Webhook" {
      new.append(key: "webhook")
      new.open(.object, at: 0)
      copy("webhookClientConfig", of: conversion, as: "clientConfig")
      copy("conversionReviewVersions", of: conversion)
      new.close()
    }
    new.close()
  }
}
