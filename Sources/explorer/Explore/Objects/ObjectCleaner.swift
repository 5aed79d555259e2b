internal import Decode

/// Makes a copy of a stored object that another cluster takes: without what its own cluster has put
/// into it.
///
/// What is left out, and why:
///
/// * of every object: `status`, which the cluster writes (kept if asked for); in `metadata` what is
///   the API server's own: uid, resourceVersion, generation, creationTimestamp, deletionTimestamp,
///   deletionGracePeriodSeconds, selfLink, managedFields, clusterName, generateName;
/// * owner references (kept if asked for): they name owners by uid, and the garbage collector of a
///   cluster where no object has that uid deletes the copy;
/// * finalizers of Kubernetes' own domains, which its controllers set where they belong; those of
///   others stay;
/// * the annotation last-applied-configuration, which `kubectl apply` writes anew, and those in
///   which controllers keep their books, since they would be believed;
/// * Pod: nodeName, for pods of nodes that do not exist are deleted; priority, preemptionPolicy,
///   overhead and ephemeralContainers, with which creation is refused; volumes of service account
///   tokens with their mounts, which admission adds anew;
/// * Service: clusterIP, clusterIPs, ipFamilies, nodePort, healthCheckNodePort, which may be taken
///   or out of range; but the address `None` stays, for it is meant;
/// * PersistentVolumeClaim: volumeName, for without that volume the claim waits for ever;
/// * PersistentVolume: uid and resourceVersion of claimRef, which bind it to a claim that is gone;
/// * Job: selector, and the labels with the job's name and uid, which are generated, unless
///   manualSelector says that they are not;
/// * ServiceAccount: secrets of generated names, which are tokens of the old cluster;
/// * Secret of a token: token, ca.crt, namespace and the account's uid, which the token controller
///   fills in;
/// * Namespace: `spec.finalizers`, which the API server sets;
/// * pod templates: a creationTimestamp that is null.
///
/// A CustomResourceDefinition becomes one of apiextensions.k8s.io/v1: every API server stores
/// v1beta1, and none since 1.22 takes it.
///
/// What binds an object to nodes, volumes, addresses and ports of its cluster stays if asked for:
/// that is right for a copy that goes back to where it came from.
///
/// Keys stay in their order. A container that has nothing left is left out.
public struct ObjectCleaner: Hashable, Sendable {
  /// What stays.
  public struct Options: Hashable, Sendable {
    /// Whether `status` stays.
    public var keepsStatus = false

    /// Whether owner references stay.
    public var keepsOwners = false

    /// Whether nodes, volumes, addresses and ports stay: nodeName, volumeName, clusterIP, nodePort.
    public var keepsBindings = false

    /// The defaults: nothing of these.
    public init() {}
  }

  /// What stays.
  public var options: Options

  /// A cleaner.
  public init(options: Options = Options()) { self.options = options }

  /// The clean copy of an object; one that is no Kubernetes object comes back as it is.
  public func cleaned(_ object: DecodedObject) -> DecodedObject {
    guard !object.kind.isEmpty, !object.apiVersion.isEmpty else { return object }
    var edit = DocumentEdit(object.document)
    cleanMetadata(of: &edit)
    if !options.keepsStatus { edit.remove(at: "status") }
    switch (object.group, object.kind) {
    case ("", "Pod"): cleanPod(&edit)
    case ("", "Service"): cleanService(&edit)
    case ("", "PersistentVolumeClaim"): cleanClaim(&edit)
    case ("", "PersistentVolume"): cleanVolume(&edit)
    case ("", "ServiceAccount"): cleanServiceAccount(&edit)
    case ("", "Secret"): cleanSecret(&edit)
    case ("", "Namespace"): edit.remove(at: "spec.finalizers")
    case ("batch", "Job"): cleanJob(&edit)
    case ("apps", "StatefulSet"): cleanClaimTemplates(&edit)
    default: break
    }
    cleanTemplates(&edit)
    let clean = edit.result
    return DecodedObject(document: CustomResourceDefinitionUpgrade.upgraded(clean) ?? clean)
  }

  // MARK: Every object

