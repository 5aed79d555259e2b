/// What users call Kubernetes' own resources beside their plurals and kinds.
///
/// The catalogue knows types; these names are those of the API server's registry.
///
/// Source: kubernetes/kubernetes, pkg/registry (`ShortNames` and `Categories` of each resource), as
/// `kubectl api-resources` lists them.
enum ShortNames {
  /// Abbreviations, by the plural.
  static let byResource: [String: [String]] = [
    "certificatesigningrequests": ["csr"],
    "componentstatuses": ["cs"],
    "configmaps": ["cm"],
    "cronjobs": ["cj"],
    "customresourcedefinitions": ["crd", "crds"],
    "daemonsets": ["ds"],
    "deployments": ["deploy"],
    "endpoints": ["ep"],
    "events": ["ev"],
    "horizontalpodautoscalers": ["hpa"],
    "ingresses": ["ing"],
    "ipaddresses": ["ip"],
    "limitranges": ["limits"],
    "namespaces": ["ns"],
    "networkpolicies": ["netpol"],
    "nodes": ["no"],
    "persistentvolumeclaims": ["pvc"],
    "persistentvolumes": ["pv"],
    "poddisruptionbudgets": ["pdb"],
    "pods": ["po"],
    "podsecuritypolicies": ["psp"],
    "priorityclasses": ["pc"],
    "replicasets": ["rs"],
    "replicationcontrollers": ["rc"],
    "resourcequotas": ["quota"],
    "serviceaccounts": ["sa"],
    "services": ["svc"],
    "statefulsets": ["sts"],
    "storageclasses": ["sc"],
    "volumeattributesclasses": ["vac"],
  ]

  /// What `kubectl get all` gets, by qualified name.
  static let all = [
    "pods", "replicationcontrollers", "services", "daemonsets.apps", "deployments.apps",
    "replicasets.apps", "statefulsets.apps", "horizontalpodautoscalers.autoscaling",
    "cronjobs.batch", "jobs.batch",
  ]
}
