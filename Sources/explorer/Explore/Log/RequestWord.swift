internal import EtcdMessages

/// Words for the enumerations of requests; a number that has none stays a number.
enum RequestWord {
  static func result(of compare: Etcdserverpb_Compare) -> String {
    switch compare.result {
    case .equal: "="
    case .notEqual: "!="
    case .greater: ">"
    case .less: "<"
    case .UNRECOGNIZED(let number): "\(number)"
    }
  }

  static func target(of compare: Etcdserverpb_Compare) -> String {
    switch compare.target {
    case .version: "version"
    case .create: "create"
    case .mod: "mod"
    case .value: "value"
    case .lease: "lease"
    case .UNRECOGNIZED(let number): "\(number)"
    }
  }

  static func order(of range: Etcdserverpb_RangeRequest) -> String {
    switch range.sortOrder {
    case .none: "none"
    case .ascend: "ascend"
    case .descend: "descend"
    case .UNRECOGNIZED(let number): "\(number)"
    }
  }

  static func target(of range: Etcdserverpb_RangeRequest) -> String {
    switch range.sortTarget {
    case .key: "key"
    case .version: "version"
    case .create: "create"
    case .mod: "mod"
    case .value: "value"
    case .UNRECOGNIZED(let number): "\(number)"
    }
  }

  static func action(of alarm: Etcdserverpb_AlarmRequest) -> String {
    switch alarm.action {
    case .get: "get"
    case .activate: "activate"
    case .deactivate: "deactivate"
    case .UNRECOGNIZED(let number): "\(number)"
    }
  }

  static func alarm(of alarm: Etcdserverpb_AlarmRequest) -> String {
    switch alarm.alarm {
    case .none: "NONE"
    case .nospace: "NOSPACE"
    case .corrupt: "CORRUPT"
    case .UNRECOGNIZED(let number): "\(number)"
    }
  }

  static func permission(_ permission: Authpb_Permission) -> String {
    switch permission.permType {
    case .read: "READ"
    case .write: "WRITE"
    case .readwrite: "READWRITE"
    case .UNRECOGNIZED(let number): "\(number)"
    }
  }

  static func action(of change: Raftpb_ConfChangeSingle) -> String {
    switch change.type {
    case .confChangeAddNode: "add"
    case .confChangeRemoveNode: "remove"
    case .confChangeUpdateNode: "update"
    case .confChangeAddLearnerNode: "add-learner"
    }
  }
}