  private static let metadataKeys: Set<String> = [
    "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "selfLink", "managedFields", "clusterName", "generateName",
  ]

  /// Annotations by their whole key.
  private static let annotations: Set<String> = [
    "kubectl.kubernetes.io/last-applied-configuration",
    "control-plane.alpha.kubernetes.io/leader",
    "deprecated.daemonset.template.generation",
    "batch.kubernetes.io/job-tracking",
    "endpoints.kubernetes.io/last-change-trigger-time",
  ]

  /// What a HorizontalPodAutoscaler of v1 has in annotations instead of its status.
  private static let statusAnnotations: Set<String> = [
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
  ]

  private func cleanMetadata(of edit: inout DocumentEdit) {
    guard let metadata = edit.document.value(of: "metadata", in: 0) else { return }
    edit.removeKeys(of: metadata) { key in
      ObjectCleaner.metadataKeys.contains(key)
        || key == "ownerReferences" && !options.keepsOwners
    }
    for finalizer in edit.document.values(at: "finalizers[]", from: metadata)
    where ObjectCleaner.isKubernetesFinalizer(
      edit.document.string(of: edit.document.nodes[finalizer])
    ) {
      edit.remove(finalizer)
    }
    guard let annotations = edit.document.value(of: "annotations", in: metadata) else { return }
    edit.removeKeys(of: annotations) { key in
      ObjectCleaner.annotations.contains(key) || key.hasPrefix("deployment.kubernetes.io/")
        || !options.keepsStatus && ObjectCleaner.statusAnnotations.contains(key)
    }
  }

  /// Whether a finalizer is one that Kubernetes' controllers set.
  private static func isKubernetesFinalizer(_ finalizer: String) -> Bool {
    guard let slash = finalizer.firstIndex(of: "/") else {
      return finalizer == "foregroundDeletion" || finalizer == "orphan"
        || finalizer.hasSuffix(".k8s.io")
    }
    return isKubernetesDomain(finalizer[..<slash])
  }

  private static func isKubernetesDomain(_ domain: Substring) -> Bool {
    ["kubernetes.io", "k8s.io"].contains { domain == $0 || domain.hasSuffix(".\($0)") }
  }

  // MARK: Workloads

  /// Where a pod template's metadata may lie.
  private static let templates = [
    "spec.template", "template", "spec.jobTemplate", "spec.jobTemplate.spec.template",
  ]

  private func cleanTemplates(_ edit: inout DocumentEdit) {
    for template in ObjectCleaner.templates {
      for time in edit.document.values(at: "\(template).metadata.creationTimestamp")
      where edit.document.nodes[time].kind == .null {
        edit.remove(time)
      }
    }
  }

  private func cleanClaimTemplates(_ edit: inout DocumentEdit) {
    for claim in edit.document.values(at: "spec.volumeClaimTemplates[]") {
      edit.remove(at: "metadata.creationTimestamp", from: claim)
      if !options.keepsStatus { edit.remove(at: "status", from: claim) }
    }
  }

  private func cleanPod(_ edit: inout DocumentEdit) {
    for key in ["priority", "preemptionPolicy", "overhead", "ephemeralContainers"] {
      edit.remove(at: "spec.\(key)")
    }
    if !options.keepsBindings { edit.remove(at: "spec.nodeName") }
    let document = edit.document
    // The names of volumes that admission made for the account's token.
    let tokens = Set(
      document.values(at: "spec.volumes[]").compactMap { volume -> String? in
        let isSecret = document.value(of: "secret", in: volume) != nil
        guard let name = document.string(of: "name", in: volume),
          GeneratedName.isTokenVolume(name, isSecret: isSecret)
        else { return nil }
        return name
      }
    )
    guard !tokens.isEmpty else { return }
    let lists = ["spec.containers[].volumeMounts[]", "spec.initContainers[].volumeMounts[]"]
    for item in lists.flatMap({ document.values(at: $0) }) + document.values(at: "spec.volumes[]") {
      if let name = document.string(of: "name", in: item), tokens.contains(name) {
        edit.remove(item)
      }
    }
  }

