internal import Decode

/// In which order objects are applied, and which need not be.
public enum ApplyOrder {
  /// Kinds that others need to be there, in the order in which they come; all others follow.
  private static let kinds = [
    "Namespace", "CustomResourceDefinition", "PriorityClass", "RuntimeClass", "StorageClass",
    "IngressClass", "CSIDriver", "NetworkPolicy", "ResourceQuota", "LimitRange",
    "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount",
    "Secret", "ConfigMap", "PersistentVolume", "PersistentVolumeClaim", "ClusterRole",
    "ClusterRoleBinding", "Role", "RoleBinding", "Service", "Endpoints", "EndpointSlice",
    "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "StatefulSet", "Job",
    "CronJob", "HorizontalPodAutoscaler", "Ingress",
  ]

  /// What goes last, since the other objects would pass through it.
  private static let lastKinds = [
    "APIService", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
  ]

  /// The place of a kind: an object with a lower one is applied earlier; those with the same in any
  /// order.
  public static func rank(ofKind kind: String) -> Int {
    if let rank = kinds.firstIndex(of: kind) { return rank }
    // Custom resources, whose definitions and controllers come before them.
    return lastKinds.contains(kind) ? kinds.count + 1 : kinds.count
  }

  /// Why an object need not be applied: a cluster makes such objects by itself; nil for others.
  ///
  /// It is a phrase that follows the object's name: `made by Deployment web`.
  public static func derivation(of object: DecodedObject) -> String? {
    let document = object.document
    for owner in document.values(at: "metadata.ownerReferences[]") {
      guard let controller = document.value(of: "controller", in: owner),
        document.nodes[controller].kind == .true
      else { continue }
      let kind = document.string(of: "kind", in: owner) ?? ""
      return "made by \(kind) \(document.string(of: "name", in: owner) ?? "")"
    }
    switch (object.group, object.kind) {
    case (_, "Event") where object.group.isEmpty || object.group == "events.k8s.io":
      return "an event"
    case ("coordination.k8s.io", "Lease"): return "a lease of the moment"
    case ("", "RangeAllocation"): return "made by the API server"
    case ("", "Endpoints"):
      let isOfPods = document.values(at: "subsets[].addresses[].targetRef.kind").contains {
        document.string(of: document.nodes[$0]) == "Pod"
      }
      return isOfPods ? "made for Service \(object.name)" : nil
    case ("discovery.k8s.io", "EndpointSlice"):
      let isManaged = document.values(at: "metadata.labels").contains {
        document.string(of: "endpointslice.kubernetes.io/managed-by", in: $0)?
          .hasSuffix(".k8s.io") ?? false
      }
      return isManaged ? "made by the controller of slices" : nil
    case ("", "Pod"):
      let isMirror = document.values(at: "metadata.annotations").contains {
        document.value(of: "kubernetes.io/config.mirror", in: $0) != nil
      }
      return isMirror ? "made by the kubelet from a file" : nil
    case ("", "ConfigMap") where object.name == "kube-root-ca.crt",
      ("", "ServiceAccount") where object.name == "default":
      return "made for every namespace"
    case ("", "Service") where object.name == "kubernetes" && object.namespace == "default":
      return "made by the API server"
    case ("", "Secret"):
      let annotations = document.values(at: "metadata.annotations").first
      let account = annotations.flatMap {
        document.string(of: "kubernetes.io/service-account.name", in: $0)
      }
      guard let account, document.string(at: "type") == "kubernetes.io/service-account-token",
        GeneratedName.isSecret(object.name, ofAccount: account)
      else { return nil }
      return "made for ServiceAccount \(account)"
    case ("apiregistration.k8s.io", "APIService"):
      let isAutomatic = document.values(at: "metadata.labels").contains {
        document.value(of: "kube-aggregator.kubernetes.io/automanaged", in: $0) != nil
      }
      return isAutomatic ? "made by the API server" : nil
    default: return nil
    }
  }
}
