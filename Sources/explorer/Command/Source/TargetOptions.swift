import ArgumentParser
import Decode
import Explore
import Schema

/// The words and options that say which keys are meant.
struct TargetOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "pods, pods/kube-system, deploy/default/web, /registry/pods/, calico; all keys if left out.",
      valueName: "target"
    )
  )
  var targets: [String] = []

  @Option(name: .shortAndLong, help: "Only keys of this namespace.")
  var namespace: String?

  @Flag(name: [.customShort("A"), .long], help: "Keys of all namespaces.")
  var allNamespaces = false

  @Flag(name: .long, help: "Take every target for the beginning of keys, as etcdctl does.")
  var prefix = false

  @Flag(name: .long, help: "Take every target for one whole key.")
  var exact = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What the keys of Kubernetes begin with: the API server's --etcd-prefix.",
      valueName: "prefix"
    )
  )
  var registryPrefix = "/registry"

  func validate() throws {
    if prefix && exact { throw ValidationError("--prefix and --exact exclude each other.") }
    if allNamespaces && namespace != nil { throw ValidationError("Give either -n or -A.") }
  }

  /// What the words stand for.
  ///
  /// Resources that Kubernetes does not have are looked for among the custom ones of the source.
  func resolve(with catalogue: Catalogue, in source: any Source) throws -> ResolvedTargets {
    do {
      return try resolve(with: try ResourceTable(catalogue: catalogue))
    } catch let error as TargetError {
      // The word may be the name of a custom resource.
      guard case .unknownResource = error,
        let custom = try? source.customResources(
          registryPrefix: registryPrefix,
          decoder: Decoder(catalogue: catalogue)
        ),
        !custom.isEmpty
      else { throw CommandFailure("", error) }
      do {
        let resources = try ResourceTable(catalogue: catalogue, customResources: custom)
        return try resolve(with: resources)
      } catch let error as TargetError {
        throw CommandFailure("", error)
      }
    }
  }

  private func resolve(with resources: ResourceTable) throws -> ResolvedTargets {
    var options = TargetResolver.Options()
    options.registryPrefix = registryPrefix
    options.namespace = allNamespaces ? .all : namespace.map { .named($0) } ?? .unsaid
    options.literals = prefix ? .prefixes : exact ? .keys : .paths
    let found = try TargetResolver(resources: resources, options: options).targets(of: targets)
    let parser = StorageKeyParser(resources: resources, registryPrefix: registryPrefix)
    return ResolvedTargets(targets: found, parser: parser)
  }
}

extension ResolvedTargets {
  /// Says what is near where nothing was found.
  func noteNearby(in source: any Source, at revision: Int64?) {
    guard let range = selection.ranges.first,
      let nearby = try? source.nearby(range, at: revision, parser: parser)
    else { return }
    Diagnostics.note("near it", nearby)
  }
}

/// What the words of a command stand for.
struct ResolvedTargets {
  let targets: [KeyTarget]
  let parser: StorageKeyParser

  /// What the keys must look like, too.
  var pattern: KeyPattern?

  /// All keys together.
  var selection: KeySelection { KeySelection(targets, parser: parser, matching: pattern) }

  /// The key, if one key and no more may be meant: by its words, or as it is written out.
  var singleKey: [UInt8]? {
    guard targets.count == 1 else { return nil }
    if let key = targets[0].singleKey { return key }
    return targets[0].ranges.lazy.compactMap(\.singleKey).first
  }
}