  private func cleanJob(_ edit: inout DocumentEdit) {
    let manual = edit.document.values(at: "spec.manualSelector").first
    if let manual, edit.document.nodes[manual].kind == .true { return }
    edit.remove(at: "spec.selector")
    for path in ["metadata.labels", "spec.template.metadata.labels"] {
      guard let labels = edit.document.values(at: path).first else { continue }
      edit.removeKeys(of: labels) { key in
        let name = key.hasPrefix("batch.kubernetes.io/") ? String(key.dropFirst(20)) : key
        return name == "controller-uid" || name == "job-name"
      }
    }
  }

  // MARK: Network and storage

  private func cleanService(_ edit: inout DocumentEdit) {
    guard !options.keepsBindings else { return }
    // A service without an address of its own is one by intent.
    if edit.document.string(at: "spec.clusterIP") != "None" {
      edit.remove(at: "spec.clusterIP")
      edit.remove(at: "spec.clusterIPs")
    }
    for key in ["ipFamilies", "healthCheckNodePort", "ports[].nodePort"] {
      edit.remove(at: "spec.\(key)")
    }
  }

  private static let bindingAnnotations: Set<String> = [
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
  ]

  private func cleanClaim(_ edit: inout DocumentEdit) {
    guard !options.keepsBindings else { return }
    edit.remove(at: "spec.volumeName")
    removeBindingAnnotations(&edit)
  }

  private func cleanVolume(_ edit: inout DocumentEdit) {
    edit.remove(at: "spec.claimRef.uid")
    edit.remove(at: "spec.claimRef.resourceVersion")
    if !options.keepsBindings { removeBindingAnnotations(&edit) }
  }

  private func removeBindingAnnotations(_ edit: inout DocumentEdit) {
    guard let annotations = edit.document.values(at: "metadata.annotations").first else { return }
    edit.removeKeys(of: annotations) { ObjectCleaner.bindingAnnotations.contains($0) }
  }

  // MARK: Tokens

  private func cleanServiceAccount(_ edit: inout DocumentEdit) {
    let account = edit.document.string(at: "metadata.name") ?? ""
    for list in ["secrets[]", "imagePullSecrets[]"] {
      for item in edit.document.values(at: list) {
        let name = edit.document.string(of: "name", in: item) ?? ""
        if GeneratedName.isSecret(name, ofAccount: account) { edit.remove(item) }
      }
    }
  }

  private func cleanSecret(_ edit: inout DocumentEdit) {
    guard edit.document.string(at: "type") == "kubernetes.io/service-account-token" else { return }
    for path in ["data", "metadata.annotations"] {
      guard let object = edit.document.values(at: path).first else { continue }
      edit.removeKeys(of: object) { key in
        ["token", "ca.crt", "namespace", "kubernetes.io/service-account.uid"].contains(key)
      }
    }
  }
}

/// Names that Kubernetes has made up: a base, a dash, and five characters.
///
/// Source: kubernetes/apimachinery, pkg/util/rand/rand.go (`alphanums`).
enum GeneratedName {
  /// Whether text is five characters as Kubernetes draws them: neither vowels nor 0, 1 and 3.
  private static func isSuffix(_ text: Substring) -> Bool {
    text.utf8.count == 5 && text.allSatisfy { "bcdfghjklmnpqrstvwxz2456789".contains($0) }
  }

  /// What stands in front of the made-up part of a name.
  private static func base(of name: String) -> Substring? {
    guard let dash = name.lastIndex(of: "-"), isSuffix(name[name.index(after: dash)...]) else {
      return nil
    }
    return name[..<dash]
  }

  /// Whether a volume of a pod is the one that admission adds for the account's token: a projected
  /// one, and before 1.21 the token's secret.
  static func isTokenVolume(_ name: String, isSecret: Bool) -> Bool {
    guard let base = base(of: name) else { return false }
    return isSecret ? base.hasSuffix("-token") : base == "kube-api-access"
  }

  /// Whether a secret is one that was made for a service account.
  static func isSecret(_ name: String, ofAccount account: String) -> Bool {
    guard let base = base(of: name) else { return false }
    return base == "\(account)-token" || base == "\(account)-dockercfg"
  }
}
