extension KindColumns {
  /// Volumes, and what makes them.
  ///
  /// API servers before 1.29 show no VOLUMEATTRIBUTESCLASS.
  static let storage = [
    KindColumns(
      "",
      kind: "PersistentVolume",
      columns: [
        "NAME", "CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS",
        "VOLUMEATTRIBUTESCLASS", "REASON", "AGE", .wide("VOLUMEMODE"),
      ]
    ) { object, cells in
      let spec = object["spec"]
      let claim = spec["claimRef"]
      cells.appendName(of: object)
      cells.append(spec["capacity"]["storage"].scalar, or: "0")
      cells.append(accessModes(spec["accessModes"]))
      cells.append(spec["persistentVolumeReclaimPolicy"].text)
      cells.append(volumePhase(of: object))
      cells.append(
        claim.isThere ? "\(claim["namespace"].text)/\(claim["name"].text)" : ""
      )
      cells.append(storageClass(of: object))
      cells.append(spec["volumeAttributesClassName"].string ?? "<unset>")
      cells.append(object["status"]["reason"].text)
      cells.appendAge(of: object)
      // The API server fills in what is left out.
      cells.append(spec["volumeMode"].string ?? "Filesystem")
    },
    KindColumns(
      "",
      kind: "PersistentVolumeClaim",
      columns: [
        "NAME", "STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS",
        "VOLUMEATTRIBUTESCLASS", "AGE", .wide("VOLUMEMODE"),
      ]
    ) { object, cells in
      let spec = object["spec"]
      let status = object["status"]
      let volume = spec["volumeName"].text
      cells.appendName(of: object)
      cells.append(volumePhase(of: object))
      cells.append(volume)
      if volume.isEmpty {
        cells.append("")
        cells.append("")
      } else {
        cells.append(status["capacity"]["storage"].scalar, or: "0")
        cells.append(accessModes(status["accessModes"]))
      }
      cells.append(storageClass(of: object))
      cells.append(spec["volumeAttributesClassName"].string ?? "<unset>")
      cells.appendAge(of: object)
      cells.append(spec["volumeMode"].string ?? "Filesystem")
    },
    KindColumns(
      "storage.k8s.io",
      kind: "StorageClass",
      columns: [
        "NAME", "PROVISIONER", "RECLAIMPOLICY", "VOLUMEBINDINGMODE", "ALLOWVOLUMEEXPANSION", "AGE",
      ]
    ) { object, cells in
      cells.append(nameWithDefault(of: object, "storageclass.kubernetes.io/is-default-class"))
      cells.append(object["provisioner"].text)
      cells.append(object["reclaimPolicy"].string ?? "Delete")
      cells.append(object["volumeBindingMode"].string ?? "Immediate")
      cells.append(object["allowVolumeExpansion"].flag ?? false)
      cells.appendAge(of: object)
    },
    KindColumns(
      "storage.k8s.io",
      kind: "VolumeAttributesClass",
      columns: ["NAME", "DRIVERNAME", "AGE"]
    ) { object, cells in
      cells.append(
        nameWithDefault(of: object, "volumeattributesclass.kubernetes.io/is-default-class")
      )
      cells.append(object["driverName"].text)
      cells.appendAge(of: object)
    },
    KindColumns(
      "storage.k8s.io",
      kind: "VolumeAttachment",
      columns: ["NAME", "ATTACHER", "PV", "NODE", "ATTACHED", "AGE"]
    ) { object, cells in
      let spec = object["spec"]
      cells.appendName(of: object)
      cells.append(spec["attacher"].text)
      cells.append(spec["source"]["persistentVolumeName"].text)
      cells.append(spec["nodeName"].text)
      cells.append(object["status"]["attached"].flag ?? false)
      cells.appendAge(of: object)
    },
    KindColumns("storage.k8s.io", kind: "CSINode", columns: ["NAME", "DRIVERS", "AGE"]) {
      object,
      cells in
      cells.appendName(of: object)
      cells.append(count: object["spec"]["drivers"].count)
      cells.appendAge(of: object)
    },
    KindColumns(
      "storage.k8s.io",
      kind: "CSIDriver",
      columns: [
        "NAME", "ATTACHREQUIRED", "PODINFOONMOUNT", "STORAGECAPACITY", "TOKENREQUESTS",
        "REQUIRESREPUBLISH", "MODES", "AGE",
      ]
    ) { object, cells in
      let spec = object["spec"]
      let tokens = spec["tokenRequests"]
      let audiences = tokens.items.map(\.["audience"].text).joined(separator: ",")
      let modes = spec["volumeLifecycleModes"].items.map(\.text).joined(separator: ",")
      cells.appendName(of: object)
      cells.append(spec["attachRequired"].flag ?? true)
      cells.append(spec["podInfoOnMount"].flag ?? false)
      cells.append(spec["storageCapacity"].flag ?? false)
      cells.append(tokens.isThere ? audiences : "<unset>")
      cells.append(spec["requiresRepublish"].flag ?? false)
      // The API server fills in the mode of old.
      cells.append(modes, or: "Persistent")
      cells.appendAge(of: object)
    },
    KindColumns(
      "storage.k8s.io",
      kind: "CSIStorageCapacity",
      columns: ["NAME", "STORAGECLASSNAME", "CAPACITY"]
    ) { object, cells in
      cells.appendName(of: object)
      cells.append(object["storageClassName"].text)
      cells.append(object["capacity"].scalar, or: "<unset>")
    },
  ]

  private static func nameWithDefault(of object: ObjectField, _ annotation: String) -> String {
    let metadata = object["metadata"]
    let beta = "storageclass.beta.kubernetes.io/is-default-class"
    let isDefault = [annotation, beta].contains { metadata["annotations"][$0].text == "true" }
    return metadata["name"].text + (isDefault ? " (default)" : "")
  }

  /// The phase; the API server fills in what is left out.
  private static func volumePhase(of object: ObjectField) -> String {
    if object["metadata"]["deletionTimestamp"].isThere { return "Terminating" }
    let phase = object["status"]["phase"].text
    return phase.isEmpty ? "Pending" : phase
  }

  /// The class, as the annotation of old has it, or the field.
  private static func storageClass(of object: ObjectField) -> String {
    let annotation = "volume.beta.kubernetes.io/storage-class"
    return object["metadata"]["annotations"][annotation].string
      ?? object["spec"]["storageClassName"].text
  }

  private static func accessModes(_ modes: ObjectField) -> String {
    let found = Set(modes.items.map(\.text))
    return [
      ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"),
      ("ReadWriteOncePod", "RWOP"),
    ].filter { found.contains($0.0) }.map(\.1).joined(separator: ",")
  }
}
